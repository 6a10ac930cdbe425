"""What leaves the core besides replies: trade updates, published rows, and records of changed state.

Rule kept: the core never writes; a shell drains the outbox, stores the records, then lets the rest out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from venue.rows import Row
from venue.updates import Update

if TYPE_CHECKING:
    from venue.books import Book
    from venue.ledger import Charge, Fill
    from venue.orders import Order


class Frames(msgspec.Struct, frozen=True):
    """What happened since the last drain, in order: rows for the data streams, updates for the accounts."""

    rows: list[Row]
    updates: list[Update]


class Outbox:
    """Collects; is drained."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.updates: list[Update] = []
        self._orders: dict[str, Order] = {}
        self._positions: dict[tuple[str, str], object] = {}
        self._books: dict[str, Book] = {}
        self._fills: list[Fill] = []
        self._charges: list[Charge] = []

    def touch(self, book: Book, order: Order | None = None, symbol: str | None = None) -> None:
        """Note that an account, and perhaps an order and a position of it, changed."""
        self._books[book.account.id] = book
        if order is not None:
            self._orders[order.id] = order
        if symbol is not None:
            self._positions[book.account.id, symbol] = book.positions[symbol]

    def keep(self, fill: Fill) -> None:
        """Note a new execution."""
        self._fills.append(fill)

    def keep_charge(self, charge: Charge) -> None:
        """Note a new fee."""
        self._charges.append(charge)

    def frames(self) -> Frames:
        """Return and forget rows and updates."""
        frames = Frames(self.rows, self.updates)
        self.rows, self.updates = [], []
        return frames

    def record(self) -> dict[str, list[Any]]:
        """Return and forget the changed state as one upsert; empty when nothing changed."""
        if not self._books:
            return {}
        changed: dict[str, list[Any]] = {
            "accounts": [book.account for book in self._books.values()],
            "orders": list(self._orders.values()),
            "positions": [(account, position) for (account, _), position in self._positions.items()],
            "fills": self._fills,
            "charges": self._charges,
        }
        self._orders, self._positions, self._books, self._fills, self._charges = {}, {}, {}, [], []
        return {kind: found for kind, found in changed.items() if found}
