"""Broker and book compared: at start, after reconnects, all the time; what is a break and what is not."""

from __future__ import annotations

import msgspec
import pytest

from hft import control as asks
from hft import events
from hft.clock import NS_PER_S
from hft.messages import Accepted, Refused, Register
from hft.words import Refusal, Side, TradingState
from router import alpaca_words as words
from router import broker
from router.ids import UNCLAIMED
from tests.router.test_alpaca_words import SPREAD
from tests.router.test_crashes import unknown
from tests.router.world import FAMILIES, World


@pytest.fixture
def world() -> World:
    return World().ready()


def test_the_stream_comes_first_then_the_lists_then_the_positions() -> None:
    world = World()
    world.turn()
    assert world.requests == [], "nothing is asked before the stream listens"
    world.turn(broker.UpdatesUp())
    kinds = [type(request).__name__ for request in world.requests]
    assert sorted(kinds) == ["GetAccount", "GetClock", "ListFills", "ListOrders", "ListOrders"]
    world.turn(*[world.broker.answer(request) for request in world.requests])
    assert type(world.requests[-1]) is broker.ListPositions
    assert not world.core.gates.reconciled
    world.turn(world.broker.answer(world.requests[-1]))
    assert world.core.gates.reconciled
    assert len(world.told(events.ReconcileDone)) == 1


def test_a_failed_answer_begins_the_round_again_after_a_growing_wait() -> None:
    world = World()
    world.turn(broker.UpdatesUp())
    waits = []
    for _ in range(4):
        requests, world.requests = world.requests, []
        began_ns = world.now_ns
        world.turn(*[unknown(request) for request in requests])
        while not world.requests:
            world.pass_ms(100)
            world.turn()
        waits.append((world.now_ns - began_ns) / NS_PER_S)
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert not world.core.gates.reconciled
    world.pump()
    assert world.core.gates.reconciled


def test_an_order_that_no_list_shows_is_asked_for_by_name(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    held = world.broker.orders.pop(name)
    world.boot()
    world.connect()
    lists, world.requests = world.requests, []
    world.turn(*[world.broker.answer(request) for request in lists])
    assert [request.client_order_id for request in world.requests if isinstance(request, broker.QueryOrder)] == [name]
    world.broker.orders[name] = held
    world.pump()
    assert world.core.gates.reconciled


def test_a_multi_leg_order_of_somebody_elses_keeps_no_round_open(world: World) -> None:
    world.boot()
    world.turn(broker.UpdatesUp())
    requests, world.requests = world.requests, []
    lists = [request for request in requests if isinstance(request, broker.ListOrders)]
    world.turn(
        *[words.orders([SPREAD], ticket=request.ticket) for request in lists],
        *[world.broker.answer(request) for request in requests if request not in lists],
    )
    world.pump()
    assert world.core.gates.reconciled
    assert world.core.desk.book.working == {}


def test_one_odd_look_is_no_break(world: World) -> None:
    world.broker.positions["SPY"] = 5
    while not world.core.desk.breaks.seen:
        world.run(100)
    assert world.core.reconciler.state == "ok"
    world.broker.positions["SPY"] = 0
    world.run(3_000, 100)
    assert not world.told(events.ReconcileBroken)


def test_a_list_that_lags_behind_the_stream_is_no_break_but_one_that_stays_behind_is(world: World) -> None:
    name = world.place("mm", Side.BUY, 5)
    world.broker.fill(name, 5)
    world.run(1_000)
    assert world.core.desk.book.net_qty("SPY") == 5
    world.broker.positions["SPY"] = 0  # what it was before the fill
    world.core.reconciler.look_soon()
    world.run(8_000)
    assert not world.told(events.ReconcileBroken)
    world.run(20_000)
    assert world.told(events.ReconcileBroken)


def test_shares_that_nothing_explains_break_the_symbol_until_a_person_resumes(world: World) -> None:
    world.broker.positions["SPY"] = 5
    world.run(20_000)
    assert world.core.reconciler.state == "broken"
    broken = world.told(events.ReconcileBroken)
    assert [(event.symbol, event.ledgers, event.broker) for event in broken] == [("SPY", 0, 5)]
    world.turn(*world.quotes(), world.order("mm", Side.BUY, 1))
    answer = world.said[-1]
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.REDUCING
    world.turn(world.order("mm", Side.BUY, 1, symbol="QQQ"))
    assert isinstance(world.said[-1], Accepted), "other symbols go on"
    world.turn(asks.Resume(peer="test"))
    assert world.core.desk.book.qty(UNCLAIMED, "SPY") == 5
    assert world.core.reconciler.state == "ok"
    world.run(20_000)
    assert len(world.told(events.ReconcileBroken)) == 1


def nothing(request: broker.AnyRequest) -> broker.OrdersReply | broker.PositionsReply:
    """Return the answer that a list is empty."""
    if isinstance(request, broker.ListOrders):
        return broker.OrdersReply(ticket=request.ticket, orders=())
    return broker.PositionsReply(ticket=request.ticket, positions=())


@pytest.mark.parametrize(
    "kinds", [(broker.ListOrders,), (broker.ListPositions,), (broker.ListOrders, broker.ListPositions)]
)
def test_a_start_that_is_told_once_of_nothing_believes_none_of_it(world: World, kinds: tuple[type, ...]) -> None:
    """Held shares and a working order; the first answer of each list says that there is nothing."""
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 4)
    world.run(12_000, 200)  # so long that the list cannot just be an old one
    world.boot()
    world.connect()
    left, told = list(kinds), 0
    for _ in range(25):
        requests, world.requests = world.requests, []
        for request in requests:
            empty = type(request) in left
            told += empty
            if empty:
                left.remove(type(request))
            world.turn(nothing(request) if empty else world.broker.answer(request))
            assert name in world.core.desk.book.working
            assert world.core.desk.book.net_qty("SPY") == 4
        world.pass_ms(100)
        world.turn(*world.quotes())
    assert told == len(kinds)
    assert world.core.gates.reconciled
    assert not world.told(events.ReconcileBroken)
    assert not world.core.desk.broken
    world.agree()


def test_a_break_heals_by_itself_when_both_agree_again(world: World) -> None:
    world.broker.positions["SPY"] = 5
    world.run(20_000)
    world.broker.positions["SPY"] = 0
    world.run(20_000)
    assert world.core.reconciler.state == "ok"


def test_an_error_is_never_flat(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.pump()
    for _ in range(300):
        world.pass_ms(100)
        requests, world.requests = world.requests, []
        world.turn(*[unknown(request) for request in requests], *world.quotes(), world.beat("mm"))
    assert not world.told(events.ReconcileBroken)
    assert world.core.desk.book.net_qty("SPY") == 10


def test_what_happened_while_the_router_was_away_is_booked_at_the_next_start(world: World) -> None:
    first, second = world.place("mm", Side.BUY, 10), world.place("drift", Side.BUY, 6)
    world.broker.fill(first, 10)
    world.broker.fill(second, 2)
    world.boot()
    world.connect()
    world.run(2_000, 100)
    world.agree()
    assert world.core.desk.book.qty("mm", "SPY") == 10
    assert world.core.desk.book.qty("drift", "SPY") == 2
    world.turn(Register(strategy="drift", epoch=2, pid=1))
    assert [line.cum_qty for line in world.said[-1].working] == [2]


def test_orders_of_strategies_that_do_not_come_back_are_cancelled(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.boot()
    world.connect()
    world.run(4_000, beats=False)
    assert world.broker.orders[name].word == "canceled"


def test_each_status_adds_up(world: World) -> None:
    for family, qty in (("mm", 10), ("drift", 4)):
        name = world.place(family, Side.BUY, qty)
        world.broker.fill(name, qty)
        world.pump()
    status = world.status()
    line = status.positions[0]
    assert (line.qty, line.broker_qty, line.ledgers, line.unclaimed) == (14, 14, {"mm": 10, "drift": 4}, 0)
    assert status.reconciliation == "ok"
    assert [(s.name, s.fills, s.shares) for s in status.strategies] == [("drift", 1, 4), ("mm", 1, 10)]


def test_polls_cost_at_most_a_tenth_of_the_budget(world: World) -> None:
    world.place("mm", Side.BUY, 10)
    world.run(60_000, 250)
    assert world.core.desk.budget.used_last_min(world.now_ns) <= 25


def test_a_day_that_is_played_again_starts_its_losses_anew(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.pump()
    world.run(3_600_000, 60_000)
    world.run(100)
    world.place("drift", Side.BUY, 1)
    world.now_ns -= 3_600 * NS_PER_S
    world.broker.now_ns = world.now_ns
    world.boot()
    world.connect()
    world.run(3_000, 100)
    assert world.core.gates.reconciled
    assert world.core.desk.pnl.day("mm") == 0
    world.agree()


def test_a_router_that_stood_still_looks_before_it_takes_new_risk(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.broker.updates.clear()
    world.pass_ms(8_000)
    world.turn(*world.quotes(), world.beat("mm"), world.beat("drift"))
    world.turn(world.order("drift", Side.BUY, 1, symbol="QQQ"))
    assert "the router stood still" in world.last(Refused).text
    world.run(1_000)
    world.agree()
    world.turn(*world.quotes(), world.order("drift", Side.BUY, 1, symbol="QQQ"))
    assert isinstance(world.said[-1], Accepted)


def test_a_wish_that_lies_before_a_router_that_wakes_up_with_fresh_quotes_waits_for_the_look_too(world: World) -> None:
    world.pass_ms(8_000)
    world.turn(*world.quotes(), world.beat("drift"), world.order("drift", Side.BUY, 1, symbol="QQQ"))
    assert "the router stood still" in world.last(Refused).text
    world.run(1_000)
    world.agree()


def refused(request: broker.Request) -> broker.BrokerRejected:
    kind = type(request).__name__
    return broker.BrokerRejected(ticket=request.ticket, request=kind, client_order_id="", status=401, code=0, text="no")


def asked_while_refused(world: World, seconds: float) -> list[str]:
    """Return what is asked for while the broker refuses everything, 20 ms after it was asked."""
    asked: list[str] = []
    for _ in range(round(seconds * 50)):
        world.pass_ms(20)
        requests, world.requests = world.requests, []
        asked += [type(request).__name__ for request in requests]
        world.turn(
            *[refused(request) for request in requests], *world.quotes(), *(world.beat(name) for name in FAMILIES)
        )
    return asked


def test_a_broker_that_refuses_is_asked_less_and_less_often(world: World) -> None:
    world.run(50_000, 500)
    asked = asked_while_refused(world, 60)
    assert asked.count("GetClock") <= 8
    assert asked.count("ListPositions") <= 10
    assert any("keys" in text for text in world.core.desk.warnings)


def test_refused_keys_halt_the_account_and_no_order_leaves_until_they_are_taken_again(world: World) -> None:
    asked_while_refused(world, 20)
    standing = world.core.gates.standing()
    assert standing.is_halted
    assert "the broker refuses the keys: 401" in standing.reason
    assert world.told(events.StateNoted)[-1].state is TradingState.HALTED
    world.turn(*world.quotes(), world.order("mm", Side.BUY, 1))
    answer = world.said[-1]
    assert isinstance(answer, Refused)
    assert "the broker refuses the keys: 401" in answer.text
    assert not any(isinstance(request, broker.SubmitOrder) for request in world.requests)
    world.run(20_000, 500)
    assert world.core.gates.standing().is_active


def test_a_blocked_account_is_halted_until_it_is_not(world: World) -> None:
    told = world.core.desk.account
    assert told is not None
    world.turn(msgspec.structs.replace(told, blocked="trading blocked"))
    standing = world.core.gates.standing()
    assert standing.is_halted
    assert "trading blocked" in standing.reason
    world.turn(told)
    assert world.core.gates.standing().is_active


def test_after_it_the_broker_is_asked_as_often_as_ever_and_the_keys_are_no_worry(world: World) -> None:
    asked_while_refused(world, 60)
    world.run(20_000, 500)
    assert not world.core.desk.warnings
    world.pass_ms(16_000)
    world.turn()
    assert "ListPositions" in [type(request).__name__ for request in world.requests]
