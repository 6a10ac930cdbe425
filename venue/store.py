"""The exchange's memory in a home: state appended as it changes, read back at start. Upserts; the last one wins.

Rule kept: a record is written before anything that tells of it goes out, so that a venue killed at any point comes
back with the truth that its clients saw. A torn tail is cut. At start the file is rewritten without what is stale.
A full disk does not end the exchange: what it does not take is owed, in order, until there is room (docs/adr/0036).
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import msgspec

from venue.books import Book
from venue.ledger import Account, Charge, Fill, Position
from venue.orders import Order

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from venue.engine import Engine

PRIVATE_MODE = 0o600
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
OWED_BYTES_MAX = 8 << 20
ORDERS_KEPT_MAX = 50_000  # an account's ended orders beyond these are forgotten at the next start, their ids are not


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One atomic change of state: everything in it happened together."""

    accounts: list[Account] = []
    orders: list[Order] = []
    positions: list[tuple[str, Position]] = []
    fills: list[Fill] = []
    charges: list[Charge] = []
    retired: dict[str, list[str]] = {}  # account -> client order ids of forgotten orders
    prices: dict[str, tuple[int, int, int]] = {}  # symbol -> bid, ask, last
    seen_ns: int = 0  # market time at the writing


_decoder = msgspec.json.Decoder(Record)


class Store:
    """An append-only file of records."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0) if path.exists() else None
        self._owed = b""  # what a full disk did not take, from the middle of a line perhaps

    def load(self, engine: Engine, now_ns: int) -> dict[str, float]:
        """Fill the engine with what the file tells; return the last prices in dollars. Then begin a fresh file."""
        prices: dict[str, tuple[int, int, int]] = {}
        seen_ns = 0
        for record in self._records():
            _apply(engine, record)
            prices |= record.prices
            seen_ns = max(seen_ns, record.seen_ns)
        _index(engine)
        for symbol, (bid_px, ask_px, last_px) in prices.items():
            level = engine.level(symbol)
            level.bid_px, level.ask_px, level.last_px = bid_px, ask_px, last_px
        for book in engine.books.values():
            book.retire(ORDERS_KEPT_MAX)
        engine.restore(seen_ns, now_ns)
        self._rewrite(_snapshot(engine, prices, now_ns))
        return {symbol: (last or bid or ask) / 10_000 for symbol, (bid, ask, last) in prices.items()}

    def append(self, changed: dict[str, list[Any]], prices: dict[str, tuple[int, int, int]], seen_ns: int) -> None:
        """Write one record, stamped with market time, if there is anything to write."""
        if self._file is None or not (changed or prices):
            return
        self._owed += msgspec.json.encode({**changed, "prices": prices, "seen_ns": seen_ns}) + b"\n"
        try:
            while self._owed:
                self._owed = self._owed[self._file.write(self._owed) :]
        except OSError as error:
            if error.errno not in FULL or len(self._owed) > OWED_BYTES_MAX:
                raise

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _records(self) -> list[Record]:
        if self._file is None:
            return []
        whole = self._path.read_bytes().split(b"\n")[:-1]  # what follows the last newline is a torn tail
        return [_decoder.decode(line) for line in whole]

    def _rewrite(self, snapshot: Record) -> None:
        self.close()
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE), "wb") as file:
            file.write(msgspec.json.encode(snapshot) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        self._file = self._path.open("ab", buffering=0)


def _apply(engine: Engine, record: Record) -> None:
    for account in record.accounts:
        book = engine.books.get(account.id)
        if book is None:
            engine.books[account.id] = Book(account)
        else:
            book.account = account
    for order in record.orders:
        engine.books[order.account].orders[order.id] = order
    for owner, position in record.positions:
        engine.books[owner].positions[position.symbol] = position
    for fill in record.fills:
        engine.books[fill.account].fills.append(fill)
    for owner, ids in record.retired.items():
        engine.books[owner].retired.update(ids)
    for charge in record.charges:
        engine.books[charge.account].charges.append(charge)


def _retired(books: Iterable[Book]) -> dict[str, list[str]]:
    return {book.account.id: sorted(book.retired) for book in books if book.retired}


def _index(engine: Engine) -> None:
    for book in engine.books.values():
        orders, book.orders = list(book.orders.values()), {}
        for order in orders:
            book.put(order)


def _snapshot(engine: Engine, prices: dict[str, tuple[int, int, int]], now_ns: int) -> Record:
    books = engine.books.values()
    return Record(
        accounts=[book.account for book in books],
        orders=[order for book in books for order in book.orders.values()],
        positions=[(book.account.id, position) for book in books for position in book.positions.values()],
        fills=[fill for book in books for fill in book.fills],
        charges=[charge for book in books for charge in book.charges],
        retired=_retired(books),
        prices=prices,
        seen_ns=now_ns,
    )
