"""The honest book: the same orders as the paper book, filled as a market would have filled them. A pure fold.

For each order that the venue took, three models (recorder/fillmodels.py) watch the quotes and prints from the moment of
its acknowledgement (so with the latency that was measured) until its cancel was acknowledged; where paper filled the
order before its turn, it stays in the queue for AFTER_PAPER_S more. Fees are the dated table's.
No shown share and no print is given to a strategy twice (recorder/spent.py).
What the expected book holds and paper does not (recorder/leftover.py) is charged its way out (recorder/wayout.py).
Input is merged by time (recorder/session.py), so live and from the files it is the same code and the same numbers.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from hft import events
from hft.clock import NS_PER_S
from hft.words import OrdStatus
from recorder.account import Account, Interval, interval_of
from recorder.book import UNCLAIMED
from recorder.fees import charge_of
from recorder.fillmodels import Limit, Scale, shares_of
from recorder.leftover import Volatility
from recorder.orderfate import Fate, is_trusted
from recorder.spent import NOTHING, Spent
from recorder.wayout import WayOut

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from hft.messages import Quote, Trade
    from recorder.fillmodels import Fills
    from recorder.spent import Shares

AFTER_PAPER_S = 30
NEVER_NS = 1 << 63
DEPTH_MEMORY = 0.05  # weight of the newest quote in what is usually shown


class Honest:
    """The fold over one day."""

    def __init__(self, day: str, scale: Scale) -> None:
        self.day, self._scale = day, scale
        self.accounts: dict[str, Account] = {}
        self._known: dict[str, Fate] = {}  # by the client order id it was first sent with, from sent to settled
        self._first: dict[str, str] = {}  # what an order is called since it was moved → what it was called first
        self._resting: defaultdict[str, dict[str, Fate]] = defaultdict(dict)  # by symbol
        self._quotes: dict[str, tuple[Quote, bool]] = {}  # the last of each symbol, and whether it is to be trusted
        self._typical: dict[str, float] = {}
        self._spent = Spent()
        self._marks: dict[str, int] = {}
        self._way_out = WayOut(day)
        self._volatility = Volatility()
        self._now_ns = self.changes = 0  # changes: how often what the books come to may have changed
        self._settle_ns = NEVER_NS  # the first of those that follow
        self._ending: deque[tuple[int, str]] = deque()  # when, which: in order of time, because all wait alike
        self._table: dict[type[events.Event], Callable[[Any, int], None]] = {
            events.DayOpened: self._on_opened,
            events.OrderSent: self._on_sent,
            events.OrderAccepted: self._on_accepted,
            events.OrderFilled: self._on_filled,
            events.OrderResized: self._on_resized,
            events.OrderDone: self._on_done,
            events.MarketMarked: self._on_marked,
            events.SharesCrossed: self._on_crossed,
            events.PositionClaimed: self._on_claimed,
            events.TradeCorrected: self._on_corrected,
            events.SplitSuspected: self._on_split,
            events.SharesSplit: self._on_split,
        }

    @property
    def kinds(self) -> list[type[events.Event]]:
        """Return the kinds of events that change anything."""
        return list(self._table)

    def on_event(self, event: events.AnyEvent, now_ns: int) -> None:
        """Take an event at its time."""
        handler = self._table.get(type(event))
        if handler is not None:
            self._now_ns = now_ns
            self.changes += 1
            if now_ns >= self._settle_ns:
                self._settle_until(now_ns)
            handler(event, now_ns)

    def on_quote(self, quote: Quote) -> None:
        """Take a top of book at its time of receipt."""
        self._now_ns = quote.recv_ns
        if quote.recv_ns >= self._settle_ns:
            self._settle_until(quote.recv_ns)
        symbol, trusted = quote.symbol, is_trusted(quote)
        self._quotes[symbol] = quote, trusted
        if trusted:
            shown = (quote.bid_qty + quote.ask_qty) / 2
            before = self._typical.get(symbol, shown)
            self._typical[symbol] = before + DEPTH_MEMORY * (shown - before)
        self._spent.show(quote)
        if self._resting:
            for fate in self._standing(symbol):
                fills = fate.on_quote(quote, self._spent.by(fate.strategy, symbol, fate.limit.sign))
                self._book(fate, fills, quote)

    def on_trade(self, trade: Trade) -> None:
        """Take a print at its time of receipt."""
        self._now_ns = trade.recv_ns
        self._settle_until(trade.recv_ns)
        px, qty = trade.px, trade.qty
        spent: dict[tuple[str, int], Shares] = {}
        for fate in self._standing(trade.symbol):
            whose = fate.strategy, fate.limit.sign
            before = spent.get(whose, NOTHING)
            fills = fate.on_trade(px, qty, before)
            spent[whose] = before[0] + shares_of(fills[0]), before[1] + shares_of(fills[1])
            self._book(fate, fills)

    def _standing(self, symbol: str) -> list[Fate]:
        """Return the orders in a symbol of which something is left in some model."""
        resting = self._resting.get(symbol)
        return list(resting.values()) if resting else []

    def quoted_ns(self, symbol: str) -> int:
        """Return when the newest quote of a symbol came, 0 before there was one."""
        return self._quotes[symbol][0].recv_ns if symbol in self._quotes else 0

    @property
    def is_still(self) -> bool:
        """Return whether no tick can fill anything: no order rests in any model."""
        return not any(self._resting.values())

    def account(self, strategy: str) -> Account:
        """Return a strategy's books, made when it is new."""
        found = self.accounts.get(strategy)
        if found is None:
            found = self.accounts[strategy] = Account()
        return found

    def interval(self, strategy: str) -> Interval:
        """Return a strategy's honest profit; zero before its first order."""
        return interval_of(*self.worth(strategy)) if strategy in self.accounts else Interval(0, 0, 0)

    def interval_of_all(self) -> Interval:
        """Return the account's honest profit: each of the three books, and the risks, over all strategies."""
        return interval_of(*map(sum, zip(*map(self.worth, self.accounts), strict=True)))

    def worth(self, strategy: str) -> tuple[int, int, int, int]:
        """Return the profit of a strategy's three books after fees and the way out, and the leftovers' risk."""
        account = self.account(strategy)
        strict, expected, optimistic = (
            book.net - self._way_out.cost(account.paper, book) for book in account.books.values()
        )
        return strict, expected, optimistic, account.leftover.risk

    def exit_cost(self, strategy: str) -> int:
        """Return what it would cost to leave what only the expected book holds, in 1e-4 dollar."""
        account = self.account(strategy)
        return self._way_out.cost(account.paper, account.books["expected"])

    # --- an order's life

    def _fate(self, name: str) -> Fate | None:
        return self._known.get(self._first.get(name, name) if self._first else name)

    def _on_sent(self, event: events.OrderSent, now_ns: int) -> None:
        moved = self._fate(event.replaces) if event.replaces else None
        if moved is not None:
            self._first[event.client_order_id] = moved.name
            moved.ask_move(event)
            return
        limit = Limit(event.side, event.px, event.qty, round(self._typical.get(event.symbol, 0.0)))
        self._known[event.client_order_id] = Fate(event, limit, self._scale)

    def _on_accepted(self, event: events.OrderAccepted, now_ns: int) -> None:
        self._arrive(event.client_order_id)

    def _arrive(self, name: str) -> None:
        fate = self._fate(name)
        if fate is None or fate.arrived:
            return
        fate.arrived = True
        if fate.symbol in self._quotes:
            quote, trusted = self._quotes[fate.symbol]
            fills = fate.arrive(quote, trusted, self._spent)
            if fills is not None:
                self._book(fate, fills, quote)
        self._rest(fate)

    def _rest(self, fate: Fate) -> None:
        if not fate.is_ioc and not fate.is_settled:
            self._resting[fate.symbol][fate.name] = fate

    def _take_place(self, fate: Fate) -> None:
        """Let a moved order stand where it was moved to, from the moment at which the venue said so."""
        quote, trusted = self._quotes.get(fate.symbol, (None, False))
        typical_qty = round(self._typical.get(fate.symbol, 0.0))
        fills = fate.take_place(quote, trusted=trusted, typical_qty=typical_qty, spent=self._spent)
        if fills is not None and quote is not None:
            self._book(fate, fills, quote)
        self._resting[fate.symbol].pop(fate.name, None)
        self._rest(fate)

    def _on_resized(self, event: events.OrderResized, now_ns: int) -> None:
        fate = self._fate(event.client_order_id)
        if fate is not None:
            fate.resize(event.client_order_id, event.qty)
            if fate.arrived:
                self._rest(fate)

    def _on_filled(self, event: events.OrderFilled, now_ns: int) -> None:
        account, signed_qty = self.account(event.strategy), event.side.sign * event.last_qty
        self._value(account, event.symbol, event.last_px)
        wrong = account.paper.agree(event.symbol, event.position - signed_qty, event.last_px)
        if wrong:
            for book in account.books.values():
                book.carry(event.symbol, wrong, account.paper.holdings[event.symbol].mark_px)
        account.paper.fill(event.symbol, signed_qty, event.last_px)
        self._arrive(event.client_order_id)  # the fill may be quicker than the answer to the request
        fate = self._fate(event.client_order_id)
        if fate is not None:
            if fate.move is not None and fate.move.name == event.client_order_id:
                self._take_place(fate)  # what is filled there stands there
            self._leave(account, event.symbol, -signed_qty)
            fate.paper_qty += event.last_qty
            fate.paper_cash -= signed_qty * event.last_px
            return
        for book in account.books.values():  # an order that nobody sent through the router: every book takes it
            book.fill(event.symbol, signed_qty, event.last_px, charge_of(self.day, signed_qty, event.last_px))

    def _on_done(self, event: events.OrderDone, now_ns: int) -> None:
        fate = self._fate(event.client_order_id)
        if fate is None:
            return
        if event.client_order_id != fate.current:
            if fate.move is not None and fate.move.name == event.client_order_id:
                fate.move = None  # it never stood there
        elif fate.move is not None and event.status is OrdStatus.REPLACED:
            self._take_place(fate)
        elif event.status is OrdStatus.FILLED and not fate.is_ioc and not fate.is_settled:
            self._ending.append((now_ns + AFTER_PAPER_S * NS_PER_S, event.client_order_id))
            self._settle_ns = self._ending[0][0]
        else:
            self._end(event.client_order_id)

    def _settle_until(self, now_ns: int) -> None:
        while self._ending and self._ending[0][0] <= now_ns:
            name = self._ending.popleft()[1]
            fate = self._fate(name)
            if fate is not None and fate.is_market and not fate.is_settled:
                self._ending.append((now_ns + AFTER_PAPER_S * NS_PER_S, name))  # a market order is filled in the end
            else:
                self._end(name)
        self._settle_ns = self._ending[0][0] if self._ending else NEVER_NS

    def _end(self, name: str) -> None:
        fate = self._known.pop(self._first.get(name, name) if self._first else name, None)
        if fate is None:
            return
        for later in fate.later_names:
            del self._first[later]
        self._resting[fate.symbol].pop(fate.name, None)
        self.account(fate.strategy).tell_apart(fate)

    def _value(self, account: Account, symbol: str, px: int) -> None:
        """See that every book values a symbol alike from the first share on."""
        if symbol in account.valued:
            return
        account.valued.add(symbol)
        self._way_out.begin(symbol, self._touch(symbol))
        for book in account.all_books():
            book.carry(symbol, 0, self._marks.get(symbol, px))

    def _book(self, fate: Fate, fills: Fills, taken_of: Quote | None = None) -> None:
        """Take over what the models filled; of a quote's shown size, if not of a print."""
        if not any(fills):
            return
        self.changes += 1
        account, limit, symbol = self.account(fate.strategy), fate.limit, fate.symbol
        self._value(account, symbol, limit.px or next(each[0].px for each in fills if each))
        got = shares_of(fills[1])
        if taken_of is not None:
            self._spent.add(fate.strategy, limit.sign, taken_of, (shares_of(fills[0]), got))
        if got:
            self._leave(account, symbol, limit.sign * got)
            fate.expected_qty += got
            fate.expected_cash -= limit.sign * sum([qty * px for qty, px in fills[1]])
        for book, model_fills in zip(account.books.values(), fills, strict=True):
            for qty, px in model_fills:
                book.fill(symbol, limit.sign * qty, px, charge_of(self.day, limit.sign * qty, px))
        fate.look()
        if fate.is_settled:
            self._resting[fate.symbol].pop(fate.name, None)

    def _leave(self, account: Account, symbol: str, signed_qty: int) -> None:
        """Note shares that the expected book has more than paper from now on."""
        mark_px = account.paper.holdings[symbol].mark_px
        account.leftover.move(symbol, signed_qty, mark_px, self._volatility, self._now_ns)

    def gaps(self, strategy: str) -> dict[str, int]:
        """Return paper profit minus expected profit by reason, in 1e-4 dollar; orders not settled count as they are."""
        unsettled = [fate for fate in self._known.values() if fate.strategy == strategy]
        money = self.account(strategy).gap_money(unsettled)
        money["leftover"] += self.exit_cost(strategy)
        return {reason: amount for reason, amount in money.items() if amount}

    def absorb(self, other: Honest, strategies: Container[str]) -> None:
        """Take over the accounts of these strategies, and their orders that are not settled."""
        self.accounts.update({name: account for name, account in other.accounts.items() if name in strategies})
        self._known.update({name: fate for name, fate in other._known.items() if fate.strategy in strategies})

    # --- marks and days

    def _on_opened(self, event: events.DayOpened, now_ns: int) -> None:
        for strategy, holdings in event.positions.items():
            for symbol, (qty, mark_px) in holdings.items():
                for book in self.account(strategy).all_books():
                    book.carry(symbol, qty, mark_px)

    def _on_marked(self, event: events.MarketMarked, now_ns: int) -> None:
        self._marks.update(event.mids)
        for account in self.accounts.values():
            for symbol, px in event.mids.items():
                account.leftover.mark(symbol, px, self._volatility, now_ns)
            for book in account.all_books():
                for symbol, px in event.mids.items():
                    book.mark(symbol, px)
        for symbol, px in event.mids.items():
            self._way_out.mark(symbol, self._touch(symbol))
            self._volatility.on_mark(symbol, px, now_ns)

    def _touch(self, symbol: str) -> Quote | None:
        quote, trusted = self._quotes.get(symbol, (None, False))
        return quote if trusted else None

    def _on_crossed(self, event: events.SharesCrossed, now_ns: int) -> None:
        """Let every book have the shares that changed ledgers past the venue: they did, and without a fee."""
        self._hand_over(event.seller, event.buyer, event.symbol, event.qty, event.px)

    def _on_claimed(self, event: events.PositionClaimed, now_ns: int) -> None:
        """Let every book have the shares that a person gave to a strategy: they are its own from then on."""
        self._hand_over(UNCLAIMED, event.strategy, event.symbol, event.qty, event.px)

    def _hand_over(self, giver: str, taker: str, symbol: str, qty: int, px: int) -> None:
        for name, sign in ((giver, -1), (taker, 1)):
            account = self.accounts.get(name) if name == UNCLAIMED else self.account(name)
            if account is not None:
                self._value(account, symbol, px)
            for book in account.all_books() if account else ():
                book.fill(symbol, sign * qty, px)

    def _on_corrected(self, event: events.TradeCorrected, now_ns: int) -> None:
        """Let every book have it: an execution that the venue takes back or prices anew is one that it had.

        A model that had not filled the order holds the shares the other way from then on; its reason stays the order's.
        """
        account = self.account(event.strategy)
        for side, qty, px in event.parts:
            self._value(account, event.symbol, px)
            for book in account.all_books():
                book.fill(event.symbol, side.sign * qty, px)

    def _on_split(self, event: events.SplitSuspected | events.SharesSplit, now_ns: int) -> None:
        suspected = isinstance(event, events.SplitSuspected)
        for account in self.accounts.values():
            for book in account.all_books():
                book.split(event.symbol, event.new, event.old, suspected=suspected)
            account.leftover.split(event.symbol, event.new, event.old, suspected=suspected)
