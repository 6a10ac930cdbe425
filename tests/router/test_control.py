"""Halt, resume, stop, losses, the feed, the clock, the close: what the account and each strategy may do."""

from __future__ import annotations

import pytest

from hft import events
from hft.control import Done, Halt, Resume, Stop
from hft.messages import Accepted, Refused, StateChanged
from hft.words import Health, Refusal, Side, TradingState
from router import broker
from router.control import HaltLatch
from tests.router.test_flatten import done, hold, net, run
from tests.router.world import World


@pytest.fixture
def world() -> World:
    return World().ready()


def tried(world: World, family: str = "mm", side: Side = Side.BUY, qty: int = 1) -> Accepted | Refused:
    """Return what a family hears to an order now."""
    world.turn(*world.quotes(), world.order(family, side, qty))
    answer = next(item for item in reversed(world.said) if isinstance(item, Accepted | Refused))
    assert isinstance(answer, Accepted | Refused)
    return answer


def test_a_halt_is_durable_cancels_and_is_answered(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    out = world.turn(Halt(peer="ctl", reason="lunch"))
    kinds = [type(item) for item in out]
    assert kinds.index(HaltLatch) < kinds.index(Done), "the latch is on disk before anyone is told"
    world.pump()
    assert world.broker.orders[name].word == "canceled"
    assert done(world)[-1].ok
    assert "lunch" in world.last(HaltLatch).text
    refused = tried(world)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.text) == (Refusal.HALTED, "lunch")
    assert world.last(StateChanged).state is TradingState.HALTED


def test_the_latch_outlives_the_router_and_only_a_resume_opens_it(world: World) -> None:
    world.turn(Halt(peer="ctl", reason="lunch"))
    world.boot()
    world.ready()
    assert isinstance(tried(world), Refused)
    world.turn(Resume(peer="ctl"))
    assert world.last(HaltLatch).text == ""
    assert isinstance(tried(world), Accepted)
    world.boot()
    world.ready()
    assert isinstance(tried(world), Accepted)
    assert len(world.told(events.HaltSet)) == len(world.told(events.HaltCleared)) == 1


def test_a_halt_file_that_someone_else_wrote_halts_the_next_router(world: World) -> None:
    world.halt_text = "the HALT file cannot be read"
    world.boot()
    world.ready()
    refused = tried(world)
    assert isinstance(refused, Refused)
    assert refused.text == "the HALT file cannot be read"


def test_a_halt_file_removed_by_hand_is_no_resume(world: World) -> None:
    world.turn(Halt(peer="ctl", reason="lunch"))
    world.halt_text = ""
    world.boot()
    world.turn()
    assert world.halt_text.endswith("lunch"), "it is written again"


def test_one_strategy_can_be_halted(world: World) -> None:
    mine, other = world.place("mm", Side.BUY, 10), world.place("drift", Side.BUY, 5)
    world.turn(Halt(peer="ctl", reason="odd quotes", strategy="mm"))
    world.pump()
    assert world.broker.orders[mine].word == "canceled"
    assert not world.broker.orders[other].is_done
    assert isinstance(tried(world), Refused)
    assert isinstance(tried(world, "drift"), Accepted)
    world.turn(Resume(peer="ctl", strategy="mm"))
    assert isinstance(tried(world), Accepted)


def test_a_pause_cancels_entries_keeps_exits_and_outlives_the_router(world: World) -> None:
    hold(world, "mm", 20)
    entry, exit_ = world.place("mm", Side.BUY, 10, symbol="QQQ"), world.place("mm", Side.SELL, 20, px=4_600_000)
    world.turn(Halt(peer="ctl", reason="lunch", strategy="mm", reducing=True))
    world.pump()
    assert (world.broker.orders[entry].word, world.broker.orders[exit_].is_done) == ("canceled", False)
    assert world.last(StateChanged).state is TradingState.REDUCING
    world.boot()
    world.ready()
    refused = tried(world)
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.REDUCING
    assert isinstance(tried(world, "drift"), Accepted)
    world.turn(Resume(peer="ctl", strategy="mm"))
    assert isinstance(tried(world), Accepted)


def test_a_pause_never_loosens_a_halt(world: World) -> None:
    world.turn(Halt(peer="ctl", reason="lost too much", strategy="mm"))
    world.turn(Halt(peer="ctl", reason="lunch", strategy="mm", reducing=True))
    assert not done(world)[-1].ok
    assert "lost too much" in done(world)[-1].text
    assert world.core.desk.latch("mm").is_halted


def test_a_last_gate_that_saw_the_halt_file_halts_the_core(world: World) -> None:
    world.turn(world.order("mm", Side.BUY, 1))
    request = next(item for item in world.requests if isinstance(item, broker.SubmitOrder))
    world.turn(
        broker.NotSent(
            ticket=request.ticket,
            request="SubmitOrder",
            client_order_id=request.client_order_id,
            reason="the HALT file is there",
            halted=True,
        )
    )
    assert world.core.desk.book.standing.is_halted


def test_stop_takes_no_new_order_and_answers_when_nothing_works(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.turn(Stop(peer="ctl"))
    assert done(world) == []
    world.pump()
    world.turn()
    assert world.broker.orders[name].word == "canceled"
    assert done(world) == [Done(peer="ctl", ok=True, text="nothing works any more")]
    assert isinstance(tried(world), Refused)


def test_stop_says_what_could_not_be_cancelled_in_time(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.turn(Stop(peer="ctl", timeout_ms=1_000))
    world.requests.clear()
    world.pass_ms(1_100)
    world.turn()
    assert (done(world)[-1].ok, done(world)[-1].left) == (False, (name,))


def test_sigterm_waits_for_the_cancels_but_not_for_ever(world: World) -> None:
    world.place("mm", Side.BUY, 10)
    world.core.stop(world.now_ns)
    assert not world.core.is_done(world.now_ns)
    world.pass_ms(6_100)
    assert world.core.is_done(world.now_ns)


def test_a_strategy_that_loses_too_much_is_halted_and_told(world: World) -> None:
    for _ in range(4):
        hold(world, "mm", 11)
    world.broker.mid["SPY"] -= 60_000
    world.run(500)
    assert world.core.desk.latch("mm").is_halted
    assert [event.strategy for event in world.told(events.StrategyDisabled)] == ["mm"]
    assert world.core.desk.book.standing.is_active
    assert isinstance(tried(world, "drift"), Accepted)


def test_an_account_that_loses_too_much_is_halted_flattened_and_latched() -> None:
    import msgspec

    from tests.router.world import LIMITS

    world = World(limits=msgspec.structs.replace(LIMITS, daily_loss_max=1_000_000)).ready()
    hold(world, "mm", 11)
    world.broker.mid["SPY"] -= 100_000
    run(world, 4_000)
    assert world.core.desk.book.standing.is_halted
    assert "the account lost" in world.core.desk.book.standing.reason
    assert net(world) == {}
    world.turn(Resume(peer="ctl"))
    world.run(1_000)
    assert world.core.desk.book.standing.is_active, "a resume starts a new count of the day's losses"


@pytest.mark.parametrize("strategy", ["mm", ""])
def test_a_resume_before_the_first_reconciliation_does_not_swallow_the_day(world: World, strategy: str) -> None:
    hold(world, "drift", 11)
    world.turn(Halt(peer="ctl", reason="enough for today", strategy=strategy))
    world.broker.mid["SPY"] -= 60_000
    world.run(500)
    assert world.core.desk.pnl.day("drift") < 0
    world.pass_ms(86_400_000)
    world.boot()
    world.turn(Resume(peer="ctl", strategy=strategy))
    world.ready()
    assert world.core.desk.book.day == "2026-11-24"
    assert world.core.desk.pnl.day("drift") == 0, "yesterday's loss does not count today"


def test_health_says_in_words_how_it_is() -> None:
    world = World()
    assert world.core.report(world.now_ns).state is Health.WARMING
    world.ready()
    assert world.core.report(world.now_ns).state is Health.READY
    world.turn(broker.UpdatesDown(reason="gone"))
    report = world.core.report(world.now_ns)
    assert (report.state, report.note) == (Health.DEGRADED, "trade updates are down: gone")


def test_requests_are_counted_for_each_strategy_once_a_minute(world: World) -> None:
    world.place("mm", Side.BUY, 10)
    world.run(61_000, 500)
    assert world.told(events.RequestsCounted)[-1].requests == {"mm": 1}


def test_quotes_that_nobody_can_look_after_are_pulled(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.run(2_500, quotes=False)
    assert not world.broker.orders[name].is_done
    refused = tried_blind(world)
    assert (refused.reason, refused.text) == (Refusal.NOT_READY, "the feed is down")
    world.run(3_000, quotes=False)
    assert world.broker.orders[name].word == "canceled"
    world.run(500)
    assert isinstance(tried(world), Accepted), "with the feed everything comes back"


def tried_blind(world: World) -> Refused:
    world.turn(world.order("mm", Side.BUY, 1))
    answer = next(item for item in reversed(world.said) if isinstance(item, Refused))
    assert isinstance(answer, Refused)
    return answer


def at_minutes_before_the_close(world: World, minutes: float) -> None:
    """Move to so many minutes before the session's end, with everything alive."""
    close_ns = world.core.desk.market.next_close_ns()
    world.pass_ms((close_ns - world.now_ns) / 1_000_000 - minutes * 60_000)
    world.turn(*world.quotes(), *(world.beat(name) for name in ("mm", "drift")))
    world.pump()


def test_from_ten_minutes_before_the_close_only_exits_are_taken(world: World) -> None:
    hold(world, "mm", 10)
    at_minutes_before_the_close(world, 10.5)
    assert isinstance(tried(world, "drift"), Accepted)
    at_minutes_before_the_close(world, 9.9)
    refused = tried(world, "drift")
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.MARKET_CLOSED
    assert isinstance(tried(world, "mm", Side.SELL), Accepted)


def test_only_the_hour_and_nothing_else_is_no_trouble(world: World) -> None:
    gates = world.core.gates
    assert not gates.is_hour
    at_minutes_before_the_close(world, 9.9)
    assert gates.is_hour
    world.turn(Halt(peer="ctl", reason="tea", reducing=True))
    assert not gates.is_hour


def test_two_minutes_before_the_close_the_strategies_are_flattened_and_nobodys_shares_stay(world: World) -> None:
    hold(world, "mm", 10)
    world.broker.positions["QQQ"] = 5
    world.run(20_000, 200)
    world.turn(Resume(peer="ctl"))
    at_minutes_before_the_close(world, 1.9)
    run(world, 5_000)
    assert net(world) == {"QQQ": 5}
    assert [(event.scope, event.ok) for event in world.told(events.FlattenDone)] == [("mm", True)]


def reject(world: World, family: str) -> None:
    """Let the venue reject an order."""
    world.turn(*world.quotes(), world.order(family, Side.BUY, 1))
    for request in [item for item in world.requests if isinstance(item, broker.SubmitOrder)]:
        world.requests.remove(request)
        world.turn(
            broker.BrokerRejected(
                ticket=request.ticket,
                request="SubmitOrder",
                client_order_id=request.client_order_id,
                status=403,
                code=40310000,
                text="insufficient buying power",
            )
        )


def test_five_rejects_in_a_minute_rest_a_strategy_and_it_comes_back(world: World) -> None:
    for _ in range(5):
        reject(world, "mm")
    refused = tried(world)
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.REDUCING
    assert "rejected too many" in refused.text
    assert isinstance(tried(world, "drift"), Accepted)
    world.run(61_000, 500)
    assert isinstance(tried(world), Accepted)


def test_twenty_rejects_in_ten_minutes_halt_it_until_a_person_looks(world: World) -> None:
    for _ in range(4):
        for _ in range(5):
            reject(world, "mm")
        world.run(61_000, 1_000)
    assert world.core.desk.latch("mm").is_halted
    assert [event.strategy for event in world.told(events.StrategyDisabled)] == ["mm"]


def test_a_clock_that_is_off_takes_no_new_risk(world: World) -> None:
    told = broker.ClockReply(
        ticket=0,
        is_open=True,
        next_open_ns=world.now_ns + 10**15,
        next_close_ns=world.now_ns + 10**13,
        venue_ns=world.now_ns + 3_000_000_000,
    )
    world.turn(told)
    refused = tried(world)
    assert isinstance(refused, Refused)
    assert refused.text == "our clock is 3.0 s behind the venue's (hftctl doctor)"


def test_a_request_that_is_never_answered_is_unknown_after_a_while(world: World) -> None:
    world.turn(world.order("mm", Side.BUY, 1))
    lost = next(item for item in world.requests if isinstance(item, broker.SubmitOrder))
    world.requests.remove(lost)
    order = world.core.desk.book.orders[lost.client_order_id]
    world.run(19_000, 250)
    assert order.status.value == "pending_new"
    world.run(2_000, 250)
    assert order.status.value == "unknown"
    world.run(20_000, 250)
    assert order.presumed_absent


def test_many_orders_are_cancelled_with_one_request(world: World) -> None:
    names = [world.place(family, Side.BUY, 1 + n) for n in range(3) for family in ("mm", "drift")]
    world.turn(Halt(peer="ctl", reason="lunch"))
    asked = [type(request).__name__ for request in world.requests if "Cancel" in type(request).__name__]
    assert asked == ["CancelEverything"]
    world.pump()
    assert all(world.broker.orders[name].word == "canceled" for name in names)


def test_someone_elses_order_is_not_cancelled_with_ours(world: World) -> None:
    for n in range(5):
        world.place("mm", Side.BUY, 1 + n)
    world.by_hand("QQQ", Side.BUY, 5, 3_700_000)
    world.turn(Halt(peer="ctl", reason="lunch"))
    world.pump()
    assert world.broker.working() == ["by-hand"]


def test_an_order_that_rests_for_minutes_is_cancelled(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.run(299_000, 1_000)
    assert not world.broker.orders[name].is_done
    world.run(2_000, 1_000)
    assert world.broker.orders[name].word == "canceled"


def test_what_the_account_may_do_is_recorded_when_it_changes(world: World) -> None:
    world.turn(broker.UpdatesDown(reason="gone"))
    world.connect()
    world.run(2_000, 100)
    states = [(event.state, event.reason) for event in world.told(events.StateNoted)]
    assert states[0] == (TradingState.ACTIVE, "")
    assert (TradingState.REDUCING, "trade updates are down: gone") in states
    assert states[-1] == (TradingState.ACTIVE, "")
