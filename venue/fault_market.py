"""Faults of the market and of the account itself: halts, pauses, corrections, what the broker does unasked.

States (a halt) hold while their fault is active; acts (a correction) happen once for each count.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import msgspec

from venue.bars import MINUTE_NS
from venue.ids import uuid_of
from venue.orders import SIGN, Order
from venue.rows import CancelError, Correction, Luld, Status
from venue.splits import ratio_of
from venue.units import SHARE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from venue.books import Book
    from venue.engine import Engine
    from venue.faults import Fault
    from venue.ledger import Account, Fill
    from venue.rows import Print, Row

# kind -> status code, its words, reason code, its words: halt, then resume.
HALTS = {
    "halt": ("H", "Trading Halt", "T1", "News Pending"),
    "luld-pause": ("P", "Volatility Trading Pause", "LUDP", "Volatility Trading Pause"),
    "market-halt": ("H", "Trading Halt", "MWC1", "Market Wide Circuit Breaker Halt Level 1"),
}
RESUME = ("T", "Trading Resumption", "C11", "Trade Halt Concluded By Other Regulatory Authority")
BAND_PCT = 5
FOREIGN_PX_PCT = 90
CENT_PX = 100
TOLD_STATUSES = frozenset({"done_for_day", "stopped", "calculated", "suspended", "accepted", "held"})


class MarketFaults:
    """Looks at the faults each time the exchange moves on; acts on engine and stream."""

    def __init__(
        self,
        engine: Engine,
        publish: Callable[[Row], None],
        symbols: Callable[[], Iterable[str]],
        take_print: Callable[[Print], None],
    ) -> None:
        self._engine, self._publish, self._symbols, self._print = engine, publish, symbols, take_print
        self._halted: dict[str, str] = {}
        self._prints: dict[str, Print] = {}
        engine.mornings.append(self._split)
        self._acts: dict[str, Callable[[Fault, int], None]] = {
            "broker-cancel": self._broker_cancel,
            "broker-event": self._broker_event,
            "trade-bust": self._bust,
            "trade-correct": self._correct_fill,
            "foreign-order": self._foreign_order,
            "foreign-fill": self._foreign_fill,
            "late-trade": self._late,
            "trade-correction": self._correct,
            "trade-cancel": self._cancel_print,
        }

    def note(self, row: Print) -> None:
        """Remember the last published print, which can be corrected."""
        self._prints[row.symbol] = row

    @property
    def is_acting(self) -> bool:
        """Return whether a halt that was ordered is on."""
        return bool(self._halted)

    def act(self, now_ns: int) -> None:
        """Begin and end halts; do what is ordered once."""
        faults = self._engine.faults
        if not faults and not self._halted:
            return
        self._halts(now_ns)
        for kind, act in self._acts.items():
            for fault in faults.active(kind, now_ns):
                while faults.hit(kind, now_ns, accounts=(fault.account,), symbol=fault.symbol):
                    act(fault, now_ns)

    # --- halts ---

    def _halts(self, now_ns: int) -> None:
        wanted: dict[str, str] = {}
        for kind in HALTS:
            for fault in self._engine.faults.active(kind, now_ns):
                names = self._symbols() if kind == "market-halt" or not fault.symbol else (fault.symbol,)
                wanted |= dict.fromkeys(names, kind)
        for symbol, kind in wanted.items():
            if symbol not in self._halted:
                self._begin(symbol, kind, now_ns)
        for symbol in [symbol for symbol in self._halted if symbol not in wanted]:
            self._tell(Status(now_ns, symbol, *RESUME, halted=False))
        self._halted = wanted

    def _begin(self, symbol: str, kind: str, now_ns: int) -> None:
        if kind == "luld-pause":
            mark_px = self._engine.level(symbol).mark_px
            band = mark_px * BAND_PCT // 100
            self._publish(Luld(now_ns, symbol, mark_px + band, mark_px - band))
        self._tell(Status(now_ns, symbol, *HALTS[kind], halted=True))

    def _tell(self, row: Status) -> None:
        self._engine.on_status(row)
        self._publish(row)

    # --- acts ---

    def _books(self, fault: Fault) -> list[Book]:
        books = self._engine.books.values()
        return [book for book in books if not fault.account or fault.account in _names(book.account)]

    def _broker_cancel(self, fault: Fault, now_ns: int) -> None:
        for book in self._books(fault):
            for order in book.open_orders(fault.symbol or None):
                if order.is_open and order.status != "pending_replace":
                    self._engine.end(book, order, "canceled", now_ns)

    def _broker_event(self, fault: Fault, now_ns: int) -> None:
        for book in self._books(fault):
            for order in book.open_orders(fault.symbol or None):
                told = copy.copy(order)
                told.status = fault.word if fault.word in TOLD_STATUSES else order.status
                self._engine.tell(book, told, fault.word, now_ns, mark=fault.word)
                self._engine.outbox.touch(book, order)
                return

    def _bust(self, fault: Fault, now_ns: int) -> None:
        """Take the last fill back, where the position still allows it."""
        if found := self._last_fill(fault):
            book, fill = found
            self._take_back(book, fill)
            self._tell_of(book, fill, "trade_bust", fill.px, now_ns)
            self._end_excess(book, fill.symbol, now_ns)

    def _correct_fill(self, fault: Fault, now_ns: int) -> None:
        """Book the last fill again, `size` cents dearer: cash, cost and the order's average price follow."""
        if found := self._last_fill(fault):
            book, fill = found
            px = fill.px + (round(fault.size) or 1) * CENT_PX
            if px <= 0:
                return
            self._take_back(book, fill)
            order = book.orders[fill.order_id]
            book.account.cash += book.position(fill.symbol).fill(SIGN[fill.side] * fill.qty, px)
            order.filled_qty += fill.qty
            order.filled_money += fill.qty * px
            self._tell_of(book, fill, "trade_correct", px, now_ns)

    def _last_fill(self, fault: Fault) -> tuple[Book, Fill] | None:
        """Return the last fill that can still be taken out of its position."""
        for book in self._books(fault):
            for fill in reversed(book.fills):
                known = fill.order_id in book.orders and fault.symbol in {"", fill.symbol}
                if known and book.qty(fill.symbol) * SIGN[fill.side] >= fill.qty:
                    return book, fill
        return None

    def _take_back(self, book: Book, fill: Fill) -> None:
        order = book.orders[fill.order_id]
        book.account.cash += book.position(fill.symbol).fill(-SIGN[fill.side] * fill.qty, fill.px)
        order.filled_qty -= fill.qty
        order.filled_money -= fill.qty * fill.px

    def _end_excess(self, book: Book, symbol: str, now_ns: int) -> None:
        """Let the broker cancel closing orders, the newest first, until the position covers what is left of them."""
        for order in sorted(book.open_orders(symbol), key=lambda found: found.seq, reverse=True):
            covered = book.closing_held_qty(symbol) <= abs(book.qty(symbol))
            if order.is_open and not order.is_opening and order.status != "held" and not covered:
                self._engine.end(book, order, "canceled", now_ns)

    def _tell_of(self, book: Book, fill: Fill, event: str, px: int, now_ns: int) -> None:
        order, was = book.orders[fill.order_id], str(fill.number)
        self._engine.outbox.touch(book, order, fill.symbol)
        self._engine.tell(book, order, event, now_ns, mark=f"{event} {was}", px=px, qty=fill.qty, previous_mark=was)

    def _foreign_order(self, fault: Fault, now_ns: int) -> None:
        for book in self._books(fault)[:1]:
            symbol = fault.symbol or next(iter(self._symbols()))
            if not _may_buy(book, symbol):
                return
            px = self._engine.level(symbol).mark_px * FOREIGN_PX_PCT // 100 // 100 * 100
            self._engine.submit(book, _foreign(book, symbol, px, fault, now_ns), now_ns)

    def _foreign_fill(self, fault: Fault, now_ns: int) -> None:
        for book in self._books(fault)[:1]:
            symbol = fault.symbol or next(iter(self._symbols()))
            if _may_buy(book, symbol):
                self._engine.submit(book, _foreign(book, symbol, None, fault, now_ns), now_ns)

    def _split(self, now_ns: int) -> None:
        """Split what is ordered to be split; called before the day's first session."""
        faults = self._engine.faults
        for fault in faults.active("split", now_ns):
            while faults.hit("split", now_ns, symbol=fault.symbol):
                for symbol in (fault.symbol,) if fault.symbol else tuple(self._symbols()):
                    self._engine.split(symbol, ratio_of(fault.size), now_ns)

    def _late(self, fault: Fault, now_ns: int) -> None:
        """Tell a print that belongs to the end of the minute before."""
        if found := self._prints.get(fault.symbol or next(iter(self._prints), "")):
            self._print(msgspec.structs.replace(found, t_ns=now_ns - now_ns % MINUTE_NS - 1, px=found.px + 100))

    def _correct(self, fault: Fault, now_ns: int) -> None:
        if found := self._prints.get(fault.symbol or next(iter(self._prints), "")):
            self._publish(Correction(now_ns, found.symbol, found, found.px - 100, found.qty))

    def _cancel_print(self, fault: Fault, now_ns: int) -> None:
        if found := self._prints.get(fault.symbol or next(iter(self._prints), "")):
            self._publish(CancelError(now_ns, found.symbol, found))


def _names(account: Account) -> tuple[str, str]:
    return account.id, account.key


def _may_buy(book: Book, symbol: str) -> bool:
    """Return whether a buy from nowhere keeps to the rules: no short position, no opening sell."""
    sells = book.open_against(symbol, "buy")
    return book.qty(symbol) >= 0 and not any(order.is_opening for order in sells)


def _foreign(book: Book, symbol: str, limit_px: int | None, fault: Fault, now_ns: int) -> Order:
    """Return a buy that nobody of ours sent."""
    book.account.orders_made += 1
    mark = uuid_of("foreign", book.account.id, book.account.orders_made)
    return Order(
        id=uuid_of(mark, "order"),
        account=book.account.id,
        client_order_id=mark,
        seq=book.account.orders_made,
        symbol=symbol,
        side="buy",
        type="market" if limit_px is None else "limit",
        tif="day",
        qty=max(round(fault.size), 1) * SHARE,
        limit_px=limit_px,
        position_intent="buy_to_open",
        created_ns=now_ns,
        updated_ns=now_ns,
        submitted_ns=now_ns,
    )
