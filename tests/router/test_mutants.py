"""Random histories find every known-bad core; an honest one lives through the same histories.

A property test that no mistake can fail proves nothing: this is the proof that tests/router/test_crashes.py can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.router.histories import examine, lived
from tests.router.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterable

SEEDS_MAX = 120
HONEST = 20


def live(seeds: Iterable[int]) -> None:
    for seed in seeds:
        examine(lived(seed))


def test_an_honest_core_lives_through_them() -> None:
    live(range(HONEST))


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_known_bad_core_is_found(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch)
    with pytest.raises(AssertionError):
        live(range(SEEDS_MAX))
