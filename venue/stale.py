"""The stale-get fault: for a while GETs tell the state of some time ago, as a lagging replica does."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from venue.units import NS_PER_MS

if TYPE_CHECKING:
    from venue.books import Book
    from venue.faults import Faults


class StaleBooks:
    """Copies of books, each told for as long as its fault says."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._copies: dict[str, tuple[int, Book]] = {}

    def book(self, book: Book, method: str, now_ns: int) -> Book:
        """Return the book that a call is answered from: the true one, or an old copy for a GET under the fault."""
        if not self._faults:
            return book
        names = ("", book.account.id, book.account.key)
        found = next((fault for fault in self._faults.active("stale-get", now_ns) if fault.account in names), None)
        if found is None:
            self._copies.pop(book.account.id, None)
            return book
        taken = self._copies.get(book.account.id)
        if taken is None or now_ns - taken[0] > found.ms * NS_PER_MS:
            taken = self._copies[book.account.id] = (now_ns, copy.deepcopy(book))
        return taken[1] if method == "GET" else book
