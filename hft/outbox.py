"""A producer's end of the event stream: nothing is forgotten before the recorder says it is on disk.

Pure: it is told of events, acknowledgements and the time, and returns the batches to send. Go-back-N: without progress
for `RESEND_MS` the first batch not yet acknowledged goes out again, then at growing intervals; progress opens the
window again, and the recorder drops what it has. The queue is bounded; what did not fit is counted, and the count
itself becomes an event.
Why not the whole window each time: whatever is sent to a recorder that stands still stays in memory, and a minute of
that was hundreds of megabytes.
Rule: it starts with a hello, so that the recorder tells the highest `mark` it holds before anything new is written.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from hft.clock import NS_PER_MS
from hft.eventline import line
from hft.events import Event, RecordGap
from hft.messages import EventAck, EventBatch, EventHello

if TYPE_CHECKING:
    from collections.abc import Iterator

RESEND_MS, RESEND_MS_MAX = 250, 2_000
BATCH_MAX = 500
IN_FLIGHT_MAX = 4_000
QUEUE_MAX = 50_000


class Outbox:
    """The queue of one producer in one epoch."""

    def __init__(self, producer: str, epoch: int) -> None:
        self.producer, self.epoch = producer, epoch
        self.acked_seq = 0
        self.greeted = False
        self._lines: deque[bytes] = deque()  # those not acknowledged; the first has seq acked_seq + 1
        self._sent = 0  # how many of them are on their way
        self._lost = 0
        self._window = IN_FLIGHT_MAX  # events; one batch while the recorder is silent
        self._resend_ms = RESEND_MS
        self._progress_ns = 0  # of the last progress, or of the last try

    def __len__(self) -> int:
        """Return how many events are not on disk yet."""
        return len(self._lines)

    @property
    def lost(self) -> int:
        """Return how many events did not fit and are not yet told of."""
        return self._lost

    def add(self, event: Event, ts_ns: int) -> None:
        """Queue an event; when the queue is full, count it as lost."""
        if len(self._lines) >= QUEUE_MAX:
            self._lost += 1
            return
        if self._lost:
            lost, self._lost = self._lost, 0
            self._append(RecordGap(lost=lost), ts_ns)
        self._append(event, ts_ns)

    def _append(self, event: Event, ts_ns: int) -> None:
        seq = self.acked_seq + len(self._lines) + 1
        self._lines.append(line(event, ts_ns=ts_ns, producer=self.producer, epoch=self.epoch, seq=seq))

    def due(self, mono_ns: int) -> Iterator[EventHello | EventBatch]:
        """Return what should be sent now."""
        stuck = mono_ns - self._progress_ns >= self._resend_ms * NS_PER_MS
        if not self.greeted:
            if stuck:
                self._try_again(mono_ns)
                yield EventHello(producer=self.producer, epoch=self.epoch)
            return
        if stuck and self._sent:
            self._try_again(mono_ns)
            self._sent, self._window = 0, BATCH_MAX
        if not self._sent:
            self._progress_ns = mono_ns
        while self._sent < min(len(self._lines), self._window):
            stop = min(self._sent + BATCH_MAX, len(self._lines), self._window)
            batch = tuple(islice(self._lines, self._sent, stop))
            yield EventBatch(
                producer=self.producer, epoch=self.epoch, first_seq=self.acked_seq + self._sent + 1, lines=batch
            )
            self._sent = stop

    def _try_again(self, mono_ns: int) -> None:
        """Wait twice as long before the next try, until the recorder speaks."""
        self._progress_ns = mono_ns
        self._resend_ms = min(2 * self._resend_ms, RESEND_MS_MAX)

    def ack(self, ack: EventAck, mono_ns: int) -> bool:
        """Take an acknowledgement; return True when it is the answer to the hello."""
        if (ack.producer, ack.epoch) != (self.producer, self.epoch):
            return False
        first = not self.greeted
        self.greeted = True
        self._resend_ms = RESEND_MS
        fresh = min(ack.seq - self.acked_seq, len(self._lines))
        for _ in range(fresh):
            self._lines.popleft()
        if fresh > 0:
            self.acked_seq += fresh
            self._sent = max(0, self._sent - fresh)
            self._window, self._progress_ns = IN_FLIGHT_MAX, mono_ns
        return first
