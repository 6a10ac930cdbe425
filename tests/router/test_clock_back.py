"""A clock that is set back or ahead by an hour: what the router waits for comes when it is due, and no sooner."""

from __future__ import annotations

import pytest

from hft import control as asks
from hft.clock import NS_PER_S
from hft.messages import Accepted, Refused
from hft.words import OrdStatus, Refusal, Side
from router import broker
from tests.router.test_crashes import unknown
from tests.router.world import FAMILIES, World

HOUR_NS = 3_600 * NS_PER_S


def set_back(world: World) -> World:
    """Let the computer's clock be set back; the venue and the strategies read the new one too."""
    world.now_ns -= HOUR_NS
    world.broker.now_ns = world.now_ns
    return world


def traded() -> World:
    """Return a world in which an order works."""
    world = World().ready()
    world.place("mm", Side.BUY, 5)
    return world


def test_a_fill_that_the_stream_lost_is_found_by_the_polls() -> None:
    world = set_back(World().ready())
    world.run(3_000)
    world.place("mm", Side.BUY, 5)
    world.broker.fill(world.broker.working()[0], 5)
    world.broker.updates.clear()
    world.run(10_000)
    world.agree()


def test_a_cancel_whose_request_was_lost_is_asked_again() -> None:
    world = traded()
    name = world.broker.working()[0]
    world.core.desk.cancels.want(world.core.desk.book.orders[name], "test")
    world.turn()
    world.turn(*(unknown(request) for request in world.requests))
    world.requests.clear()
    set_back(world).run(20_000)
    assert world.broker.working() == []


def test_an_order_in_doubt_is_resolved() -> None:
    world = World().ready()
    world.turn(world.order("mm", Side.BUY, 5))
    lost = next(request for request in world.requests if isinstance(request, broker.SubmitOrder))
    world.requests.clear()
    world.turn(unknown(lost))
    set_back(world).run(25_000, 250)
    assert world.core.desk.book.orders[lost.client_order_id].status is OrdStatus.REJECTED


def test_a_strategy_that_falls_silent_is_missed_and_its_order_cancelled() -> None:
    world = set_back(World().ready())
    world.run(3_000)
    world.place("mm", Side.BUY, 5)
    world.run(6_000, beats=False)
    assert world.broker.working() == []


def test_after_a_429_requests_leave_again() -> None:
    world = World().ready()
    world.core.desk.budget.close(2_000, world.core.desk.steady_ns)
    set_back(world).run(3_000)
    world.place("mm", Side.BUY, 5)


def test_the_minute_of_the_budget_goes_on() -> None:
    world = World().ready()
    assert world.core.desk.budget.used_last_min(world.core.desk.steady_ns) > 0
    for _ in range(10):
        world.place("mm", Side.BUY, 5)
        world.run(600)
    used = len(world.core.desk.budget._sent)
    set_back(world).run(70_000, 250, beats=False)
    assert len(world.core.desk.budget._sent) < used


def test_a_rest_after_rejects_ends() -> None:
    world = World().ready()
    for _ in range(5):
        world.core.control.rejected("mm")
    assert not world.core.gates.paused("mm").is_active
    set_back(world).run(61_000, 500)
    assert world.core.gates.paused("mm").is_active


def test_a_flatten_ends() -> None:
    world = traded()
    world.broker.fill(world.broker.working()[0], 5)
    world.pump()
    world.turn(asks.Flatten(peer="test", timeout_ms=10_000))
    set_back(world)
    for _ in range(100):  # nobody trades with it: the closing orders expire one after another
        world.run(100)
        for name in world.broker.working():
            world.broker.fill(name, 1)
    done = world.last(asks.Done)
    assert isinstance(done, asks.Done)
    assert not world.core.flattener.jobs


def test_a_quote_of_before_is_not_fresh() -> None:
    world = set_back(World().ready())
    world.turn(world.order("mm", Side.BUY, 5))
    answer = world.last(Refused)
    assert answer.reason in {Refusal.STALE_QUOTE, Refusal.NOT_READY}


def test_what_rests_since_before_is_cancelled_as_too_old() -> None:
    world = traded()
    set_back(world).run(100)
    assert world.broker.working() == []


def test_it_is_told_and_the_account_reconciled_before_new_risk_is_taken() -> None:
    world = set_back(World().ready())
    world.turn()
    assert not world.core.gates.standing("mm").is_active
    assert any("clock was set back by 3600 s" in warning for warning in world.status().warnings)
    world.run(3_000)
    world.place("mm", Side.BUY, 5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_few_milliseconds_back_are_nothing(family: str) -> None:
    world = World().ready()
    world.now_ns -= 5_000_000
    world.turn(world.order(family, Side.BUY, 5))
    assert any(isinstance(said, Accepted) for said in world.said)


def test_an_order_is_not_presumed_absent_because_the_clock_was_set_ahead() -> None:
    world = World().ready()
    world.turn(world.order("mm", Side.BUY, 5))
    (lost,) = [request for request in world.requests if isinstance(request, broker.SubmitOrder)]
    world.requests.remove(lost)
    world.turn(unknown(lost))
    world.run(4_000)  # long enough to have asked often
    world.now_ns += HOUR_NS
    world.broker.now_ns = world.now_ns
    world.run(2_000)
    order = world.core.desk.book.orders[lost.client_order_id]
    assert order.status is OrdStatus.UNKNOWN
    world.run(20_000, 250)
    assert world.core.desk.book.orders[lost.client_order_id].status is OrdStatus.REJECTED
