"""What strategies ask and what they are answered: once, typed, with the numbers."""

from __future__ import annotations

import msgspec
import pytest

from hft import events
from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import (
    Accepted,
    CancelAll,
    CancelOrder,
    ExecutionReport,
    Refused,
    Register,
    Snapshot,
    StateChanged,
    Status,
    Ticks,
)
from hft.words import OrdStatus, Refusal, Side, TradingState
from router import broker
from tests.router.world import World


@pytest.fixture
def world() -> World:
    return World().ready()


def answers(world: World) -> list[Accepted | Refused]:
    return [item for item in world.said if isinstance(item, Accepted | Refused)]


def refusal(world: World) -> Refused:
    last = answers(world)[-1]
    assert isinstance(last, Refused), last
    return last


def test_an_order_is_journalled_before_it_is_answered_and_sent(world: World) -> None:
    out = list(world.core.handle(world.order("mm", Side.BUY, 10), world.now_ns))
    kinds = [type(item).__name__ for item in out]
    assert kinds == ["OrderOpened", "OrderSent", "Accepted", "SubmitOrder"]
    assert out[3].client_order_id == out[2].client_order_id == out[0].client_order_id


def test_a_new_router_answers_nothing_but_cancels_before_it_is_reconciled() -> None:
    world = World()
    world.turn(Register(strategy="mm", epoch=1, pid=1), *world.quotes())
    world.turn(world.order("mm", Side.BUY, 10))
    assert refusal(world).reason is Refusal.NOT_READY
    world.turn(CancelAll(strategy="mm", epoch=1, seq=2))
    assert isinstance(answers(world)[-1], Accepted)


def test_register_hands_the_book_back(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 4)
    world.pump()
    world.turn(Register(strategy="mm", epoch=2, pid=2))
    snapshot = world.last(Snapshot)
    assert (snapshot.epoch, snapshot.router_epoch, snapshot.state) == (2, 1, TradingState.ACTIVE)
    assert [(held.symbol, held.qty) for held in snapshot.holdings] == [("SPY", 4)]
    assert [(order.client_order_id, order.cum_qty) for order in snapshot.working] == [(name, 4)]


def test_updates_count_on_from_the_snapshot(world: World) -> None:
    world.turn(Register(strategy="mm", epoch=2, pid=2))
    start = world.last(Snapshot).updates_seq
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.pump()
    reports = [item for item in world.said if isinstance(item, ExecutionReport) and item.seq > start]
    assert [report.seq for report in reports] == list(range(start + 1, start + 1 + len(reports)))
    assert [report.status for report in reports][-1] is OrdStatus.FILLED
    assert reports[-1].position == 10


def test_the_same_number_gets_the_stored_answer_and_no_second_order(world: World) -> None:
    order = world.order("mm", Side.BUY, 10)
    world.turn(order, order)
    first, second = answers(world)[-2:]
    assert first == second
    world.pump()
    assert len(world.broker.orders) == 1


def test_the_same_number_gets_the_same_answer_from_the_next_router_too(world: World) -> None:
    order = world.order("mm", Side.BUY, 10)
    world.turn(order)
    accepted = answers(world)[-1]
    world.pump()
    world.boot()
    world.connect()
    world.run(2_000, 100)
    world.turn(Register(strategy="mm", epoch=1, pid=1))
    world.turn(order)
    assert answers(world)[-1] == accepted
    world.pump()
    assert len(world.broker.orders) == 1


def test_a_hole_in_the_numbers_refuses_orders_and_lets_cancels_through(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    link = world.core.desk.link("mm")
    world.turn(world.order("mm", Side.BUY, 10, seq=link.last_seq + 3))
    assert refusal(world).reason is Refusal.SEQ_GAP
    world.turn(CancelOrder(strategy="mm", epoch=1, seq=link.last_seq + 5, client_order_id=name))
    world.pump()
    assert world.broker.orders[name].word == "canceled"


def test_an_older_epoch_is_fenced(world: World) -> None:
    world.turn(Register(strategy="mm", epoch=5, pid=2))
    world.turn(world.order("mm", Side.BUY, 10, epoch=1, seq=1))
    assert refusal(world).reason is Refusal.OLD_EPOCH
    world.turn(Register(strategy="mm", epoch=4, pid=3))
    assert world.last(Snapshot).epoch == 5


def test_an_expired_intent_is_refused_and_so_is_one_without_end(world: World) -> None:
    world.turn(world.order("mm", Side.BUY, 10, expires_ns=world.now_ns))
    assert refusal(world).reason is Refusal.EXPIRED
    world.turn(world.order("mm", Side.BUY, 10, expires_ns=world.now_ns + 3_600 * NS_PER_S))
    assert refusal(world).reason is Refusal.BAD_ORDER


def test_without_a_fresh_quote_there_is_no_new_risk_but_an_exit(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.pump()
    world.pass_ms(2_500)
    world.turn(world.beat("mm"), world.quotes()[-1], world.order("mm", Side.BUY, 10))
    assert refusal(world).reason is Refusal.STALE_QUOTE
    world.turn(world.order("mm", Side.SELL, 10))
    assert isinstance(answers(world)[-1], Accepted)


def test_while_trade_updates_are_down_only_exits_pass(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.pump()
    world.turn(broker.UpdatesDown(reason="gone"), *world.quotes())
    assert world.last(StateChanged).state is TradingState.REDUCING
    world.turn(world.order("mm", Side.BUY, 10))
    assert (refusal(world).reason, refusal(world).text) == (Refusal.NOT_READY, "trade updates are down: gone")
    world.turn(world.order("mm", Side.SELL, 5))
    assert isinstance(answers(world)[-1], Accepted)


def test_a_halted_symbol_takes_no_new_risk(world: World) -> None:
    status = Status(symbol="SPY", exch_ns=0, recv_ns=0, halted=True, code="H", reason="T1")
    world.turn(Ticks(epoch=1, seq=2, ticks=(status,)))
    world.turn(world.order("mm", Side.BUY, 10))
    assert "SPY is halted: H T1" in refusal(world).text
    world.turn(world.order("mm", Side.BUY, 10, symbol="QQQ"))
    assert isinstance(answers(world)[-1], Accepted)


def test_positions_count_at_their_worst_case(world: World) -> None:
    """Ten thousand dollars a symbol: 222 shares of 450 dollars; working orders count as if they were filled."""
    for _ in range(20):
        world.turn(world.order("mm", Side.BUY, 11))
        if isinstance(answers(world)[-1], Refused):
            break
        world.pass_ms(510)
        world.turn(*world.quotes())
    assert refusal(world).reason in {Refusal.POSITION, Refusal.WORKING_ORDERS}
    worst = world.core.desk.book.worst("SPY")
    assert worst * 4_500_000 <= 1_000_000_000


def test_the_venue_is_never_asked_to_cross_zero(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.pump()
    world.turn(world.order("drift", Side.SELL, 8))
    assert isinstance(answers(world)[-1], Accepted)
    sold = world.place("mm", Side.SELL, 3)
    assert order_qty(world, sold) == 2, "8 of the 10 are promised already: the rest of the order is left away"
    world.turn(world.order("drift", Side.SELL, 1))
    assert refusal(world).reason is Refusal.CROSSES_ZERO


def order_qty(world: World, name: str) -> int:
    return world.broker.orders[name].request.qty


def test_the_same_order_twice_in_a_moment_is_a_mistake(world: World) -> None:
    world.place("mm", Side.BUY, 10)
    world.turn(world.order("mm", Side.BUY, 10))
    assert refusal(world).reason is Refusal.DUPLICATE
    world.turn(world.order("mm", Side.BUY, 9))
    assert isinstance(answers(world)[-1], Accepted)
    world.run(600)
    world.turn(world.order("mm", Side.BUY, 10))
    assert isinstance(answers(world)[-1], Accepted)


def test_two_opening_orders_of_opposite_sides_are_one_too_many(world: World) -> None:
    world.place("mm", Side.BUY, 10)
    world.turn(world.order("drift", Side.SELL, 5))
    assert refusal(world).reason is Refusal.OPENING_CONFLICT


def test_an_own_order_that_would_be_met_is_a_wash_trade(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.pump()
    world.place("mm", Side.SELL, 5, 4_500_200)
    world.turn(world.order("drift", Side.BUY, 5, 4_500_200))
    assert refusal(world).reason is Refusal.WASH_TRADE
    world.turn(world.order("drift", Side.BUY, 5, 4_500_100))
    assert isinstance(answers(world)[-1], Accepted)


def use_up_requests(world: World) -> None:
    for n in range(160):
        world.core.desk.budget.ask(broker.GetClock(ticket=10_000 + n, priority=broker.Priority.NEW))
    world.turn()


def test_when_requests_run_out_a_new_order_waits_until_it_expires_and_is_refused_in_words(world: World) -> None:
    use_up_requests(world)
    world.turn(world.order("mm", Side.BUY, 10))
    assert answers(world) == []
    world.pass_ms(510)
    world.turn()
    assert refusal(world).reason is Refusal.REQUEST_BUDGET
    assert "of 200 requests used in the last minute" in refusal(world).text
    assert len(world.told(events.OrderRefused)) == 1


def test_while_it_waits_the_newest_wish_wins_and_the_older_is_answered(world: World) -> None:
    use_up_requests(world)
    first, second = world.order("mm", Side.BUY, 10), world.order("mm", Side.BUY, 9)
    world.turn(first)
    world.turn(world.order("mm", Side.BUY, 9))
    assert (refusal(world).seq, refusal(world).text) == (first.seq, "a newer wish took its place")
    world.core.desk.budget._sent.clear()
    world.pass_ms(100)
    world.turn(*world.quotes())
    accepted = answers(world)[-1]
    assert isinstance(accepted, Accepted)
    assert accepted.seq == second.seq + 1
    world.turn(world.order("mm", Side.BUY, 9, seq=accepted.seq))
    assert answers(world)[-1] == accepted, "the stored answer, and no second order"
    world.pump()
    assert [held.request.qty for held in world.broker.orders.values()] == [9]


def test_an_order_that_waits_is_cancelled_with_all_others(world: World) -> None:
    use_up_requests(world)
    world.turn(world.order("mm", Side.BUY, 10))
    link = world.core.desk.link("mm")
    world.turn(CancelAll(strategy="mm", epoch=1, seq=link.last_seq + 1))
    said = answers(world)[-2:]
    assert isinstance(said[0], Refused)
    assert said[0].text == "cancelled while it waited"
    assert isinstance(said[1], Accepted)


def test_an_exit_that_others_are_in_the_way_of_goes_first(world: World) -> None:
    name = world.place("drift", Side.SELL, 1)
    world.broker.fill(name, 1)
    world.pump()
    quote = world.place("mm", Side.BUY, 4)
    assert order_qty(world, quote) == 1, "the only share that can be bought back is promised to mm's quote"
    world.turn(world.order("drift", Side.BUY, 1))
    world.turn(world.order("mm", Side.BUY, 3))
    assert "an exit of drift in SPY goes first" in refusal(world).text
    world.pump()
    world.pass_ms(50)
    world.turn(*world.quotes())
    world.pump()
    assert world.broker.orders[quote].word == "canceled"
    exits = [held for order, held in world.broker.orders.items() if order.startswith("h1-drift") and not held.is_done]
    assert [(held.request.side, held.request.qty) for held in exits] == [(Side.BUY, 1)]
    world.turn(*world.quotes(), world.order("mm", Side.BUY, 3, symbol="QQQ"))
    assert isinstance(answers(world)[-1], Accepted)


def test_a_silent_strategy_loses_its_orders_and_keeps_its_position(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 4)
    world.pump()
    world.run(3_200, beats=False)
    assert world.broker.orders[name].word == "canceled"
    lost = world.told(events.StrategyLost)
    assert [(event.strategy, event.working_orders) for event in lost if event.strategy == "mm"] == [("mm", 1)]
    assert world.core.desk.book.qty("mm", "SPY") == 4


def test_a_strategy_that_was_only_slow_is_taken_back_at_its_next_beat(world: World) -> None:
    world.run(3_200, beats=False)
    world.turn(*world.quotes(), world.beat("mm"))
    world.turn(world.order("mm", Side.BUY, 10))
    assert isinstance(answers(world)[-1], Accepted)


def test_equal_refusals_in_a_row_are_counted_not_repeated(world: World) -> None:
    for _ in range(50):
        world.turn(world.order("mm", Side.BUY, 999))
    told = world.told(events.OrderRefused)
    assert [event.count for event in told] == [1]
    world.pass_ms(5_100)
    world.turn()
    assert [event.count for event in world.told(events.OrderRefused)] == [1, 49]


def test_a_cancel_that_comes_before_the_venue_has_named_the_order_is_sent_once_it_has(world: World) -> None:
    world.turn(world.order("mm", Side.BUY, 10))
    accepted = answers(world)[-1]
    assert isinstance(accepted, Accepted)
    link = world.core.desk.link("mm")
    world.turn(CancelOrder(strategy="mm", epoch=1, seq=link.last_seq + 1, client_order_id=accepted.client_order_id))
    assert not any(isinstance(request, broker.CancelRequest) for request in world.requests)
    world.pump()
    assert world.broker.orders[accepted.client_order_id].word == "canceled"


def test_a_stranger_cannot_cancel_anothers_order(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    link = world.core.desk.link("drift")
    world.turn(CancelOrder(strategy="drift", epoch=1, seq=link.last_seq + 1, client_order_id=name))
    assert refusal(world).reason is Refusal.UNKNOWN_ORDER
    assert not world.broker.orders[name].is_done


def test_ten_thousand_intents_change_nothing_but_counters(world: World) -> None:
    before = len(world.disk)
    for _ in range(10_000):
        world.core.handle(world.order("mm", Side.BUY, 10**9), world.now_ns)
    assert len(world.disk) == before
    assert world.core.desk.link("mm").refusals == 10_000


@pytest.mark.parametrize("late_ms", [0.0, 400.0])
def test_the_request_carries_its_expiry_so_that_a_queue_cannot_make_it_stale(world: World, late_ms: float) -> None:
    world.turn(world.order("mm", Side.BUY, 10, expires_ns=world.now_ns + round((500 - late_ms) * NS_PER_MS)))
    sent = [request for request in world.requests if isinstance(request, broker.SubmitOrder)]
    assert sent[-1].expires_ns == world.now_ns + round((500 - late_ms) * NS_PER_MS)


@pytest.mark.parametrize(
    "name", ["", "unclaimed", "flat", "panic", "UPPER", "with-dash", "x" * 17, "x" * 1_000, "../../etc", "naïve"]
)
def test_a_name_that_no_strategy_may_have_gets_nothing(world: World, name: str) -> None:
    before = len(world.said), len(world.disk)
    world.turn(Register(strategy=name, epoch=1, pid=1))
    world.turn(world.order("mm", Side.BUY, 1, strategy=name))
    assert (len(world.said), len(world.disk)) == before
    assert name not in world.core.desk.links or name == "unclaimed"


def test_what_is_not_a_strategys_to_say_is_counted_and_ignored(world: World) -> None:
    said = Accepted(strategy="mm", epoch=1, seq=1)
    assert list(world.core.handle(said, world.now_ns)) == []
    assert world.core.report(world.now_ns).counters["strange"] == 1


def test_a_thousand_names_make_no_thousand_lines(world: World) -> None:
    for n in range(1_000):
        world.turn(Register(strategy=f"s{n}", epoch=1, pid=1))
    assert len(world.core.desk.links) <= 64
    world.turn(*world.quotes(), world.order("mm", Side.BUY, 1))
    assert isinstance(answers(world)[-1], Accepted)


def test_a_symbol_of_a_megabyte_is_not_even_answered(world: World) -> None:
    before = len(world.events)
    world.turn(msgspec.structs.replace(world.order("mm", Side.BUY, 1), symbol="X" * 1_000_000))
    assert answers(world) == []
    assert len(world.events) == before


def test_a_flood_of_different_refusals_does_not_flood_the_record(world: World) -> None:
    for n in range(3_000):
        side = Side.BUY if n % 2 else Side.SELL
        world.turn(world.order("mm", side, 999))
    told = world.told(events.OrderRefused)
    assert len(told) <= 210
    world.pass_ms(5_100)
    world.turn()
    assert sum(event.count for event in world.told(events.OrderRefused)) == 3_000
