"""Taking events in: each producer's lines once, in order, without a hole, and acknowledged only when they are on disk.

Pure. A batch becomes an Append; its acknowledgement waits for Committed. After a WriteFailed everything that was not
committed is forgotten, and the producers send it again (hft/outbox.py): that is the retry.
Rules: a line already there is not written twice; a batch beyond a hole is not written; a producer's older epoch is
fenced as soon as the newer one says hello; and a hello is answered only when nothing is on its way to the disk, so
that the answer counts everything.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from hft.clock import NS_PER_MS
from hft.eventline import line
from hft.events import RecordGap
from hft.messages import EventAck, EventBatch, EventHello
from recorder.lines import Head, fit
from recorder.parcels import Append, Committed, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from recorder.progress import Progress

HOLE_MS_MAX = 5_000  # a producer that sends the same number for so long has nothing older any more


class Line(NamedTuple):
    """A line on its way to the disk."""

    head: Head
    raw: bytes


class _Pending(NamedTuple):
    number: int
    producer: str
    epoch: int
    lines: list[Line]


class Intake:
    """The numbers of what is accepted and what is committed."""

    def __init__(self, progress: Progress, wanted: Callable[[str], bool]) -> None:
        self._committed, self._accepted = progress, progress.copy()
        self._wanted = wanted  # the names of events that `on_committed` should return
        self._pending: deque[_Pending] = deque()
        self._greetings: dict[str, EventHello] = {}
        self._holes: dict[str, tuple[int, int]] = {}  # producer → the number it insists on, since when
        self._number = self._generation = 0
        self.failure = ""
        self.lines = self.repeated = self.malformed = self.fenced = self.holes = 0

    @property
    def progress(self) -> Progress:
        """Return what is on disk."""
        return self._committed

    @property
    def idle(self) -> bool:
        """Return whether nothing is on its way to the disk."""
        return not self._pending

    def on_hello(self, hello: EventHello) -> Iterator[EventAck]:
        """Return the answer to a hello, or keep it until the disk has everything."""
        if self._accepted.seq(hello.producer, hello.epoch) < 0:
            self.fenced += 1
            return
        for table in (self._accepted, self._committed):
            table.begin(hello.producer, hello.epoch)
        if self._pending:
            self._greetings[hello.producer] = hello
        else:
            yield self._ack(hello.producer, hello.epoch)

    def on_batch(self, batch: EventBatch, now_ns: int) -> Iterator[Append | EventAck]:
        """Return the Append of what is new in a batch, or at once the acknowledgement when nothing is."""
        last = self._accepted.seq(batch.producer, batch.epoch)
        if last < 0:
            self.fenced += 1
            return
        lines: list[Line] = []
        if batch.first_seq > last + 1:
            if not self._is_lost_for_good(batch, now_ns):
                yield self._ack(batch.producer, batch.epoch)
                return
            lines.append(self._gap_line(batch, last, now_ns))
            last = batch.first_seq - 1
        else:
            self._holes.pop(batch.producer, None)
        fresh = batch.lines[last + 1 - batch.first_seq :]
        self.repeated += len(batch.lines) - len(fresh)
        for seq, raw in enumerate(fresh, last + 1):
            lines.append(self._fit(batch, raw, seq, now_ns))
        if lines:
            yield self._append(batch, lines)
        elif not any(pending.producer == batch.producer for pending in self._pending):
            yield self._ack(batch.producer, batch.epoch)

    def on_committed(self, message: Committed) -> tuple[list[Line], list[EventAck]]:
        """Return the lines of the wanted kinds that are now on disk, and the acknowledgements that may leave."""
        self.failure = ""
        lines: list[Line] = []
        told: dict[str, int] = {}
        while self._pending and self._pending[0].number <= message.number:
            pending = self._pending.popleft()
            self.lines += len(pending.lines)
            mark = max(each.head.mark for each in pending.lines)
            self._committed.advance(pending.producer, pending.epoch, pending.lines[-1].head.seq, mark)
            told[pending.producer] = pending.epoch
            lines += [each for each in pending.lines if self._wanted(each.head.event)]
        if not self._pending:
            told |= {hello.producer: hello.epoch for hello in self._greetings.values()}
            self._greetings.clear()
        return lines, [self._ack(producer, epoch) for producer, epoch in told.items()]

    def on_failed(self, message: WriteFailed) -> None:
        """Forget what is not on disk: its producers will send it again."""
        self._pending.clear()
        self._accepted = self._committed.copy()
        self._generation = message.generation + 1
        self.failure = message.reason

    # --- one batch

    def _append(self, batch: EventBatch, lines: list[Line]) -> Append:
        self._number += 1
        mark = max(each.head.mark for each in lines)
        self._accepted.advance(batch.producer, batch.epoch, lines[-1].head.seq, mark)
        self._pending.append(_Pending(self._number, batch.producer, batch.epoch, lines))
        data = b"\n".join(each.raw for each in lines) + b"\n"
        return Append(number=self._number, generation=self._generation, data=data)

    def _fit(self, batch: EventBatch, raw: bytes, seq: int, now_ns: int) -> Line:
        written, head = fit(raw, producer=batch.producer, epoch=batch.epoch, seq=seq, now_ns=now_ns)
        self.malformed += written is not raw
        return Line(head, written)

    def _is_lost_for_good(self, batch: EventBatch, now_ns: int) -> bool:
        """Return whether the producer has insisted for so long that what is missing must be gone (a deleted file)."""
        self.holes += 1
        wanted, since_ns = self._holes.get(batch.producer, (0, 0))
        if wanted == 0 or batch.first_seq < wanted:
            self._holes[batch.producer] = (batch.first_seq, now_ns)
            return False
        return batch.first_seq == wanted and now_ns - since_ns >= HOLE_MS_MAX * NS_PER_MS

    def _gap_line(self, batch: EventBatch, last: int, now_ns: int) -> Line:
        self._holes.pop(batch.producer)
        seq = batch.first_seq - 1
        event = RecordGap(lost=batch.first_seq - 1 - last)
        raw = line(event, ts_ns=now_ns, producer=batch.producer, epoch=batch.epoch, seq=seq)
        return self._fit(batch, raw, seq, now_ns)

    def _ack(self, producer: str, epoch: int) -> EventAck:
        known = self._committed.of(producer)
        seq = known.seq if known.epoch == epoch else 0
        return EventAck(producer=producer, epoch=epoch, seq=seq, mark=known.mark)
