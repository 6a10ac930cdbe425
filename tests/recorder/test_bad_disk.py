"""A disk that takes seconds, or is full, under the whole way of an event: outbox, core, file, and back to the outbox.

The disk moves the clock itself, and lets the producer go on meanwhile: what the producer can do while a write lasts, it
does within the write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.clock import FakeClock
from hft.events import OrderRefused
from hft.messages import EventAck
from hft.outbox import Outbox
from hft.words import Health, Refusal, Side
from recorder.eventfile import EventFile
from recorder.lines import head_of
from recorder.parcels import Alert, Append
from tests.recorder.desk import Desk
from tests.recorder.samples import MONDAY_NS
from tests.recorder.test_eventfile import FullDisk

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.actor import Output, Report
    from hft.messages import EventBatch, EventHello, Message

TURN_MS = 50
PLENTY_BYTES = 10**9


class SlowDisk(FullDisk):
    """A disk whose sync takes as long as it is told; `safe` is what would be left after the power went."""

    def __init__(self, clock: FakeClock, meanwhile: Callable[[], None]) -> None:
        super().__init__(PLENTY_BYTES)
        self.safe = b""
        self.sync_ms = 0
        self._clock, self._meanwhile = clock, meanwhile

    def sync(self) -> None:
        for _ in range(self.sync_ms // TURN_MS):
            self._clock.advance_ms(TURN_MS)
            self._meanwhile()
        super().sync()
        self.safe = self.data

    @property
    def seqs(self) -> list[int]:
        return [head_of(raw).seq for raw in self.safe.splitlines()]


class Fleet:
    """One producer, and a recorder on a bad disk."""

    def __init__(self) -> None:
        self.clock = FakeClock(MONDAY_NS)
        self.core = Desk().core
        self.disk = SlowDisk(self.clock, self.produce)
        self.inbox: list[Message] = []
        self.wire: list[EventHello | EventBatch] = []
        self.box, self.made = Outbox("mm", 1), 0
        self.out: list[Output] = []
        self.file = EventFile(
            open_file=self.disk.open, put_away=lambda *_: None, tell=self.inbox.append, clock=self.clock
        )

    def produce(self) -> None:
        """Let the producer have one event, and send what is due."""
        self.made += 1
        now_ns = self.clock.now_ns()
        self.box.add(
            OrderRefused(
                strategy="mm", symbol="SPY", side=Side.BUY, qty=self.made, px=1, reason=Refusal.HALTED, text="x"
            ),
            now_ns,
        )
        self.wire += self.box.due(now_ns)
        assert self.box.acked_seq <= len(self.disk.seqs), "acknowledged before it was on the disk"

    def turn(self, *, quiet: bool = False) -> None:
        """One turn of everybody; the recorder's as its shell takes it."""
        self.clock.advance_ms(TURN_MS)
        if not quiet:
            self.produce()
        self.wire += self.box.due(self.clock.now_ns())
        came = [*self.inbox, *self.wire]
        self.inbox.clear()
        self.wire.clear()
        out = [each for message in came for each in self.core.handle(message, self.clock.now_ns())]
        out += self.core.wake(self.clock.now_ns())
        self.out += out
        for message in out:
            if isinstance(message, Append):
                self.file.send(message)
            elif isinstance(message, EventAck):
                self.box.ack(message, self.clock.now_ns())
        self.file.flush()

    def turns(self, count: int, *, quiet: bool = False) -> None:
        for _ in range(count):
            self.turn(quiet=quiet)

    def report(self) -> Report:
        return self.core.report(self.clock.now_ns())

    def fill_up(self) -> None:
        """Leave less room than one line needs."""
        self.disk.room_bytes = len(self.disk.data) + 40

    @property
    def alerts(self) -> list[tuple[str, str]]:
        return [(each.kind, each.severity) for each in self.out if isinstance(each, Alert)]

    def assert_all_there(self) -> None:
        """Assert that everything is on the disk, once and in order, and that nothing is owed any more."""
        self.turns(12, quiet=True)
        assert self.disk.seqs == list(range(1, self.made + 1))
        assert (len(self.box), self.box.lost) == (0, 0)


def test_while_a_write_takes_seconds_the_producer_goes_on_and_keeps_everything() -> None:
    fleet = Fleet()
    fleet.turns(10)
    fleet.disk.sync_ms = 3_000
    fleet.turn()
    assert fleet.made == 10 + 1 + 60, "it stood still while the disk wrote"
    assert (fleet.box.acked_seq, len(fleet.box)) == (10, 1 + 60)
    fleet.disk.sync_ms = 0
    fleet.assert_all_there()


def test_a_slow_write_is_told_in_words_until_one_is_quick_again() -> None:
    fleet = Fleet()
    fleet.turns(10)
    assert fleet.report().state is Health.READY
    fleet.disk.sync_ms = 3_000
    fleet.turns(2)
    report = fleet.report()
    assert report.state is Health.DEGRADED
    assert report.note == "the disk is slow (the last write took 3.0 s), events wait with their producers meanwhile"
    fleet.disk.sync_ms = 0
    fleet.turns(2)
    assert fleet.report().state is Health.READY


@pytest.mark.parametrize("sync_ms", [0, 250, 1_000])
def test_a_write_that_takes_no_seconds_is_no_trouble(sync_ms: int) -> None:
    fleet = Fleet()
    fleet.disk.sync_ms = sync_ms
    fleet.turns(10)
    assert fleet.report().state is Health.READY


def test_a_disk_that_stays_slow_writes_everything_once_and_in_order() -> None:
    fleet = Fleet()
    fleet.disk.sync_ms = 2_500
    fleet.turns(12)
    assert fleet.report().counters["repeated"] > 0, "the producer never sent anything again"
    fleet.disk.sync_ms = 0
    fleet.assert_all_there()


def test_what_a_full_disk_refused_is_owed_and_written_in_order_when_there_is_room() -> None:
    fleet = Fleet()
    fleet.turns(10)
    before = fleet.box.acked_seq
    fleet.fill_up()
    fleet.turns(40)
    assert "No space left on device" in fleet.report().note
    assert len(fleet.box) >= 40
    assert before <= fleet.box.acked_seq == len(fleet.disk.seqs)
    fleet.disk.room_bytes = PLENTY_BYTES
    fleet.assert_all_there()
    assert fleet.report().state is Health.READY


def test_a_full_disk_is_one_alert_and_its_end_another() -> None:
    fleet = Fleet()
    fleet.turns(10)
    assert fleet.alerts == []
    fleet.fill_up()
    fleet.turns(100)
    (alert,) = [each for each in fleet.out if isinstance(each, Alert)]
    assert (alert.kind, alert.severity, alert.promised) == ("record.unwritten", "critical", False)
    assert "No space left on device" in alert.text
    fleet.disk.room_bytes = PLENTY_BYTES
    fleet.turns(20)
    assert len(fleet.alerts) == 1, "it may be full again in a moment"
    fleet.clock.advance_ms(31_000)
    fleet.turns(20)
    assert fleet.alerts[1:] == [("record.unwritten", "good")]
    fleet.fill_up()
    fleet.turns(20)
    assert fleet.alerts[2:] == [("record.unwritten", "critical")]


def test_a_disk_that_is_full_now_and_then_is_one_alert() -> None:
    fleet = Fleet()
    for _ in range(20):
        fleet.fill_up()
        fleet.turns(10)
        fleet.disk.room_bytes = PLENTY_BYTES
        fleet.turns(10)
    assert fleet.alerts == [("record.unwritten", "critical")]
    fleet.assert_all_there()


def test_a_disk_that_goes_read_only_is_one_alert_a_state_in_words_and_costs_no_event() -> None:
    fleet = Fleet()
    fleet.turns(10)
    fleet.disk.read_only = True
    fleet.turns(100)
    assert fleet.alerts == [("record.unwritten", "critical")]
    report = fleet.report()
    assert report.state is Health.DEGRADED
    assert report.note == "events cannot be written (Read-only file system), they wait with their producers"
    fleet.disk.read_only = False
    fleet.assert_all_there()
    assert fleet.report().state is Health.READY
