"""Every ledger once more, in exact fractions, from the records alone: what the book must say of shares and profit.

It knows orders by their first record, and books what each kind of record says in its own words; it shares nothing with
router/book.py but the records.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from router import records
from router.ids import UNCLAIMED
from tests.risk.test_ledger import Oracle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from router.records import AnyRecord

Key = tuple[str, str]


class Ledgers:
    """All oracles, by ledger and symbol, and how often each was booked."""

    def __init__(self) -> None:
        self.oracles: dict[Key, Oracle] = {}
        self.bookings: dict[Key, int] = {}
        self._orders: dict[str, records.OrderOpened | records.OrderFound] = {}
        self._table: dict[type, Callable[[Any], None]] = {
            records.OrderOpened: self._met,
            records.OrderFound: self._met,
            records.OrderFilled: lambda r: self._of_order(r.client_order_id, r.last_qty, r.notional),
            records.AmendmentBooked: self._amended,
            records.PositionAdjusted: lambda r: self._book(UNCLAIMED, r.symbol, r.signed_qty, r.notional),
            records.Crossed: lambda r: self._hand_over(r.seller, r.buyer, r.symbol, r.qty, r.px),
            records.Claimed: lambda r: self._hand_over(UNCLAIMED, r.ledger, r.symbol, r.signed_qty, r.px),
            records.SharesSplit: self._split,
        }

    def read(self, history: Iterable[AnyRecord]) -> None:
        """Book all records."""
        for record in history:
            self._table.get(type(record), lambda _: None)(record)

    def _met(self, record: records.OrderOpened | records.OrderFound) -> None:
        self._orders[record.client_order_id] = record

    def _amended(self, record: records.AmendmentBooked) -> None:
        self._of_order(record.client_order_id, -record.taken_qty, record.taken_notional)
        self._of_order(record.client_order_id, record.given_qty, record.given_notional)

    def _of_order(self, name: str, qty: int, notional: int) -> None:
        assert name in self._orders, f"{name} was filled and never opened"
        order = self._orders[name]
        self._book(order.ledger, order.symbol, order.side.sign * qty, notional)

    def _hand_over(self, giver: str, taker: str, symbol: str, signed_qty: int, px: int) -> None:
        self._book(giver, symbol, -signed_qty, abs(signed_qty) * px)
        self._book(taker, symbol, signed_qty, abs(signed_qty) * px)

    def _book(self, ledger: str, symbol: str, signed_qty: int, notional: int) -> None:
        if signed_qty:
            key = ledger, symbol
            self.bookings[key] = self.bookings.get(key, 0) + 1
            self.oracles.setdefault(key, Oracle()).book(signed_qty, Fraction(notional, abs(signed_qty)))

    def _split(self, record: records.SharesSplit) -> None:
        for (_, symbol), oracle in self.oracles.items():
            if symbol == record.symbol:
                whole = abs(oracle.qty) * record.new // record.old
                oracle.qty = whole if oracle.qty > 0 else -whole
                if not whole:
                    oracle.realised, oracle.cost = oracle.realised - oracle.cost, Fraction(0)
