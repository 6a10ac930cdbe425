"""Limits of one strategy's own: they bind it and nobody else, and the account's hold for all the same."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from hft import events
from hft.messages import Accepted, Refused
from hft.words import Refusal, Side
from tests.router.world import LIMITS, World


def answer(world: World) -> Accepted | Refused:
    return next(item for item in reversed(world.said) if isinstance(item, Accepted | Refused))


def asked(world: World, name: str, qty: int) -> Accepted | Refused:
    """Ask for shares of SPY at some 450 dollars; return the answer."""
    world.turn(world.order(name, Side.BUY, qty))
    return answer(world)


def test_an_order_too_large_for_one_strategy_is_not_for_another() -> None:
    world = World(own_limits={"mm": replace(LIMITS, order_notional_max=5_000_000)}).ready()
    told = asked(world, "mm", 2)
    assert isinstance(told, Refused)
    assert (told.reason, told.text) == (Refusal.ORDER_NOTIONAL, "$899.96 in one order, at most $500.00")
    assert isinstance(asked(world, "drift", 2), Accepted)
    assert isinstance(asked(world, "mm", 1), Accepted)


def test_a_looser_limit_of_its_own_does_not_loosen_the_accounts() -> None:
    loose = replace(LIMITS, order_notional_max=10**12, order_qty_max=10**6, position_notional_max=10**12)
    world = World(own_limits={"mm": loose}).ready()
    told = asked(world, "mm", 1_000)
    assert isinstance(told, Refused)
    assert told.reason is Refusal.SYMBOL_EXPOSURE


@pytest.mark.parametrize(("own", "halted"), [(40_000, True), (2_500_000, False)])
def test_the_loss_that_halts_a_strategy_is_its_own(own: int, *, halted: bool) -> None:
    world = World(own_limits={"mm": replace(LIMITS, strategy_daily_loss_max=own)}).ready()
    for name in ("mm", "drift"):
        order = world.place(name, Side.BUY, 10, 4_500_100)
        world.broker.fill(order, 10)
        world.pump()
    world.broker.mid["SPY"] -= 10_000  # ten dollars are lost by each
    world.run(1_000)
    assert [event.strategy for event in world.told(events.StrategyDisabled)] == (["mm"] if halted else [])
