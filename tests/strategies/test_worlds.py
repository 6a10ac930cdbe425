"""A family earns before costs where its relation holds, and nothing where it does not: the test that says most."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.strategies.arena import Arena, core_of
from tests.strategies.worlds import fund_world, gross, lead_world, pair_world, t_value

SEEDS, SEEDS_NULL = 8, 20
T_ON = 3.5  # one-sided 0.5 % with 7 degrees of freedom
T_NULL = 2.86  # two-sided 1 % with 19


class Case(NamedTuple):
    """A family, its world, its symbols and what it must be told for a short life."""

    world: Any
    symbols: tuple[str, ...]
    given: dict[str, Any]


CASES = {
    "pairs": Case(pair_world, ("KO", "PEP"), {"step_s": 3.0, "samples_min": 300, "days_min": 0, "fit_every_s": 240.0}),
    "etf": Case(fund_world, ("SPY", "IVV"), {"step_s": 2.0, "samples_min": 120, "fit_every_s": 60.0}),
    "leadlag": Case(lead_world, ("SPY", "IWM"), {"window_s": 200.0, "measure_every_s": 60.0}),
}
FAMILIES = pytest.mark.parametrize("name", CASES)


def lives(name: str, *, holds: bool, seeds: int) -> list[Arena]:
    """Return one life per seed, in the standard profile, with wakes every half second."""
    case = CASES[name]
    return [
        Arena(core_of(name, case.symbols, demo=False, **case.given), wake_ms=500).play(case.world(seed, holds=holds))
        for seed in range(seeds)
    ]


@FAMILIES
def test_it_earns_where_its_relation_holds(name: str) -> None:
    arenas = lives(name, holds=True, seeds=SEEDS)
    assert t_value([gross(arena) for arena in arenas]) > T_ON
    assert sum(len(arena.fills) for arena in arenas) > SEEDS * 2


@FAMILIES
def test_it_earns_nothing_in_the_null_world_and_hardly_tries(name: str) -> None:
    arenas = lives(name, holds=False, seeds=SEEDS_NULL)
    assert abs(t_value([gross(arena) for arena in arenas])) < T_NULL
    assert sum(len(arena.fills) for arena in arenas) < SEEDS_NULL * 8
