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
# A history that finds it, where that is a late one: it is tried before all others, and costs time where it does not.
FOUND_AT = {
    "booked_twice_after_a_restart": 59,
    "unknown_is_sent_again": 11,
    "an_order_leaves_before_its_sync": 8,
    "not_found_is_failed": 11,
    "the_last_price_for_all": 79,
    "averages_in_whole_cents": 11,
    "snapshot_forgets_the_latches": 22,
    "a_restart_thaws": 17,
    "what_was_taken_back_comes_again": 107,
    "what_is_not_told_is_not_amended": 6,
    "a_split_is_of_the_account_alone": 37,
    "a_claim_is_done_again": 8,
    "a_cross_has_one_side": 31,
    "a_move_takes_the_fills_along": 42,
}


def live(seeds: Iterable[int]) -> None:
    for seed in seeds:
        examine(lived(seed))


def test_an_honest_core_lives_through_them() -> None:
    live(range(HONEST))


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_known_bad_core_is_found(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch)
    with pytest.raises(AssertionError):
        live([FOUND_AT.get(mutant, 0), *range(SEEDS_MAX)])


def test_a_hint_is_one_of_the_histories_and_of_a_mutant_that_exists() -> None:
    assert FOUND_AT.keys() <= MUTANTS.keys()
    assert set(FOUND_AT.values()) <= set(range(SEEDS_MAX))
