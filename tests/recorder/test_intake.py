"""Each event once, in order, acknowledged when it is on disk; also under any mixture of faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from hft.eventline import read
from hft.events import ProcessStarted, RecordGap
from hft.messages import EventAck, EventBatch, EventHello
from hft.outbox import RESEND_MS_MAX, Outbox
from recorder.intake import Intake
from recorder.lines import head_of
from recorder.parcels import Append, Committed, WriteFailed
from recorder.progress import Progress
from tests.recorder.samples import MONDAY_NS, S, batch

if TYPE_CHECKING:
    from collections.abc import Iterable

MS = 1_000_000


def fresh() -> Intake:
    return Intake(Progress(), frozenset({"process.started"}))


def take(intake: Intake, message: EventBatch, now_ns: int = MONDAY_NS) -> list[Append | EventAck]:
    return list(intake.on_batch(message, now_ns))


def numbers(appends: Iterable[Append | EventAck]) -> list[int]:
    return [head_of(raw).seq for append in appends if isinstance(append, Append) for raw in append.data.splitlines()]


def ack(seq: int, *, producer: str = "mm", epoch: int = 1, mark: int = 0) -> EventAck:
    return EventAck(producer=producer, epoch=epoch, seq=seq, mark=mark)


def test_nothing_is_acknowledged_before_it_is_on_disk() -> None:
    intake = fresh()
    (append,) = take(intake, batch(1, 3))
    assert isinstance(append, Append)
    assert numbers([append]) == [1, 2, 3]
    lines, acks = intake.on_committed(Committed(number=append.number))
    assert [head_of(raw).seq for raw in lines] == [1, 2, 3]
    assert acks == [ack(3)]


def test_what_came_twice_is_written_once() -> None:
    intake = fresh()
    out = take(intake, batch(1, 3)) + take(intake, batch(2, 5)) + take(intake, batch(1, 4))
    assert numbers(out) == [1, 2, 3, 4, 5]
    assert intake.repeated == 6


def test_a_batch_that_is_there_already_is_acknowledged_at_once() -> None:
    intake = fresh()
    take(intake, batch(1, 3))
    intake.on_committed(Committed(number=1))
    assert take(intake, batch(1, 2)) == [ack(3)]


def test_a_batch_beyond_a_hole_is_not_written() -> None:
    intake = fresh()
    assert take(intake, batch(4, 6)) == [ack(0)]
    assert numbers(take(intake, batch(1, 6))) == [1, 2, 3, 4, 5, 6]


def test_a_producer_that_insists_for_five_seconds_has_lost_the_rest_and_the_record_says_so() -> None:
    intake = fresh()
    assert take(intake, batch(4, 6)) == [ack(0)]
    assert take(intake, batch(4, 6), MONDAY_NS + 4 * S) == [ack(0)]
    (append,) = take(intake, batch(4, 6), MONDAY_NS + 5 * S)
    assert isinstance(append, Append)
    first = append.data.splitlines()[0]
    stamp, event = read(first)
    assert (stamp.seq, event) == (3, RecordGap(lost=3))
    assert numbers([append]) == [3, 4, 5, 6]


def test_after_a_failed_write_everything_uncommitted_is_taken_again() -> None:
    intake = fresh()
    take(intake, batch(1, 3))
    intake.on_committed(Committed(number=1))
    take(intake, batch(4, 6))
    intake.on_failed(WriteFailed(generation=0, reason="No space left on device"))
    assert intake.failure == "No space left on device"
    (append,) = take(intake, batch(4, 6))
    assert isinstance(append, Append)
    assert (numbers([append]), append.generation) == ([4, 5, 6], 1)
    intake.on_committed(Committed(number=append.number))
    assert intake.failure == ""


def test_a_hello_is_answered_with_the_last_number_and_the_highest_mark() -> None:
    intake = fresh()
    box = Outbox("router", 4)
    box.add(ProcessStarted(process="router", pid=1, version="1", config_hash="c", mark=17), MONDAY_NS)
    box.greeted = True
    (message,) = box.due(MONDAY_NS)
    assert isinstance(message, EventBatch)
    take(intake, message)
    intake.on_committed(Committed(number=1))
    hello = EventHello(producer="router", epoch=5)
    assert list(intake.on_hello(hello)) == [ack(0, producer="router", epoch=5, mark=17)]


def test_a_hello_waits_until_everything_is_on_disk() -> None:
    intake = fresh()
    take(intake, batch(1, 3))
    assert list(intake.on_hello(EventHello(producer="mm", epoch=2))) == []
    _, acks = intake.on_committed(Committed(number=1))
    assert ack(0, epoch=2) in acks


def test_the_older_epoch_is_fenced_once_the_newer_has_said_hello() -> None:
    intake = fresh()
    list(intake.on_hello(EventHello(producer="mm", epoch=2)))
    assert take(intake, batch(1, 3, epoch=1)) == []
    assert list(intake.on_hello(EventHello(producer="mm", epoch=1))) == []
    assert intake.fenced == 2
    assert numbers(take(intake, batch(1, 2, epoch=2))) == [1, 2]


def test_an_older_epoch_that_was_still_being_written_does_not_move_the_newer_one() -> None:
    intake = fresh()
    take(intake, batch(1, 3, epoch=1))
    list(intake.on_hello(EventHello(producer="mm", epoch=2)))
    intake.on_committed(Committed(number=1))
    assert numbers(take(intake, batch(1, 1, epoch=2))) == [1]


def test_a_line_that_is_no_line_does_not_stop_the_others() -> None:
    intake = fresh()
    good = batch(1, 3)
    bad = EventBatch(producer="mm", epoch=1, first_seq=1, lines=(good.lines[0], b"{\n}", good.lines[2]))
    assert numbers(take(intake, bad)) == [1, 2, 3]
    assert intake.malformed == 1


class World:
    """Three producers, a recorder that is killed and whose disk fills up, and sockets that lose what they like."""

    def __init__(self) -> None:
        self.now_ns = MONDAY_NS
        self.boxes = {name: Outbox(name, 1) for name in ("feed", "mm", "router")}
        self.disk = b""
        self.told = dict.fromkeys(self.boxes, 0)
        self.intake = fresh()

    def restart(self) -> None:
        progress = Progress()
        for head in map(head_of, self.disk.splitlines()):
            progress.read(head.producer, head.epoch, head.seq, head.mark)
        self.intake = Intake(progress, frozenset())

    def turn(self, fate: str, lost: int, after_ms: int = 300) -> None:
        """One turn of everybody: events happen, batches travel (some get lost), the disk takes them or not."""
        self.now_ns += after_ms * MS
        for name, box in self.boxes.items():
            self.told[name] += 1
            box.add(ProcessStarted(process=name, pid=self.told[name], version="", config_hash=""), self.now_ns)
        sent = [message for box in self.boxes.values() for message in box.due(self.now_ns)]
        appends = self._hear([message for number, message in enumerate(sent) if number % 4 != lost])
        if fate == "killed":
            self.disk += b"".join(append.data for append in appends[:1])  # on disk, and nobody was told
            self.restart()
        elif fate == "full":
            self.intake.on_failed(WriteFailed(generation=self.intake._generation, reason="full"))
        elif appends:
            self.disk += b"".join(append.data for append in appends)
            self._answer(self.intake.on_committed(Committed(number=appends[-1].number))[1])

    def _hear(self, messages: list[EventHello | EventBatch]) -> list[Append]:
        appends: list[Append] = []
        for message in messages:
            if isinstance(message, EventHello):
                self._answer(list(self.intake.on_hello(message)))
                continue
            out = list(self.intake.on_batch(message, self.now_ns))
            appends += [each for each in out if isinstance(each, Append)]
            self._answer([each for each in out if isinstance(each, EventAck)])
        return appends

    def _answer(self, acks: list[EventAck]) -> None:
        for each in acks:
            self.boxes[each.producer].ack(each, self.now_ns)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["well", "killed", "full"]), st.integers(0, 7)), max_size=40))
def test_whatever_is_killed_full_or_lost_every_event_is_there_once_and_in_order(fates: list[tuple[str, int]]) -> None:
    world = World()
    for fate, lost in fates:
        world.turn(fate, lost)
    for _ in range(6):
        world.turn("well", 9, after_ms=RESEND_MS_MAX)
    seen: dict[str, list[int]] = {name: [] for name in world.boxes}
    for raw in world.disk.splitlines():
        head = head_of(raw)
        seen[head.producer].append(head.seq)
    for name, seqs in seen.items():
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) >= world.told[name] - 2  # the last turn's may still be on their way
