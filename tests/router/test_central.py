"""Loss limits act on the worse of the paper book and the honest one, as long as the recorder says what that is."""

from __future__ import annotations

import pytest

from hft.control import Resume
from hft.messages import Beat
from hft.words import Health
from router.central import SETTLE_MS, STALE_MS
from tests.router.test_flatten import hold
from tests.router.world import LIMITS, World

TOO_MUCH = LIMITS.strategy_daily_loss_max + 1


def said(world: World, **mids: int) -> None:
    counters = {f"honest_mid:{name}": money for name, money in mids.items()}
    beat = Beat(
        process="recorder", epoch=1, pid=1, seq=1, state=Health.READY, note="", started_ns=0, loop_delay_ms_max=0.0,
        counters={"lines": 3, **counters}, sent_ns=world.now_ns,
    )  # fmt: skip
    world.turn(beat)


@pytest.fixture
def world() -> World:
    """Return a router whose day has begun, in the honest book with a profit of one dollar."""
    world = World().ready()
    hold(world, "mm", 11)
    world.run(SETTLE_MS, 1_000)
    said(world, mm=10_000, ALL=10_000)
    return world


def is_halted(world: World, name: str = "mm") -> bool:
    return world.core.desk.latch(name).is_halted


def test_a_strategy_that_only_the_honest_book_sees_lose_is_halted(world: World) -> None:
    said(world, mm=10_000 - TOO_MUCH + 2, ALL=0)
    assert not is_halted(world)
    said(world, mm=10_000 - TOO_MUCH, ALL=0)
    assert is_halted(world)
    assert not is_halted(world, "drift")
    assert not is_halted(world, "")


def test_an_account_that_only_the_honest_book_sees_lose_is_halted(world: World) -> None:
    said(world, mm=0, ALL=10_000 - LIMITS.daily_loss_max)
    assert is_halted(world, "")


def test_an_honest_profit_hides_no_paper_loss(world: World) -> None:
    paper = world.core.desk.pnl.day("mm")
    said(world, mm=50_000_000, ALL=50_000_000)
    assert world.core.desk.pnl.worse_day("mm") == paper


def test_what_the_recorder_said_long_ago_binds_nobody(world: World) -> None:
    said(world, mm=10_000 - TOO_MUCH + 2, ALL=0)
    desk = world.core.desk
    assert desk.pnl.worse_day("mm") == 2 - TOO_MUCH
    world.run(STALE_MS + 1_000, 1_000)
    assert desk.pnl.worse_day("mm") == desk.pnl.day("mm")


def test_before_the_recorder_has_turned_its_day_too_paper_alone_counts() -> None:
    world = World().ready()
    hold(world, "mm", 11)
    said(world, mm=-TOO_MUCH, ALL=-TOO_MUCH)
    assert not is_halted(world)
    world.run(SETTLE_MS, 1_000)
    said(world, mm=-TOO_MUCH, ALL=-TOO_MUCH)
    assert world.core.desk.book.day_honest == {"mm": -TOO_MUCH, "ALL": -TOO_MUCH}
    assert not is_halted(world)


def test_the_next_router_counts_from_the_same_start(world: World) -> None:
    assert world.core.desk.book.day_honest == {"mm": 10_000, "ALL": 10_000}
    world.boot()
    assert world.core.desk.book.day_honest == {"mm": 10_000, "ALL": 10_000}
    world.ready()
    said(world, mm=10_000 - TOO_MUCH, ALL=0)
    assert is_halted(world)


def test_a_resume_begins_the_count_anew(world: World) -> None:
    said(world, mm=10_000 - TOO_MUCH, ALL=0)
    world.turn(Resume(peer="ctl", strategy="mm"))
    said(world, mm=10_000 - TOO_MUCH, ALL=0)
    assert not is_halted(world)
    assert world.core.desk.pnl.worse_day("mm") <= 0
    said(world, mm=10_000 - 2 * TOO_MUCH, ALL=0)
    assert is_halted(world)


@pytest.mark.parametrize("strategy", ["mm", ""])
def test_a_resume_of_what_is_not_halted_leaves_the_count_alone(world: World, strategy: str) -> None:
    said(world, mm=10_000 - TOO_MUCH + 2, ALL=0)
    lost = world.core.desk.pnl.worse_day("mm")
    world.turn(Resume(peer="ctl", strategy=strategy))
    assert world.core.desk.pnl.worse_day("mm") == lost == 2 - TOO_MUCH


def silent_and_resumed(world: World) -> None:
    """Halt a strategy for its honest loss, and resume it while the recorder is silent."""
    said(world, mm=10_000 - TOO_MUCH, drift=0, ALL=0)
    world.run(STALE_MS + 1_000, 1_000)
    world.turn(Resume(peer="ctl", strategy="mm"))


def test_a_resume_while_the_recorder_is_silent_begins_the_honest_count_when_it_is_back(world: World) -> None:
    silent_and_resumed(world)
    said(world, mm=-2 * TOO_MUCH, drift=-TOO_MUCH + 1, ALL=0)
    assert not is_halted(world), "what was lost until it is heard again counts no more"
    assert world.core.desk.pnl.worse_day("drift") == -TOO_MUCH + 1, "the others' counts go on"
    said(world, mm=-3 * TOO_MUCH + 1, drift=0, ALL=0)
    assert is_halted(world)


def test_the_next_router_waits_for_the_recorder_too(world: World) -> None:
    silent_and_resumed(world)
    world.save()
    world.boot()
    world.ready()
    said(world, mm=-2 * TOO_MUCH, ALL=0)
    assert not is_halted(world)
    said(world, mm=-3 * TOO_MUCH, ALL=0)
    assert is_halted(world)
