"""The few statistics, against values worked by hand."""

from __future__ import annotations

import random

import pytest

from recorder.report.statistics import newey_west_t, quantile, thinned, verdict


def test_a_quantile_is_a_value_that_occurred() -> None:
    assert [quantile([5, 1, 4, 2, 3], share) for share in (0.0, 0.5, 0.95, 1.0)] == [1, 3, 5, 5]
    assert quantile([], 0.5) is None


def test_without_autocorrelation_it_is_nearly_the_usual_t() -> None:
    chance = random.Random(1)
    changes = [chance.gauss(0.2, 1) for _ in range(2_000)]
    t = newey_west_t(changes)
    assert t is not None
    assert t == pytest.approx(0.2 * 2_000**0.5, rel=0.25)


def test_changes_that_repeat_themselves_are_worth_less() -> None:
    chance = random.Random(2)
    once = [chance.gauss(0.2, 1) for _ in range(500)]
    alone, repeated = newey_west_t(once), newey_west_t([value for value in once for _ in range(4)])
    assert alone is not None
    assert repeated is not None
    assert repeated < 1.35 * alone  # a plain t would have doubled


def test_too_little_or_nothing_at_all_has_no_t() -> None:
    assert newey_west_t([1.0] * 7) is None
    assert newey_west_t([1.0] * 20) is None


def test_the_words_are_modest() -> None:
    assert verdict(12, 5.0) == "12 fills: too few to say"
    assert verdict(100, None) == "too short to say"
    assert verdict(100, 1.5) == "not distinguishable from 0 (t = 1.5)"
    assert verdict(100, -1.5) == "not distinguishable from 0 (t = −1.5)"
    assert "60 sessions" in verdict(100, 3.0)


def test_a_thinned_curve_keeps_its_spikes_and_its_ends() -> None:
    points = [(float(at), 0.0) for at in range(10_000)]
    points[3_333] = (3_333.0, 99.0)
    points[7_777] = (7_777.0, -99.0)
    kept = thinned(list(points), 300)
    assert len(kept) < 400
    assert {(3_333.0, 99.0), (7_777.0, -99.0)} <= set(kept)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
