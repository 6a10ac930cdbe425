"""Shares of a strategy that does not come back: whose they are, and what becomes of them."""

from __future__ import annotations

import pytest

from hft.words import Side
from tests.router.test_flatten import hold, net
from tests.router.world import World, config


@pytest.mark.parametrize("policy", ["hold", "flatten"])
@pytest.mark.parametrize("is_in_the_way", [False, True])
def test_what_an_orphan_holds_is_held_or_closed_as_the_settings_say(policy: str, *, is_in_the_way: bool) -> None:
    """Also where somebody's own order keeps the shares from being sold."""
    world = World(flatten_orphans=policy == "flatten").ready()
    hold(world, "mm", 10)
    if is_in_the_way:
        world.by_hand("SPY", Side.SELL, 10, 4_600_000)
    for _ in range(400):
        world.run(100, 100, beats=False)
        for name in world.broker.working():
            if name.startswith("h1-flat-"):
                world.broker.fill(name, 10**6)
        world.pump()
    assert world.broker.positions["SPY"] == (0 if policy == "flatten" else 10)


def test_shares_of_a_strategy_that_is_no_longer_in_the_fleet_are_an_orphans() -> None:
    world = World(flatten_orphans=True).ready()
    hold(world, "mm", 10)
    world.config = config(flatten_orphans=True, strategies=("drift",))
    world.boot()
    world.connect()
    for _ in range(400):
        world.pass_ms(100)
        world.turn(*world.quotes(), world.beat("drift"))
        for name in world.broker.working():
            world.broker.fill(name, 10**6)
        world.pump()
    assert net(world) == {}


def test_a_question_how_it_stands_makes_nobody_an_orphan() -> None:
    world = World().ready()
    for signed_qty in (1, -1):
        hold(world, "drift", signed_qty)
    world.config = config(strategies=("mm",))
    world.boot()
    world.connect()
    before = set(world.core.desk.links)
    assert "drift" in [line.name for line in world.status().strategies]
    assert set(world.core.desk.links) == before
