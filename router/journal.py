"""The journal: what the router must remember, on disk before anything leaves.

Segments `NNNNNNNNNN.journal` named by the number of their first record: a header (magic, schema, first number), then
records, each with its length and CRC. What is handed over together is one write, one fdatasync (router/committer.py).
Start-up: the segments are read in order and replayed. A torn tail of the last segment (a crash in the middle of a
write) is cut off; anything else that does not fit is refused with file and byte, for guessing would be worse.
A saved book begins a new segment; the two segments before it are kept, older ones go.
Disk full: a ballast file is given up so that cancels can still be written, and the account is halted.
"""

from __future__ import annotations

import errno
import gc
import os
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from hft.codec import UNREADABLE
from hft.errors import FleetError
from router.records import SCHEMA, AnyRecord, BookSaved, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

MAGIC = b"HFTJ"
HEADER = struct.Struct("<4sHQ")
FRAME = struct.Struct("<II")
RECORD_BYTES_MAX = 64 << 20
SEGMENTS_KEPT = 3
BALLAST_BYTES = 4 << 20
SUFFIX = ".journal"

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyRecord] = msgspec.msgpack.Decoder(AnyRecord)


class JournalCorrupt(FleetError):
    """The journal cannot be trusted: a record inside it is damaged, or a segment is missing."""


class Sink(Protocol):
    """Where a history goes when it is read."""

    def add(self, record: AnyRecord) -> None:
        """Take the next record."""
        ...


class Frame(NamedTuple):
    """A record as bytes; `begins`: it is the first of a new segment."""

    data: bytes
    begins: bool


def frame(record: Record) -> bytes:
    """Return a record's bytes as they stand in a segment."""
    body = _encoder.encode(record)
    return FRAME.pack(len(body), zlib.crc32(body)) + body


def framed(record: Record) -> Frame:
    """Return a record as it is handed to the disk: a saved book begins a new segment."""
    return Frame(frame(record), isinstance(record, BookSaved))


def header(first_index: int) -> bytes:
    """Return the head of a segment."""
    return HEADER.pack(MAGIC, SCHEMA, first_index)


def segments(folder: Path) -> list[Path]:
    """Return the segments, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def first_index(path: Path) -> int:
    """Return the number of a segment's first record; raise JournalCorrupt when its head is not one of ours."""
    with path.open("rb") as file:
        head = file.read(HEADER.size)
    if len(head) < HEADER.size:
        raise _corrupt(path, 0, "its head is incomplete")
    magic, schema, first = HEADER.unpack(head)
    if magic != MAGIC:
        raise _corrupt(path, 0, "it is not a journal")
    if schema > SCHEMA:
        raise _corrupt(path, 4, f"it is of schema {schema}, this program knows {SCHEMA}")
    return int(first)


def read_segment(path: Path, *, last: bool) -> Iterator[tuple[int, AnyRecord]]:
    """Yield (byte where it ends, record); in the last segment stop before a torn tail, else raise JournalCorrupt."""
    data = memoryview(path.read_bytes())
    at, size = HEADER.size, len(data)
    while at < size:
        body, why = _body_at(data, at)
        if why:
            if last and not _holds_record(data, at + 1):
                return
            raise _corrupt(path, at, why)
        try:
            record = _decoder.decode(body)
        except UNREADABLE as error:
            raise _corrupt(path, at, str(error)) from None
        at += FRAME.size + len(body)
        yield at, record


def _body_at(data: memoryview, at: int) -> tuple[memoryview, str]:
    """Return the record whose frame begins at this byte, and "", or what is wrong with it."""
    start = at + FRAME.size
    if start > len(data):
        return data[:0], "a frame is cut off"
    length, crc = FRAME.unpack_from(data, at)
    body = data[start : start + length]
    if not 0 < length <= RECORD_BYTES_MAX or len(body) < length:
        return body, "a record is cut off"
    return body, "" if zlib.crc32(body) == crc else "a record's checksum is wrong"


def _holds_record(data: memoryview, start: int) -> bool:
    """Return whether a whole record stands anywhere after a damaged one: then it is no torn tail."""
    return any(not _body_at(data, at)[1] for at in range(start, len(data) - FRAME.size))


def _corrupt(path: Path, at: int, why: str) -> JournalCorrupt:
    return JournalCorrupt(
        f"The router's journal is damaged: {path}, byte {at}: {why}.",
        "Trading on a guess could lose or double orders.",
        "Look at the account on Alpaca's page; hftctl flatten works without the journal. To start with a fresh one, "
        f"move the folder {path.parent} away: open orders of ours are then found by name and cancelled.",
    )


class Replay(msgspec.Struct, frozen=True):
    """What start-up found: how many records, and how many bytes of a torn tail were cut off."""

    records: int
    cut_bytes: int
    last_path: str


def replay(folder: Path, sink_from: Callable[[int], Sink]) -> Replay:
    """Read all segments into the sink that `sink_from(first number)` makes; cut a torn tail off the last one."""
    searching = gc.isenabled()
    gc.disable()  # nothing that is read here is garbage, and the search for some is a fifth of the time
    try:
        return _replay(folder, sink_from)
    finally:
        if searching:
            gc.enable()


def _replay(folder: Path, sink_from: Callable[[int], Sink]) -> Replay:
    paths = segments(folder)
    if paths and paths[-1].stat().st_size < HEADER.size:
        paths.pop().unlink()  # a crash while the segment was made; its book is in the one before
    if not paths:
        sink_from(1)
        return Replay(0, 0, "")
    expected = first_index(paths[0])
    sink, count, cut = sink_from(expected), 0, 0
    for path in paths:
        if first_index(path) != expected:
            raise _corrupt(path, 6, f"it begins with record {first_index(path)}, expected {expected}")
        end = HEADER.size
        for stop, record in read_segment(path, last=path == paths[-1]):
            sink.add(record)
            end, count, expected = stop, count + 1, expected + 1
        cut = path.stat().st_size - end
        if end == HEADER.size and path != paths[0]:
            path.unlink()  # a crash before its saved book was whole: without that, it must never become the oldest
        elif cut:
            os.truncate(path, end)
    return Replay(count, cut, str(paths[-1]))


def _nothing() -> None:
    """Do nothing: nobody asked to be told."""


class Journal:
    """The file: append, and one fdatasync for all that was appended. For one thread at a time."""

    def __init__(
        self, folder: Path, *, next_index: int, on_full: Callable[[str], None], on_room: Callable[[], None] = _nothing
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder, self._on_full, self._on_room = folder, on_full, on_room
        self._next = next_index
        self._buffer = bytearray()
        self._told_full = False
        paths = segments(folder)
        self._fd = self._open(paths[-1]) if paths else self._begin(next_index)
        self._lay_ballast()

    def send(self, record: Record) -> None:
        """Take a record."""
        self.append((framed(record),))

    def append(self, frames: Iterable[Frame]) -> None:
        """Take records that were encoded before; the first of a segment sees the one before it on disk."""
        for data, begins in frames:
            if begins:
                self.flush()
                self._rotate()
            self._buffer += data
            self._next += 1

    def flush(self) -> None:
        """Write what was taken and see it on disk; raise OSError when even the ballast's room is not enough."""
        if not self._buffer:
            return
        data = bytes(self._buffer)
        self._buffer.clear()
        start = os.fstat(self._fd).st_size
        try:
            self._write(data)
        except OSError as error:
            os.ftruncate(self._fd, start)
            if error.errno != errno.ENOSPC or not self._give_up_ballast():
                raise
            self._write(data)
        if self._told_full:
            self._look_for_room()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]
        self._sync()

    def _sync(self) -> None:
        os.fdatasync(self._fd)

    def _open(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def _begin(self, index: int) -> int:
        path = self.folder / f"{index:010d}{SUFFIX}"
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.write(fd, header(index))
        os.fsync(fd)
        _sync_folder(self.folder)
        return fd

    def _rotate(self) -> None:
        old, self._fd = self._fd, self._begin(self._next)
        os.close(old)
        for path in segments(self.folder)[:-SEGMENTS_KEPT]:
            path.unlink()

    # --- disk full

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def _lay_ballast(self) -> bool:
        """Keep room in reserve; return whether there is any, and tell when there is not."""
        if self._ballast.exists() and self._ballast.stat().st_size >= BALLAST_BYTES:
            return True
        try:
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
        except OSError as error:
            self._ballast.unlink(missing_ok=True)  # a part of it is room that records need
            self._tell_full(f"no room for the journal's reserve: {os.strerror(error.errno or 0)}")
            return False
        return True

    def _look_for_room(self) -> None:
        """Lay the reserve anew once the disk has room for it and as much again, and tell that it has."""
        disk = os.statvfs(self.folder)
        if disk.f_bavail * disk.f_frsize >= 2 * BALLAST_BYTES and self._lay_ballast():
            self._told_full = False
            self._on_room()

    def _give_up_ballast(self) -> bool:
        if not self._ballast.exists() or not self._ballast.stat().st_size:
            return False
        self._ballast.unlink()
        self._tell_full("the disk is full; the journal lives on its reserve")
        return True

    def _tell_full(self, text: str) -> None:
        if not self._told_full:
            self._told_full = True
            self._on_full(text)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
