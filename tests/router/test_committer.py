"""The journal's thread: what is handed over becomes safe, a slow disk keeps nobody, a refusal is the end."""

from __future__ import annotations

import errno
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import WallClock
from hft.messages import Accepted
from router.committer import Committer
from router.core import History
from router.disk import DiskSlow, DiskWell
from router.journal import Journal, replay, segments
from router.records import BookSaved
from router.vault import WITHIN_S, Vault
from tests.router.test_holding import ACCEPTED, CANCEL, submit
from tests.router.test_journal import RECORDS, read
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Gate:
    """os.fdatasync that waits while it is shut, or refuses."""

    def __init__(self) -> None:
        self.open, self.refuses, self.syncs = threading.Event(), False, 0
        self.open.set()
        self.real = os.fdatasync

    def sync(self, fd: int) -> None:
        self.open.wait()
        if self.refuses:
            raise OSError(errno.EIO, "Input/output error")
        self.syncs += 1
        self.real(fd)


class Bench:
    """A committer on a disk that can be held fast, and a vault before it."""

    def __init__(self, home: Path, gate: Gate) -> None:
        self.gate, self.told = gate, list[str]()
        journal = Journal(home, next_index=1, on_full=self.told.append)
        self.committer = Committer(journal, on_failed=self.told.append)
        self.vault = Vault(self.committer, WallClock())

    def due(self) -> list[Any]:
        return list(self.vault.due())


@pytest.fixture
def bench(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    gate = Gate()
    monkeypatch.setattr(os, "fdatasync", gate.sync)
    made = Bench(home, gate)
    yield made
    gate.open.set()
    made.committer.close()


def test_on_a_quick_disk_all_leaves_in_the_same_turn_and_is_on_disk(bench: Bench, home: Path) -> None:
    bench.vault._hold.synced(0)
    out = [submit(), ACCEPTED, RECORDS[0], RECORDS[1], CANCEL]
    left: list[Any] = []

    def quick() -> bool:  # a machine that is busy may need a second turn
        left.extend(bench.vault.sift(out) if not left else bench.due())
        return len(left) == 3

    until(quick, within_s=5, what="all that was said")
    assert sorted(map(repr, left)) == sorted(map(repr, (CANCEL, submit(), ACCEPTED)))
    assert read(home)[0] == RECORDS[:2]
    assert bench.gate.syncs == 1


def test_a_disk_that_stalls_keeps_orders_and_answers_and_lets_cancels_go_at_once(bench: Bench) -> None:
    bench.gate.open.clear()
    began_s = time.monotonic()
    assert list(bench.vault.sift([RECORDS[0], submit(), ACCEPTED, CANCEL])) == [CANCEL]
    for turn in range(2, 52):
        assert list(bench.vault.sift([RECORDS[1], CANCEL])) == [CANCEL], turn
    assert time.monotonic() - began_s < 50 * WITHIN_S, "only the first turn waits for the disk"
    assert bench.due() == []
    bench.gate.open.set()
    left: list[Any] = []

    def both_left() -> bool:
        left.extend(bench.due())
        return len(left) == 2

    until(both_left, within_s=5, what="the order and its answer")
    assert left == [submit(), ACCEPTED]


def test_what_gathers_while_the_disk_stalls_is_one_sync(bench: Bench, home: Path) -> None:
    bench.gate.open.clear()
    for record in RECORDS:
        list(bench.vault.sift([record, Accepted(strategy="mm", epoch=1, seq=record.at_ns, client_order_id="")]))
    bench.gate.open.set()
    left: list[Any] = []

    def all_left() -> bool:
        left.extend(bench.due())
        return len(left) == len(RECORDS)

    until(all_left, within_s=5, what="the answers")
    assert [message.seq for message in left] == [record.at_ns for record in RECORDS]
    assert bench.gate.syncs == 2
    assert read(home)[0] == RECORDS


def test_the_loop_is_woken_when_a_stalled_disk_answers(bench: Bench) -> None:
    import select

    bench.gate.open.clear()
    list(bench.vault.sift([RECORDS[0], ACCEPTED]))
    poller = select.poll()
    poller.register(bench.committer.source, select.POLLIN)
    assert poller.poll(50) == []
    bench.gate.open.set()
    assert poller.poll(5_000)
    assert list(bench.committer.drain()) == []
    assert bench.due() == [ACCEPTED]
    assert poller.poll(0) == []


def test_a_slow_disk_is_told_while_it_lasts_and_when_it_is_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    monkeypatch.setattr(os, "fdatasync", gate.sync)
    bench = Bench(home, gate)
    bench.vault._hold._slow_ns = 20_000_000
    gate.open.clear()
    list(bench.vault.sift([RECORDS[0]]))
    told: list[Any] = []

    def hears(kind: type) -> bool:
        list(bench.vault.due())
        told.extend(bench.vault.news())
        return any(isinstance(message, kind) for message in told)

    until(lambda: hears(DiskSlow), within_s=5, what="a word that it is slow")
    gate.open.set()
    until(lambda: hears(DiskWell), within_s=5, what="a word that it is well")
    bench.committer.close()


def test_a_sync_that_fails_is_told_once_and_nothing_that_waited_ever_leaves(bench: Bench, home: Path) -> None:
    list(bench.vault.sift([RECORDS[0]]))
    until(lambda: bench.due() == [] and not bench.vault.is_waiting, within_s=5, what="the first record")
    bench.gate.refuses = True
    list(bench.vault.sift([RECORDS[1], submit()]))
    until(lambda: bool(bench.told), within_s=5, what="the refusal")
    bench.gate.refuses = False
    assert list(bench.vault.sift([RECORDS[2], ACCEPTED, CANCEL])) == [CANCEL]
    until(lambda: not bench.committer._thread.is_alive(), within_s=5, what="the thread's end")
    assert bench.due() == []
    assert bench.told == ["the journal cannot be written: Input/output error"]
    assert bench.committer.failed == bench.told[0]
    assert read(home) == (RECORDS[:1], 0), "what was not seen on disk is cut off"


def test_it_may_be_closed_twice_as_a_port_and_by_who_made_it(home: Path) -> None:
    bench = Bench(home, Gate())
    bench.committer.close()
    taken = os.pipe2(os.O_CLOEXEC)  # the numbers of what it let go of may be somebody else's by then
    bench.committer.close()
    for fd in taken:
        os.close(fd)


def test_a_saved_book_is_encoded_when_it_is_handed_over(bench: Bench, home: Path) -> None:
    history = History()
    for record in RECORDS:
        history.add(record)
    saved = history.book.saved(9)
    bench.gate.open.clear()
    list(bench.vault.sift([*RECORDS, saved]))
    saved.orders.clear()  # the book goes on while the disk stalls
    bench.gate.open.set()
    until(lambda: not list(bench.vault.due()) and not bench.vault.is_waiting, within_s=5, what="a sync")
    assert len(segments(home)) == 2
    found: list[Any] = []

    class Sink:
        def add(self, record: object) -> None:
            found.append(record)

    replay(home, lambda _: Sink())
    assert isinstance(found[-1], BookSaved)
    assert len(found[-1].orders) == len(RECORDS) - 1
