"""The witness of a simulation: it sees what the router does and knows what is true at the exchange, and compares.

It knows nothing of how the router works; every rule here is a promise of DESIGN §6, told by its number.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any

import msgspec

from hft.messages import Accepted
from router import broker
from router.broker import Priority
from router.ids import PREFIX
from router.orders import OrdEvent, Purpose
from router.records import OrderFilled, OrderMoved, OrderOpened, PositionAdjusted
from venue.units import SHARE

if TYPE_CHECKING:
    from replay.disk import Disk
    from replay.fleet import Fleet
    from venue.books import Book as Account
    from venue.orders import Order as VenueOrder

TRACE_MAX = 50
CROSSED = f"{PREFIX}-cross-"  # what was crossed past the venue is no order
EVENTS_PER_RECORD = 2  # router/telling.py: a record's number is so many times in the marks of its events
TEXT_CHARS_MAX = 260


class Violation(AssertionError):
    """A promise was broken."""


class Witness:
    """Watches one fleet."""

    def __init__(self, fleet: Fleet, disk: Disk, kept: list[bytes]) -> None:
        self._fleet, self._disk, self._kept = fleet, disk, kept
        self.trace: deque[str] = deque(maxlen=TRACE_MAX)
        self._sent: Counter[str] = Counter()
        self._intents: dict[tuple[str, int, int], str] = {}
        self._stream_up = False
        self._began_ns = fleet.scheduler.now_ns
        self._began_cash = self._account().account.cash
        fleet.watch = self.see
        fleet.router.watch = self.see

    def note(self, text: str) -> None:
        """Put a line into the trace."""
        at_s = (self._fleet.scheduler.now_ns - self._began_ns) / 1e9
        self.trace.append(f"{at_s:9.4f} {text[:TEXT_CHARS_MAX]}")

    def router_began(self) -> None:
        """Note that a new router knows of no stream."""
        self._stream_up = False

    def see(self, way: str, message: Any) -> None:  # noqa: ANN401 every message of the router
        """Check one message of the router, on its way in or out."""
        if isinstance(message, broker.UpdatesUp | broker.UpdatesDown):
            self._stream_up = isinstance(message, broker.UpdatesUp)
        noted = broker.Reply | broker.Request | broker.TradeUpdate | broker.UpdatesUp | broker.UpdatesDown
        if isinstance(message, noted | OrderOpened | OrderMoved):
            self.note(f"{way:<3} {message!r}")
        if way == "out":
            self._see_out(message)

    def _see_out(self, message: Any) -> None:  # noqa: ANN401 every message of the router
        if isinstance(message, broker.SubmitOrder | broker.ReplaceRequest):
            self._see_submit(message)
        elif isinstance(message, OrderOpened) and message.purpose is Purpose.INTENT:
            intent = message.ledger, message.epoch, message.seq
            if intent in self._intents:
                raise Violation(f"1: intent {intent} became {self._intents[intent]} and {message.client_order_id}")
            self._intents[intent] = message.client_order_id
        elif isinstance(message, Accepted):
            self._see_accepted(message.client_order_id)
        elif isinstance(message, OrderMoved) and message.event is OrdEvent.ABSENT:
            self._see_absent(message.client_order_id)

    def _see_submit(self, message: broker.SubmitOrder | broker.ReplaceRequest) -> None:
        name = message.client_order_id
        if name not in self._disk.names:
            raise Violation(f"1: {name} leaves, and is not on disk")
        self._sent[name] += 1
        if self._sent[name] > 1:
            raise Violation(f"2: {name} is sent again")
        if self._fleet.latch.text and not message.exits:
            raise Violation(f"5: {name} leaves while the account is halted")
        if message.priority in {Priority.NEW, Priority.REPLACE} and not self._stream_up:
            raise Violation(f"6: {name} opens a position while trade updates are down")

    def _see_accepted(self, name: str) -> None:
        """Check that an order which a strategy hears of will still be there after a crash."""
        if name and not name.startswith(CROSSED) and name not in self._disk.names:
            raise Violation(f"1: {name} is told as accepted, and is not on disk")

    def _see_absent(self, name: str) -> None:
        if self._fleet.rest.is_flying(name):
            raise Violation(f"2: {name} is presumed absent while it is on its way")
        order = self._venue_orders().get(name)
        if order is not None and order.is_open:
            raise Violation(f"2: {name} is presumed absent, and works at the venue")

    def _account(self) -> Account:
        return self._fleet.venue.exchange.engine.books[self._fleet.venue.account]

    def _venue_orders(self) -> dict[str, VenueOrder]:
        return {order.client_order_id: order for order in self._account().orders.values()}

    # --- when everything has come to rest

    def verdict(self) -> list[str]:
        """Return every promise that does not hold in the end."""
        return [
            *self.disagreement(),
            *self._peace(),
            *self._record(),
            *self._journal(),
        ]

    def disagreement(self) -> list[str]:
        """Return where book and venue differ (orders, shares, money, positions, cash), and what is still in doubt."""
        return [*self._orders(), *self._positions(), *self._cash(), *self._doubts()]

    def _orders(self) -> list[str]:
        book, theirs = self._fleet.router.router.desk.book, self._venue_orders()
        found = [
            f"1: the venue has {name}, the journal does not"
            for name in theirs
            if name.startswith(PREFIX) and name not in self._disk.names
        ]
        for name, order in theirs.items():
            ours = book.orders.get(name)
            if ours is not None and ours.cum_qty * SHARE != order.filled_qty:
                found.append(f"3: {name}: {ours.cum_qty} booked, {order.filled_qty // SHARE} filled")
            if ours is not None and ours.cum_notional * SHARE != order.filled_money:
                found.append(f"3: {name}: booked for {ours.cum_notional}, filled for {order.filled_money / SHARE}")
            if ours is not None and ours.is_done is order.is_open:
                found.append(f"3: {name} is {ours.status} here, {order.status} at the venue")
        return found + [f"2: {name} works here, the venue has none" for name in book.working if name not in theirs]

    def _positions(self) -> list[str]:
        book = self._fleet.router.router.desk.book
        account = self._account()
        symbols = {*account.positions, *book.symbols()}
        found = [
            f"4: {symbol}: ledgers {book.net_qty(symbol)}, venue {account.qty(symbol) // SHARE}"
            for symbol in sorted(symbols)
            if book.net_qty(symbol) * SHARE != account.qty(symbol)
        ]
        for name, node in self._fleet.strategies.items():
            held = {symbol: qty for symbol, qty in node.strategy_core.desk.orders.positions.items() if qty}
            ledger = {symbol: book.qty(name, symbol) for symbol in sorted(symbols) if book.qty(name, symbol)}
            if held != ledger:
                found.append(f"7: {name} believes {held}, its ledger holds {ledger}")
        return found

    def _cash(self) -> list[str]:
        """Compare to the last digit; only where shares were taken over without their orders a price is a guess."""
        if any(isinstance(record, PositionAdjusted) for _, record in self._disk.records()):
            return []
        ledgers = self._fleet.router.router.desk.book.ledgers.values()
        ours = sum(position.cash for ledger in ledgers for position in ledger.values())
        theirs = self._account().account.cash - self._began_cash
        return [] if ours * SHARE == theirs else [f"3: cash moved by {ours} here, by {theirs / SHARE} at the venue"]

    def _peace(self) -> list[str]:
        working = self._fleet.router.router.desk.book.working
        ours = [name for name, order in working.items() if order.purpose is not Purpose.FOREIGN]
        return [f"7: {name} still works" for name in ours]

    def _doubts(self) -> list[str]:
        desk, gates = self._fleet.router.router.desk, self._fleet.router.router.gates
        found = [f"2: {order.client_order_id} is still unknown" for order in desk.book.unknown.values()]
        found += [f"4: {symbol} is broken: {why}" for symbol, why in desk.broken.items()]
        if not gates.reconciled or gates.reconciling:
            found.append(f"6: reconciliation is open: {gates.reconciling}")
        return found

    def _record(self) -> list[str]:
        told = Counter(
            line["mark"] // EVENTS_PER_RECORD
            for line in map(msgspec.json.decode, self._lines())
            if line["event"] == "order.filled"
        )
        booked = {index for index, record in self._disk.records() if isinstance(record, OrderFilled)}
        found = [f"10: fill {mark} is {count} times in the record" for mark, count in told.items() if count > 1]
        return found + [f"10: fill {mark} is not in the record" for mark in sorted(booked - told.keys())]

    def _lines(self) -> list[bytes]:
        return [line for chunk in self._kept for line in chunk.splitlines()]

    def _journal(self) -> list[str]:
        live = self._fleet.router.router.desk.book
        again = self._disk.recover().book
        if again.saved(0) != live.saved(0):
            return ["1: the journal replays to another book than the router's"]
        return []
