"""The band within which nobody looks at losses: at its edges no limit is reached, and not far beyond one is."""

from __future__ import annotations

import pytest

from router.bands import Bands, bands
from tests.router.test_flatten import hold
from tests.router.world import World


@pytest.fixture
def world() -> World:
    """Return a router that is long in one strategy, more in the same symbol in another, and short in a third place."""
    world = World().ready()
    hold(world, "mm", 11)
    hold(world, "drift", 5)
    hold(world, "drift", -7, "QQQ")
    world.turn(*world.quotes())
    return world


def found(world: World) -> Bands:
    told = bands(world.core.desk)
    assert told
    return told


def move_against(world: World, spans: float) -> None:
    """Move every mid by so many half-widths of its band, to the side on which its shares lose."""
    for symbol, (low, high) in found(world).items():
        loses = -1 if world.core.desk.book.net_qty(symbol) > 0 else 1
        world.broker.mid[symbol] += round(loses * spans * ((high - low) // 2 - 1))
    world.turn(*world.quotes())


def is_halted(world: World) -> bool:
    desk = world.core.desk
    world.turn()
    return desk.book.standing.is_halted or any(desk.latch(name).is_halted for name in desk.book.ledgers)


def test_at_the_edges_no_limit_is_reached(world: World) -> None:
    move_against(world, 1.0)
    assert not is_halted(world)


@pytest.mark.parametrize(("spans", "halts"), [(0.99, False), (1.01, True)])
def test_where_one_strategy_holds_all_the_band_ends_where_its_limit_is(spans: float, *, halts: bool) -> None:
    world = World().ready()
    hold(world, "mm", 11)
    world.turn(*world.quotes())
    move_against(world, spans)
    assert is_halted(world) is halts


def test_it_grows_narrower_as_money_is_lost(world: World) -> None:
    low, high = found(world)["SPY"]
    move_against(world, 0.5)
    less = found(world)["SPY"]
    assert less[1] - less[0] < (high - low) * 0.8


def test_without_shares_there_is_nothing_to_watch_and_without_a_price_no_band() -> None:
    world = World().ready()
    assert bands(world.core.desk) == {}
    hold(world, "mm", 11)
    del world.core.desk.market.quotes["SPY"]
    assert bands(world.core.desk) is None
