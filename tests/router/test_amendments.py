"""Fills that the venue takes back or books anew: the symbol frozen, the ledger set right once, a person's resume."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hft import control as asks
from hft import events
from hft.clock import NS_PER_S
from hft.messages import ExecutionReport, Refused
from hft.words import OrdStatus, Side
from router import broker, records
from router.amended import BUST, CORRECT
from router.day import time_of
from router.ids import UNCLAIMED
from router.journal import _decoder
from tests.router.world import World

BUY_PX, DEARER_PX = 4_499_800, 4_501_800


@pytest.fixture
def world() -> World:
    return World().ready()


def filled(world: World, qty: int = 10, *, side: Side = Side.BUY, family: str = "mm") -> str:
    """Let a strategy trade; return the order's name."""
    name = world.place(family, side, qty)
    world.broker.fill(name, qty)
    world.pump()
    return name


def amended(world: World, name: str, number: int = -1, *, px: int = 0) -> broker.TradeUpdate:
    """Let the venue amend an execution and tell of it; return what it told."""
    assert world.broker.amend(name, number, px=px)
    update = world.broker.updates.pop()
    world.turn(update)
    return update


def booked(world: World) -> list[records.AmendmentBooked]:
    """Return the audit records on the disk."""
    found = map(_decoder.decode, [*world.archive, *world.disk])
    return [record for record in found if isinstance(record, records.AmendmentBooked)]


def resumed(world: World) -> asks.Done:
    """Return the answer to a resume of the account."""
    world.turn(asks.Resume(peer="p"))
    done: asks.Done = world.last(asks.Done)
    return done


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_bust_leaves_the_ledger_as_if_it_had_not_been(world: World, side: Side) -> None:
    name = filled(world, side=side)
    amended(world, name)
    world.run(3_000)
    position = world.core.desk.book.ledgers["mm"]["SPY"]
    assert (position.qty, position.cash, position.cost, position.realised, position.fees) == (0, 0, 0, 0, 0)
    world.agree()
    (record,) = booked(world)
    assert (record.keys, record.taken_qty, record.given_qty) == (("a1",), 10, 0)
    (event,) = world.told(events.TradeCorrected)
    assert (event.strategy, event.taken_qty, event.position, event.broker_position) == ("mm", 10, 0, 0)


def test_a_correction_moves_the_money_and_no_share(world: World) -> None:
    name = filled(world)
    amended(world, name, px=DEARER_PX)
    world.run(3_000)
    position = world.core.desk.book.ledgers["mm"]["SPY"]
    assert (position.qty, position.cost, position.cash) == (10, 10 * DEARER_PX, -10 * DEARER_PX)
    world.agree()
    (record,) = booked(world)
    taken, given = (record.taken_qty, record.taken_notional), (record.given_qty, record.given_notional)
    assert (taken, given) == ((10, 10 * BUY_PX), (10, 10 * DEARER_PX))


def test_only_the_amended_one_of_several_executions_is_moved(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    for qty, px in ((2, BUY_PX - 100), (3, BUY_PX - 200), (5, BUY_PX)):
        world.broker.fill(name, qty, px)
    world.pump()
    amended(world, name, 1)
    world.run(3_000)
    order = world.core.desk.book.orders[name]
    assert (order.cum_qty, order.status) == (7, OrdStatus.FILLED)
    assert booked(world)[0].taken_notional == 3 * (BUY_PX - 200)
    world.agree()


def test_the_strategy_hears_what_left_its_ledger(world: World) -> None:
    name = filled(world)
    amended(world, name, px=DEARER_PX)
    world.said.clear()
    world.run(3_000)
    heard = [said for said in world.said if type(said) is ExecutionReport]
    assert [(each.side, each.last_qty, each.last_px, each.position) for each in heard] == [
        (Side.SELL, 10, BUY_PX, 0),
        (Side.BUY, 10, DEARER_PX, 10),
    ]


def test_nothing_is_booked_before_order_and_positions_show_it(world: World) -> None:
    name = filled(world)
    truth = world.broker.orders[name]
    update = broker.TradeUpdate(event=BUST, order=truth.seen(), exec_id="b", qty=10, px=BUY_PX, position=0)
    world.turn(update)
    world.run(20_000)
    assert not booked(world)
    world.agree()
    assert "do not show yet" in world.core.desk.broken["SPY"]
    world.run(15_000)
    assert "look at Alpaca's page" in world.core.desk.broken["SPY"]
    assert resumed(world).ok
    world.run(20_000)
    assert world.core.desk.broken == {}
    world.turn(update)
    assert world.core.desk.broken == {}, "the same word again, after a person has looked"


@pytest.mark.parametrize("event", [BUST, CORRECT])
def test_told_many_times_and_to_the_next_router_it_is_booked_once(world: World, event: str) -> None:
    name = filled(world)
    update = amended(world, name, px=DEARER_PX if event == CORRECT else 0)
    world.turn(update, update)
    world.run(3_000)
    world.boot()
    world.ready()
    world.turn(update, update)
    world.run(5_000)
    assert len(booked(world)) == len(world.told(events.TradeAmended)) == 1
    world.agree()


@pytest.mark.parametrize("saved", [False, True], ids=["replayed", "from a saved book"])
@pytest.mark.parametrize("confirmed", [False, True], ids=["before it is booked", "after it"])
def test_the_freeze_outlives_the_router(world: World, *, saved: bool, confirmed: bool) -> None:
    name = filled(world)
    amended(world, name)
    if confirmed:
        world.run(3_000)
    if saved:
        world.save()
    world.boot()
    assert "trade_bust" in world.core.desk.broken["SPY"]
    world.ready()
    world.run(5_000)
    assert len(booked(world)) == 1
    world.agree()
    world.turn(*world.quotes(), world.order("drift", Side.BUY, 1))
    refused = next(said for said in reversed(world.said) if isinstance(said, Refused))
    assert "SPY is reduce-only: the venue sent trade_bust of 10 SPY at $449.98" in refused.text
    assert resumed(world).ok
    assert world.core.desk.broken == {}
    world.boot()
    assert world.core.desk.broken == {}, "a resume is for good"


def test_it_is_said_in_words_what_happened_and_what_to_do(world: World) -> None:
    name = filled(world)
    amended(world, name, px=DEARER_PX)
    (told,) = world.told(events.TradeAmended)
    assert told.text.endswith("Only exits are taken. It is booked as soon as they do")
    world.run(3_000)
    (shown,) = world.status().breaks
    assert f"the venue sent trade_correct of 10 SPY at $450.18 for order {name}, booked in mm at " in shown
    assert "buy of 10 SPY at $449.98 taken back, booked anew: 10 at $450.18" in shown
    assert shown.endswith("then hftctl resume")
    resumed(world)
    assert [event.symbol for event in world.told(events.FreezeLifted)] == ["SPY"]


def test_a_resume_before_it_is_booked_waits(world: World) -> None:
    name = filled(world)
    amended(world, name)
    done = resumed(world)
    assert not done.ok
    assert done.text == "the account may trade; not yet SPY"
    again = time_of(world.now_ns + 31 * NS_PER_S)
    (why,) = done.left
    assert why.startswith("SPY takes exits only while the venue may still show what happened there: ")
    assert why.endswith(f": resume again after {again} New York time")
    world.run(5_000)
    assert resumed(world).ok
    world.run(20_000)
    world.agree()
    assert world.core.desk.book.qty(UNCLAIMED, "SPY") == 0


def test_a_resume_at_the_time_that_a_refused_one_named_is_taken(world: World) -> None:
    name = filled(world)
    orders, positions = deepcopy(world.broker.orders), dict(world.broker.positions)
    assert world.broker.amend(name, -1, px=0)
    world.broker.orders, world.broker.positions = orders, positions  # the venue never shows it
    world.turn(world.broker.updates.pop())
    world.run(12_000)
    left = resumed(world).left[0]
    named = left.rpartition(" after ")[2].removesuffix(" New York time")
    while time_of(world.now_ns) <= named:
        world.run(500)
    assert resumed(world).ok


def test_old_news_of_the_busted_fill_does_not_bring_it_back(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    late = world.broker.updates.pop()
    view = world.broker.orders[name].seen()
    world.turn(broker.OrderReply(ticket=0, order=view))  # booked from an answer: the execution's id is not known
    assert world.core.desk.book.qty("mm", "SPY") == 10
    amended(world, name)
    world.turn(late)
    world.run(3_000)
    world.turn(late, broker.OrderReply(ticket=0, order=view))
    world.run(20_000)
    world.turn(late)
    world.run(20_000)
    world.agree()
    assert world.core.desk.book.qty("mm", "SPY") == 0


def test_a_fill_right_after_the_bust_is_booked_too(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 4)
    world.pump()
    assert world.broker.amend(name)
    world.broker.fill(name, 6, BUY_PX - 300)
    world.turn(*world.broker.updates)
    world.broker.updates.clear()
    world.run(20_000)
    world.agree()
    assert world.core.desk.book.qty("mm", "SPY") == 6


def test_two_busts_of_one_order_are_booked_together(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 4)
    world.broker.fill(name, 6, BUY_PX - 100)
    world.pump()
    amended(world, name)
    amended(world, name)
    world.run(3_000)
    assert [record.keys for record in booked(world)] == [("a1", "a2")]
    world.agree()


@pytest.mark.parametrize("px", [0, DEARER_PX], ids=["a bust", "a correction"])
@pytest.mark.parametrize("blind", [False, True], ids=["the update is lost", "the stream is down"])
def test_what_nobody_told_is_found_by_what_the_order_shows(world: World, px: int, *, blind: bool) -> None:
    name = filled(world)
    if blind:
        world.turn(broker.UpdatesDown(reason="gone"))
    assert world.broker.amend(name, px=px)
    world.broker.updates.clear()
    world.run(1_000)
    if blind or px:
        world.connect()  # a price alone shows only in a list of orders, and a round asks for one
    world.run(30_000)
    assert len(booked(world)) == 1
    assert "the venue shows other fills" in world.core.desk.broken["SPY"]
    world.agree()
    assert resumed(world).ok
    world.run(20_000)
    assert world.core.reconciler.state == "ok"
    world.agree()


def test_what_nobody_told_is_booked_to_the_last_ten_thousandth(world: World) -> None:
    """Two amendments of one order at once: the average price of what is gone is no whole number."""
    name = world.place("mm", Side.BUY, 5)
    world.broker.fill(name, 2)
    world.broker.fill(name, 3)
    world.pump()
    assert world.broker.amend(name, 0, px=BUY_PX + 100)
    assert world.broker.amend(name, 1)
    world.broker.updates.clear()
    world.run(1_000)
    world.connect()
    world.run(30_000)
    assert len(booked(world)) == 1
    world.agree()


def test_a_fill_that_is_told_after_its_bust_was_found_is_not_booked_again(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 4)
    late = world.broker.updates.pop()
    world.turn(broker.OrderReply(ticket=0, order=world.broker.orders[name].seen()))
    assert world.broker.amend(name)
    world.broker.updates.clear()
    world.run(1_000)
    world.connect()
    world.run(30_000)
    assert world.core.desk.book.qty("mm", "SPY") == 0
    world.turn(late)
    world.run(30_000)
    assert len(booked(world)) == 1
    world.agree()


def test_an_answer_of_some_seconds_ago_is_no_amendment(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    old = world.broker.orders[name].seen()
    world.broker.fill(name, 10)
    world.pump()
    world.turn(broker.OrderReply(ticket=0, order=old))
    world.run(30_000)
    assert world.core.desk.broken == {}
    assert not world.told(events.TradeAmended)


def test_an_amendment_without_an_id_has_always_the_same_key(world: World) -> None:
    name = filled(world)
    assert world.broker.amend(name)
    told: Any = world.broker.updates.pop()
    bare = broker.TradeUpdate(event=BUST, order=told.order, qty=10, px=BUY_PX, previous_exec_id="x1")
    world.turn(bare, bare)
    world.run(3_000)
    world.turn(bare)
    world.run(3_000)
    assert [record.keys for record in booked(world)] == [("trade_bust of x1",)]
    world.agree()


def test_what_was_sold_on_in_between_stays_sold(world: World) -> None:
    """Shares bought in a trade that is busted, and sold meanwhile: the strategy is short by them, as at the venue."""
    name = filled(world)
    filled(world, 6, side=Side.SELL)
    amended(world, name)
    world.run(3_000)
    position = world.core.desk.book.ledgers["mm"]["SPY"]
    assert (position.qty, position.cash) == (-6, 6 * (world.broker.mid["SPY"] + 200))
    world.agree()
