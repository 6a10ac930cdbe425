"""One program of the fleet without its process: a core, its wakes and heartbeats, its queue of events.

It does what hft/actor.py does live, turn by turn: what a core answers is let out in order, events go to the recorder
through the same outbox, the core is woken at its own pace. Only the waiting is done by the scheduler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hft.actor import BEAT_MS
from hft.clock import NS_PER_MS
from hft.events import Event, ProcessStarted
from hft.messages import Beat, EventAck, EventBatch, EventHello, Recorded
from hft.outbox import Outbox
from hft.words import Health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from replay.scheduler import Scheduler

VERSION = "replay"


class Node:
    """A core at work. `alive` ends with a crash; a restart is a new node with the next epoch."""

    def __init__(self, name: str, epoch: int, core: Any, scheduler: Scheduler, *, wake_ms: int) -> None:  # noqa: ANN401 hft.actor.Core, or a strategy's
        self.name, self.epoch, self.core, self.scheduler = name, epoch, core, scheduler
        self.skew_ns = 0  # how far its clock is off
        self.alive = True
        self.edges: dict[type, Callable[[Any], None]] = {}
        self.beat_to: Callable[[Beat], None] | None = None
        self.record: Callable[[EventHello | EventBatch], None] | None = None
        self.outbox = Outbox(name, epoch)
        self._wake_ns = wake_ms * NS_PER_MS
        self._beats = 0
        self._next_beat_ns = 0

    @property
    def now_ns(self) -> int:
        """Return the time as this program's clock shows it."""
        return self.scheduler.now_ns + self.skew_ns

    def begin(self) -> None:
        """Say that it is up, and wake for the first time."""
        self.tell(ProcessStarted(process=self.name, pid=self.epoch, version=VERSION, config_hash=""))
        self._wake(None)

    def take(self, message: Any) -> None:  # noqa: ANN401 each core has its own messages
        """Let the core answer a message; a dead program hears nothing."""
        if self.alive:
            self.release(self.core.handle(message, self.scheduler.now_ns + self.skew_ns))

    def release(self, out: Iterable[Any]) -> None:
        """Let out what a core answered."""
        for message in out:
            if isinstance(message, Event):
                self.tell(message)
            else:
                self.edges[type(message)](message)

    def tell(self, event: Event) -> None:
        """Queue an event for the recorder."""
        self.outbox.add(event, self.now_ns)

    def acknowledged(self, ack: EventAck) -> None:
        """Take the recorder's word."""
        if self.alive and self.outbox.ack(ack, self.scheduler.now_ns):
            self.take(Recorded(mark=ack.mark))

    def stop(self) -> None:
        """Ask the core to put its things away."""
        self.release(list(self.core.stop(self.now_ns)))
        self.keep_record()

    def keep_record(self) -> None:
        """Send what the recorder does not have yet."""
        if self.record is None:
            return
        for batch in self.outbox.due(self.scheduler.now_ns):
            self.record(batch)

    def turn(self) -> None:
        """Do what time asks for."""
        now_ns, outbox = self.scheduler.now_ns, self.outbox
        self.release(self.core.wake(now_ns + self.skew_ns))
        if self.beat_to is not None and now_ns >= self._next_beat_ns:
            self._next_beat_ns = now_ns + BEAT_MS * NS_PER_MS
            self.beat_to(self.beat())
        if len(outbox) or not outbox.greeted:
            self.keep_record()

    def beat(self) -> Beat:
        """Return the heartbeat: name, epoch, number, what others act on; a core's words for people are left out."""
        self._beats += 1
        return Beat(
            process=self.name,
            epoch=self.epoch,
            pid=self.epoch,
            seq=self._beats,
            state=Health.READY,
            note="",
            started_ns=0,
            loop_delay_ms_max=0.0,
            counters=self.counters(),
            sent_ns=self.now_ns,
        )

    def counters(self) -> dict[str, int]:
        """Return the numbers of its heartbeat that another program acts on: most have none."""
        return {}

    def pace_ns(self) -> int:
        """Return how long until it is woken again."""
        return self._wake_ns

    def _wake(self, _: None) -> None:
        if self.alive:
            self.turn()
            self.scheduler.after(self.pace_ns(), self._wake)
