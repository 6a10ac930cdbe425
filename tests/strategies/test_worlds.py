"""A family earns before costs where its relation holds, and nothing where it does not: the test that says most."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.strategies.arena import Arena, core_of
from tests.strategies.worlds import (
    bounce_world,
    flow_world,
    fund_world,
    gross,
    lead_world,
    news_world,
    pair_world,
    t_value,
)

# Student's t at 0.5 % to each side: how many worlds, and with one degree of freedom less what their mean must exceed.
SIZES = pytest.mark.parametrize(
    ("seeds", "t"), [(8, 3.50), pytest.param(20, 2.86, marks=[pytest.mark.e2e, pytest.mark.soak])]
)


class Case(NamedTuple):
    """A family, its world, its symbols and what it must be told for a short life."""

    world: Any
    symbols: tuple[str, ...]
    given: dict[str, Any]
    fills_null: int = 8  # a life in the null world has at most so many on average …
    tries_null: int = 0  # … and at least so many: who cannot know that it is a null world has to try


CASES = {
    "pairs": Case(pair_world, ("KO", "PEP"), {"step_s": 3.0, "samples_min": 300, "days_min": 0, "fit_every_s": 240.0}),
    "etf": Case(fund_world, ("SPY", "IVV"), {"step_s": 2.0, "samples_min": 120, "fit_every_s": 60.0}),
    "leadlag": Case(lead_world, ("SPY", "IWM"), {"window_s": 200.0, "measure_every_s": 60.0}),
    "mm": Case(bounce_world, ("SPY",), {"adverse_prior_bps": 0.5, "floor_sigmas": 0.5}, fills_null=200, tries_null=20),
    "ml": Case(flow_world, ("SPY",), {"labels_min": 300, "loss_window": 200}),
    "news": Case(news_world, ("SPY", "KO"), {"trade": True, "hold_s_max": 40.0, "sigmas_min": 0.5}, tries_null=1),
}
FAMILIES = pytest.mark.parametrize("name", CASES)


def lives(name: str, *, holds: bool, seeds: int) -> list[Arena]:
    """Return one life per seed, in the standard profile, with wakes every half second."""
    case = CASES[name]
    return [
        Arena(core_of(name, case.symbols, demo=False, **case.given), wake_ms=500).play(case.world(seed, holds=holds))
        for seed in range(seeds)
    ]


@SIZES
@FAMILIES
def test_it_earns_where_its_relation_holds(name: str, seeds: int, t: float) -> None:
    arenas = lives(name, holds=True, seeds=seeds)
    assert t_value([gross(arena) for arena in arenas]) > t
    assert sum(len(arena.fills) for arena in arenas) > seeds * 2


@SIZES
@FAMILIES
def test_it_earns_nothing_in_the_null_world_and_hardly_tries(name: str, seeds: int, t: float) -> None:
    arenas, case = lives(name, holds=False, seeds=seeds), CASES[name]
    assert abs(t_value([gross(arena) for arena in arenas])) < t
    assert seeds * case.tries_null <= sum(len(arena.fills) for arena in arenas) < seeds * case.fills_null
