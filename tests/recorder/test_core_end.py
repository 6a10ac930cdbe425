"""How the recorder ends: last words, farewell, the day's numbers brought to their end, and never too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from recorder.parcels import Alert, AlertDone, WriteSummary
from tests.recorder.desk import Desk
from tests.recorder.samples import S, batch

if TYPE_CHECKING:
    from hft.events import AnyEvent


def process(name: str, *, up: bool) -> AnyEvent:
    if up:
        return events.ProcessStarted(process=name, pid=1, version="", config_hash="")
    return events.ProcessStopping(process=name, reason="SIGTERM")


def test_when_the_router_has_stopped_too_the_fleet_is_stopping() -> None:
    desk = Desk()
    desk.wake()
    desk.producer("router", process("router", up=True))
    desk.stop()
    desk.wake(50)
    assert desk.all(events.FleetStopping) == []
    desk.producer("router", process("router", up=False), first_seq=2)
    desk.wake(50)
    assert len(desk.all(events.FleetStopping)) == 1
    (alert,) = desk.all(Alert)
    desk.wake(600)
    assert not desk.core.is_done(desk.now_ns)
    assert desk.core.is_done(desk.now_ns + 3 * S)
    desk.tell(AlertDone(kind=alert.kind, about=alert.about, ok=True, text="delivered"))
    desk.wake(50)
    assert desk.core.is_done(desk.now_ns)


def test_a_recorder_that_is_restarted_alone_goes_at_once_and_says_no_farewell() -> None:
    desk = Desk()
    desk.wake()
    desk.producer("router", process("router", up=True))
    desk.stop()
    desk.wake(50)
    assert not desk.core.is_done(desk.now_ns)
    desk.wake(300)
    assert desk.core.is_done(desk.now_ns)
    assert desk.all(events.FleetStopping) == []


def test_however_long_nobody_spoke_its_own_last_words_are_waited_for() -> None:
    desk = Desk()
    desk.wake()
    desk.producer("router", process("router", up=True), process("router", up=False))
    desk.wake(60_000)
    written = len(desk.all(WriteSummary))
    desk.stop()
    desk.wake(50)
    assert len(desk.all(WriteSummary)) == written
    desk.wake(600)
    assert len(desk.all(WriteSummary)) == written + 1


def test_it_never_waits_for_longer_than_eight_seconds() -> None:
    desk = Desk()
    desk.wake()
    desk.stop()
    list(desk.core.handle(batch(1, 3), desk.now_ns))  # never committed: a disk that hangs
    assert not desk.core.is_done(desk.now_ns + 7 * S)
    assert desk.core.is_done(desk.now_ns + 9 * S)
