"""A disk that is full, slow or broken, as the core takes it: told, gated, cancelled in the end, halted for good."""

from __future__ import annotations

import pytest

from hft import events
from hft.messages import Accepted, Refused
from hft.words import Health, Refusal, Side, TradingState
from router import broker
from router.disk import DiskFailed, DiskFull, DiskRoomy, DiskSlow, DiskWell
from tests.router.world import World


@pytest.fixture
def world() -> World:
    return World().ready()


def test_a_full_disk_halts_the_account(world: World) -> None:
    world.turn(DiskFull(text="the disk is full; the journal lives on its reserve"))
    assert world.core.desk.book.standing.is_halted
    assert "the disk is full" in world.status().warnings[0]


def test_a_disk_with_room_again_is_warned_of_no_more_and_the_halt_stays(world: World) -> None:
    world.turn(DiskFull(text="the disk is full; the journal lives on its reserve"))
    world.turn(DiskRoomy())
    assert world.status().warnings == ()
    assert world.core.desk.book.standing.is_halted


def test_a_slow_disk_is_told_in_words_with_its_time_and_passes_by_itself(world: World) -> None:
    world.turn(DiskSlow(waited_ms=1_000))
    world.turn(DiskSlow(waited_ms=3_500))
    words = "the journal's disk has not answered for 3.5 s: new orders wait for it, cancels go on"
    status = world.status()
    assert words in status.warnings
    assert status.reason == "the journal's disk is slow: new orders wait for it, cancels go on"
    assert (status.state, status.strategies[0].reason) == (TradingState.REDUCING, status.reason)
    report = world.core.report(world.now_ns)
    assert (report.state, report.note) == (Health.DEGRADED, words)
    world.turn(DiskWell(waited_ms=5_200))
    assert world.status().warnings == ()
    assert world.core.report(world.now_ns).state is Health.READY
    assert world.told(events.DiskStalled) == [events.DiskStalled(stalled_ms=5_200)]
    assert [event.state for event in world.told(events.StateNoted)][-2:] == [TradingState.REDUCING, TradingState.ACTIVE]


def test_while_it_is_slow_entries_are_refused_and_exits_are_tried(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.pump()
    world.turn(DiskSlow(waited_ms=1_000))
    world.turn(world.order("mm", Side.BUY, 5))
    refused = world.last(Refused)
    assert (refused.reason, refused.text) == (Refusal.NOT_READY, world.status().reason)
    accepted = world.last(Accepted)
    world.turn(world.order("mm", Side.SELL, 10))
    assert world.last(Accepted) is not accepted


def test_a_stall_lets_cancels_go_and_no_order_and_ends_in_agreement(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.stalls, world.requests = True, []
    world.turn(world.order("mm", Side.SELL, 5, symbol="QQQ"))
    world.core.desk.cancels.want(world.core.desk.book.orders[name], "the strategy asked")
    world.turn()
    assert [type(request) for request in world.requests] == [broker.CancelRequest]
    world.run(5_000, 250)
    assert world.broker.orders[name].is_done
    assert not any(isinstance(request, broker.SubmitOrder) for request in world.requests)
    world.unstall()
    world.run(3_000, 250)
    assert world.core.desk.book.working == {}
    world.agree()


def test_what_waited_too_long_is_over_before_the_disk_answers(world: World) -> None:
    world.stalls = True
    world.turn(world.order("mm", Side.BUY, 5))
    (order,) = world.core.desk.book.working.values()
    world.run(1_500, 250)
    assert order.is_done
    assert order.text == "not sent: its record was not on disk after 1.0 s"
    world.unstall()
    assert order.client_order_id not in world.broker.orders


def test_after_ten_seconds_without_a_disk_everything_of_ours_is_cancelled(world: World) -> None:
    names = [world.place("mm", Side.BUY, 10), world.place("drift", Side.BUY, 10, symbol="QQQ")]
    world.turn(DiskSlow(waited_ms=9_900))
    world.pump()
    assert not any(world.broker.orders[name].is_done for name in names)
    world.turn(DiskSlow(waited_ms=10_000))
    world.pump()
    assert all(world.broker.orders[name].is_done for name in names)
    reasons = {event.reason for event in world.told(events.CancelRequested)}
    assert reasons == {"the journal's disk has not answered for 10 s"}


def test_a_broken_disk_halts_and_cancels(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.stalls = True  # for ever
    world.turn(DiskFailed(text="the journal cannot be written: Input/output error"))
    world.pump()
    assert world.broker.orders[name].is_done
    assert world.halt_text.endswith("the journal cannot be written: Input/output error")
    assert world.status().state is TradingState.HALTED
    assert "the journal cannot be written: Input/output error" in world.status().warnings
