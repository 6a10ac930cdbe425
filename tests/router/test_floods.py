"""What becomes of a strategy that does nothing but be refused."""

from __future__ import annotations

import pytest

from hft import events
from hft.control import Resume
from hft.messages import Accepted, Refused, Register
from hft.ports import Unreadable
from hft.words import Refusal, Side
from router import broker
from tests.router.test_control import tried
from tests.router.world import World


@pytest.fixture
def world() -> World:
    return World().ready()


def test_a_strategy_that_floods_the_router_with_nonsense_is_halted(world: World) -> None:
    for _ in range(1_200):
        world.core.handle(world.order("mm", Side.BUY, 10**9), world.now_ns)
    world.turn(*world.quotes())
    assert world.core.desk.latch("mm").is_halted
    assert [event.strategy for event in world.told(events.StrategyDisabled)] == ["mm"]
    assert isinstance(tried(world, "drift"), Accepted)


def test_one_that_is_resumed_and_floods_on_is_halted_again(world: World) -> None:
    for _ in range(2):
        for _ in range(1_200):
            world.core.handle(world.order("mm", Side.BUY, 10**9), world.now_ns)
        world.turn(*world.quotes())
        assert world.core.desk.latch("mm").is_halted
        world.turn(Resume(peer="test", strategy="mm"))
        assert world.core.desk.latch("mm").is_active


def test_a_strategy_that_is_only_impatient_with_a_router_that_is_not_ready_is_not_halted(world: World) -> None:
    world.turn(broker.UpdatesDown(reason="gone"), *world.quotes())
    for _ in range(2_000):
        world.core.handle(world.order("mm", Side.BUY, 1), world.now_ns)
    world.turn(*world.quotes())
    assert world.core.desk.latch("mm").is_active


def test_what_cannot_be_read_is_refused_in_words_and_a_thousand_of_it_halt_its_sender(world: World) -> None:
    world.turn(Unreadable(strategy="mm", epoch=1))
    answer = world.last(Refused)
    assert (answer.strategy, answer.epoch, answer.seq, answer.reason) == ("mm", 1, 0, Refusal.UNREADABLE)
    for _ in range(1_000):
        world.core.handle(Unreadable(strategy="mm", epoch=1), world.now_ns)
    world.turn(*world.quotes())
    assert world.core.desk.latch("mm").is_halted
    assert len(world.told(events.OrderRefused)) == 1
    assert isinstance(tried(world, "drift"), Accepted)


@pytest.mark.parametrize("name", ["", "unclaimed", "UPPER", "../../etc"])
def test_what_cannot_be_read_from_a_name_that_no_strategy_may_have_gets_nothing(world: World, name: str) -> None:
    before = len(world.said)
    world.turn(Unreadable(strategy=name, epoch=1))
    assert len(world.said) == before


def test_a_process_of_an_old_epoch_that_floods_does_not_halt_its_follower(world: World) -> None:
    world.turn(Register(strategy="mm", epoch=2, pid=2))
    for _ in range(1_500):
        world.core.handle(world.order("mm", Side.BUY, 1, epoch=1, seq=1), world.now_ns)
        world.core.handle(Unreadable(strategy="mm", epoch=1), world.now_ns)
    world.turn(*world.quotes())
    assert world.core.desk.latch("mm").is_active
