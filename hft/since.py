"""What a program has heard since its state was last saved: one write() for each input, so that a kill loses none.

A saved state and the inputs after it give the state of the last moment (strategies/sdk/recovery.py). The file begins
with the checksum of the state that it follows, so inputs of an older state are never taken for those of a newer one.
Beside the tape of hft/inputs.py, which has all of a run, compressed and a second late: this one is short and at once.
Rule: a disk that refuses ends the recording, not the program; `failure` says why.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hft.inputs import Follows, framed, unframed

if TYPE_CHECKING:
    from pathlib import Path

    from hft.inputs import Filed

BYTES_MAX = 64 << 20  # of a minute: a hundred times the usual


class Inputs(NamedTuple):
    """What a run had heard, and in which epoch it was."""

    epoch: int
    entries: list[Filed]


class Since:
    """The file of one program's inputs since its last state."""

    def __init__(self, path: Path, epoch: int) -> None:
        self.failure = ""
        self._path, self._epoch = path, epoch
        self._fd = -1
        self._bytes = 0

    def begin(self, state: bytes) -> None:
        """Begin anew after a state that has just been written down."""
        self._let_go()
        self.failure, self._bytes = "", 0
        fresh = self._path.with_suffix(".fresh")
        try:
            self._fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            self.put(framed(Follows(state=zlib.crc32(state), epoch=self._epoch)))
            fresh.replace(self._path)
        except OSError as error:
            self._end(error.strerror or str(error))

    def put(self, entry: bytes) -> None:
        """Take an input, framed (`hft.inputs.framed`), before it is handled."""
        if self._fd < 0:
            return
        try:
            written = os.write(self._fd, entry)
        except OSError as error:
            self._end(error.strerror or str(error))
            return
        self._bytes += written
        if written < len(entry) or self._bytes > BYTES_MAX:
            self._end("the disk is full" if written < len(entry) else "more was heard than it may hold")

    def close(self) -> None:
        """Let go of the file."""
        self._let_go()

    def _end(self, failure: str) -> None:
        self.failure = failure
        self._let_go()

    def _let_go(self) -> None:
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
        self._fd = -1


def read(path: Path, state: bytes) -> Inputs | None:
    """Return what was heard after this state, up to a torn end; None when nothing on file follows it."""
    try:
        entries = list(unframed(path.read_bytes()))
    except (OSError, msgspec.DecodeError):
        return None
    if not entries or not isinstance(entries[0], Follows) or entries[0].state != zlib.crc32(state):
        return None
    return Inputs(entries[0].epoch, entries[1:])
