"""One program of the fleet without its process: a core, its wakes and heartbeats, its queue of events.

It does what hft/actor.py does live, turn by turn: what a core answers is let out in order, events go to the recorder
through the same outbox, the core is woken at its own pace. Only the waiting is done by the scheduler.
Rule: a wake of which the core has said before that it would do nothing (`idle_wakes`) is left out, and counted
(`rested`) before the core hears anything but ticks. A run with all wakes is the same run, only slower.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from hft.actor import BEAT_MS
from hft.events import Event, ProcessStarted
from hft.messages import Beat, EventAck, EventBatch, EventHello, Recorded, Ticks
from hft.outbox import Outbox
from hft.words import Health
from replay.pulse import Heart, Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from replay.link import Link, Reader
    from replay.pulse import Heard
    from replay.scheduler import Scheduler

VERSION = "replay"
RANKS = {"recorder": 0, "router": 1, "feed": 2}  # in the order in which they start; then come the strategies


_when = itemgetter(0)


class Node:
    """A core at work. `alive` ends with a crash; a restart is a new node with the next epoch."""

    def __init__(self, name: str, epoch: int, core: Any, scheduler: Scheduler, *, wake_ms: int) -> None:  # noqa: ANN401 hft.actor.Core, or a strategy's
        self.name, self.epoch, self.core, self.scheduler = name, epoch, core, scheduler
        self._skew_ns = 0
        self.alive = True
        self.edges: dict[type, Callable[[Any], None]] = {}
        self.beat_to: Callable[[Beat], None] | None = None
        self.record: Callable[[EventHello | EventBatch], None] | None = None
        self.outbox = Outbox(name, epoch)
        self.rank = RANKS.get(name, len(RANKS))  # among programs that are woken at the same instant
        self._wake_ns = self._pace_ns = scheduler.ns(wake_ms)
        self._beat_ns = scheduler.ns(BEAT_MS)
        self._woken_ns = self._idle_until_ns = self._due_ns = scheduler.now_ns
        self._beats = 0
        self._next_beat_ns = 0
        self.hearts: list[Heart] = []  # none: no wake is left out at which a heartbeat is due
        self.pulses: list[Pulse] = []  # what others send like this

    @property
    def skew_ns(self) -> int:
        """How far its clock is off."""
        return self._skew_ns

    @skew_ns.setter
    def skew_ns(self, skew_ns: int) -> None:
        self._stir(self.scheduler.now_ns)
        self._skew_ns = skew_ns

    @property
    def now_ns(self) -> int:
        """Return the time as this program's clock shows it."""
        return self.scheduler.now_ns + self._skew_ns

    def begin(self) -> None:
        """Say that it is up, and wake for the first time."""
        self.tell(ProcessStarted(process=self.name, pid=self.epoch, version=VERSION, config_hash=""))
        self._due_ns = self.scheduler.now_ns
        self._woken_ns = self._idle_until_ns = self._due_ns - self._pace_ns
        self._wake(self._due_ns)

    def take(self, message: Any) -> None:  # noqa: ANN401 each core has its own messages
        """Let the core answer a message; a dead program hears nothing."""
        if not self.alive:
            return
        now_ns = self.scheduler.now_ns
        if type(message) is not Ticks:
            self._catch_up(now_ns)
        self.release(self.core.handle(message, now_ns + self._skew_ns))
        if self._idle_until_ns > self._woken_ns and self._is_stirred(message):
            self._stir(now_ns)

    def _hear(self, now_ns: int) -> None:
        """Hear the heartbeats that have arrived."""
        for at_ns, message in sorted(self._heard(now_ns), key=_when):
            self._count(min(at_ns, self._due_ns - 1))
            self.release(self.core.handle(message, at_ns + self._skew_ns))

    def _heard(self, now_ns: int) -> list[Heard]:
        return [heard for pulse in self.pulses if (heard := pulse.last(now_ns))]

    def release(self, out: Iterable[Any]) -> None:
        """Let out what a core answered."""
        edges = self.edges
        for message in out:
            edge = edges.get(type(message))
            if edge is None:
                assert isinstance(message, Event), message
                self.tell(message)
            else:
                edge(message)

    def tell(self, event: Event) -> None:
        """Queue an event for the recorder."""
        self.outbox.add(event, self.now_ns)

    def acknowledged(self, ack: EventAck) -> None:
        """Take the recorder's word."""
        if self.alive and self.outbox.ack(ack, self.scheduler.now_ns):
            self.take(Recorded(mark=ack.mark))

    def stop(self) -> None:
        """Ask the core to put its things away."""
        self._stir(self.scheduler.now_ns)
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
        self.release(self.core.wake(now_ns + self._skew_ns))
        self.beat_if_due()
        if len(outbox) or not outbox.greeted:
            self.keep_record()

    def beat_if_due(self) -> None:
        """Send a heartbeat when it is time."""
        now_ns = self.scheduler.now_ns
        if self.beat_to is None or now_ns < self._next_beat_ns:
            return
        if self.is_pulsing:
            self._pulse(now_ns)
        else:
            self._next_beat_ns = now_ns + self._beat_ns
            self.beat_to(self.beat(now_ns))

    def settle(self, now_ns: int) -> None:
        """Send the heartbeats of the wakes up to now that were left out: the last two, as one may be on its way."""
        until_ns = min(now_ns, self._due_ns - 1)
        if self._next_beat_ns > until_ns or not self.is_pulsing:
            return
        first_ns, every_ns = self._wake_from(self._next_beat_ns), -(-self._beat_ns // self._pace_ns) * self._pace_ns
        count = (until_ns - first_ns) // every_ns + 1
        left_out = max(count - 2, 0)
        self._beats += left_out
        for number in range(left_out, count):
            self._pulse(first_ns + number * every_ns, left_out if number == left_out else 0)

    def _pulse(self, at_ns: int, left_out: int = 0) -> None:
        """Send a heartbeat that its readers hear when they need it."""
        self._next_beat_ns = at_ns + self._beat_ns
        beat = self.beat(at_ns)
        for heart in self.hearts:
            heart.beat(at_ns, beat, left_out)

    @property
    def is_pulsing(self) -> bool:
        """Return whether a wake may be left out at which a heartbeat is due."""
        return bool(self.hearts) and self._next_beat_ns > 0

    def _wake_from(self, t_ns: int) -> int:
        """Return the first wake at or after a time, if its pace stays the same."""
        return self._woken_ns - (self._woken_ns - t_ns) // self._pace_ns * self._pace_ns

    def beat(self, at_ns: int) -> Beat:
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
            sent_ns=at_ns + self._skew_ns,
        )

    def counters(self) -> dict[str, int]:
        """Return the numbers of its heartbeat that another program acts on: most have none."""
        return {}

    def pace_ns(self) -> int:
        """Return how long until it is woken again."""
        return self._wake_ns

    # --- wakes, and those that are left out

    def _wake(self, due_ns: int) -> None:
        if not self.alive or due_ns != self._due_ns:
            return  # an earlier one took its place
        if self._rests(due_ns):
            if self.beat_to is not None and not self.is_pulsing and due_ns >= self._next_beat_ns:
                self._count(due_ns)
                self.beat_if_due()
        else:
            self.settle(due_ns)
            self._woken_ns = due_ns
            self.turn()
            self._pace_ns = self.pace_ns()
            self._idle_until_ns = due_ns + self._idle_wakes() * self._pace_ns
        self._plan(due_ns)

    def _rests(self, now_ns: int) -> bool:
        """Return whether a wake now would do nothing, beats apart."""
        if now_ns <= self._idle_until_ns:
            return True
        self._catch_up(now_ns - 1)
        self._idle_until_ns = self._woken_ns + self._idle_wakes() * self._pace_ns
        return now_ns <= self._idle_until_ns

    def catch_up(self) -> None:
        """Hear, say and count what was left out so far."""
        self._catch_up(self.scheduler.now_ns)

    def _catch_up(self, now_ns: int) -> None:
        """Hear, say and count what was left out up to now; the wake that is asked for counts when it comes."""
        self.settle(now_ns)
        self._hear(now_ns)
        self._count(min(now_ns, self._due_ns - 1))

    def _count(self, now_ns: int) -> None:
        wakes = (now_ns - self._woken_ns) // self._pace_ns
        if wakes > 0:
            self._woken_ns += wakes * self._pace_ns
            self.core.rested(wakes, self._woken_ns + self._skew_ns)

    def _stir(self, now_ns: int) -> None:
        """Be woken at the next turn: there is something to do."""
        self._catch_up(now_ns)
        self._idle_until_ns = self._woken_ns
        if self._due_ns > self._woken_ns + self._pace_ns:
            self._plan(self._woken_ns)

    def _plan(self, now_ns: int) -> None:
        """Ask for the next wake that is needed: the first that is not idle, or at which a beat is due."""
        pace_ns = self._pace_ns
        due_ns = max(self._idle_until_ns, now_ns) + pace_ns
        if self.beat_to is not None and not self.is_pulsing and self._next_beat_ns < due_ns:
            due_ns = now_ns + max(-(-(self._next_beat_ns - now_ns) // pace_ns), 1) * pace_ns
        self._due_ns = due_ns
        self.scheduler.rouse(due_ns, due_ns - pace_ns, self.rank, self._wake)

    def _is_stirred(self, message: Any) -> bool:  # noqa: ANN401 each core has its own messages
        """Return whether there is something to do at the next wake, now that a message was handled."""
        return type(message) is not Ticks and not self._idle_wakes()

    def _idle_wakes(self) -> int:
        """Return how many wakes from here need not be: none for a core that does not say (one that is taped)."""
        ask = getattr(self.core, "idle_wakes", None)
        if ask is None or len(self.outbox) or not self.outbox.greeted:
            return 0
        wakes: int = ask(self._woken_ns + self._skew_ns, self._pace_ns)
        return wakes


def rest(sender: Node, link: Link, readers: Mapping[Any, Reader | None], topic: str = "") -> None:
    """Let the heartbeats of a program to these readers rest."""
    pulses = {node: Pulse(sender.settle, reader, topic) for node, reader in readers.items()}
    sender.hearts.append(Heart(link, list(pulses.values())))
    for node, pulse in pulses.items():
        node.pulses.append(pulse)
