"""The edge to the tick tape: every batch that the feed published, packed and appended, never waited for.

Rule: the tape may lose its last moment in a crash (no fsync), and it never costs the events anything: when the disk
refuses, ticks are counted as lost and the note says so.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from hft.messages import Ticks
from recorder.parcels import OpenTape, TapeFault
from recorder.tapebatches import numbers_used, symbols, whole_lines
from recorder.tapeformat import FILES, STRUCTS, SYMBOLS, VALUES, exch_ns_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recorder.parcels import FlushTape

BUFFER_BYTES_MAX = 64 * 1024
SYMBOL_NUMBER_MAX = 65_535


class Tape:
    """The open day of the tape."""

    def __init__(self, folder: Path, tell: Callable[[TapeFault], None]) -> None:
        self._folder, self._tell = folder, tell
        self._day = folder
        self._symbols: dict[str, int] = {}
        self._lines = self._next = self._table_bytes = 0  # of the table, and the number that comes next
        self._buffers: dict[type, bytearray] = {}
        self._fds: dict[type, int] = {}
        self._due = False
        self._lost = 0
        self._failure = ""

    def send(self, message: Ticks | OpenTape | FlushTape) -> None:
        """Take a batch, begin a day, or note that it is time to write."""
        if isinstance(message, Ticks):
            self._add(message)
        elif isinstance(message, OpenTape):
            self.close()
            self._open(message.day)
        else:
            self._due = True

    def flush(self) -> None:
        """Write what waits, if it is time or much."""
        if self._due or any(len(buffer) >= BUFFER_BYTES_MAX for buffer in self._buffers.values()):
            self._due = False
            self._write()

    def close(self) -> None:
        """Write what waits and let go of the day's files."""
        self._write()
        for fd in self._fds.values():
            os.close(fd)
        self._fds.clear()

    # --- one day

    def _open(self, day: str) -> None:
        self._day = self._folder / day
        self._buffers = {kind: bytearray() for kind in FILES}
        table = self._day / SYMBOLS
        self._table_bytes = len(whole_lines(table.read_bytes())) if table.is_file() else 0
        names = symbols(self._day)
        self._symbols = {name: number for number, name in enumerate(names) if name}
        self._lines, self._next = len(names), max(len(names), numbers_used(self._day))

    def _add(self, batch: Ticks) -> None:
        symbol = self._symbols.get(batch.ticks[0].symbol)
        if symbol is None:
            symbol = self._name(batch.ticks[0].symbol)
            if symbol is None:
                self._lost += len(batch.ticks)
                return
        for index, tick in enumerate(batch.ticks):
            kind = type(tick)
            self._buffers[kind] += STRUCTS[kind].pack(
                tick.recv_ns, exch_ns_of(tick), batch.epoch, batch.seq, symbol, index, *VALUES[kind](tick)
            )

    def _name(self, symbol: str) -> int | None:
        """Give a symbol the next number; it is in the table before any record uses it. None while the disk refuses."""
        number = self._next
        assert number <= SYMBOL_NUMBER_MAX, "more symbols than a record can name"
        lines = b"\n" * (number - self._lines) + symbol.encode() + b"\n"  # numbers that lost their name stay nameless
        try:
            self._put(lines)
        except OSError as error:
            self._say(error.strerror or str(error))
            return None
        self._symbols[symbol] = number
        self._lines = self._next = number + 1
        return number

    def _put(self, lines: bytes) -> None:
        """Write lines behind the whole ones of the table, all or none."""
        self._day.mkdir(parents=True, exist_ok=True)
        fd = os.open(self._day / SYMBOLS, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(fd, self._table_bytes)
            if os.pwrite(fd, lines, self._table_bytes) < len(lines):
                os.ftruncate(fd, self._table_bytes)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._table_bytes += len(lines)
        finally:
            os.close(fd)

    def _write(self) -> None:
        for kind, buffer in self._buffers.items():
            if buffer:
                self._append(kind, buffer)
                buffer.clear()

    def _append(self, kind: type, buffer: bytearray) -> None:
        width, written = STRUCTS[kind].size, 0
        try:
            fd = self._fd(kind)
            end = os.fstat(fd).st_size
            written = os.write(fd, buffer)
            if written < len(buffer):  # a full disk takes a part without a word
                os.ftruncate(fd, end + written - written % width)
                self._say(f"the disk took {written} of {len(buffer)} bytes")
            else:
                self._say("")
        except OSError as error:
            self._let_go(kind)
            self._say(error.strerror or str(error))
        self._lost += (len(buffer) - written + width - 1) // width

    def _fd(self, kind: type) -> int:
        fd = self._fds.get(kind)
        if fd is None:
            self._day.mkdir(parents=True, exist_ok=True)
            path = self._day / FILES[kind]
            fd = self._fds[kind] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            size = os.fstat(fd).st_size
            os.ftruncate(fd, size - size % STRUCTS[kind].size)  # a record that a crash tore
        return fd

    def _let_go(self, kind: type) -> None:
        """Close a file that is refused: held, a disk that went read-only could not be mended, nor written to again."""
        fd = self._fds.pop(kind, None)
        if fd is not None:
            os.close(fd)

    def _say(self, failure: str) -> None:
        if failure != self._failure:
            self._failure = failure
            self._tell(TapeFault(reason=failure, lost=self._lost))
