"""The producer's end of the record: against a recorder that dies, repeats and forgets, nothing is lost or doubled."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hft import outbox
from hft.clock import NS_PER_MS
from hft.eventline import read
from hft.events import FleetStopping, RecordGap
from hft.messages import EventAck, EventBatch, EventHello
from hft.outbox import Outbox

RESEND_NS = outbox.RESEND_MS * NS_PER_MS
SILENT_NS = outbox.RESEND_MS_MAX * NS_PER_MS
MINUTE_NS, TURN_NS = 60_000 * NS_PER_MS, 5 * NS_PER_MS


class Disk:
    """A recorder in four lines: writes what follows, acknowledges what it has."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def take(self, message: EventHello | EventBatch) -> EventAck:
        if isinstance(message, EventBatch) and message.first_seq <= len(self.lines) + 1:
            self.lines += message.lines[len(self.lines) + 1 - message.first_seq :]
        return EventAck(producer="mm", epoch=1, seq=len(self.lines), mark=0)


def filled(count: int) -> Outbox:
    box = Outbox("mm", 1)
    for number in range(count):
        box.add(FleetStopping(reason=str(number)), number)
    return box


def test_it_says_hello_before_anything_else() -> None:
    box = filled(1)
    assert list(box.due(RESEND_NS)) == [EventHello(producer="mm", epoch=1)]
    assert list(box.due(RESEND_NS + 1)) == []
    assert list(box.due(2 * RESEND_NS)) == []
    assert list(box.due(3 * RESEND_NS)) == [EventHello(producer="mm", epoch=1)]


def test_the_answer_to_the_hello_is_told_apart() -> None:
    box = filled(1)
    assert box.ack(EventAck(producer="mm", epoch=1, seq=0, mark=9), 0)
    assert not box.ack(EventAck(producer="mm", epoch=1, seq=0, mark=9), 0)
    assert not box.ack(EventAck(producer="mm", epoch=2, seq=1), 0)


def test_what_is_not_acknowledged_goes_out_again() -> None:
    box = filled(2)
    box.ack(EventAck(producer="mm", epoch=1, seq=0), 0)
    (first,) = box.due(RESEND_NS)
    assert isinstance(first, EventBatch)
    assert list(box.due(RESEND_NS + 1)) == []
    assert list(box.due(2 * RESEND_NS)) == [first]
    box.ack(EventAck(producer="mm", epoch=1, seq=1), 2 * RESEND_NS)
    (rest,) = box.due(3 * RESEND_NS)
    assert isinstance(rest, EventBatch)
    assert (rest.first_seq, len(rest.lines)) == (2, 1)


def test_a_recorder_that_is_silent_for_a_minute_does_not_find_the_window_again_and_again() -> None:
    """What is sent to a process that stands still is kept in memory, by it and by us."""
    box = filled(outbox.IN_FLIGHT_MAX)
    box.ack(EventAck(producer="mm", epoch=1, seq=0), 0)
    sent = [batch for now_ns in range(0, MINUTE_NS, TURN_NS) for batch in box.due(now_ns)]
    lines = [len(batch.lines) for batch in sent if isinstance(batch, EventBatch)]
    window = outbox.IN_FLIGHT_MAX // outbox.BATCH_MAX
    assert sum(lines[:window]) == outbox.IN_FLIGHT_MAX
    assert MINUTE_NS // SILENT_NS <= len(lines) - window <= MINUTE_NS // SILENT_NS + 5
    box.ack(EventAck(producer="mm", epoch=1, seq=outbox.BATCH_MAX), MINUTE_NS)
    rest = [batch for batch in box.due(MINUTE_NS) if isinstance(batch, EventBatch)]
    assert sum(len(batch.lines) for batch in rest) == outbox.IN_FLIGHT_MAX - outbox.BATCH_MAX


def test_a_recorder_that_is_not_there_is_greeted_seldom() -> None:
    box = filled(1)
    hellos = [hello for now_ns in range(0, MINUTE_NS, TURN_NS) for hello in box.due(now_ns)]
    assert MINUTE_NS // SILENT_NS <= len(hellos) <= MINUTE_NS // SILENT_NS + 5


def test_a_recorder_that_speaks_again_is_answered_at_the_usual_pace() -> None:
    box = filled(2)
    box.ack(EventAck(producer="mm", epoch=1, seq=0), 0)
    for now_ns in range(0, MINUTE_NS, TURN_NS):
        list(box.due(now_ns))
    box.ack(EventAck(producer="mm", epoch=1, seq=0), MINUTE_NS)  # it was started anew, and has nothing of this
    assert list(box.due(MINUTE_NS + RESEND_NS))


def test_what_does_not_fit_is_counted_and_told() -> None:
    box = filled(outbox.QUEUE_MAX + 3)
    assert (len(box), box.lost) == (outbox.QUEUE_MAX, 3)
    box.ack(EventAck(producer="mm", epoch=1, seq=0), 0)
    box.ack(EventAck(producer="mm", epoch=1, seq=outbox.QUEUE_MAX), 1)
    box.add(FleetStopping(reason="later"), 1)
    (batch,) = box.due(RESEND_NS)
    assert isinstance(batch, EventBatch)
    assert [read(line)[1] for line in batch.lines] == [RecordGap(lost=3), FleetStopping(reason="later")]
    assert batch.first_seq == outbox.QUEUE_MAX + 1


@given(st.lists(st.sampled_from(["add", "send", "lose", "late"]), max_size=60))
def test_every_event_reaches_the_disk_once_and_in_order(moves: list[str]) -> None:
    box, disk, now, added = Outbox("mm", 1), Disk(), 0, 0
    held: list[EventAck] = []
    for move in [*moves, "send", "send", "send"]:
        now += SILENT_NS
        if move == "add":
            box.add(FleetStopping(reason=str(added)), added)
            added += 1
        for message in box.due(now) if move != "add" else ():
            if move == "lose":
                continue
            held.append(disk.take(message))
            if move == "send":
                while held:
                    box.ack(held.pop(0), now)
    stamps = [read(line) for line in disk.lines]
    assert [stamp.seq for stamp, _ in stamps] == list(range(1, added + 1))
    assert [event.reason for _, event in stamps if isinstance(event, FleetStopping)] == [str(n) for n in range(added)]
    assert len(box) == 0


def test_a_line_is_one_json_object_that_begins_with_its_stamp() -> None:
    box = filled(1)
    box.ack(EventAck(producer="mm", epoch=1, seq=0), 0)
    (batch,) = box.due(RESEND_NS)
    assert isinstance(batch, EventBatch)
    assert list(msgspec.json.decode(batch.lines[0])) == ["ts", "producer", "epoch", "seq", "event", "mark", "reason"]
