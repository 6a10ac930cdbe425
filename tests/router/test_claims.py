"""Shares traded by hand become a strategy's: journalled, told, done once, and the sum stays the broker's."""

from __future__ import annotations

import pytest

from hft import events
from hft.control import Claim, ClaimDone
from hft.messages import ExecutionReport
from router.ids import UNCLAIMED
from tests.router.world import World


@pytest.fixture
def world() -> World:
    """Return a world that began with forty shares that nobody here bought."""
    world = World()
    world.broker.positions["SPY"] = 40
    return world.ready()


def claim(world: World, qty: int = 0, *, key: str = "k1", strategy: str = "mm", symbol: str = "SPY") -> ClaimDone:
    world.turn(Claim(peer="ctl", key=key, symbol=symbol, strategy=strategy, qty=qty))
    done: ClaimDone = world.last(ClaimDone)
    return done


def ledgers(world: World) -> tuple[int, int, int]:
    book = world.core.desk.book
    return book.qty("mm", "SPY"), book.qty(UNCLAIMED, "SPY"), book.net_qty("SPY")


def test_all_of_it_changes_ledgers_at_the_mid_and_the_sum_stays(world: World) -> None:
    done = claim(world)
    assert (done.ok, done.qty, done.px) == (True, 40, 4_500_000)
    assert ledgers(world) == (40, 0, 40)
    assert world.core.desk.pnl.day("mm") == 0
    told = world.told(events.PositionClaimed)[-1]
    assert (told.strategy, told.symbol, told.qty, told.position) == ("mm", "SPY", 40, 40)
    report = next(item for item in reversed(world.said) if isinstance(item, ExecutionReport))
    assert (report.strategy, report.last_qty, report.position) == ("mm", 40, 40)
    world.run(20_000, 500)
    assert world.core.reconciler.state == "ok"
    assert not world.requests


def test_a_part_of_a_short_is_given_as_a_short() -> None:
    world = World()
    world.broker.positions["SPY"] = -40
    done = claim(world.ready(), 15)
    assert done.qty == -15
    assert ledgers(world) == (-15, -25, -40)


def test_the_same_claim_twice_is_done_once_also_after_a_crash_and_a_saved_book(world: World) -> None:
    claim(world, 10)
    again = claim(world, 10)
    assert (again.ok, again.qty) == (True, 0)
    world.turn(world.recorded())
    world.core.desk.write(world.core.desk.book.saved(world.now_ns))
    world.turn()
    world.boot()
    world.connect()
    world.run(2_500, 100)
    assert claim(world, 10).qty == 0
    assert ledgers(world) == (10, 30, 40)
    assert claim(world, 10, key="k2").qty == 10


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"qty": 41}, "41 SPY asked for, 40 are unclaimed"),
        ({"strategy": "nobody"}, "no strategy 'nobody'; known: drift, mm"),
        ({"strategy": UNCLAIMED}, "no strategy 'unclaimed'; known: drift, mm"),
    ],
)
def test_what_cannot_be_claimed_is_refused_in_words(world: World, asked: dict[str, int | str], why: str) -> None:
    done = claim(world, **asked)  # type: ignore[arg-type]  # each row has its own
    assert (done.ok, done.text) == (False, why)
    assert ledgers(world) == (0, 40, 40)


def test_nothing_is_claimed_where_broker_and_book_disagree(world: World) -> None:
    world.broker.positions["SPY"] = 50
    world.run(30_000, 250)
    done = claim(world)
    assert (done.ok, "the broker holds 50, the ledgers 40" in done.text) == (False, True)


def test_nothing_unclaimed_is_no_error(world: World) -> None:
    done = claim(world, symbol="QQQ")
    assert (done.ok, done.qty, done.text) == (True, 0, "nothing of QQQ is unclaimed")
