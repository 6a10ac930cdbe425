"""A family earns before costs where its relation holds, and nothing where it does not: the test that says most."""

from __future__ import annotations

from typing import Any

import pytest

from tests.strategies.arena import Arena, core_of
from tests.strategies.worlds import gross, pair_world, t_value

SEEDS = 20
T_ON, T_NULL = 3.0, 3.0  # one-sided 0.4 %, two-sided 0.7 % with 19 degrees of freedom


def lives(name: str, symbols: tuple[str, ...], *, holds: bool, **given: Any) -> list[Arena]:  # noqa: ANN401 parameters of any family
    """Return one life per seed, with wakes every second: two hours pass in half a second."""
    return [
        Arena(core_of(name, symbols, demo=False, **given), wake_ms=1_000).play(WORLDS[name](seed, holds=holds))
        for seed in range(SEEDS)
    ]


WORLDS = {"pairs": pair_world}
PAIRS = {"step_s": 3.0, "samples_min": 300, "fit_every_s": 180.0}


@pytest.mark.e2e
def test_pairs_earn_where_the_pair_holds() -> None:
    earned = [gross(arena) for arena in lives("pairs", ("KO", "PEP"), holds=True, **PAIRS)]
    assert t_value(earned) > T_ON


@pytest.mark.e2e
def test_pairs_earn_nothing_where_the_pair_is_broken() -> None:
    arenas = lives("pairs", ("KO", "PEP"), holds=False, **PAIRS)
    assert abs(t_value([gross(arena) for arena in arenas])) < T_NULL
    assert sum(len(arena.fills) for arena in arenas) < SEEDS * 8  # and it hardly ever tries
