"""The edge to the disk: events.jsonl grows by whole lines, or not at all.

One write and one fdatasync per turn of the loop, then Committed. When the disk is full (a short write, then ENOSPC) the
file is cut back to where it ended, WriteFailed is told, and Appends from before the core's answer are ignored.
Rule: an fdatasync that fails ends the process. The kernel may have dropped the pages, so a second one that succeeds
would prove nothing; the next start reads what is really there.
A write that takes seconds holds up the recorder and nobody else; how long it took is told with Committed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from hft.clock import NS_PER_MS
from recorder.parcels import Append, Committed, Rotate, Rotated, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hft.clock import Clock
    from hft.messages import Message


class Disk(Protocol):
    """An append-only file. Tests put one here that is full."""

    def write(self, data: bytes) -> int:
        """Append; return how many bytes were taken, perhaps not all; raise OSError."""
        ...

    def sync(self) -> None:
        """Bring everything to the disk; raise OSError."""

    def cut(self, size_bytes: int) -> None:
        """Make the file end here."""

    def size(self) -> int:
        """Return where the file ends, in bytes."""
        ...

    def close(self) -> None:
        """Let go of the file."""


class PosixFile:
    """A real file, opened for appending."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes) -> int:
        """Append in one write; a full disk takes a part, and refuses only the next."""
        return os.write(self._fd, data)

    def sync(self) -> None:
        """Wait for the disk."""
        os.fdatasync(self._fd)

    def cut(self, size_bytes: int) -> None:
        """Truncate."""
        os.ftruncate(self._fd, size_bytes)

    def size(self) -> int:
        """Return the size in bytes."""
        return os.fstat(self._fd).st_size

    def close(self) -> None:
        """Close."""
        os.close(self._fd)


class EventFile:
    """The edge that Append and Rotate go to; what became of them is told to the core through `tell`."""

    def __init__(
        self,
        *,
        open_file: Callable[[], Disk],
        put_away: Callable[[str, bytes], None],
        tell: Callable[[Message], None],
        clock: Clock,
    ) -> None:
        self._open_file, self._put_away, self._tell, self._clock = open_file, put_away, tell, clock
        self._disk = open_file()
        self._end = self._disk.size()
        self._waiting: list[Append] = []
        self._generation = 0

    def send(self, message: Append | Rotate) -> None:
        """Take lines to write, or put the file away behind the lines before it."""
        if isinstance(message, Rotate):
            self.flush()
            self._rotate(message)
        elif message.generation >= self._generation:
            self._waiting.append(message)

    def flush(self) -> None:
        """Write what waits and bring it to the disk."""
        if not self._waiting:
            return
        number = self._waiting[-1].number
        data = b"".join(each.data for each in self._waiting)
        self._waiting.clear()
        began_ns = self._clock.mono_ns()
        try:
            self._write(data)
        except OSError as error:
            self._disk.cut(self._end)
            self._tell(WriteFailed(generation=self._generation, reason=error.strerror or str(error)))
            self._generation += 1
            return
        self._disk.sync()
        self._end += len(data)
        took_ms = (self._clock.mono_ns() - began_ns) // NS_PER_MS
        self._tell(Committed(number=number, took_ms=took_ms))

    def _write(self, data: bytes) -> None:
        written = self._disk.write(data)
        while written < len(data):
            more = self._disk.write(data[written:])
            if not more:
                raise OSError(f"the disk took {written} of {len(data)} bytes")
            written += more

    def _rotate(self, message: Rotate) -> None:
        try:
            self._put_away(message.day, message.checkpoint)
        except OSError as error:
            self._tell(Rotated(day=message.day, reason=error.strerror or str(error)))
            return
        self._disk.close()
        self._disk = self._open_file()
        self._end = self._disk.size()
        self._tell(Rotated(day=message.day))

    def close(self) -> None:
        """Close the file; everything in it is on the disk already."""
        self._disk.close()
