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


def test_health_says_in_words_how_it_is() -> None:
    world = World()
    assert world.core.report(world.now_ns).state is Health.WARMING
    world.ready()
    assert world.core.report(world.now_ns).state is Health.READY
    world.turn(broker.UpdatesDown(reason="gone"))
    report = world.core.report(world.now_ns)
    assert (report.state, report.note) == (Health.DEGRADED, "trade updates are down: gone")


def test_a_full_disk_halts_the_account(world: World) -> None:
    world.turn(broker.DiskFull(text="the disk is full; the journal lives on its reserve"))
    assert world.core.desk.book.standing.is_halted
    assert "the disk is full" in world.status().warnings[0]


def test_requests_are_counted_for_each_strategy_once_a_minute(world: World) -> None:
    world.place("mm", Side.BUY, 10)
    world.run(61_000, 500)
    assert world.told(events.RequestsCounted)[-1].requests == {"mm": 1}
