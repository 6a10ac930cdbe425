"""The router's disk in a simulation: bytes that are there, and bytes that a crash may lose or tear.

What was written but not synced survives a crash up to any byte, as on a real disk. Recovery is the router's own: the
bytes are laid into a folder and read by router/journal.py, torn tail and all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router import journal
from router.core import History
from router.journal import frame, header
from router.records import OrderFound, OrderOpened, Record

if TYPE_CHECKING:
    import random
    from pathlib import Path

FIRST = 1


class Disk:
    """A journal of one segment."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self._path = folder / f"{FIRST:010d}{journal.SUFFIX}"
        self._dice = dice
        self._durable = bytearray(header(FIRST))
        self._written = bytearray()
        self._names: list[str] = []
        self.names: set[str] = set()  # client order ids that a recovery would know

    def write(self, records: list[Record]) -> None:
        """Take a turn's records; they are not safe yet."""
        for record in records:
            self._written += frame(record)
            if isinstance(record, OrderOpened | OrderFound):
                self._names.append(record.client_order_id)

    def sync(self) -> None:
        """Make safe what was written."""
        self._durable += self._written
        self.names.update(self._names)
        self._written.clear()
        self._names.clear()

    def crash(self) -> None:
        """Lose what was not synced, but for as many bytes of it as chance leaves."""
        self._durable += self._written[: self._dice.randint(0, len(self._written))]
        self._written.clear()
        self._names.clear()

    def recover(self) -> History:
        """Return what the router reads at its start; a torn tail is cut off for good."""
        self._path.write_bytes(self._durable)
        found: list[History] = []

        def begin(first_index: int) -> History:
            found.append(History(first_index))
            return found[0]

        journal.replay(self._path.parent, begin)
        self._durable = bytearray(self._path.read_bytes())
        self.names = set(found[0].book.orders)
        return found[0]

    def records(self) -> list[tuple[int, Record]]:
        """Return every durable record with its number."""
        self._path.write_bytes(self._durable)
        found = journal.read_segment(self._path, last=True)
        return [(index, record) for index, (_, record) in enumerate(found, FIRST)]
