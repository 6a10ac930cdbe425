"""What waits to be said to Discord, on disk: a small file in the home, read at the start, replaced when it changes.

Rule: it is never worth a process. What cannot be read is empty, what cannot be written is kept in memory only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.codec import UNREADABLE
from recorder.alertqueue import Waiting
from recorder.atomic import replace

if TYPE_CHECKING:
    from pathlib import Path

FILE_BYTES_MAX = 256 * 1024


class AlertFile:
    """The file. Only the thread that speaks to Discord writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = b"[]"

    def read(self) -> list[Waiting]:
        """Return what waited, nothing where the file is missing, too large or not ours."""
        try:
            if self._path.stat().st_size > FILE_BYTES_MAX:
                return []
            self._written = self._path.read_bytes()
            return msgspec.json.decode(self._written, type=list[Waiting])
        except (OSError, *UNREADABLE):
            return []

    def write(self, waiting: list[Waiting]) -> None:
        """Replace the file if that changes it."""
        data = msgspec.json.encode(waiting)
        if data != self._written and len(data) <= FILE_BYTES_MAX:
            try:
                replace(self._path, data)
            except OSError:
                return
            self._written = data
