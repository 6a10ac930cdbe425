"""The process shell: the one loop that every program runs around its core.

A core is pure: it is given a message and the time, and returns the messages that follow. The shell owns sockets,
timers, signals, heartbeats and the clock. One turn of the loop: wait, drain every socket, let the core answer, wake it
if its time has come, hand to the disk what must be durable (the router's journal), and let out what need not wait for
it.

Wiring is a table, made in `__main__`: `listen(port)` for what comes in, `route({Type: edge, …})` for what goes out.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import zmq

import hft
from hft import endpoints
from hft.clock import NS_PER_MS
from hft.events import Event, ProcessStarted, ProcessStopping
from hft.messages import Beat, EventAck, Gate, Message, Recorded
from hft.noted import note
from hft.outbox import Outbox
from hft.ports import Dealer, Publisher, Router, SocketPort
from hft.process import give_back_memory
from hft.words import Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import FrameType

    from hft.clock import Clock
    from hft.home import Home
    from hft.log import Logger
    from hft.ports import Edge, Port
    from hft.process import Instance

BEAT_MS = 500
REST_S = (
    200e-6  # after a turn that one peer filled: a loop that never rests is made to wait for its core, with all peers
)
STOP_MS_MAX = 20_000  # the router needs time to see its cancels through; others are done at once
DRAIN_EVENTS_MS_MAX = 1_000
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Output = Message | Event | msgspec.Struct


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a core says of itself at each beat: its state, its one line in words, counters; a strategy's gates."""

    state: Health
    note: str
    counters: dict[str, int] = {}
    gates: tuple[Gate, ...] = ()
    activity: str = ""


class Core(Protocol):
    """A program without its sockets."""

    def handle(self, message: Any, now_ns: int) -> Iterable[Output]:  # noqa: ANN401 each core has its own messages
        """Return what follows from one message."""
        ...

    def wake(self, now_ns: int) -> Iterable[Output]:
        """Return what follows from time having passed; called every `wake_ms`."""
        ...

    def report(self, now_ns: int) -> Report:
        """Return how the core is."""
        ...

    def stop(self, now_ns: int) -> Iterable[Output]:
        """Return what must be done before the process may end."""
        ...

    def is_done(self, now_ns: int) -> bool:
        """Return whether, after `stop`, nothing is left to wait for."""
        ...


class Vault(Protocol):
    """Stands between a core and its edges: keeps back what must not leave before something is on disk."""

    @property
    def is_waiting(self) -> bool:
        """Return whether anything is kept back, or on its way to the disk."""
        ...

    def sift(self, out: list[Output]) -> Iterable[Output]:
        """Take what the core said; return what of it, and of what was kept back, may leave now."""
        ...

    def due(self) -> Iterable[Output]:
        """Return what was kept back and may leave now."""
        ...

    def news(self) -> list[Message]:
        """Return what the core should hear of the disk."""
        ...


class Actor:
    """One process: a core, its ports, its edges, and the loop."""

    def __init__(
        self,
        *,
        instance: Instance,
        core: Core,
        clock: Clock,
        home: Home,
        log: Logger,
        wake_ms: int = 50,
        config: str = "",
    ) -> None:
        self.instance, self.core, self.clock, self.log = instance, core, clock, log
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._config = config
        self._wake_every_ns = wake_ms * NS_PER_MS
        self._ports: dict[Any, Port] = {}
        self._shared: list[Router] = []
        self._edges: dict[type, Edge] = {}
        self._flush: list[Edge] = []
        self._vault: Vault | None = None
        self._poller = zmq.Poller()
        self._outbox = Outbox(instance.name, instance.epoch)
        self._health = Publisher(
            endpoints.bind(self.context, endpoints.health(instance.name), home), "health", lambda beat: beat.process
        )
        self._events = Dealer(
            endpoints.connect(self.context, endpoints.EVENTS, home, identity=f"{instance.name}:{instance.epoch}")
        )
        self._beats = 0
        self._beat_to: Edge | None = None
        self._delay_ns_max = 0
        self._next_beat_ns = self._next_wake_ns = 0
        self._started_ns = clock.now_ns()
        self._stop_at_ns = 0
        self._signal = ""
        self._poller.register(self._health.source, zmq.POLLIN)
        self._poller.register(self._events.source, zmq.POLLIN)

    # --- wiring

    def listen(self, port: Port) -> None:
        """Take messages from this port."""
        self._ports[port.source] = port
        self._shared += [port] if isinstance(port, Router) else []
        self._poller.register(port.source, zmq.POLLIN)

    def route(self, table: Mapping[type, Edge]) -> None:
        """Send messages of these types to these edges."""
        self._edges.update(table)
        self._flush = list(dict.fromkeys(self._edges.values()))

    def keep_in(self, vault: Vault) -> None:
        """Let everything out through a vault."""
        self._vault = vault

    def beat_to(self, edge: Edge) -> None:
        """Send each heartbeat here too (a strategy's goes to the router)."""
        self._beat_to = edge

    # --- the loop

    def run(self) -> None:
        """Run until SIGTERM or SIGINT, and everything is put away."""
        self.listen(_SignalPort())
        self.begin()
        while not self.finished:
            self.step(self._timeout_ms())
            if any(port.crowded for port in self._shared):
                time.sleep(REST_S)
        self.close()

    def begin(self) -> None:
        """Say that the process is up; freeze what start-up allocated, so that no collection walks it again."""
        self.tell(
            ProcessStarted(
                process=self.instance.name, pid=os.getpid(), version=hft.__version__, config_hash=self._config
            )
        )
        self.log.info("process.started", epoch=self.instance.epoch, pid=os.getpid())
        gc.collect()
        gc.freeze()
        give_back_memory()

    def step(self, timeout_ms: int) -> None:
        """One turn: wait, drain, answer, wake, write, send, beat."""
        ready = dict(self._poller.poll(timeout_ms))
        began_ns = self.clock.mono_ns()
        out: list[Output] = []
        for source in ready:
            port = self._ports.get(source)
            if port is not None:
                for message in port.drain():
                    if type(message) is StopAsked:
                        self.request_stop(message.reason)
                    else:
                        out.extend(self.core.handle(message, self.clock.now_ns()))
        if began_ns >= self._next_wake_ns:
            self._next_wake_ns = began_ns + self._wake_every_ns
            out.extend(self.core.wake(self.clock.now_ns()))
        self.release(out)
        if self._vault is not None:
            self._look_into(self._vault)
        self._keep_record(heard=self._events.source in ready)
        self._keep_health(began_ns, joined=self._health.source in ready)
        self._delay_ns_max = max(self._delay_ns_max, self.clock.mono_ns() - began_ns)

    def take(self, messages: Iterable[Message]) -> None:
        """Handle messages that an edge in this very thread brought (the feed's socket), and send what follows."""
        out: list[Output] = []
        for message in messages:
            out.extend(self.core.handle(message, self.clock.now_ns()))
        self.release(out)

    def release(self, out: list[Output]) -> None:
        """Let messages out, in order, but for those that the vault keeps back."""
        if out:
            self._let_out(self._vault.sift(out) if self._vault is not None else out)

    def _let_out(self, out: Iterable[Output]) -> None:
        for message in out:
            if isinstance(message, Event):
                self.tell(message)
            else:
                self._edges[type(message)].send(message)
        for edge in self._flush:
            edge.flush()

    def _look_into(self, vault: Vault) -> None:
        """Let out what need not wait any more, and tell the core how the disk is."""
        if vault.is_waiting:
            self._let_out(vault.due())
        if news := vault.news():
            self.take(news)

    def tell(self, event: Event) -> None:
        """Queue an event for the recorder; the few that tell how the process fares are said in its log too."""
        self._outbox.add(event, self.clock.now_ns())
        note(event, self.log)

    # --- the record and the heartbeat

    def _keep_record(self, *, heard: bool) -> None:
        for message in self._events.drain() if heard else ():
            if isinstance(message, EventAck) and self._outbox.ack(message, self.clock.mono_ns()):
                self.take([Recorded(mark=message.mark)])
        for batch in self._outbox.due(self.clock.mono_ns()):
            self._events.send(batch)

    def _keep_health(self, mono_ns: int, *, joined: bool) -> None:
        if joined:
            joined = bool(list(self._health.drain()))
        if mono_ns < self._next_beat_ns and not joined:
            return
        beat = self._beat()
        self._health.send(beat)
        if mono_ns >= self._next_beat_ns:
            self._next_beat_ns = mono_ns + BEAT_MS * NS_PER_MS
            self._delay_ns_max = 0
            if self._beat_to is not None:
                self._beat_to.send(beat)

    def _beat(self) -> Beat:
        self._beats += 1
        report = self.core.report(self.clock.now_ns())
        counters = {"events_waiting": len(self._outbox), "events_lost": self._outbox.lost, **report.counters}
        return Beat(
            process=self.instance.name,
            epoch=self.instance.epoch,
            pid=os.getpid(),
            seq=self._beats,
            state=report.state,
            note=report.note,
            started_ns=self._started_ns,
            loop_delay_ms_max=round(self._delay_ns_max / NS_PER_MS, 3),
            counters=counters,
            gates=report.gates,
            activity=report.activity,
            sent_ns=self.clock.now_ns(),
        )

    # --- the end

    @property
    def finished(self) -> bool:
        """Return whether the loop may end: asked to stop, and the core is done (or its time is up)."""
        if self._signal and not self._stop_at_ns:
            self._begin_stop()
        if not self._stop_at_ns:
            return False
        late = self.clock.mono_ns() >= self._stop_at_ns
        return late or self.core.is_done(self.clock.now_ns())

    def request_stop(self, reason: str) -> None:
        """Ask the loop to end, as SIGTERM does."""
        self._signal = self._signal or reason

    def _begin_stop(self) -> None:
        self._stop_at_ns = self.clock.mono_ns() + STOP_MS_MAX * NS_PER_MS
        self.log.info("process.stopping", reason=self._signal)
        self.tell(ProcessStopping(process=self.instance.name, reason=self._signal))
        self.release(list(self.core.stop(self.clock.now_ns())))

    def close(self) -> None:
        """See the last events on disk (for a bounded time), then close every socket."""
        deadline_ns = self.clock.mono_ns() + DRAIN_EVENTS_MS_MAX * NS_PER_MS
        while self._is_owing and self.clock.mono_ns() < deadline_ns:
            self._let_out(self._vault.due() if self._vault is not None else ())
            self._keep_record(heard=bool(self._events.socket.poll(20)))
        self.log.info("process.stopped", events_not_on_disk=len(self._outbox))
        for port in (*self._ports.values(), self._health, self._events):
            port.close()
        for edge in self._flush:
            if isinstance(edge, SocketPort):
                edge.close()
        self.context.term()

    @property
    def _is_owing(self) -> bool:
        """Return whether an event is not on the recorder's disk, or still kept back from it."""
        return bool(len(self._outbox)) or (self._vault is not None and self._vault.is_waiting)

    def _timeout_ms(self) -> int:
        due_ns = min(self._next_wake_ns, self._next_beat_ns) - self.clock.mono_ns()
        return max(0, min(due_ns // NS_PER_MS + 1, BEAT_MS)) if due_ns > 0 else 0


class _SignalPort:
    """SIGTERM and SIGINT: noted by number, and the poller woken at once through a descriptor."""

    def __init__(self) -> None:
        self.source, self._write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._write_fd)
        for number in STOP_SIGNALS:
            signal.signal(number, _noted)

    def drain(self) -> Iterator[Message]:
        """Return the signals that came."""
        for number in os.read(self.source, 64):
            if number in STOP_SIGNALS:
                yield StopAsked(reason=signal.Signals(number).name)

    def close(self) -> None:
        """Give the descriptors back."""
        signal.set_wakeup_fd(-1)
        os.close(self.source)
        os.close(self._write_fd)


def _noted(_: int, __: FrameType | None) -> None:
    """Do nothing: the descriptor carries the number, but Python writes it only where there is a handler."""


class StopAsked(Message, frozen=True, kw_only=True):
    """Made by the shell for itself: a signal asks the process to stop."""

    reason: str
