"""pairs asks for evidence over days, sizes its legs by the hedge ratio, and gives a lonely leg back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.clock import NS_PER_S
from hft.messages import NewOrder, Status
from hft.words import Tif
from tests.strategies.arena import Arena, core_of
from tests.strategies.worlds import MORNING_NS, pair_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Tick
    from strategies.sdk.reversion import Relation

DAY_NS = 24 * 3_600 * NS_PER_S
GIVEN = {"step_s": 3.0, "samples_min": 300, "fit_every_s": 120.0}


def pair_of(arena: Arena) -> Relation:
    relation: Relation = arena.core.strategy.relations[0]  # type: ignore[attr-defined]  # this family is pairs
    return relation


def on_day(number: int, ticks: Iterator[tuple[int, Tick]]) -> Iterator[tuple[int, Tick]]:
    for now_ns, tick in ticks:
        at_ns = now_ns + number * DAY_NS
        yield at_ns, msgspec.structs.replace(tick, recv_ns=at_ns, exch_ns=at_ns)


def test_it_trades_only_when_four_of_the_last_five_sessions_passed() -> None:
    arena = Arena(core_of("pairs", ("KO", "PEP"), demo=False, **GIVEN), wake_ms=1_000)
    for day in range(4):  # Monday to Thursday
        arena.play(on_day(day, pair_world(2, holds=True, seconds=3_000)))
        assert not arena.fills
        assert pair_of(arena).days_passed == day
    arena.play(on_day(4, pair_world(2, holds=True)))
    assert pair_of(arena).days_passed == 4
    assert arena.fills


def test_both_legs_go_out_as_immediate_or_cancel_with_equal_dollars() -> None:
    arena = Arena(core_of("pairs", ("KO", "PEP"), demo=False, days_min=0, **GIVEN), wake_ms=1_000)
    arena.play(pair_world(2, holds=True))
    first, second = [message for _, message in arena.said if isinstance(message, NewOrder)][:2]
    assert (first.symbol, second.symbol) == ("PEP", "KO")
    assert first.side is second.side.opposite
    assert first.tif is second.tif is Tif.IOC
    assert 0.3 < second.qty * second.px / (first.qty * first.px) < 3.0


def test_a_leg_that_stays_alone_is_given_back() -> None:
    arena = Arena(core_of("pairs", ("KO", "PEP"), demo=False, days_min=0, **GIVEN), wake_ms=500)
    for now_ns, tick in pair_world(2, holds=True):
        asked = len(arena.core.desk.orders)
        arena.play([(now_ns, tick)])
        if not asked and len(arena.core.desk.orders):
            halt = Status(symbol="KO", exch_ns=now_ns, recv_ns=now_ns, halted=True, code="H")
            arena.play([(now_ns, halt)])  # just after PEP was asked for
        if len(arena.fills) > 1:
            break
    (_, symbol, side, qty, _), (_, *back) = arena.fills
    assert symbol == "PEP"
    assert back[:3] == ["PEP", side.opposite, qty]
    assert pair_of(arena).legs.broken == 1


def test_the_world_is_on_a_monday_morning() -> None:
    assert MORNING_NS // DAY_NS % 7 == 4  # counted from a Thursday
