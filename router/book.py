"""The router's book: every order, every ledger, every latch. It changes by applying a record and in no other way.

Rule: live and replay share one path, `apply`. Sums that the checks need (shares working by ledger, symbol and side) are
kept as the orders move, and equal what counting anew would give.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hft.words import OrdStatus, Side, Tif, TradingState
from risk.ledger import Ledger, net_qty, position_of
from risk.state import ACTIVE, Standing
from router import records
from router.amended import Frozen
from router.ids import UNCLAIMED, Name, Run
from router.orders import Order, OrdEvent
from router.records import Tally
from router.splits import Split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NO_ACK = frozenset({OrdEvent.CANCEL_ASKED, OrdEvent.ABSENT})
PAST_MAX = CLAIMS_MAX = 1_000
DONE_ORDERS_MAX = 5_000  # late news about older ones is recognised by their number and ignored


class Book:
    """Everything the router must still know after a crash."""

    def __init__(self) -> None:
        self.index = 0  # the number of the last record
        self.fills = 0  # booked since the start of this process; tells whether a position snapshot is still comparable
        self.epoch = self.birth_ns = self.number = self.last_ns = 0
        self.orders: dict[str, Order] = {}
        self.by_order_id: dict[str, Order] = {}
        self.working: dict[str, Order] = {}
        self.unknown: dict[str, Order] = {}  # of the working ones: those in doubt
        self.unnamed: dict[str, Order] = {}  # of the working ones: those that the venue has not named yet
        self.working_of: dict[str, int] = {}  # how many each ledger has
        self.ledgers: dict[str, Ledger] = {}
        self.standing: Standing = ACTIVE
        self.standings: dict[str, Standing] = {}
        self.day, self.day_equity = "", 0
        self.day_pnl: dict[str, int] = {}
        self.day_honest: dict[str, int] | None = None
        self.honest_due: tuple[str, ...] = ()
        self.tallies: dict[str, Tally] = {}
        self.claims: dict[str, None] = {}  # the keys of those that are done, oldest first
        self.frozen = Frozen()
        self.touched: set[str] = set()  # every symbol that was ever traded or held here
        self._net: dict[str, int] = {}
        self._past: deque[tuple[int, tuple[str, int]]] = deque(maxlen=PAST_MAX)  # until when what was held
        self._open: dict[tuple[str, str, Side], int] = {}
        self._net_open: dict[tuple[str, Side], int] = {}
        self._done: dict[str, None] = {}
        self._apply: dict[type, Callable[[Any], None]] = {
            records.EpochBegun: self._epoch_begun,
            records.OrderOpened: self._order_opened,
            records.OrderFound: self._order_found,
            records.OrderMoved: self._order_moved,
            records.OrderFilled: self._order_filled,
            records.OrderResized: self._order_resized,
            records.PositionAdjusted: self._position_adjusted,
            records.Crossed: self._crossed,
            records.Claimed: self._claimed,
            records.SharesSplit: self._shares_split,
            records.TradeAmended: self._trade_amended,
            records.AmendmentBooked: self._amendment_booked,
            records.FreezeLifted: lambda record: self.frozen.lift(record.symbol),
            records.StandingSet: self._standing_set,
            records.DayBegun: self._day_begun,
            records.BookSaved: self._book_saved,
        }

    # --- reading

    @property
    def run(self) -> Run:
        """Return the run that new orders are named by."""
        return Run.of(self.birth_ns, self.epoch)

    def knew(self, name: Name) -> bool:
        """Return whether an order of this name was written by this very journal (it may be forgotten by now)."""
        return name.run.birth_s == self.run.birth_s and (name.run.epoch, name.number) <= (self.epoch, self.number)

    def qty(self, ledger: str, symbol: str) -> int:
        """Return the signed position of one ledger."""
        found = self.ledgers.get(ledger, {}).get(symbol)
        return found.qty if found else 0

    def net_qty(self, symbol: str) -> int:
        """Return the sum of all ledgers: what the broker must hold."""
        return self._net.get(symbol, 0)

    def open_qty(self, ledger: str, symbol: str, side: Side) -> int:
        """Return the shares that a ledger's working and unknown orders may still fill on one side."""
        return self._open.get((ledger, symbol, side), 0)

    def net_open_qty(self, symbol: str, side: Side) -> int:
        """Return the same over all ledgers."""
        return self._net_open.get((symbol, side), 0)

    def held(self) -> list[str]:
        """Return every symbol of which the ledgers together hold shares."""
        return [symbol for symbol, qty in self._net.items() if qty]

    def symbols(self) -> set[str]:
        """Return every symbol that a ledger holds or that an order works in."""
        held = {s for ledger in self.ledgers.values() for s, position in ledger.items() if position.qty}
        return held | {order.symbol for order in self.working.values()}

    def tally(self, ledger: str) -> Tally:
        """Return the counts of a ledger, made empty if they are not there yet."""
        return self.tallies.setdefault(ledger, Tally())

    def worst(self, symbol: str) -> int:
        """Return the account's largest possible position in a symbol, absolute shares."""
        net = self.net_qty(symbol)
        return max(net + self.net_open_qty(symbol, Side.BUY), self.net_open_qty(symbol, Side.SELL) - net)

    # --- changing

    def apply(self, record: records.AnyRecord) -> None:
        """Take one record; the only way in."""
        self.index += 1
        self.last_ns = record.at_ns
        self._apply[type(record)](record)

    def _epoch_begun(self, record: records.EpochBegun) -> None:
        self.epoch, self.birth_ns, self.number = record.epoch, record.birth_ns, 0

    def _order_opened(self, record: records.OrderOpened) -> None:
        assert record.client_order_id not in self.orders, record.client_order_id
        self.number = record.number
        tally = self.tally(record.ledger)
        tally.orders, tally.moves = tally.orders + (not record.replaces), tally.moves + bool(record.replaces)
        self._add(
            Order(
                client_order_id=record.client_order_id,
                ledger=record.ledger,
                symbol=record.symbol,
                side=record.side,
                qty=record.qty,
                px=record.px,
                tif=record.tif,
                created_ns=record.at_ns,
                purpose=record.purpose,
                epoch=record.epoch,
                seq=record.seq,
                replaces=record.replaces,
            )
        )

    def _order_found(self, record: records.OrderFound) -> None:
        assert record.client_order_id not in self.orders, record.client_order_id
        self._add(
            Order(
                client_order_id=record.client_order_id,
                ledger=record.ledger,
                symbol=record.symbol,
                side=record.side,
                qty=record.qty,
                px=record.px,
                tif=Tif.DAY,
                created_ns=record.at_ns,
                purpose=record.purpose,
                order_id=record.order_id,
                status=OrdStatus.PARTIALLY_FILLED if record.cum_qty else OrdStatus.NEW,
                cum_qty=record.cum_qty,
                cum_notional=record.cum_notional,
                acked_ns=record.at_ns,
            )
        )

    def _order_moved(self, record: records.OrderMoved) -> None:
        order = self.orders[record.client_order_id]
        before = order.leaves_qty
        self._name(order, record.order_id)
        if record.event is OrdEvent.LOST:
            order.unknown_ns = record.at_ns
        elif not order.acked_ns and record.event not in NO_ACK:
            order.acked_ns = record.at_ns
        order.presumed_absent = record.event is OrdEvent.ABSENT
        order.text = record.text or order.text
        order.move(record.event)
        if record.event is OrdEvent.REJECTED:
            self.tally(order.ledger).rejects += 1
        elif record.event is OrdEvent.CANCELED:
            self.tally(order.ledger).cancels += 1
        self._settle(order, before, record.at_ns)

    def _order_filled(self, record: records.OrderFilled) -> None:
        order = self.orders[record.client_order_id]
        assert record.cum_qty == order.cum_qty + record.last_qty <= order.qty
        before = order.leaves_qty
        self._name(order, record.order_id)
        order.acked_ns = order.acked_ns or record.at_ns
        order.cum_qty, order.cum_notional = record.cum_qty, order.cum_notional + record.notional
        if record.exec_id:
            order.exec_ids.append(record.exec_id)
        position = position_of(self.ledgers, order.ledger, order.symbol)
        position.book(order.side.sign * record.last_qty, record.notional)
        self._hold(order.symbol, order.side.sign * record.last_qty)
        position.fees += record.fee
        self.fills += 1
        tally = self.tally(order.ledger)
        tally.fills, tally.shares = tally.fills + 1, tally.shares + record.last_qty
        order.presumed_absent = False
        order.move(OrdEvent.FILLED if order.cum_qty == order.qty else OrdEvent.FILL)
        self._settle(order, before, record.at_ns)

    def _order_resized(self, record: records.OrderResized) -> None:
        order = self.orders[record.client_order_id]
        before, order.qty, order.resized = order.leaves_qty, record.qty, True
        assert order.cum_qty < order.qty
        self._settle(order, before, record.at_ns)

    def _position_adjusted(self, record: records.PositionAdjusted) -> None:
        position_of(self.ledgers, UNCLAIMED, record.symbol).book(record.signed_qty, record.notional)
        self._hold(record.symbol, record.signed_qty)

    def _crossed(self, record: records.Crossed) -> None:
        notional = record.qty * record.px
        position_of(self.ledgers, record.seller, record.symbol).book(-record.qty, notional)
        position_of(self.ledgers, record.buyer, record.symbol).book(record.qty, notional)

    def _claimed(self, record: records.Claimed) -> None:
        notional = abs(record.signed_qty) * record.px
        position_of(self.ledgers, UNCLAIMED, record.symbol).book(-record.signed_qty, notional)
        position_of(self.ledgers, record.ledger, record.symbol).book(record.signed_qty, notional)
        self.claims[record.key] = None
        if len(self.claims) > CLAIMS_MAX:
            del self.claims[next(iter(self.claims))]

    def _shares_split(self, record: records.SharesSplit) -> None:
        split, symbol = Split(record.new, record.old), record.symbol
        for ledger in self.ledgers.values():
            if symbol in ledger:
                before = ledger[symbol].qty
                ledger[symbol].hold_instead(split.of(before))
                self._hold(symbol, ledger[symbol].qty - before)

    def _trade_amended(self, record: records.TradeAmended) -> None:
        self.frozen.freeze(record.amendment)

    def _amendment_booked(self, record: records.AmendmentBooked) -> None:
        """Take executions out of an order and its ledger, at their own price, and book them anew, at theirs."""
        order, more = self.orders[record.client_order_id], record.given_qty - record.taken_qty
        assert record.cum_qty == order.cum_qty + more <= order.qty
        before, sign = order.leaves_qty, order.side.sign
        position = position_of(self.ledgers, order.ledger, order.symbol)
        if record.taken_qty:
            position.book(-sign * record.taken_qty, record.taken_notional)
        if record.given_qty:
            position.book(sign * record.given_qty, record.given_notional)
        self._hold(order.symbol, sign * more)
        position.fees += record.fee
        self.fills += 1
        self.tally(order.ledger).shares += more
        order.cum_qty, order.cum_notional, order.amended_ns = record.cum_qty, record.cum_notional, record.at_ns
        order.exec_ids += [*record.keys, *record.previous_exec_ids]
        if not order.is_done and order.cum_qty == order.qty:
            order.move(OrdEvent.FILLED)
        self.frozen.settle(order.symbol, record.keys, record.outcome)
        self._settle(order, before, record.at_ns)

    def _standing_set(self, record: records.StandingSet) -> None:
        standing = ACTIVE if record.state is TradingState.ACTIVE else Standing(record.state, record.reason)
        if record.strategy:
            self.standings[record.strategy] = standing
        else:
            self.standing = standing

    def _day_begun(self, record: records.DayBegun) -> None:
        self.day, self.day_pnl, self.day_equity = record.day, dict(record.pnl), record.equity
        self.day_honest, self.honest_due = record.honest, record.honest_due
        if record.counts_reset:
            self.tallies = {}

    def _book_saved(self, record: records.BookSaved) -> None:
        """Take a saved book at the head of the oldest segment; anywhere else it is what we are already."""
        if self.epoch:
            return
        self.epoch, self.birth_ns, self.number = record.epoch, record.birth_ns, record.number
        self.ledgers = record.ledgers
        self.standing, self.standings = record.standing, record.standings
        self.day, self.day_pnl, self.day_equity = record.day, record.day_pnl, record.day_equity
        self.day_honest, self.honest_due = record.day_honest, record.honest_due
        self.tallies, self.last_ns = record.tallies, record.last_ns
        self.claims = dict.fromkeys(record.claims)
        self.frozen.symbols, self.frozen.keys = dict(record.frozen), dict.fromkeys(record.amended)
        for symbol in {symbol for ledger in self.ledgers.values() for symbol in ledger}:
            self._hold(symbol, net_qty(self.ledgers, symbol))
        for order in record.orders:
            self._add(order)

    def saved(self, now_ns: int) -> records.BookSaved:
        """Return the whole book as one record."""
        return records.BookSaved(
            at_ns=now_ns,
            epoch=self.epoch,
            birth_ns=self.birth_ns,
            number=self.number,
            orders=list(self.orders.values()),
            ledgers=self.ledgers,
            standing=self.standing,
            standings=self.standings,
            day=self.day,
            day_pnl=self.day_pnl,
            day_equity=self.day_equity,
            tallies=self.tallies,
            last_ns=self.last_ns,
            day_honest=self.day_honest,
            claims=tuple(self.claims),
            frozen={symbol: list(amendments) for symbol, amendments in self.frozen.symbols.items()},
            amended=tuple(self.frozen.keys),
            honest_due=self.honest_due,
        )

    # --- keeping the sums

    def held_since(self, symbol: str, qty: int, since_ns: int, until_ns: int) -> bool:
        """Return whether the sum of all ledgers was `qty` at some time in between, and is not any more."""
        return any(since_ns <= at_ns <= until_ns and (symbol, qty) == held for at_ns, held in self._past)

    def _hold(self, symbol: str, signed_qty: int) -> None:
        self.touched.add(symbol)
        held = self._net.get(symbol, 0)
        self._past.append((self.last_ns, (symbol, held)))
        self._net[symbol] = held + signed_qty

    def _add(self, order: Order) -> None:
        self.orders[order.client_order_id] = order
        self.touched.add(order.symbol)
        self._name(order, order.order_id)
        self._settle(order, 0, order.created_ns)

    def _name(self, order: Order, order_id: str) -> None:
        if order_id:
            order.order_id = order_id
            self.by_order_id[order_id] = order

    def _settle(self, order: Order, leaves_before: int, at_ns: int) -> None:
        change = order.leaves_qty - leaves_before
        if change:
            own, net = (order.ledger, order.symbol, order.side), (order.symbol, order.side)
            self._open[own] = self._open.get(own, 0) + change
            self._net_open[net] = self._net_open.get(net, 0) + change
        name, works = order.client_order_id, not order.status.is_terminal
        if works is not (name in self.working):
            self.working_of[order.ledger] = self.working_of.get(order.ledger, 0) + (1 if works else -1)
            _keep(self.working, order, belongs=works)
        if (order.status is OrdStatus.UNKNOWN) is not (name in self.unknown):
            _keep(self.unknown, order, belongs=order.status is OrdStatus.UNKNOWN)
        if (works and not order.order_id) is not (name in self.unnamed):
            _keep(self.unnamed, order, belongs=works and not order.order_id)
        if works:
            self._done.pop(name, None)
            order.done_ns = 0
        elif name not in self._done:
            order.done_ns = order.done_ns or at_ns
            self._done[name] = None
            self._forget()

    def _forget(self) -> None:
        while len(self._done) > DONE_ORDERS_MAX:
            oldest = next(iter(self._done))
            del self._done[oldest]
            order = self.orders.pop(oldest)
            self.by_order_id.pop(order.order_id, None)


def _keep(kept: dict[str, Order], order: Order, *, belongs: bool) -> None:
    if belongs:
        kept[order.client_order_id] = order
    else:
        del kept[order.client_order_id]


def replayed(history: Iterable[records.AnyRecord], *, first_index: int = 1) -> Book:
    """Return the book after these records, of which the first has the number `first_index`."""
    book = Book()
    book.index = first_index - 1
    for record in history:
        book.apply(record)
    return book
