"""The edge to the disk, and a disk that is full or broken."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from hft.clock import FakeClock
from recorder.eventfile import EventFile, PosixFile
from recorder.parcels import Append, Committed, Rotate, Rotated, WriteFailed

if TYPE_CHECKING:
    from pathlib import Path

    from hft.messages import Message


class FullDisk:
    """A disk with so much room: it takes a part of what does not fit, then refuses, as Linux does."""

    def __init__(self, room_bytes: int) -> None:
        self.data = b""
        self.room_bytes = room_bytes
        self.broken = False
        self.synced = 0

    def write(self, data: bytes) -> int:
        room = self.room_bytes - len(self.data)
        if room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.data += data[:room]
        return min(room, len(data))

    def sync(self) -> None:
        if self.broken:
            raise OSError(errno.EIO, "Input/output error")
        self.synced += 1

    def cut(self, size_bytes: int) -> None:
        self.data = self.data[:size_bytes]

    def size(self) -> int:
        return len(self.data)

    def close(self) -> None:
        """Nothing to let go of."""


class Bench:
    def __init__(self, disk: FullDisk) -> None:
        self.told: list[Message] = []
        self.away: list[tuple[str, bytes]] = []
        self.refusal: OSError | None = None
        self.clock = FakeClock()
        self.file = EventFile(open_file=lambda: disk, put_away=self._put_away, tell=self.told.append, clock=self.clock)

    def _put_away(self, day: str, checkpoint: bytes) -> None:
        if self.refusal:
            raise self.refusal
        self.away.append((day, checkpoint))


def append(number: int, data: bytes, generation: int = 0) -> Append:
    return Append(number=number, generation=generation, data=data)


def test_one_turn_is_one_sync_and_one_word() -> None:
    disk = FullDisk(1_000)
    bench = Bench(disk)
    bench.file.send(append(1, b"a\n"))
    bench.file.send(append(2, b"b\n"))
    assert disk.data == b""
    bench.file.flush()
    assert (disk.data, disk.synced, bench.told) == (b"a\nb\n", 1, [Committed(number=2)])


def test_a_turn_without_events_touches_nothing() -> None:
    disk = FullDisk(1_000)
    bench = Bench(disk)
    bench.file.flush()
    assert (disk.synced, bench.told) == (0, [])


def test_a_full_disk_keeps_whole_lines_only_and_says_so() -> None:
    disk = FullDisk(7)
    bench = Bench(disk)
    bench.file.send(append(1, b"one\n"))
    bench.file.flush()
    bench.file.send(append(2, b"two is longer\n"))
    bench.file.flush()
    assert disk.data == b"one\n"
    assert bench.told[-1] == WriteFailed(generation=0, reason="No space left on device")


def test_what_was_on_its_way_when_the_disk_filled_up_is_ignored() -> None:
    disk = FullDisk(3)
    bench = Bench(disk)
    bench.file.send(append(1, b"one\n"))
    bench.file.flush()
    disk.room_bytes = 1_000
    bench.file.send(append(2, b"two, accepted before the core heard of it\n"))
    bench.file.flush()
    assert disk.data == b""
    bench.file.send(append(3, b"one\n", generation=1))
    bench.file.flush()
    assert disk.data == b"one\n"
    assert bench.told[-1] == Committed(number=3)


def test_a_failed_sync_ends_the_process() -> None:
    disk = FullDisk(1_000)
    bench = Bench(disk)
    disk.broken = True
    bench.file.send(append(1, b"a\n"))
    with pytest.raises(OSError, match="Input/output error"):
        bench.file.flush()
    assert bench.told == []


def test_a_day_is_put_away_behind_the_lines_before_it() -> None:
    disk = FullDisk(1_000)
    bench = Bench(disk)
    bench.file.send(append(1, b"a\n"))
    bench.file.send(Rotate(day="2026-11-20", checkpoint=b"{}"))
    assert bench.away == [("2026-11-20", b"{}")]
    assert bench.told == [Committed(number=1), Rotated(day="2026-11-20")]


def test_a_day_that_cannot_be_put_away_stays_and_says_why() -> None:
    bench = Bench(FullDisk(1_000))
    bench.refusal = OSError(errno.ENOSPC, "No space left on device")
    bench.file.send(Rotate(day="2026-11-20", checkpoint=b"{}"))
    assert bench.told == [Rotated(day="2026-11-20", reason="No space left on device")]


def test_a_real_file_is_appended_to_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"old\n")
    file = PosixFile(path)
    assert file.write(b"new\n") == 4
    file.sync()
    file.cut(4)
    assert (file.size(), path.read_bytes()) == (4, b"old\n")
    file.close()
