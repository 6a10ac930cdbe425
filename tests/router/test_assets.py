"""What the venue allows in a symbol is asked once, a symbol at a time, and binds entries only."""

from __future__ import annotations

import pytest

from hft import events
from hft.messages import Accepted, Refused
from hft.words import Refusal, Side
from router import broker
from tests.router.world import World

DAY_MS = 86_400_000


def answer(world: World) -> Accepted | Refused:
    return next(item for item in reversed(world.said) if isinstance(item, Accepted | Refused))


def asked(world: World, name: str, side: Side, qty: int, px: int = 0) -> Accepted | Refused:
    world.turn(world.order(name, side, qty, px))
    found = answer(world)
    world.pump()
    return found


def ready(**spy: bool) -> World:
    """Return a world whose venue allows this much in SPY, after it has been asked."""
    world = World()
    world.broker.assets["SPY"] |= spy
    world = world.ready()
    world.run(1_000)
    return world


def asset_requests(world: World, *, lost: int = 0) -> list[str]:
    """Return the symbols that are asked for, as they are asked; the first so many get no answer."""
    found: list[str] = []
    answered = world.broker.answer

    def listening(request: object) -> object:
        if not isinstance(request, broker.GetAsset):
            return answered(request)
        found.append(request.symbol)
        if len(found) > lost:
            return answered(request)
        return broker.BrokerUnknown(ticket=request.ticket, request="GetAsset", client_order_id="", reason="502")

    world.broker.answer = listening  # type: ignore[method-assign]  # the same broker, listened to
    return found


def test_each_symbol_is_asked_for_once_and_again_on_the_next_day() -> None:
    world = World()
    seen = asset_requests(world)
    world.ready()
    world.run(30_000, 500)
    assert seen == ["QQQ", "SPY"]
    world.pass_ms(DAY_MS)
    world.run(20_000, 500)
    assert sorted(seen) == ["QQQ", "QQQ", "SPY", "SPY"]


def test_what_is_all_allowed_is_not_told() -> None:
    world = ready()
    assert not world.told(events.AssetNoted)
    assert not world.status().warnings


def test_an_untradable_symbol_takes_no_entry_and_says_why_but_its_exits_are_tried() -> None:
    world = World().ready()
    bought = world.place("mm", Side.BUY, 10, 4_500_100)
    world.broker.fill(bought, 10)
    world.broker.assets["SPY"]["is_tradable"] = False
    world.core.assets._when = ("", False)  # as on another day
    world.run(1_000)
    told = asked(world, "drift", Side.BUY, 1)
    assert isinstance(told, Refused)
    assert told.reason is Refusal.NOT_TRADABLE
    assert told.text == "SPY is not tradable at the venue (active): only exits are tried"
    assert isinstance(asked(world, "mm", Side.SELL, 10), Accepted)
    assert [event.text for event in world.told(events.AssetNoted)] == [told.text]
    assert told.text in world.status().warnings


def test_a_symbol_that_the_venue_does_not_know_is_not_tradable() -> None:
    world = World()
    del world.broker.assets["SPY"]
    world.ready().run(1_000)
    told = asked(world, "mm", Side.BUY, 1)
    assert isinstance(told, Refused)
    assert (told.reason, "not an asset of the venue" in told.text) == (Refusal.NOT_TRADABLE, True)


def test_what_cannot_be_borrowed_is_sold_only_as_far_as_it_is_held() -> None:
    world = ready(is_shortable=False)
    told = asked(world, "mm", Side.SELL, 5)
    assert isinstance(told, Refused)
    assert told.reason is Refusal.NOT_SHORTABLE
    bought = world.place("drift", Side.BUY, 10, 4_500_100)
    world.broker.fill(bought, 10)
    world.pump()
    assert isinstance(asked(world, "mm", Side.SELL, 8), Accepted)  # a short in its ledger, none at the venue
    assert not world.status().warnings


def test_a_question_without_an_answer_is_asked_again_after_a_minute_and_nothing_waits_for_it() -> None:
    world = World()
    seen = asset_requests(world, lost=1)
    world.ready().run(10_000, 500)
    assert seen == ["QQQ"]
    assert isinstance(asked(world, "mm", Side.BUY, 1), Accepted)
    world.run(61_000, 500)
    assert seen == ["QQQ", "QQQ", "SPY"]


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_before_the_answer_the_symbol_trades(side: Side) -> None:
    world = ready()
    world.core.desk.assets.clear()
    assert isinstance(asked(world, "mm", side, 1), Accepted)
