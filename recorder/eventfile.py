"""The edge to the disk: events.jsonl grows by whole lines, or not at all.

One write and one fdatasync per turn of the loop, then Committed. When the disk is full (a short write, then ENOSPC) the
file is cut back to where it ended, WriteFailed is told, and Appends from before the core's answer are ignored. A disk
that refuses even that (it went read-only) is let go, so that it can be mended: held open it could not be unmounted, and
the file that is held would stay read-only for ever. The next Append opens it again.
Rules: an fdatasync that fails ends the process. The kernel may have dropped the pages, so a second one that succeeds
would prove nothing; the next start reads what is really there. And a file that is shorter than what was acknowledged
is not written to: a person must look.
A write that takes seconds holds up the recorder and nobody else; how long it took is told with Committed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from hft.clock import NS_PER_MS
from hft.errors import DiskFailed
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
        self._disk: Disk | None = open_file()
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
            disk = self._ready()
            _write(disk, data)
        except OSError as error:
            self._cut_back()
            self._tell(WriteFailed(generation=self._generation, reason=error.strerror or str(error)))
            self._generation += 1
            return
        _sync(disk)
        self._end += len(data)
        took_ms = (self._clock.mono_ns() - began_ns) // NS_PER_MS
        self._tell(Committed(number=number, took_ms=took_ms))

    def _ready(self) -> Disk:
        """Return the file; opened again, and cut to its end, where it was let go. Raise OSError when that fails."""
        if self._disk is None:
            disk = self._disk = self._open_file()
            size = disk.size()
            if size < self._end:
                self._let_go()
                what = f"events.jsonl ends at {size} bytes and had {self._end}: is it another disk?"
                raise OSError(f"{what} hftctl restart recorder takes it")
            disk.cut(self._end)
        return self._disk

    def _cut_back(self) -> None:
        """Leave whole lines only; let go of a disk that refuses even that."""
        if self._disk is not None:
            try:
                self._disk.cut(self._end)
            except OSError:
                self._let_go()  # what it refused is told by who asked; the tail is cut when it is opened again

    def _let_go(self) -> None:
        if self._disk is not None:
            self._disk.close()
            self._disk = None

    def _rotate(self, message: Rotate) -> None:
        try:
            self._ready()
            self._put_away(message.day, message.checkpoint)
        except OSError as error:
            self._cut_back()
            self._tell(Rotated(day=message.day, reason=error.strerror or str(error)))
            return
        self._let_go()
        self._end = 0
        try:
            self._disk = self._open_file()
            self._end = self._disk.size()
        except OSError:
            self._let_go()  # the next Append opens it, or tells why that cannot be done
        self._tell(Rotated(day=message.day))

    def close(self) -> None:
        """Close the file; everything in it is on the disk already."""
        self._let_go()


def _write(disk: Disk, data: bytes) -> None:
    written = disk.write(data)
    while written < len(data):
        more = disk.write(data[written:])
        if not more:
            raise OSError(f"the disk took {written} of {len(data)} bytes")
        written += more


def _sync(disk: Disk) -> None:
    try:
        disk.sync()
    except OSError as error:
        raise DiskFailed(
            f"The record cannot be brought to the disk: {error.strerror or error}.",
            "What of the last lines is on it nobody knows now. None of them was acknowledged: their senders keep them.",
            "Look at the disk (df -h, dmesg). The recorder is started again and reads what is there;"
            " if it was given up: hftctl restart recorder",
        ) from error
