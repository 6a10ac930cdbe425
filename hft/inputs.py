"""What a program heard, in the order in which it heard it, and what it said: enough to make it hear all of it again.

A shell puts `Listening` around its core. The file begins with what the core was made of, so that a replay can make the
very same one and compare every word (`hftctl replay DAY --verify`). One compressed stream of length-prefixed entries,
pushed to the system about once a second; a torn end is not read.
Rule: it never costs the program anything but a little time: when the disk refuses, or the file has grown too long, the
recording ends and the program goes on.
"""

from __future__ import annotations

import contextlib
import struct
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from hft import codec
from hft.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hft.actor import Core, Output, Report
    from hft.messages import Message

FOLDER = "inputs"
SUFFIX = ".heard"
FILE_BYTES_MAX = 2 << 30
FLUSH_EVERY_NS = NS_PER_S
CHUNK_BYTES = 1 << 16
WINDOW_BITS, MEMORY_LEVEL = 13, 6  # 64 kB instead of 256: a strategy has 22 MiB for everything
LENGTH = struct.Struct("<I")


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all entries."""


class Began(Entry, frozen=True, kw_only=True, tag=0):
    """What the core was made of. `made` has the keyword arguments of whoever makes it again."""

    name: str
    epoch: int
    pid: int
    at_ns: int
    version: str
    made: dict[str, Any]
    code: dict[str, int] = {}  # module → checksum of its file, of everything that the core is made of


class Heard(Entry, frozen=True, tag=1):
    """A message, and the time at which the core was given it."""

    now_ns: int
    body: bytes


class Woken(Entry, frozen=True, tag=2):
    """The core was woken."""

    now_ns: int


class Asked(Entry, frozen=True, tag=3):
    """The core was asked to stop."""

    now_ns: int


class Said(Entry, frozen=True, tag=4):
    """What the core answered to the entry before."""

    body: bytes


class Follows(Entry, frozen=True, kw_only=True, tag=5):
    """The first entry after a saved state (hft/since.py): its checksum, and the epoch of the run that heard."""

    state: int
    epoch: int


AnyEntry = Began | Heard | Woken | Asked | Said
Filed = AnyEntry | Follows

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyEntry] = msgspec.msgpack.Decoder(AnyEntry)
_filed: msgspec.msgpack.Decoder[Filed] = msgspec.msgpack.Decoder(Filed)


def said(output: Output) -> Said:
    """Return an answer as an entry; equal answers have equal bytes."""
    return Said(_encoder.encode(output))


def framed(entry: Entry) -> bytes:
    """Return an entry as it stands in a file: its length, and its bytes."""
    data = _encoder.encode(entry)
    return LENGTH.pack(len(data)) + data


def unframed(data: bytes) -> Iterator[Filed]:
    """Yield the entries of a file's bytes, up to a torn end."""
    at, view = 0, memoryview(data)
    while at + LENGTH.size <= len(data):
        end = at + LENGTH.size + LENGTH.unpack_from(data, at)[0]
        if end > len(data):
            return
        yield _filed.decode(view[at + LENGTH.size : end])
        at = end


class Book(Protocol):
    """Takes inputs as they are heard, framed."""

    def put(self, entry: bytes) -> None:
        """Take an input before it is handled."""
        ...


class InputTape:
    """The file of one run of one program."""

    def __init__(self, path: Path, began: Began) -> None:
        self.failure = ""
        self._packer = zlib.compressobj(1, wbits=WINDOW_BITS, memLevel=MEMORY_LEVEL)
        self._written = 0
        self._due_ns = began.at_ns + FLUSH_EVERY_NS
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb", buffering=CHUNK_BYTES)
        except OSError as error:
            self.failure = error.strerror or str(error)
        self.add(began)

    def add(self, entry: Entry) -> None:
        """Take an entry."""
        self.put(framed(entry))

    def put(self, entry: bytes) -> None:
        """Take an entry that is framed already."""
        if not self.failure:
            self._write(self._packer.compress(entry))

    def keep(self, now_ns: int) -> None:
        """Push what waits to the system, if it has waited long enough."""
        if now_ns >= self._due_ns and not self.failure:
            self._due_ns = now_ns + FLUSH_EVERY_NS
            self._write(self._packer.flush(zlib.Z_SYNC_FLUSH), push=True)

    def close(self) -> None:
        """Write the rest and let go of the file."""
        if not self.failure:
            self._write(self._packer.flush(), push=True)
            self._end(self.failure or "closed")

    def _write(self, data: bytes, *, push: bool = False) -> None:
        try:
            self._file.write(data)
            if push:
                self._file.flush()
        except OSError as error:
            self._end(error.strerror or str(error))
            return
        self._written += len(data)
        if self._written > FILE_BYTES_MAX:
            self._end("the file is as long as it may be")

    def _end(self, failure: str) -> None:
        self.failure = failure
        with contextlib.suppress(OSError):  # a full disk refuses what was still waiting
            self._file.close()


class Listening:
    """A core whose every input is written down before it is handled, and, with a tape, every answer after it."""

    def __init__(self, core: Core, tape: InputTape | None = None, *books: Book) -> None:
        self._core, self._tape = core, tape
        self._books = (tape, *books) if tape else books

    def handle(self, message: Message, now_ns: int) -> Iterable[Output]:
        """Return what follows from one message."""
        self._note(Heard(now_ns, codec.encode(message)))
        return self._said(self._core.handle(message, now_ns))

    def wake(self, now_ns: int) -> Iterable[Output]:
        """Return what follows from time having passed."""
        self._note(Woken(now_ns))
        out = self._said(self._core.wake(now_ns))
        if self._tape:
            self._tape.keep(now_ns)
        return out

    def report(self, now_ns: int) -> Report:
        """Return how the core is."""
        return self._core.report(now_ns)

    def stop(self, now_ns: int) -> Iterable[Output]:
        """Return what must be done before the process may end."""
        self._note(Asked(now_ns))
        return self._said(self._core.stop(now_ns))

    def is_done(self, now_ns: int) -> bool:
        """Return whether nothing is left to wait for."""
        return self._core.is_done(now_ns)

    def _note(self, entry: Entry) -> None:
        data = framed(entry)
        for book in self._books:
            book.put(data)

    def _said(self, outputs: Iterable[Output]) -> list[Output]:
        out = list(outputs)
        if self._tape:
            for output in out:
                self._tape.add(said(output))
        return out


def asked(core: Any, entry: Filed) -> list[Output]:  # noqa: ANN401 hft.actor.Core, or a strategy's without a report
    """Return what a core answers to an input that is given to it again; raise TypeError for an entry that is none."""
    if isinstance(entry, Heard):
        return list(core.handle(codec.decode(entry.body), entry.now_ns))
    if isinstance(entry, Woken):
        return list(core.wake(entry.now_ns))
    if isinstance(entry, Asked):
        return list(core.stop(entry.now_ns))
    raise TypeError(type(entry).__name__)


def code_of(package: str) -> dict[str, int]:
    """Return a checksum of each loaded module's file, of a package and of the user's own families."""
    found = {
        name: getattr(module, "__file__", None)
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] in {package, f"{package}_of_yours"}
    }
    return {name: zlib.crc32(Path(file).read_bytes()) for name, file in found.items() if file}


def path_of(data: Path, name: str, epoch: int) -> Path:
    """Return the file of one run."""
    return data / FOLDER / f"{name}-{epoch:06d}{SUFFIX}"


def read(path: Path) -> Iterator[AnyEntry]:
    """Yield the entries of a file, up to a torn end."""
    unpacker, waiting = zlib.decompressobj(), b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            waiting += unpacker.decompress(chunk)
            at = 0
            while at + LENGTH.size <= len(waiting):
                end = at + LENGTH.size + LENGTH.unpack_from(waiting, at)[0]
                if end > len(waiting):
                    break
                yield _decoder.decode(memoryview(waiting)[at + LENGTH.size : end])
                at = end
            waiting = waiting[at:]
