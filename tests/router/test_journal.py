"""The journal: any prefix is readable, a torn tail is cut, anything else is refused; a full disk is survived."""

from __future__ import annotations

import errno
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hft.words import Side, Tif, TradingState
from router import journal as journals
from router.core import History
from router.journal import FRAME, HEADER, Journal, JournalCorrupt, frame, header, replay, segments
from router.orders import Purpose
from router.records import AnyRecord, EpochBegun, OrderOpened, Record, StandingSet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def opened(number: int) -> OrderOpened:
    return OrderOpened(
        at_ns=number,
        client_order_id=f"h1-mm-1.1-{number}",
        ledger="mm",
        symbol="SPY",
        side=Side.BUY,
        qty=1,
        px=4_500_000,
        tif=Tif.DAY,
        purpose=Purpose.INTENT,
        number=number,
        decided_ns=number,  # a record whose last byte is not the zero that a crash of the machine may leave
    )


RECORDS: list[AnyRecord] = [EpochBegun(at_ns=1, epoch=1, birth_ns=1), *(opened(n) for n in range(1, 6))]


class Sink(list[AnyRecord]):
    """Takes what a replay finds."""

    def add(self, record: AnyRecord) -> None:
        self.append(record)


def full(text: str) -> None:
    raise AssertionError(text)


def written(folder: Path, records: list[AnyRecord], *, next_index: int = 1) -> None:
    journal = Journal(folder, next_index=next_index, on_full=full)
    for record in records:
        journal.send(record)
    journal.flush()
    journal.close()


def read(folder: Path) -> tuple[Sink, int]:
    sink = Sink()
    done = replay(folder, lambda _: sink)
    return sink, done.cut_bytes


def test_what_was_written_is_read_again(home: Path) -> None:
    written(home, RECORDS)
    assert read(home) == (RECORDS, 0)


def test_a_second_process_goes_on_in_the_same_segment(home: Path) -> None:
    written(home, RECORDS[:3])
    written(home, RECORDS[3:], next_index=4)
    assert len(segments(home)) == 1
    assert read(home)[0] == RECORDS


def test_nothing_is_there_at_the_first_start(home: Path) -> None:
    assert read(home / "journal") == ([], 0)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_journal_cut_anywhere_gives_the_records_before_the_cut(data: st.DataObject) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="hft-") as name:
        folder = Path(name)
        written(folder, RECORDS)
        path = segments(folder)[0]
        size = data.draw(st.integers(HEADER.size, path.stat().st_size))
        os.truncate(path, size)
        ends = [HEADER.size]
        for record in RECORDS:
            ends.append(ends[-1] + len(frame(record)))
        whole = sum(1 for end in ends[1:] if end <= size)
        assert read(folder) == (RECORDS[:whole], size - ends[whole])
        assert read(folder) == (RECORDS[:whole], 0), "the tail is gone the second time"
        written(folder, RECORDS[whole:], next_index=whole + 1)
        assert read(folder)[0] == RECORDS


def test_a_tail_of_zeros_is_cut_whether_or_not_the_last_record_is_whole(home: Path) -> None:
    """A crash of the machine may leave a file with its length and without its last bytes."""
    for lost in (0, 1, 20):
        folder = home / str(lost)
        written(folder, RECORDS)
        path = segments(folder)[0]
        whole = path.stat().st_size
        os.truncate(path, whole - lost)
        os.truncate(path, whole + 4_096)
        kept = RECORDS[: len(RECORDS) - bool(lost)]
        begins = whole - len(frame(RECORDS[-1])) * bool(lost)
        assert read(folder) == (kept, whole + 4_096 - begins)
        written(folder, RECORDS[len(kept) :], next_index=len(kept) + 1)
        assert read(folder) == (RECORDS, 0)


def test_a_segment_that_is_there_twice_is_refused_with_its_name(home: Path) -> None:
    written(home, RECORDS)
    twin = home / "0000000007.journal"
    twin.write_bytes(segments(home)[0].read_bytes())
    with pytest.raises(JournalCorrupt, match=r"0000000007\.journal, byte 6: it begins with record 1, expected 7"):
        read(home)
    assert twin.exists()


def test_a_damaged_record_inside_is_refused_with_its_place(home: Path) -> None:
    written(home, RECORDS)
    path = segments(home)[0]
    data = bytearray(path.read_bytes())
    at = HEADER.size + len(frame(RECORDS[0])) + FRAME.size + 3
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(JournalCorrupt, match=r"byte \d+: a record's checksum is wrong"):
        read(home)


def test_a_missing_segment_is_refused(home: Path) -> None:
    written(home, RECORDS)
    (home / "0000000099.journal").write_bytes(header(99) + frame(RECORDS[0]))
    with pytest.raises(JournalCorrupt, match="begins with record 99, expected 7"):
        read(home)


def test_a_newer_schema_and_a_foreign_file_are_refused(home: Path) -> None:
    (home / "0000000001.journal").write_bytes(HEADER.pack(b"HFTJ", 999, 1))
    with pytest.raises(JournalCorrupt, match="schema 999"):
        read(home)
    (home / "0000000001.journal").write_bytes(b"something else altogether")
    with pytest.raises(JournalCorrupt, match="not a journal"):
        read(home)


def test_a_segment_that_was_only_just_made_is_no_trouble(home: Path) -> None:
    written(home, RECORDS)
    (home / "0000000007.journal").write_bytes(b"HF")
    assert read(home)[0] == RECORDS


def test_a_saved_book_begins_a_segment_and_lets_old_ones_go(home: Path) -> None:
    history = History()
    journal = Journal(home, next_index=1, on_full=full)
    batches: list[list[AnyRecord]] = [[EpochBegun(at_ns=1, epoch=1, birth_ns=1)]]
    number = 18
    batches += [[opened(3 * batch + n) for n in range(1, 4)] for batch in range(6)]
    for batch in batches:
        for record in batch:
            history.add(record)
        saved = history.book.saved(number)
        history.add(saved)
        for record in (*batch, saved):
            journal.send(record)
        journal.flush()
    journal.close()
    assert len(segments(home)) == journals.SEGMENTS_KEPT
    found: list[History] = []

    def begin(first: int) -> History:
        found.append(History(first))
        return found[0]

    replay(home, begin)
    assert found[0].book.index == history.book.index
    assert found[0].book.saved(number) == history.book.saved(number)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400))
def test_a_crash_while_the_book_is_saved_leaves_a_journal_that_can_grow_old(left_bytes: int) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="hft-") as name:
        folder, history = Path(name), History()
        for record in RECORDS:
            history.add(record)
        written(folder, RECORDS)
        saved = history.book.saved(9)
        journal = Journal(folder, next_index=len(RECORDS) + 1, on_full=full)
        journal.send(saved)
        journal.flush()
        journal.close()
        torn = segments(folder)[-1]
        os.truncate(torn, min(left_bytes, torn.stat().st_size - 1))
        assert read(folder)[0] == RECORDS
        for path in segments(folder)[1:]:
            sink = Sink()
            for _, record in journals.read_segment(path, last=True):
                sink.add(record)
            assert sink, "a segment that does not begin with a saved book is not left behind"


class FullDisk:
    """os.write that fails once the disk is full, until room is given back."""

    def __init__(self) -> None:
        self.full = True
        self.real = os.write

    def write(self, fd: int, data: bytes | memoryview) -> int:
        if self.full:
            self.real(fd, bytes(data)[:5])
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.real(fd, data)


def test_on_a_full_disk_the_reserve_is_given_up_and_it_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    journal = Journal(home, next_index=1, on_full=told.append)
    journal.send(RECORDS[0])
    journal.flush()
    disk = FullDisk()
    monkeypatch.setattr(os, "write", disk.write)
    unlink = type(home).unlink

    def give_back(path: Path, **options: bool) -> None:
        disk.full = False
        unlink(path, **options)

    monkeypatch.setattr(type(home), "unlink", give_back)
    record: Record = StandingSet(at_ns=1, strategy="", state=TradingState.HALTED, reason="disk")
    journal.send(record)
    journal.flush()
    monkeypatch.undo()
    journal.close()
    assert told == ["the disk is full; the journal lives on its reserve"]
    assert read(home)[0] == [RECORDS[0], record]


def test_the_reserve_is_laid_anew_once_there_is_room_and_told_once_and_so_is_the_next_full_disk(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    journal = Journal(home, next_index=1, on_full=told.append, on_room=lambda: told.append("room"))
    free = [0]
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=free[0], f_frsize=1))
    for number, (is_full, bytes_free) in enumerate(
        [(True, 0), (False, 2 * journals.BALLAST_BYTES - 1), (False, 2 * journals.BALLAST_BYTES), (False, 1 << 40)]
    ):
        with monkeypatch.context() as during:
            if is_full:
                during.setattr(os, "write", refusing_once(os.write))
            free[0] = bytes_free
            journal.send(RECORDS[number])
            journal.flush()
    assert told == ["the disk is full; the journal lives on its reserve", "room"]
    assert (home / "ballast").stat().st_size == journals.BALLAST_BYTES
    free[0] = 0
    monkeypatch.setattr(os, "write", refusing_once(os.write))
    journal.send(RECORDS[4])
    journal.flush()
    journal.close()
    assert len(told) == 3
    assert read(home)[0] == RECORDS[:5]


def test_a_reserve_that_got_only_a_part_of_its_room_gives_it_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def partly(fd: int, _: int, size: int) -> None:
        os.ftruncate(fd, size // 2)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", partly)
    told: list[str] = []
    Journal(home, next_index=1, on_full=told.append).close()
    assert told == ["no room for the journal's reserve: No space left on device"]
    assert not (home / "ballast").exists()


def refusing_once(real: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    """Return an os.write whose first call finds no room."""
    calls: list[int] = []

    def write(fd: int, data: bytes) -> int:
        calls.append(fd)
        if len(calls) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data)

    return write


def test_without_a_reserve_a_full_disk_ends_the_router_and_leaves_no_half_record(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(home, next_index=1, on_full=lambda _: None)
    journal.send(RECORDS[0])
    journal.flush()
    (home / "ballast").unlink()
    monkeypatch.setattr(os, "write", FullDisk().write)
    journal.send(RECORDS[1])
    with pytest.raises(OSError, match="No space left"):
        journal.flush()
    monkeypatch.undo()
    journal.close()
    assert read(home) == (RECORDS[:1], 0)
