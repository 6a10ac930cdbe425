"""Broken symbols and a person's resume: nothing is taken over while news may explain it, and nothing counts twice."""

from __future__ import annotations

import msgspec
import pytest

from hft import control as asks
from hft import events
from hft.words import OrdStatus, Side
from router import broker
from router.ids import UNCLAIMED
from tests.router.world import World


@pytest.fixture
def world() -> World:
    return World().ready()


def resumed(world: World) -> asks.Done:
    """Return the answer to a resume of the account."""
    world.turn(asks.Resume(peer="p"))
    done: asks.Done = world.last(asks.Done)
    return done


def nonsense(world: World, name: str) -> None:
    """Let the stream say of an order what makes no sense: its symbol is broken, whatever the positions say."""
    seen = msgspec.structs.replace(world.broker.orders[name].seen(), cum_qty=99, qty=99)
    world.turn(broker.TradeUpdate(event="fill", order=seen))


def looked(world: World) -> None:
    """Let one list of positions be asked for and answered, and nothing else be."""
    world.core.reconciler.poll_positions()
    world.turn()
    asked = next(request for request in world.requests if isinstance(request, broker.ListPositions))
    world.requests.remove(asked)
    world.turn(world.broker.answer(asked))


def test_a_resume_while_a_fill_is_searched_for_takes_nothing_over(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    nonsense(world, name)
    world.broker.fill(name, 10)
    world.broker.updates.clear()  # the stream loses the fill; the positions show it
    looked(world)
    assert world.core.desk.broker_qty["SPY"] == 10
    done = resumed(world)
    assert not done.ok
    assert done.left[0].startswith("SPY takes exits only while")
    assert done.left[0].endswith("resume again in half a minute")
    world.run(20_000)
    world.agree()
    assert world.core.desk.book.orders[name].status is OrdStatus.FILLED
    assert world.core.desk.book.qty(UNCLAIMED, "SPY") == 0
    assert world.core.reconciler.state == "ok"


def test_after_the_verdict_a_resume_takes_the_brokers_word(world: World) -> None:
    world.broker.positions["SPY"] = 7
    world.run(20_000)
    assert "SPY" in world.core.desk.broken
    assert resumed(world).ok
    world.run(20_000)
    assert world.core.desk.book.qty(UNCLAIMED, "SPY") == 7
    assert world.core.reconciler.state == "ok"


def test_a_fill_told_after_the_resume_is_booked_and_what_was_taken_over_goes(world: World) -> None:
    """The venue shows an order's fill in the positions only, for minutes; then the stream tells of it after all."""
    name = world.place("mm", Side.BUY, 10)
    held = world.broker.orders[name]
    before = held.seen()
    world.broker.fill(name, 10)
    late = world.broker.updates.pop()
    cum, notional, fills = held.cum_qty, held.cum_notional, list(world.broker.fills)
    held.cum_qty = held.cum_notional = 0
    held.word = "new"
    world.broker.fills.clear()
    assert held.seen() == before
    world.run(20_000)
    assert "SPY" in world.core.desk.broken
    assert resumed(world).ok
    assert world.core.desk.book.qty(UNCLAIMED, "SPY") == 10
    held.cum_qty, held.cum_notional, held.word, world.broker.fills = cum, notional, "filled", fills
    world.turn(late)
    world.run(20_000)
    assert world.core.reconciler.state == "ok", world.core.desk.broken
    world.agree()
    book = world.core.desk.book
    assert (book.qty("mm", "SPY"), book.qty(UNCLAIMED, "SPY")) == (10, 0)
    assert [event.reason for event in world.told(events.PositionUnclaimed)][-1].startswith("a fill told late")
