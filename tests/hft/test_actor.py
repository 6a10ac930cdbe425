"""The shell around a core: order of effects, the record, the heartbeat, the end."""

from __future__ import annotations

import io
import os
import signal
from typing import TYPE_CHECKING

import pytest
import zmq

from hft import codec, endpoints, log
from hft.actor import Actor, Output, Report
from hft.clock import WallClock
from hft.eventline import read
from hft.events import FeedDisconnected, FleetStopping
from hft.home import Home
from hft.messages import Beat, EventAck, EventBatch, EventHello, Gap, Message, Recorded
from hft.ports import Inbox, Router, producer_peer
from hft.process import claim
from hft.words import Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

WAIT_MS = 2_000
TURNS_MAX = 400


class Journalled(Message, frozen=True, kw_only=True):
    """A record that must be durable."""

    number: int


class Effect(Message, frozen=True, kw_only=True):
    """What may leave only after it."""

    number: int


class Echo:
    """A core that answers each Gap with an effect, its record, and an event."""

    def __init__(self) -> None:
        self.marks: list[int] = []
        self.stopped = False

    def handle(self, message: Message, now_ns: int) -> Iterable[Output]:
        if isinstance(message, Recorded):
            self.marks.append(message.mark)
            return ()
        assert isinstance(message, Gap)
        number = message.missed
        return (Effect(number=number), Journalled(number=number), FleetStopping(reason=str(number)))

    def wake(self, now_ns: int) -> Iterable[Output]:
        return ()

    def report(self, now_ns: int) -> Report:
        return Report(state=Health.READY, note="echoing", counters={"marks": len(self.marks)})

    def stop(self, now_ns: int) -> Iterable[Output]:
        self.stopped = True
        return (Effect(number=-1),)

    def is_done(self, now_ns: int) -> bool:
        return self.stopped


class Ledger:
    """Two edges that write into one list, so that their order can be seen."""

    def __init__(self, name: str, seen: list[str]) -> None:
        self.name, self.seen = name, seen

    def send(self, message: Journalled | Effect) -> None:
        self.seen.append(f"{self.name} {message.number}")

    def flush(self) -> None:
        if self.name == "journal":
            self.seen.append("sync")


class Safe:
    """A vault whose disk answers when it is told to."""

    def __init__(self, journal: Ledger) -> None:
        self.journal, self.answers = journal, True
        self.kept: list[Output] = []
        self.told: list[Message] = []

    @property
    def is_waiting(self) -> bool:
        return bool(self.kept)

    def sift(self, out: list[Output]) -> Iterable[Output]:
        records = [message for message in out if isinstance(message, Journalled)]
        for record in records:
            self.journal.send(record)
        if records:
            self.journal.flush()
        self.kept += [message for message in out if not isinstance(message, Journalled)]
        return self.due()

    def due(self) -> list[Output]:
        found, self.kept = (self.kept, []) if self.answers else ([], self.kept)
        return found

    def news(self) -> list[Message]:
        found, self.told = self.told, []
        return found


class Rig:
    def __init__(self, root: Path) -> None:
        self.home = Home(root).make()
        self.core, self.inbox, self.seen = Echo(), Inbox(), list[str]()
        self.log = io.StringIO()
        self.actor = Actor(
            instance=claim(self.home, "echo"),
            core=self.core,
            clock=WallClock(),
            home=self.home,
            log=log.light("echo", stream=self.log),
        )
        self.actor.listen(self.inbox)
        self.vault = Safe(Ledger("journal", self.seen))
        self.actor.keep_in(self.vault)
        self.actor.route({Effect: Ledger("effect", self.seen)})
        self.recorder = Router(endpoints.bind(self.actor.context, endpoints.EVENTS, self.home), producer_peer)
        self.actor.begin()

    def gap(self, number: int) -> None:
        self.inbox.put(Gap(stream="s", topic="t", missed=number))

    def events(self, count: int) -> list[str]:
        """Play the recorder until `count` events are on its disk; return their names."""
        lines: list[bytes] = []
        for _ in range(TURNS_MAX):
            self.actor.step(5)
            for message in self.recorder.drain():
                if isinstance(message, EventBatch):
                    lines += message.lines
                assert isinstance(message, EventHello | EventBatch)
                self.recorder.send(EventAck(producer="echo", epoch=1, seq=len(lines), mark=4))
            if len(lines) >= count:
                break
        return [type(read(line)[1]).__name__ for line in lines]


@pytest.fixture
def rig(home: Path) -> Iterator[Rig]:
    made = Rig(home)
    yield made
    made.recorder.close()
    made.actor.context.destroy(linger=0)
    made.inbox.close()
    os.close(made.actor.instance.lock_fd)


def test_what_must_be_durable_is_written_and_synced_once_before_anything_leaves(rig: Rig) -> None:
    rig.gap(1)
    rig.gap(2)
    rig.actor.step(WAIT_MS)
    assert rig.seen == ["journal 1", "journal 2", "sync", "effect 1", "effect 2"]


def test_what_the_vault_keeps_back_leaves_when_it_says_so(rig: Rig) -> None:
    rig.vault.answers = False
    rig.gap(1)
    rig.actor.step(WAIT_MS)
    rig.actor.step(0)
    assert rig.seen == ["journal 1", "sync"]
    rig.vault.answers = True
    rig.actor.step(0)
    assert rig.seen == ["journal 1", "sync", "effect 1"]


def test_the_core_hears_what_the_vault_has_to_say(rig: Rig) -> None:
    rig.vault.told = [Gap(stream="s", topic="t", missed=7)]
    rig.actor.step(0)
    assert rig.seen == ["journal 7", "sync", "effect 7"]


def test_events_reach_the_recorder_and_the_core_learns_its_mark(rig: Rig) -> None:
    rig.gap(1)
    assert rig.events(2) == ["ProcessStarted", "FleetStopping"]
    assert rig.core.marks == [4]


def test_an_event_that_tells_how_the_process_fares_is_in_its_log_too(rig: Rig) -> None:
    rig.actor.tell(FeedDisconnected(reason="the market-data socket was silent for 15 s"))
    assert "silent for 15 s" in rig.log.getvalue()
    assert rig.events(2) == ["ProcessStarted", "FeedDisconnected"]


def test_a_joiner_gets_the_heartbeat_at_once(rig: Rig) -> None:
    rig.actor.step(0)
    socket = endpoints.connect(rig.actor.context, endpoints.health("echo"), rig.home, topics=(codec.topic("echo"),))
    for _ in range(TURNS_MAX):
        rig.actor.step(1)
        if socket.poll(1):
            break
    _, body = codec.split(socket.recv(zmq.NOBLOCK))
    beat = codec.decode(body)
    assert isinstance(beat, Beat)
    assert (beat.process, beat.epoch, beat.pid, beat.note) == ("echo", 1, os.getpid(), "echoing")
    assert beat.counters["events_waiting"] == 1
    socket.close()


def test_a_signal_stops_the_loop_after_the_core_has_had_its_say(rig: Rig) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    os.kill(os.getpid(), 0)
    rig.actor.request_stop("SIGTERM")
    assert rig.actor.finished
    assert rig.seen == ["effect -1"]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
