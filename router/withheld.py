"""Events that wait until the recorder has said what it holds (ADR 17), and a journal that is gone by its word.

Events that the replay tells again must come before newer ones, or a second crash would hide them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.events import JournalMissing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hft.events import Event

WITHHELD_MAX = 100_000
MISSING = (
    "the router's journal is gone: the record knows of one, and this router found none. Orders of before are "
    "cancelled, shares of before are unclaimed (hftctl positions claim gives them to a strategy)"
)


class Withheld:
    """The marked events of this router, until the recorder's first word. `is_new`: it found no journal."""

    def __init__(self, *, is_new: bool) -> None:
        self._is_new = is_new
        self._waiting: list[Event] | None = []

    def keeps(self, event: Event) -> bool:
        """Keep an event that must wait; return whether it does."""
        waits = bool(event.mark) and self._waiting is not None and len(self._waiting) < WITHHELD_MAX
        if waits and self._waiting is not None:
            self._waiting.append(event)
        return waits

    def told(self, mark: int, replayed: Iterable[Event]) -> list[Event]:
        """Return what may leave at the recorder's first word: what it does not hold, then what waited."""
        if self._waiting is None:
            return []
        waited, self._waiting = self._waiting, None
        missing = [JournalMissing(text=MISSING)] if self._is_new and mark else []
        return [*missing, *(event for event in replayed if event.mark > mark), *waited]
