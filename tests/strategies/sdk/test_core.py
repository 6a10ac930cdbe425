"""The core of a strategy process: registered before it trades, in step with the router, soon again after a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_MS, NS_PER_S
from hft.events import StrategyDisabled, TicksMissed
from hft.messages import (
    Beat,
    CancelAll,
    CancelOrder,
    FeedState,
    Gap,
    NewOrder,
    Register,
    StateChanged,
    Status,
    Trade,
)
from hft.words import Health, OrdStatus, Refusal, Side, TradingState
from strategies.sdk.link import AUDIT_WAKES, BEHIND_WAKES_MAX, DOUBT_WAKES_MAX, SILENT_WAKES_MAX
from tests.strategies.sdk.driving import WISH_PX, Bidder, Driver
from tests.strategies.sdk.example import accepted, kinds, quote, refused, report, snapshot, working

if TYPE_CHECKING:
    from hft.messages import Message


@pytest.fixture
def driver() -> Driver:
    return Driver()


@pytest.fixture
def registered(driver: Driver) -> Driver:
    """Give a core that has its Snapshot and one order resting."""
    driver.wake()
    driver.tell(snapshot(updates_seq=10))
    driver.tick()
    driver.tell(accepted(1, "h1"))
    driver.tell(report("h1", OrdStatus.NEW, seq=11))
    return driver


def test_it_registers_again_and_again_until_it_is_answered(driver: Driver) -> None:
    said = driver.wake(12)
    assert said == [Register(strategy="mm", epoch=3, pid=11)] * 2
    driver.tell(snapshot())
    assert driver.wake(12) == []


def test_it_does_not_trade_before_a_snapshot_of_its_own_epoch(driver: Driver) -> None:
    driver.tell(snapshot(epoch=2))
    assert driver.tick() == []
    assert driver.note == "waiting for the router to register us"
    assert driver.core.standing().state is Health.WARMING


def test_it_trades_after_its_snapshot(driver: Driver) -> None:
    driver.tell(snapshot())
    (order,) = driver.tick()
    assert isinstance(order, NewOrder)
    assert (order.seq, order.epoch, order.px) == (1, 3, WISH_PX)
    assert driver.core.standing().state is Health.READY
    assert driver.core.standing().activity == "trading"


def test_it_takes_over_what_the_router_hands_back(driver: Driver) -> None:
    driver.tell(snapshot(position=8, working=(working("h9"),)))
    assert driver.tick() == []  # the very order it wishes for rests already
    assert driver.bidder.position("SPY") == 8


def test_updates_that_overtake_the_snapshot_count_from_where_it_stands(driver: Driver) -> None:
    driver.tell(report("h1", OrdStatus.FILLED, seq=10, last_qty=4, cum_qty=4, position=4))
    driver.tell(report("h2", OrdStatus.FILLED, seq=11, last_qty=4, cum_qty=4, position=8))
    driver.tell(snapshot(updates_seq=10, position=4))
    assert driver.bidder.position("SPY") == 8
    assert driver.core.standing().counters["fills"] == 1


def test_a_missing_update_makes_it_register_again_and_take_all_from_the_snapshot(registered: Driver) -> None:
    registered.tell(report("h1", OrdStatus.FILLED, seq=13, last_qty=4, cum_qty=4, position=4))
    assert registered.note == "waiting for the router to register us"
    assert kinds(registered.wake()) == ["Register"]
    registered.tell(snapshot(updates_seq=12, position=0, working=(working("h1"),)))
    assert registered.bidder.position("SPY") == 4
    assert len(registered.bidder.desk.orders) == 0


def test_an_update_seen_twice_changes_nothing(registered: Driver) -> None:
    fill = report("h1", OrdStatus.FILLED, seq=12, last_qty=4, cum_qty=4, position=4)
    registered.tell(fill)
    registered.tell(fill)
    assert registered.core.standing().counters["fills"] == 1


@pytest.mark.parametrize(
    "news",
    [
        pytest.param(Gap(stream="updates", topic="mm", missed=1), id="a gap in the updates"),
        pytest.param(report("h1", OrdStatus.NEW, seq=1, router_epoch=8), id="updates of another router"),
        pytest.param(refused(2, Refusal.NOT_REGISTERED), id="a router that does not know it"),
        pytest.param(refused(2, Refusal.UNKNOWN_ORDER), id="an order that the router does not know"),
        pytest.param(
            Beat(
                process="router",
                epoch=8,
                pid=1,
                seq=1,
                state=Health.READY,
                note="",
                started_ns=0,
                loop_delay_ms_max=0,
                counters={},
            ),
            id="a beat of another router",
        ),
    ],
)
def test_it_registers_again_after(registered: Driver, news: Message) -> None:
    registered.tell(news)
    assert kinds(registered.wake()) == ["Register"]
    assert registered.core.standing().state is Health.DEGRADED


def test_an_intent_that_nobody_answers_makes_it_register_again(driver: Driver) -> None:
    driver.tell(snapshot())
    driver.tick()
    assert "Register" not in kinds(driver.wake(DOUBT_WAKES_MAX - 2))
    assert kinds(driver.wake(3)) == ["Register"]
    driver.tell(snapshot())
    assert len(driver.bidder.desk.orders) == 0


def test_it_asks_now_and_then_whether_it_has_heard_everything_of_what_works(registered: Driver) -> None:
    assert kinds(registered.wake(AUDIT_WAKES)) == ["Register"]
    registered.tell(snapshot(updates_seq=11, working=(working("h1"),)))
    assert registered.wake(AUDIT_WAKES - 1) == []
    assert registered.core.standing().counters["resyncs"] == 0


def test_a_last_update_that_was_lost_is_found_by_asking(registered: Driver) -> None:
    registered.wake(AUDIT_WAKES)
    registered.tell(snapshot(updates_seq=12, position=4))
    assert kinds(registered.wake(BEHIND_WAKES_MAX)) == ["Register"]
    registered.tell(snapshot(updates_seq=12, position=4))
    assert registered.bidder.position("SPY") == 4
    assert len(registered.bidder.desk.orders) == 0


def test_a_lost_word_that_it_may_trade_again_is_found_by_asking_though_nothing_works(driver: Driver) -> None:
    driver.tell(snapshot(updates_seq=10, state=TradingState.REDUCING))
    assert driver.note.startswith("reducing")
    assert kinds(driver.wake(AUDIT_WAKES)) == ["Register"], "the update that ended it may have been published too early"
    driver.tell(snapshot(updates_seq=11))
    assert kinds(driver.wake(BEHIND_WAKES_MAX)) == ["Register"]
    driver.tell(snapshot(updates_seq=11))
    assert driver.bidder.desk.state is TradingState.ACTIVE
    assert driver.wake(2 * AUDIT_WAKES) == [], "and then there is nothing to ask about"


def test_wakes_that_were_left_out_count_towards_asking(driver: Driver) -> None:
    driver.tell(snapshot(updates_seq=10, state=TradingState.REDUCING))
    left = AUDIT_WAKES - 1
    while left:
        idle = driver.core.idle_wakes(driver.now_ns, 100 * NS_PER_MS)
        assert 0 < idle <= left
        driver.core.rested(idle, driver.now_ns)
        left -= idle
    assert driver.core.idle_wakes(driver.now_ns, 100 * NS_PER_MS) == 0
    assert kinds(driver.wake()) == ["Register"]


def test_an_order_is_not_silent_for_the_wakes_that_were_left_out_before_it(driver: Driver) -> None:
    driver.tell(snapshot(updates_seq=10))
    driver.tick()
    driver.core.rested(AUDIT_WAKES, driver.now_ns)
    assert "Register" not in kinds(driver.wake())


def test_where_signs_of_life_are_vouched_for_none_of_them_ends_the_rest(driver: Driver) -> None:
    driver.tell(snapshot(updates_seq=10))
    before = driver.core.idle_wakes(driver.now_ns, 100 * NS_PER_MS)
    driver.core.link.vouched = True
    assert before < SILENT_WAKES_MAX < driver.core.idle_wakes(driver.now_ns, 100 * NS_PER_MS)


def test_an_update_that_is_only_slower_than_the_answer_is_waited_for(registered: Driver) -> None:
    registered.wake(AUDIT_WAKES)
    registered.tell(snapshot(updates_seq=12, position=4))
    registered.wake(2)
    registered.tell(report("h1", OrdStatus.FILLED, seq=12, last_qty=4, cum_qty=4, position=4))
    assert registered.wake(BEHIND_WAKES_MAX) == []
    assert registered.core.standing().counters["resyncs"] == 0


def test_without_quotes_that_is_the_reason_and_not_what_held_a_wish_back_before(registered: Driver) -> None:
    registered.tell(report("h1", OrdStatus.REJECTED, seq=12))
    registered.tick()
    assert "held back by" in registered.note
    registered.core.desk.now_ns = registered.now_ns = registered.now_ns + 4 * NS_PER_S
    assert "no quote" not in registered.note, "a thin share is often quiet for so long"
    registered.core.desk.now_ns = registered.now_ns = registered.now_ns + 4 * NS_PER_S
    assert registered.note.startswith("no quote for 8 s, and nothing new goes out on a price older than 2 s")
    assert "held back by" not in registered.note
    registered.tick()
    assert "no quote" not in registered.note


def test_a_newer_run_of_the_same_strategy_silences_it(registered: Driver) -> None:
    registered.tell(refused(2, Refusal.OLD_EPOCH))
    assert registered.wake(20) == []
    assert registered.note == "a newer run of this strategy has registered"
    assert registered.core.standing().activity == "disabled"


def test_a_silent_router_closes_the_shop_until_it_beats_again(registered: Driver) -> None:
    beat = Beat(
        process="router",
        epoch=7,
        pid=1,
        seq=1,
        state=Health.READY,
        note="",
        started_ns=0,
        loop_delay_ms_max=0,
        counters={},
    )
    registered.tell(beat)
    registered.wake(SILENT_WAKES_MAX)
    assert registered.note == "the router is silent"
    registered.tell(beat)
    registered.wake()
    assert registered.note != "the router is silent"


def test_losing_the_feed_cancels_everything_and_trades_nothing(registered: Driver) -> None:
    down = FeedState(epoch=1, seq=1, connected=False, last_recv_ns=0, ticks=0)
    assert registered.tell(down) == [CancelAll(strategy="mm", epoch=3, seq=2)]
    registered.tell(report("h1", OrdStatus.CANCELED, seq=12))
    assert registered.tick() == []
    assert registered.note == "the feed is down"
    registered.tell(FeedState(epoch=1, seq=2, connected=True, last_recv_ns=0, ticks=0))
    assert kinds(registered.tick()) == ["NewOrder"]


def test_a_feed_that_says_nothing_at_all_is_down_too(registered: Driver) -> None:
    registered.tell(FeedState(epoch=1, seq=1, connected=True, last_recv_ns=0, ticks=0))
    registered.wake(SILENT_WAKES_MAX + 1)
    assert registered.note == "the feed is down"


def test_every_tick_teaches_but_only_the_newest_may_trade(driver: Driver) -> None:
    driver.tell(snapshot())
    now_ns = driver.now_ns
    batch = [quote(bid, bid + 400, now_ns=now_ns) for bid in (4_499_800, 4_499_900, 4_500_000)]
    assert kinds(driver.tick(*batch)) == ["NewOrder"]
    assert isinstance(driver.bidder, Bidder)
    assert driver.bidder.seen == ((False, 4_499_800), (False, 4_499_900), (True, 4_500_000))


def test_a_late_tick_teaches_but_does_not_trade(driver: Driver) -> None:
    driver.tell(snapshot())
    assert driver.tick(quote(now_ns=driver.now_ns - NS_PER_S - 1)) == []
    assert driver.core.standing().counters["ticks_late"] == 1
    assert kinds(driver.tick(quote(now_ns=driver.now_ns - NS_PER_S))) == ["NewOrder"]


def test_a_halt_cancels_and_nothing_is_placed_until_it_is_over(registered: Driver) -> None:
    now_ns = registered.now_ns
    halt = Status(symbol="SPY", exch_ns=now_ns, recv_ns=now_ns, halted=True, code="H")
    assert registered.tick(halt) == [CancelAll(strategy="mm", epoch=3, seq=2, symbol="SPY")]
    registered.tell(report("h1", OrdStatus.CANCELED, seq=12))
    assert registered.tick() == []
    over = Status(symbol="SPY", exch_ns=now_ns, recv_ns=now_ns, halted=False, code="T")
    registered.tick(over)
    assert kinds(registered.tick()) == ["NewOrder"]


def test_a_halted_strategy_cancels_and_says_why(registered: Driver) -> None:
    halted = StateChanged(strategy="mm", router_epoch=7, seq=12, state=TradingState.HALTED, reason="daily loss")
    assert kinds(registered.tell(halted)) == ["CancelAll"]
    assert registered.note == "halted: daily loss"
    assert registered.core.standing().activity == "disabled"


def test_a_reducing_strategy_is_paused_and_leaves_its_exits_alone(registered: Driver) -> None:
    reducing = StateChanged(strategy="mm", router_epoch=7, seq=12, state=TradingState.REDUCING, reason="paused")
    assert registered.tell(reducing) == []
    assert registered.core.standing().activity == "paused"


def test_a_filled_wish_is_not_wished_again_by_itself(registered: Driver) -> None:
    assert registered.tell(report("h1", OrdStatus.FILLED, seq=12, last_qty=4, cum_qty=4, position=4)) == []
    assert registered.wake(3) == []


def test_a_cancelled_order_is_replaced_by_the_wish_that_waits(registered: Driver) -> None:
    assert kinds(registered.tell(report("h1", OrdStatus.CANCELED, seq=12))) == ["NewOrder"]


def test_a_rejected_order_lets_its_side_rest(registered: Driver) -> None:
    assert registered.tell(report("h1", OrdStatus.REJECTED, seq=12)) == []
    assert registered.tick() == []
    assert registered.bidder.desk.held_back.startswith("a refusal")
    assert registered.note.startswith("held back by a refusal")


def test_what_held_a_wish_back_long_ago_is_no_reason_now(driver: Driver) -> None:
    driver.wake()
    driver.tell(snapshot(updates_seq=10))
    driver.tick()
    driver.tell(refused(1, Refusal.MARKET_CLOSED))
    driver.bidder.desk.filled("SPY")  # the wish is over, and so is soon what held it back
    assert list(driver.bidder.limit("SPY", Side.BUY, 4, WISH_PX, basis_ns=driver.now_ns)) == []
    assert driver.note.startswith("held back by a refusal")
    for _ in range(31):
        driver.now_ns += NS_PER_S
        driver.tell(FeedState(epoch=1, seq=0, connected=True, last_recv_ns=0, ticks=0))
        driver.tell(StateChanged(strategy="mm", router_epoch=7, seq=11, state=TradingState.ACTIVE, reason=""))
    assert driver.note.endswith("; nothing to do")
    assert "held back" not in driver.note


def test_missed_ticks_are_counted_and_told(registered: Driver) -> None:
    said = registered.tell(Gap(stream="ticks", topic="SPY", missed=5))
    assert said == [TicksMissed(reader="mm", missed=5, total=5)]
    assert registered.tell(Gap(stream="ticks", topic="SPY", missed=0)) == []


def test_a_family_that_gives_up_cancels_tells_and_enters_no_more(registered: Driver) -> None:
    free = Trade(symbol="SPY", exch_ns=0, recv_ns=registered.now_ns, px=1, qty=1)
    assert kinds(registered.tick(free)) == ["CancelAll"]
    assert registered.wake() == [StrategyDisabled(strategy="mm", reason="a share for nothing")]
    assert registered.wake() == []
    assert registered.note == "disabled: a share for nothing"


def test_stopping_cancels_everything_and_waits_for_it_for_a_bounded_time(registered: Driver) -> None:
    assert kinds(registered.core.stop(registered.now_ns)) == ["CancelAll"]
    assert not registered.core.is_done(registered.now_ns)
    assert registered.tick() == []
    registered.tell(report("h1", OrdStatus.CANCELED, seq=12))
    assert registered.core.is_done(registered.now_ns)


def test_stopping_does_not_wait_for_a_router_that_never_answers(registered: Driver) -> None:
    list(registered.core.stop(registered.now_ns))
    registered.wake(15)
    assert registered.core.is_done(registered.now_ns)


def test_stopping_before_it_was_registered_has_nothing_to_wait_for(driver: Driver) -> None:
    assert list(driver.core.stop(driver.now_ns)) == []
    assert driver.core.is_done(driver.now_ns)


def test_the_numbers_of_its_intents_have_no_hole(registered: Driver) -> None:
    said = registered.tell(Gap(stream="updates", topic="mm", missed=1)) + registered.wake()
    registered.tell(snapshot(updates_seq=20, working=(working("h1"),)))
    registered.now_ns += 61 * NS_PER_S
    said += registered.tick() + registered.tell(FeedState(epoch=1, seq=1, connected=False, last_recv_ns=0, ticks=0))
    numbers = [m.seq for m in said if isinstance(m, NewOrder | CancelOrder | CancelAll)]
    assert numbers == list(range(2, 2 + len(numbers)))
