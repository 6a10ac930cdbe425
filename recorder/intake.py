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
from recorder.lines import Fitted, fit
from recorder.parcels import Append, Committed, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.progress import Progress

SLOW_MS = 2_000  # a write that holds the recorder up for so long makes its heartbeat late, too
HOLE_MS_MAX = 5_000  # a producer that sends the same number for so long has nothing older any more


class _Pending(NamedTuple):
    """A batch on its way to the disk."""

    number: int
    producer: str
    epoch: int
    last_seq: int
    fitted: Fitted


class Intake:
    """The numbers of what is accepted and what is committed."""

    def __init__(self, progress: Progress, wanted: frozenset[str]) -> None:
        self._committed, self._accepted = progress, progress.copy()
        self._wanted = wanted  # the names of events that `on_committed` should return
        self._pending: deque[_Pending] = deque()
        self._greetings: dict[str, EventHello] = {}
        self._holes: dict[str, tuple[int, int]] = {}  # producer → the number it insists on, since when
        self._number = self._generation = 0
        self.failure = ""
        self._took_ms = 0
        self.lines = self.repeated = self.malformed = self.fenced = self.holes = 0

    @property
    def progress(self) -> Progress:
        """Return what is on disk."""
        return self._committed

    @property
    def trouble(self) -> str:
        """Return in words what keeps events from the disk, or kept them long; empty when nothing does."""
        if self.failure:
            return f"events cannot be written ({self.failure}), they wait with their producers"
        if self._took_ms >= SLOW_MS:
            took = f"the last write took {self._took_ms / 1_000:.1f} s"
            return f"the disk is slow ({took}), events wait with their producers meanwhile"
        return ""

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
        told: list[bytes] = []
        begin = last + 1
        if batch.first_seq > begin:
            if not self._is_lost_for_good(batch, now_ns):
                yield self._ack(batch.producer, batch.epoch)
                return
            begin = batch.first_seq - 1
            told = [self._gap_line(batch, begin, batch.first_seq - 1 - last, now_ns)]
        else:
            self._holes.pop(batch.producer, None)
        fresh = [*told, *batch.lines[max(0, last + 1 - batch.first_seq) :]]
        self.repeated += len(batch.lines) + len(told) - len(fresh)
        if fresh:
            yield self._append(batch, fresh, begin, now_ns)
        elif not any(pending.producer == batch.producer for pending in self._pending):
            yield self._ack(batch.producer, batch.epoch)

    def on_committed(self, message: Committed) -> tuple[list[bytes], list[EventAck]]:
        """Return the lines of the wanted kinds that are now on disk, and the acknowledgements that may leave."""
        self.failure, self._took_ms = "", message.took_ms
        lines: list[bytes] = []
        told: dict[str, int] = {}
        while self._pending and self._pending[0].number <= message.number:
            pending = self._pending.popleft()
            self.lines += len(pending.fitted.lines)
            self._committed.advance(pending.producer, pending.epoch, pending.last_seq, pending.fitted.mark)
            told[pending.producer] = pending.epoch
            lines += pending.fitted.wanted
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

    def _append(self, batch: EventBatch, raws: list[bytes], first_seq: int, now_ns: int) -> Append:
        self._number += 1
        fitted = fit(
            raws,
            producer=batch.producer,
            epoch=batch.epoch,
            first_seq=first_seq,
            wanted=self._wanted,
            now_ns=now_ns,
        )
        last_seq = first_seq + len(raws) - 1
        self.malformed += fitted.malformed
        self._accepted.advance(batch.producer, batch.epoch, last_seq, fitted.mark)
        self._pending.append(_Pending(self._number, batch.producer, batch.epoch, last_seq, fitted))
        data = b"\n".join(fitted.lines) + b"\n"
        return Append(number=self._number, generation=self._generation, data=data)

    def _is_lost_for_good(self, batch: EventBatch, now_ns: int) -> bool:
        """Return whether the producer has insisted for so long that what is missing must be gone (a deleted file)."""
        self.holes += 1
        wanted, since_ns = self._holes.get(batch.producer, (0, 0))
        if wanted == 0 or batch.first_seq < wanted:
            self._holes[batch.producer] = (batch.first_seq, now_ns)
            return False
        return batch.first_seq == wanted and now_ns - since_ns >= HOLE_MS_MAX * NS_PER_MS

    def _gap_line(self, batch: EventBatch, seq: int, lost: int, now_ns: int) -> bytes:
        self._holes.pop(batch.producer)
        return line(RecordGap(lost=lost), ts_ns=now_ns, producer=batch.producer, epoch=batch.epoch, seq=seq)

    def _ack(self, producer: str, epoch: int) -> EventAck:
        known = self._committed.of(producer)
        seq = known.seq if known.epoch == epoch else 0
        return EventAck(producer=producer, epoch=epoch, seq=seq, mark=known.mark)
