"""Live and from the files: the same fold, the same numbers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from hft.eventline import Stamp
from hft.events import ProcessStarted
from hft.messages import Ticks
from hft.words import Side
from recorder.analysis import Analysis
from recorder.fillmodels import Scale
from recorder.markouts import HORIZONS_S
from recorder.parcels import FlushTape, Refold
from recorder.session import Session
from tests.recorder.market import NS_PER_S, Market, Told
from tests.recorder.test_honest import PX, random_market

if TYPE_CHECKING:
    from recorder.account import Interval

DAY = "2026-11-23"


def give(target: Session | Analysis, item: Told | Ticks) -> None:
    if isinstance(item, Ticks):
        target.add_ticks(item)
    else:
        target.add_event(*item)


def numbers(session: Session) -> tuple[Interval, dict[str, int], list[float | None]]:
    marks = [session.markouts.of("mm", horizon_s) for horizon_s in HORIZONS_S]
    return session.honest.interval("mm"), session.honest.gaps("mm"), marks


@pytest.mark.parametrize("seed", range(6))
def test_what_arrives_up_to_two_seconds_late_changes_nothing(seed: int) -> None:
    market, chance = random_market(seed), random.Random(seed)
    live = Session(DAY, Scale())
    arrivals = sorted(
        ((at_ns + chance.randrange(0, 2 * NS_PER_S), number, item)
         for number, (at_ns, item) in enumerate(market.in_order())),
        key=lambda each: each[0],
    )  # fmt: skip
    arrivals = in_order_of_each_source(arrivals)
    for now_ns, _, item in arrivals:
        give(live, item)
        live.advance(now_ns)
    live.finish()
    assert live.late == 0
    assert numbers(live) == numbers(market.session())


def in_order_of_each_source(arrivals: list[tuple[int, int, Told | Ticks]]) -> list[tuple[int, int, Told | Ticks]]:
    """Return the same moments of arrival, with each source's items in the order in which it sent them."""
    queues = {
        kind: sorted((each for each in arrivals if isinstance(each[2], Ticks) is kind), key=lambda each: each[1])
        for kind in (True, False)
    }
    moments = {kind: sorted(each[0] for each in queue) for kind, queue in queues.items()}
    found = [
        (max(at_ns, each[0] - 2 * NS_PER_S), each[1], each[2])
        for kind in (True, False)
        for at_ns, each in zip(moments[kind], queues[kind], strict=True)
    ]
    return sorted(found, key=lambda each: each[0])


def test_what_comes_later_than_that_is_noticed() -> None:
    market = random_market(1)
    live = Session(DAY, Scale())
    *items, last = [item for _, item in market.in_order()]
    late = next(item for item in items if isinstance(item, Ticks))
    for item in items:
        if item is not late:
            give(live, item)
    live.advance(market.told[-1][2] + 10 * NS_PER_S)
    assert live.late == 0
    given = late.ticks[0]
    other = Ticks(epoch=9, seq=1, ticks=(given,))
    give(live, other)
    assert live.late == 1
    assert last is not late


def test_an_event_that_changes_nothing_may_be_as_late_as_it_likes() -> None:
    market = random_market(1)
    live = Session(DAY, Scale())
    for _, item in market.in_order():
        give(live, item)
    live.advance(market.told[-1][2] + 10 * NS_PER_S)
    stamp, _, ts_ns = market.told[0]
    started = ProcessStarted(process="mm", pid=1, version="", config_hash="")
    live.add_event(Stamp(ts=stamp.ts, producer="mm", epoch=1, seq=1), started, ts_ns)
    assert live.late == 0


def test_after_a_long_reading_the_next_one_waits_longer() -> None:
    analysis = Analysis(Session(DAY, Scale()))
    assert analysis.session is not None
    analysis.session.late = 1
    assert len(list(analysis.advance(100 * NS_PER_S))) == 2
    analysis.replace(Session(DAY, Scale()), took_ms=2_000)
    analysis.session.late = 1
    assert list(analysis.advance(249 * NS_PER_S)) == []
    assert len(list(analysis.advance(251 * NS_PER_S))) == 2


def test_nothing_is_taken_twice() -> None:
    market = random_market(2)
    session = Session(DAY, Scale())
    for _, item in market.in_order():
        give(session, item)
        give(session, item)
    session.finish()
    assert numbers(session) == numbers(market.session())


def test_while_the_files_are_read_nothing_that_comes_is_lost() -> None:
    market = random_market(4)
    items = list(market.in_order())
    half = len(items) // 2
    analysis = Analysis(Session(DAY, Scale()))
    for _, item in items[:half]:
        give(analysis, item)
    assert analysis.session is not None
    analysis.session.late = 1
    now_ns = items[half][0]
    assert list(analysis.advance(now_ns)) == [FlushTape(), Refold(day=DAY)]
    from_files = Session(DAY, Scale())
    for _, item in items[: half + 5]:  # some of what came meanwhile is in the files already
        give(from_files, item)
    for _, item in items[half : half + 40]:
        give(analysis, item)
    analysis.replace(from_files)
    for _, item in items[half + 40 :]:
        give(analysis, item)
    analysis.session.finish()
    assert (numbers(analysis.session), analysis.refolds) == (numbers(market.session()), 1)


def test_the_files_are_read_at_most_every_half_minute() -> None:
    analysis = Analysis(Session(DAY, Scale()))
    assert analysis.session is not None
    analysis.session.late = 1
    assert len(list(analysis.advance(100 * NS_PER_S))) == 2
    analysis.replace(Session(DAY, Scale()))
    analysis.session.late = 1
    assert list(analysis.advance(120 * NS_PER_S)) == []
    assert len(list(analysis.advance(131 * NS_PER_S))) == 2


@pytest.mark.parametrize(("side", "sign"), [(Side.BUY, 1), (Side.SELL, -1)])
def test_a_markout_is_the_signed_move_after_the_fill(side: Side, sign: int) -> None:
    market = Market()
    market.quote(0, PX - 100, PX + 100)
    market.fill(1, "a", PX, side=side)
    for at_s in (1.5, 1.8, 1.9):
        market.quote(at_s, PX + 900, PX + 1_100)
    market.quote(10, PX + 900, PX + 1_100)
    session = market.session()
    after_1s = session.markouts.of("mm", 1)
    assert after_1s is not None
    assert 8 < after_1s * sign < 10
    assert session.markouts.of("mm", 30) is None
    assert session.markouts.of_all(1) == after_1s


def test_the_heartbeat_tells_both_books_of_each_strategy_and_the_honest_one_of_all() -> None:
    analysis = Analysis(random_market(3).session())
    counters = analysis.counters()
    honest = {f"honest_{what}:{name}" for what in ("low", "mid", "high") for name in ("mm", "ALL")}
    assert set(counters) == honest | {"paper:mm", "leftover:mm", "leftover:ALL"}
    assert counters["honest_mid:ALL"] == counters["honest_mid:mm"]
    assert counters["honest_low:mm"] <= counters["honest_mid:mm"] <= counters["honest_high:mm"]
    assert Analysis(None).counters() == {}
