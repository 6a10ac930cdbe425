"""Who yields where two strategies' orders would meet; and crosses that keep every sum, once, whatever dies when."""

from __future__ import annotations

import random

import pytest

from hft import events
from hft.messages import Accepted, CancelAll, ExecutionReport, Refused
from hft.words import OrdStatus, Refusal, Side, TradingState
from router import records
from tests.router.fake_broker import SYMBOLS
from tests.router.world import FAMILIES, World

MID, BID, ASK = 4_500_000, 4_499_900, 4_500_100


def world_that(conflict: str = "internal-cross", **changes: object) -> World:
    return World(conflict=conflict, **changes).ready()


def answers(world: World, name: str) -> list[Accepted | Refused]:
    return [item for item in world.said if isinstance(item, Accepted | Refused) and item.strategy == name]


def reports(world: World, name: str) -> list[ExecutionReport]:
    return [item for item in world.said if isinstance(item, ExecutionReport) and item.strategy == name]


def held(world: World) -> tuple[int, int, int]:
    book = world.core.desk.book
    return book.qty("mm", "SPY"), book.qty("drift", "SPY"), book.net_qty("SPY")


def meet(world: World, *, older: int = 10, newer: int = 10, px: int = BID) -> str:
    """Let mm bid at the ask and drift offer at the bid; return mm's order."""
    order = world.place("mm", Side.BUY, older, ASK)
    world.turn(world.order("drift", Side.SELL, newer, px))
    return order


def test_by_default_the_newer_is_refused_and_the_older_works_on() -> None:
    world = World().ready()
    order = meet(world)
    told = answers(world, "drift")[-1]
    assert isinstance(told, Refused)
    assert told.reason is Refusal.WASH_TRADE
    assert world.core.desk.book.orders[order].status is OrdStatus.NEW


def test_the_older_is_taken_back_and_the_newer_follows_when_that_is_confirmed() -> None:
    world = world_that("cancel-older")
    order = meet(world)
    assert not answers(world, "drift")
    world.pump()
    world.turn()
    assert world.core.desk.book.orders[order].status is OrdStatus.CANCELED
    assert isinstance(answers(world, "drift")[-1], Accepted)
    world.pump()
    assert [order.ledger for order in world.core.desk.book.working.values()] == ["drift"]
    assert not world.told(events.SharesCrossed)
    world.agree()


def test_an_older_exit_yields_to_nobody() -> None:
    world = world_that("cancel-older")
    bought = world.place("mm", Side.BUY, 10, ASK)
    world.broker.fill(bought, 10)
    world.pump()
    world.place("mm", Side.SELL, 10, ASK + 100)
    world.turn(world.order("drift", Side.BUY, 5, ASK + 100))
    assert isinstance(answers(world, "drift")[-1], Refused)


def test_two_orders_that_would_meet_change_ledgers_at_the_mid_past_the_venue() -> None:
    world = world_that()
    order = meet(world)
    posts = dict(world.broker.posts)
    world.pump()
    world.turn()
    assert held(world) == (10, -10, 0)
    told = answers(world, "drift")[-1]
    assert isinstance(told, Accepted)
    crossed = world.told(events.SharesCrossed)
    assert [(event.seller, event.buyer, event.qty, event.px) for event in crossed] == [("drift", "mm", 10, MID)]
    assert order in crossed[0].reason
    assert "at the mid of $449.99 and $450.01" in crossed[0].reason
    for name, position in (("mm", 10), ("drift", -10)):
        last = reports(world, name)[-1]
        assert (last.last_qty, last.last_px, last.position) == (10, MID, position)
        assert (last.client_order_id, last.status) == (told.client_order_id, OrdStatus.FILLED)
    world.run(20_000, 250)
    assert world.broker.posts == posts, "nothing went to the venue"
    assert world.core.reconciler.state == "ok"
    world.agree()


@pytest.mark.parametrize(("older", "newer", "crossed"), [(10, 4, 4), (4, 10, 4)])
def test_what_is_left_of_the_newer_goes_to_the_venue_and_what_is_left_of_the_older_is_over(
    older: int, newer: int, crossed: int
) -> None:
    world = world_that()
    meet(world, older=older, newer=newer)
    world.pump()
    world.turn()
    world.pump()
    assert held(world) == (crossed, -crossed, 0)
    assert [order.qty for order in world.core.desk.book.working.values()] == ([6] if newer > older else [])
    world.run(20_000, 250)
    world.agree()


@pytest.mark.parametrize("case", ["beyond", "stale", "one-sided", "own"])
def test_without_a_price_that_both_allow_the_newer_is_refused_as_ever(case: str) -> None:
    world = world_that()
    if case == "beyond":  # the older would pay less than the mid
        world.place("mm", Side.BUY, 10, MID - 50 - 50)
        world.turn(world.order("drift", Side.SELL, 10, MID - 500))
    elif case == "own":
        world.place("drift", Side.BUY, 10, ASK)
        world.turn(world.order("drift", Side.SELL, 10, BID))
    else:
        world.place("mm", Side.BUY, 10, ASK)
        if case == "stale":
            world.pass_ms(1_900)
            world.core.desk.market.quotes["SPY"] = world.core.desk.market.quotes["SPY"]
            world.pass_ms(200)
        else:
            world.core.desk.market.quotes.pop("SPY")
        world.turn(world.order("drift", Side.SELL, 10, BID))
    assert isinstance(answers(world, "drift")[-1], Refused)
    world.pump()
    assert not world.told(events.SharesCrossed)
    assert len(world.core.desk.book.working) == 1


def test_shares_that_fill_before_the_cancel_arrives_are_not_crossed() -> None:
    world = world_that()
    order = meet(world, older=10, newer=10)
    world.broker.fill(order, 7)
    world.pump()
    world.turn()
    world.pump()
    assert world.core.desk.book.qty("mm", "SPY") == 10
    assert [event.qty for event in world.told(events.SharesCrossed)] == [3]
    world.run(20_000, 250)
    world.agree()


def test_an_order_that_its_strategy_withdraws_meanwhile_is_not_crossed() -> None:
    world = world_that()
    meet(world)
    world.turn(CancelAll(strategy="mm", epoch=1, seq=world.core.desk.link("mm").last_seq + 1))
    world.pump()
    world.turn()
    assert not world.told(events.SharesCrossed)
    assert world.core.desk.book.qty("mm", "SPY") == 0


def test_a_strategy_that_was_paused_meanwhile_gets_no_share() -> None:
    world = world_that()
    meet(world)
    world.core.control.latch("mm", TradingState.REDUCING, "by hand")
    world.pump()
    world.turn()
    assert not world.told(events.SharesCrossed)


def test_a_wish_that_expires_while_it_waits_is_refused_with_what_stood_in_its_way() -> None:
    world = world_that()
    meet(world)
    world.pass_ms(600)
    world.turn()
    told = answers(world, "drift")[-1]
    assert isinstance(told, Refused)
    assert told.reason is Refusal.WASH_TRADE
    assert not world.core.intents.crossing._taken_back


@pytest.mark.parametrize("crash", ["before", "after"])
def test_a_router_that_dies_around_the_record_has_crossed_once_or_not_at_all(crash: str) -> None:
    world = world_that()
    meet(world)
    requests, world.requests = world.requests, []
    replies = [world.broker.answer(request) for request in requests]
    updates, world.broker.updates = world.broker.updates, []
    world.turn(*replies, *updates, crash=crash)
    times = 1 if crash == "after" else 0
    assert sum(b"Crossed" in line for line in world.disk) == times
    assert held(world) == (10 * times, -10 * times, 0)
    world.connect()
    world.run(20_000, 250)
    assert held(world) == (10 * times, -10 * times, 0)
    assert [event.qty for event in world.history.events if isinstance(event, events.SharesCrossed)] == [10] * times
    world.agree()


@pytest.mark.parametrize("seed", range(12))
def test_random_crosses_and_crashes_keep_the_identity(seed: int) -> None:
    chance, world = random.Random(seed), world_that()
    for _ in range(120):
        name, symbol = chance.choice(FAMILIES), chance.choice(SYMBOLS)
        side = chance.choice(list(Side))
        px = world.broker.mid[symbol] + side.sign * chance.choice((-200, 0, 100, 100, 200))
        world.turn(world.order(name, side, chance.randrange(1, 9), px, symbol))
        if chance.random() < 0.2 and world.broker.working():
            world.broker.fill(chance.choice(world.broker.working()), chance.randrange(1, 5))
        world.pump(chance.randrange(3))
        if chance.random() < 0.04:
            world.turn(crash=chance.choice(("before", "after")))
            world.ready()
        world.pass_ms(chance.choice((0, 50, 300)))
        world.turn(*world.quotes(), *(world.beat(each) for each in FAMILIES))
        assert_sums(world)
    world.pump()
    world.run(40_000, 250)
    world.agree()
    assert_sums(world)
    assert world.core.reconciler.state == "ok"


def assert_sums(world: World) -> None:
    """Assert that every cross is in both ledgers, and that their sum is what orders and crosses make."""
    book = world.core.desk.book
    for symbol in SYMBOLS:
        filled = sum(o.side.sign * o.cum_qty for o in book.orders.values() if o.symbol == symbol)
        assert book.net_qty(symbol) == filled == sum(book.qty(name, symbol) for name in book.ledgers)
    money = sum(position.cash for ledger in book.ledgers.values() for position in ledger.values())
    assert money == -sum(o.side.sign * o.cum_notional for o in book.orders.values())


def test_the_random_worlds_do_cross() -> None:
    crossed = 0
    for seed in range(12):
        chance, world = random.Random(seed), world_that()
        for _ in range(60):
            name, side = chance.choice(FAMILIES), chance.choice(list(Side))
            world.turn(world.order(name, side, 5, MID + side.sign * 100))
            world.pump()
            world.turn(*world.quotes())
            world.pass_ms(600)
        crossed += sum(isinstance(event, events.SharesCrossed) for event in world.events)
    assert crossed > 20


def test_an_older_journal_is_still_read() -> None:
    old = records.Crossed(at_ns=1, symbol="SPY", seller="a", buyer="b", qty=1, px=2)
    assert old.reason == ""


def test_an_order_that_ends_otherwise_than_by_our_cancel_is_not_crossed() -> None:
    world = world_that()
    order = world.broker.orders[meet(world)]
    order.word = "rejected"
    world.broker._publish("rejected", order)
    world.pump()
    world.turn()
    world.pump()
    assert not world.told(events.SharesCrossed)
    assert [each.ledger for each in world.core.desk.book.working.values()] == ["drift"]
    world.agree()
