"""One REST call as its handler sees it, and what a handler answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from venue.refusals import Refusal

if TYPE_CHECKING:
    from venue.books import Book
    from venue.engine import Engine

COUNT_CHARS_MAX = 32  # Python refuses to read numbers of thousands of digits


class Call(NamedTuple):
    """An authenticated request that is within the rate limit."""

    engine: Engine
    book: Book
    part: str  # the last part of the path: an order id, a symbol
    query: Mapping[str, str]
    body: bytes
    now_ns: int
    lists: Callable[[str], bool]  # whether the venue lists a symbol

    def flag(self, name: str) -> bool:
        """Return a boolean of the query string; alpaca-py writes it with a capital."""
        return self.query.get(name, "").lower() in {"true", "1"}

    def words(self, name: str) -> frozenset[str]:
        """Return the parts of a comma-separated query value; empty when it is not given."""
        return frozenset(part for part in self.query.get(name, "").split(",") if part)

    def number(self, name: str, default: int, most: int) -> int | None:
        """Return a number between 1 and `most` of the query string; None when something else is given."""
        text = self.query.get(name, str(default))
        if not text.isdecimal() or len(text) > COUNT_CHARS_MAX or not 1 <= int(text) <= most:
            return None
        return int(text)


Handler = Callable[[Call], tuple[int, Any] | Refusal]
