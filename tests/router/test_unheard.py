"""Fills that the stream of trade updates lost: a person hears that it loses them, and is not flooded. Row 6/19."""

from __future__ import annotations

import pytest

from hft import events
from hft.words import Side
from router import broker
from tests.router.world import World

S_MS = 1_000


@pytest.fixture
def world() -> World:
    return World().ready()


def lose_fills(world: World, seconds: int, *, every_s: int) -> None:
    """Fill an order every so often, and let the stream lose what it should say of it."""
    for _ in range(seconds // every_s):
        name = world.place("mm", Side.BUY, 1)
        world.broker.fill(name, 1)
        world.broker.updates.clear()
        world.run(every_s * S_MS, 200)


def test_a_fill_that_only_asking_found_is_told_when_the_stream_has_not_followed_within_ten_seconds(
    world: World,
) -> None:
    lose_fills(world, 6, every_s=6)
    assert [event.source for event in world.told(events.OrderFilled)] == ["rest"], "booked within 6 s"
    assert world.told(events.FillsUnheard) == []
    world.run(10 * S_MS, 100)
    (unheard,) = world.told(events.FillsUnheard)
    assert (unheard.orders, unheard.last_client_order_id) == (1, next(iter(world.broker.orders)))


def test_a_stream_that_goes_on_losing_is_told_once_in_ten_minutes_with_how_many(world: World) -> None:
    lose_fills(world, 120, every_s=6)
    assert len(world.told(events.FillsUnheard)) == 1
    world.run(600 * S_MS, 1_000)
    first, second = world.told(events.FillsUnheard)
    assert (first.orders, first.orders + second.orders) == (1, 20)


def test_a_stream_that_follows_the_answer_has_lost_nothing(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    late, world.broker.updates = world.broker.updates, []
    world.run(6 * S_MS, 100)
    assert [event.source for event in world.told(events.OrderFilled)] == ["rest"]
    world.turn(*late)
    world.run(30 * S_MS, 200)
    assert world.told(events.FillsUnheard) == []


def test_what_happened_while_the_stream_was_away_is_not_expected_from_it(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.turn(broker.UpdatesDown(reason="reset"))
    world.broker.fill(name, 10)
    world.connect()
    world.run(30 * S_MS, 200)
    assert [event.cum_qty for event in world.told(events.OrderFilled)] == [10]
    assert world.told(events.FillsUnheard) == []
