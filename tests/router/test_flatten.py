"""Flatten in every state: cancel, close, verify, say what is left."""

from __future__ import annotations

import pytest

from hft import events
from hft.control import Done, Flatten
from hft.messages import ExecutionReport, Refused
from hft.words import Refusal, Side
from router import broker
from router.ids import UNCLAIMED
from tests.router.world import World


@pytest.fixture
def world() -> World:
    return World().ready()


def hold(world: World, family: str, signed_qty: int, symbol: str = "SPY") -> None:
    """Let a family get a position at the venue."""
    side = Side.BUY if signed_qty > 0 else Side.SELL
    name = world.place(family, side, abs(signed_qty), symbol=symbol)
    world.broker.fill(name, abs(signed_qty))
    world.pump()


def run(world: World, ms: float, step_ms: float = 50.0, *, quotes: bool = True) -> None:
    """Let time pass; the venue fills closing orders at once."""
    for _ in range(round(ms / step_ms)):
        world.run(step_ms, step_ms, quotes=quotes)
        for name in world.broker.working():
            if name.startswith("h1-flat-"):
                world.broker.fill(name, 10**6)
        world.pump()


def done(world: World) -> list[Done]:
    return [item for item in world.said if isinstance(item, Done)]


def net(world: World) -> dict[str, int]:
    return {symbol: qty for symbol, qty in world.broker.positions.items() if qty}


def test_everything_is_cancelled_closed_and_seen_flat_twice(world: World) -> None:
    hold(world, "mm", 10)
    hold(world, "drift", -7, "QQQ")
    resting = world.place("mm", Side.BUY, 3)
    world.turn(Flatten(peer="ctl"))
    run(world, 3_000)
    assert net(world) == {}
    assert world.broker.orders[resting].word == "canceled"
    assert [(answer.ok, answer.left) for answer in done(world)] == [(True, ())]
    assert [(event.scope, event.ok) for event in world.told(events.FlattenDone)] == [("everything", True)]
    book = world.core.desk.book
    assert (book.qty("mm", "SPY"), book.qty("drift", "QQQ")) == (0, 0)


def test_being_flat_already_is_success(world: World) -> None:
    for _ in range(2):
        world.turn(Flatten(peer="ctl"))
        run(world, 2_000)
    assert [answer.ok for answer in done(world)] == [True, True]
    assert world.broker.orders == {}


def test_asking_twice_joins_the_work(world: World) -> None:
    hold(world, "mm", 10)
    world.turn(Flatten(peer="one"), Flatten(peer="two"))
    run(world, 3_000)
    assert sorted(answer.peer for answer in done(world)) == ["one", "two"]
    assert sum(name.startswith("h1-flat-") for name in world.broker.orders) == 1


def test_one_strategy_is_closed_and_the_others_are_left_alone(world: World) -> None:
    hold(world, "mm", 10)
    hold(world, "drift", 6)
    resting = world.place("drift", Side.SELL, 2, 4_500_400)
    world.turn(Flatten(peer="ctl", strategy="mm"))
    run(world, 3_000)
    assert done(world)[-1].ok
    assert net(world) == {"SPY": 6}
    assert not world.broker.orders[resting].is_done
    assert world.core.desk.book.qty("drift", "SPY") == 6


def test_a_ledger_whose_opposite_is_held_by_another_is_closed_in_two_steps(world: World) -> None:
    hold(world, "mm", 10)
    hold(world, "drift", -4)
    assert net(world) == {"SPY": 6}
    world.turn(Flatten(peer="ctl", strategy="mm"))
    run(world, 4_000)
    assert done(world)[-1].ok
    assert net(world) == {"SPY": -4}
    sizes = [held.request.qty for name, held in world.broker.orders.items() if name.startswith("h1-flat-mm-")]
    assert sizes == [6, 4], "first to zero, then through it"


def test_opposite_ledgers_close_each_other_at_the_mid_and_both_hear_of_it(world: World) -> None:
    hold(world, "mm", 10)
    hold(world, "drift", -10)
    assert net(world) == {}
    world.turn(Flatten(peer="ctl"))
    run(world, 2_000)
    crossed = world.told(events.SharesCrossed)
    assert [(event.seller, event.buyer, event.qty, event.px) for event in crossed] == [("mm", "drift", 10, 4_500_000)]
    heard = [item for item in world.said if isinstance(item, ExecutionReport) and "cross" in item.client_order_id]
    assert {(item.strategy, item.position) for item in heard} == {("mm", 0), ("drift", 0)}
    assert done(world)[-1].ok


def test_only_the_named_symbols_are_touched(world: World) -> None:
    hold(world, "mm", 10)
    hold(world, "mm", 5, "QQQ")
    world.turn(Flatten(peer="ctl", symbols=("QQQ",)))
    run(world, 3_000)
    assert done(world)[-1].ok
    assert net(world) == {"SPY": 10}


def test_an_unknown_strategy_is_told_what_is_known(world: World) -> None:
    world.turn(Flatten(peer="ctl", strategy="nobody"))
    assert not done(world)[-1].ok
    assert "known: drift, mm" in done(world)[-1].text


def test_while_it_works_its_scope_takes_no_intent(world: World) -> None:
    hold(world, "mm", 10)
    world.turn(Flatten(peer="ctl", strategy="mm"), *world.quotes())
    world.turn(world.order("mm", Side.BUY, 1))
    answer = next(item for item in reversed(world.said) if isinstance(item, Refused))
    assert (answer.reason, answer.text) == (Refusal.HALTED, "a flatten is at work")
    world.turn(world.order("drift", Side.BUY, 1, symbol="QQQ"))
    assert not isinstance(world.said[-1], Refused)
    run(world, 3_000)
    world.turn(*world.quotes(), world.order("mm", Side.BUY, 1, symbol="QQQ"))
    assert not isinstance(world.said[-1], Refused), "afterwards all is as before"


def test_without_a_feed_it_closes_at_the_market(world: World) -> None:
    hold(world, "mm", 10)
    world.run(6_000, quotes=False)
    world.turn(Flatten(peer="ctl"))
    run(world, 3_000, quotes=False)
    assert done(world)[-1].ok
    assert [held.request.px for name, held in world.broker.orders.items() if "flat" in name] == [0]


def test_a_closing_order_that_does_not_fill_is_priced_further_and_at_last_sent_to_the_market(world: World) -> None:
    hold(world, "mm", 10)
    world.turn(Flatten(peer="ctl", timeout_ms=30_000))
    world.run(15_000)
    prices = [held.request.px for name, held in world.broker.orders.items() if "flat" in name]
    touch = 4_499_900
    assert prices[:4] == [round(touch * (1 - bps / 10_000)) // 100 * 100 for bps in (50, 150, 300)] + [0]


def test_out_of_time_it_says_what_is_left(world: World) -> None:
    hold(world, "mm", 10)
    world.turn(Flatten(peer="ctl", timeout_ms=1_000))
    world.run(1_500)
    answer = done(world)[-1]
    assert not answer.ok
    assert answer.left[0] == "10 SPY of mm"
    assert world.core.desk.flattening == {"": 0}


def test_shares_that_no_ledger_explains_are_closed_too(world: World) -> None:
    world.broker.positions["SPY"] = 5
    world.turn(Flatten(peer="ctl"))
    run(world, 10_000)
    assert net(world) == {}
    assert done(world)[-1].ok
    assert [event.qty for event in world.told(events.PositionUnclaimed)] == [5]
    assert world.core.desk.book.qty(UNCLAIMED, "SPY") == 0


def test_a_foreign_order_is_cancelled_by_a_flatten_of_everything(world: World) -> None:
    world.by_hand("QQQ", Side.BUY, 5, 3_700_000)
    world.turn(Flatten(peer="ctl"))
    run(world, 2_000)
    assert world.broker.orders["by-hand"].word == "canceled"
    assert done(world)[-1].ok


def test_it_works_while_trade_updates_are_down(world: World) -> None:
    hold(world, "mm", 10)
    world.stream_up = False
    world.turn(broker.UpdatesDown(reason="gone"))
    world.turn(Flatten(peer="ctl"))
    run(world, 8_000)
    assert net(world) == {}
    assert done(world)[-1].ok


def test_with_the_market_closed_it_cancels_and_says_so(world: World) -> None:
    hold(world, "mm", 10)
    resting = world.place("mm", Side.BUY, 3)
    world.pass_ms(7 * 3_600_000)
    world.turn(Flatten(peer="ctl"))
    run(world, 2_000)
    assert world.broker.orders[resting].word == "canceled"
    assert done(world)[-1].left == ("10 SPY of mm", "the market is closed: run flatten again when it is open")


def test_a_refused_closing_order_is_tried_again_without_a_storm(world: World) -> None:
    hold(world, "mm", 10)
    world.turn(Flatten(peer="ctl", timeout_ms=10_000))
    refused = 0
    for _ in range(100):
        world.pass_ms(50)
        requests, world.requests = world.requests, []
        replies = []
        for request in requests:
            if isinstance(request, broker.SubmitOrder):
                refused += 1
                replies.append(
                    broker.BrokerRejected(
                        ticket=request.ticket,
                        request="SubmitOrder",
                        client_order_id=request.client_order_id,
                        status=403,
                        code=40310000,
                        text="insufficient qty available for order",
                    )
                )
            else:
                replies.append(world.broker.answer(request))
        world.turn(*replies, *world.quotes())
    assert 3 <= refused <= 8
    run(world, 4_000)
    assert done(world)[-1].ok
