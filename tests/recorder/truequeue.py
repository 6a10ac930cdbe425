"""A generated market whose whole book is known, passive orders in it, and what became of each: in truth, and honestly.

The embedded exchange's generator tells every change of the best prices and every trade; what the recorder gets of it is
the thin view that the feed has. So the true queue of an order is known: what stood at its price when it came, less what
traded there since, less its share of what was cancelled there (any of those who stand there is as likely to cancel).
The orders are placed at the touch that the feed shows, at random moments, and cancelled after a while; they do not wait
for one another, so a few minutes hold more of them than a fleet would send in hours.
"""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from hft import events
from hft.clock import NS_PER_S
from hft.messages import Quote, Trade
from hft.words import OrdStatus, Side
from recorder.account import BOOKS
from recorder.book import Book
from recorder.fees import charge_of
from recorder.honest import Honest
from recorder.offline import GENERATED
from venue import market, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from venue.rows import Row

DAY, START_NS = "2024-06-03", 1_717_423_500 * NS_PER_S  # a Monday, 10:05 in New York
SYMBOL, QTY = "AAPL", 100
WARM_S, REST_S, ORDER_EVERY_S = 10, 10, 2.0
DEEPER_QTY = 600.0  # what the generator puts at a fresh price on average: the queue where the touch is not


class TrueQueue:
    """One order in the whole market."""

    def __init__(self, side: Side, px: int, top: rows.Nbbo) -> None:
        self.side, self.px, self.leaves = side, px, QTY
        self._traded = False
        near_px, near_qty = self._near(top)
        self._ahead = DEEPER_QTY if near_px != px else float(near_qty)
        self._shown = near_qty if near_px == px else 0
        if side.sign * (px - near_px) > 0:
            self._ahead = 0.0
        self._reached(top)

    def on_trade(self, row: rows.Print) -> None:
        """Take a trade of any venue; how much of it was ours, the next level tells."""
        if self.side.sign * (self.px - row.px) > 0:
            self._fill(row.qty)
        self._traded = self._traded or row.px == self.px

    def on_level(self, top: rows.Nbbo) -> None:
        """Take the best prices after an event."""
        traded, self._traded = self._traded, False
        near_px, near_qty = self._near(top)
        beyond = self.side.sign * (near_px - self.px)
        if self._reached(top) or beyond > 0:  # beyond: the touch is better than we are, and hides our level
            self._shown = 0
            return
        left_qty = near_qty if beyond == 0 else 0
        gone = max(self._shown - left_qty, 0)
        if traded:
            self._fill(gone - self._ahead)
            self._ahead = max(0.0, self._ahead - gone)
        elif self._shown:
            self._ahead -= gone * min(1.0, self._ahead / self._shown)
        self._ahead, self._shown = min(self._ahead, left_qty), left_qty

    def _reached(self, top: rows.Nbbo) -> bool:
        far_px, far_qty = (top.ask_px, top.ask_qty) if self.side is Side.BUY else (top.bid_px, top.bid_qty)
        is_reached = self.side.sign * (self.px - far_px) >= 0
        if is_reached:
            self._ahead = 0.0
            self._fill(far_qty)
        return is_reached

    def _near(self, top: rows.Nbbo) -> tuple[int, int]:
        return (top.bid_px, top.bid_qty) if self.side is Side.BUY else (top.ask_px, top.ask_qty)

    def _fill(self, qty: float) -> None:
        self.leaves -= max(0, min(int(qty), self.leaves))


class Outcome(NamedTuple):
    """One day: shares that were filled and profit after fees (1e-4 dollar), in truth and in each honest book."""

    orders: int
    true_shares: int
    shares: dict[str, int]
    true_profit: int
    low: int
    high: int


class Desk:
    """Sends the orders, and keeps both accounts of them."""

    def __init__(self, seed: int) -> None:
        self.honest, self.truth = Honest(DAY, GENERATED), Book()
        self.shares = self.orders = 0
        self._dice = random.Random(f"{seed}/orders")
        self._open: deque[tuple[int, str, TrueQueue]] = deque()
        self._next_ns = START_NS + WARM_S * NS_PER_S
        self._top: rows.Nbbo | None = None
        self._quote: Quote | None = None
        self.table: dict[type, Callable[[Any], None]] = {
            rows.Nbbo: self.on_level,
            rows.Print: self.on_print,
            rows.Quote: self.on_quote,
        }

    def on_level(self, row: rows.Nbbo) -> None:
        self._end_until(row.t_ns)
        self._top = row
        for _, _, queue in self._open:
            queue.on_level(row)
        if row.t_ns >= self._next_ns and self._quote is not None:
            self._next_ns = row.t_ns + round(self._dice.expovariate(1 / ORDER_EVERY_S) * NS_PER_S)
            self._send(row, self._quote)

    def on_print(self, row: rows.Print) -> None:
        for _, _, queue in self._open:
            queue.on_trade(row)
        if row.published:
            self.honest.on_trade(Trade(symbol=SYMBOL, exch_ns=row.t_ns, recv_ns=row.t_ns, px=row.px, qty=row.qty))

    def on_quote(self, row: rows.Quote) -> None:
        self._quote = Quote(
            symbol=SYMBOL, exch_ns=row.t_ns, recv_ns=row.t_ns,
            bid_px=row.bid_px, bid_qty=row.bid_qty, ask_px=row.ask_px, ask_qty=row.ask_qty,
        )  # fmt: skip
        self.honest.on_quote(self._quote)

    def _send(self, top: rows.Nbbo, quote: Quote) -> None:
        side = self._dice.choice((Side.BUY, Side.SELL))
        px = quote.bid_px if side is Side.BUY else quote.ask_px
        if not px:
            return  # the feed shows nothing there: without a price it would be a market order
        self.orders += 1
        name = f"h1-{side.name}-1-{self.orders}"
        sent = events.OrderSent(
            strategy=side.name, client_order_id=name, symbol=SYMBOL, side=side, qty=QTY, px=px, tif="day",
            bid_px=quote.bid_px, ask_px=quote.ask_px, intent_ns=top.t_ns,
        )  # fmt: skip
        self.honest.on_event(sent, top.t_ns)
        accepted = events.OrderAccepted(strategy=side.name, client_order_id=name, order_id=name, ack_ms=0.0)
        self.honest.on_event(accepted, top.t_ns)
        self._open.append((top.t_ns + REST_S * NS_PER_S, name, TrueQueue(side, px, top)))

    def _end_until(self, now_ns: int) -> None:
        while self._open and self._open[0][0] <= now_ns:
            _, name, queue = self._open.popleft()
            filled, side = QTY - queue.leaves, queue.side
            self.shares += filled
            self.truth.fill(SYMBOL, side.sign * filled, queue.px, charge_of(DAY, side.sign * filled, queue.px))
            done = events.OrderDone(
                strategy=side.name, client_order_id=name, order_id=name, symbol=SYMBOL, side=side, qty=QTY,
                cum_qty=0, px=queue.px, status=OrdStatus.CANCELED, text="", age_ms=0.0,
            )  # fmt: skip
            self.honest.on_event(done, now_ns)

    def outcome(self) -> Outcome:
        assert self._top is not None
        self._end_until(self._top.t_ns + 2 * REST_S * NS_PER_S)
        mid_px = (self._top.bid_px + self._top.ask_px) // 2
        self.truth.mark(SYMBOL, mid_px)
        self.honest.on_event(events.MarketMarked(mids={SYMBOL: mid_px}), self._top.t_ns)
        sides = self.honest.accounts.values()
        shares = {name: sum(abs(account.books[name].positions.get(SYMBOL, 0)) for account in sides) for name in BOOKS}
        low, _, high = self.honest.interval_of_all()
        return Outcome(self.orders, self.shares, shares, self.truth.net, low, high)


def day(seed: int, scenario: str, for_s: int) -> Outcome:
    """Return what became of a day's orders."""
    desk = Desk(seed)
    for row in _rows(seed, scenario, for_s):
        take = desk.table.get(type(row))
        if take is not None:
            take(row)
    return desk.outcome()


def _rows(seed: int, scenario: str, for_s: int) -> Iterator[Row]:
    source = market.generator(
        seed=seed, symbols=(SYMBOL,), scenario=scenario, start_ns=START_NS, start_px={}, always=True
    )
    for second in range(1, for_s + 1):
        yield from source.until(START_NS + second * NS_PER_S)
