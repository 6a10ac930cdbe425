"""The edge to the disk, and a disk that is full or broken."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from hft.clock import FakeClock
from hft.errors import DiskFailed
from recorder.eventfile import EventFile, PosixFile
from recorder.parcels import Append, Committed, Rotate, Rotated, WriteFailed

if TYPE_CHECKING:
    from pathlib import Path

    from hft.messages import Message


class FullDisk:
    """A disk with so much room: it takes a part of what does not fit, then refuses, as Linux does.

    One that went read-only refuses a cut, too, and until it is mended every file that was opened before.
    """

    def __init__(self, room_bytes: int) -> None:
        self.data = b""
        self.room_bytes = room_bytes
        self.broken = self.read_only = False
        self.synced = self.opened = 0

    def open(self) -> FullDisk:
        if self.read_only:
            raise OSError(errno.EROFS, "Read-only file system")
        self.opened += 1
        return self

    def write(self, data: bytes) -> int:
        if self.read_only:
            raise OSError(errno.EROFS, "Read-only file system")
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
        if self.read_only:
            raise OSError(errno.EROFS, "Read-only file system")
        self.data = self.data[:size_bytes]

    def size(self) -> int:
        return len(self.data)

    def close(self) -> None:
        self.opened -= 1


class Bench:
    def __init__(self, disk: FullDisk) -> None:
        self.told: list[Message] = []
        self.away: list[tuple[str, bytes]] = []
        self.refusal: OSError | None = None
        self.spoil: FullDisk | None = None  # goes read-only once a day was put away
        self.clock = FakeClock()
        self.file = EventFile(open_file=disk.open, put_away=self._put_away, tell=self.told.append, clock=self.clock)

    def _put_away(self, day: str, checkpoint: bytes) -> None:
        if self.refusal:
            raise self.refusal
        self.away.append((day, checkpoint))
        if self.spoil:
            self.spoil.read_only = True


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
    with pytest.raises(DiskFailed, match=r"cannot be brought to the disk: Input/output error") as caught:
        bench.file.flush()
    assert "hftctl restart recorder" in caught.value.next_step
    assert bench.told == []


def gone_read_only() -> tuple[FullDisk, Bench]:
    """Return a disk that holds a line and went read-only, and the file on it."""
    disk = FullDisk(1_000)
    bench = Bench(disk)
    bench.file.send(append(1, b"one\n"))
    bench.file.flush()
    disk.read_only = True
    return disk, bench


def test_a_disk_that_goes_read_only_is_let_go_and_taken_again_when_it_is_mended() -> None:
    """Held open it could not be unmounted, and the file that is held would stay read-only for ever."""
    disk, bench = gone_read_only()
    for generation in range(3):
        bench.file.send(append(2 + generation, b"two\n", generation))
        bench.file.flush()
        assert bench.told[-1] == WriteFailed(generation=generation, reason="Read-only file system")
        assert disk.opened == 0
    disk.read_only = False
    disk.data += b"a part of t"  # of a write that was cut short, and could not be cut back
    bench.file.send(append(9, b"two\n", 3))
    bench.file.flush()
    assert (disk.data, bench.told[-1]) == (b"one\ntwo\n", Committed(number=9))
    bench.file.close()
    assert disk.opened == 0


def test_a_file_that_has_lost_lines_meanwhile_is_not_written_to() -> None:
    """Another disk lies there, or the repair cost lines that were acknowledged: to go on would hide it."""
    disk, bench = gone_read_only()
    bench.file.send(append(2, b"two\n"))
    bench.file.flush()
    disk.read_only, disk.data = False, b""
    bench.file.send(append(3, b"two\n", 1))
    bench.file.flush()
    assert (disk.data, disk.opened) == (b"", 0)
    failed = bench.told[-1]
    assert isinstance(failed, WriteFailed)
    assert failed.reason.startswith("events.jsonl ends at 0 bytes and had 4: is it another disk?")


def test_a_day_cannot_be_put_away_on_a_disk_that_went_read_only_and_can_when_it_is_mended() -> None:
    disk = FullDisk(1_000)
    bench = Bench(disk)
    disk.read_only = True
    bench.file.send(append(1, b"one\n"))
    bench.file.send(Rotate(day="2026-11-20", checkpoint=b"{}"))
    assert bench.told[-1] == Rotated(day="2026-11-20", reason="Read-only file system")
    assert bench.away == []
    disk.read_only = False
    bench.file.send(Rotate(day="2026-11-20", checkpoint=b"{}"))
    assert bench.told[-1] == Rotated(day="2026-11-20")
    assert (bench.away, disk.opened) == ([("2026-11-20", b"{}")], 1)


def test_a_new_days_file_that_cannot_be_made_is_made_later() -> None:
    disk = FullDisk(1_000)
    bench = Bench(disk)
    bench.spoil = disk
    bench.file.send(Rotate(day="2026-11-20", checkpoint=b"{}"))
    assert bench.told == [Rotated(day="2026-11-20")]
    bench.file.send(append(1, b"one\n"))
    bench.file.flush()
    refused = bench.told[-1]
    disk.read_only = False
    bench.file.send(append(2, b"one\n", 1))
    bench.file.flush()
    assert disk.data == b"one\n"
    assert [refused, bench.told[-1]] == [
        WriteFailed(generation=0, reason="Read-only file system"),
        Committed(number=2),
    ]


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
