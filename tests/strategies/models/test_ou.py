"""Mean reversion: the biases, passages and false positives of reference table 2.3 come out of the shipped code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from strategies.models import ou

YEAR_STEP = 1 / 252
Array = np.ndarray[Any, np.dtype[np.float64]]


def regressed(kappa: float, n: int, paths: int, *, seed: int = 1) -> Array:
    """Return the least-squares b of AR(1) regressions on `paths` stationary OU paths of n daily steps."""
    rng = np.random.default_rng(seed)
    b = math.exp(-kappa * YEAR_STEP)
    noise = math.sqrt(1 - b * b) if kappa else 1.0
    x = rng.normal(size=paths) if kappa else np.zeros(paths)
    sums = np.zeros((4, paths))  # Σx, Σy, Σxx, Σxy
    for _ in range(n):
        y = b * x + noise * rng.normal(size=paths)
        sums += np.stack((x, y, x * x, x * y))
        x = y
    sx, sy, sxx, sxy = sums
    slope: Array = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    return slope


def kappas(b: Array) -> Array:
    found: Array = -np.log(b[(b > 0) & (b < 1)]) / YEAR_STEP
    return found


def test_the_regression_is_biased_as_kendall_says_and_the_correction_removes_it() -> None:
    b, true = regressed(20, 1260, 20_000), math.exp(-20 * YEAR_STEP)
    assert kappas(b).mean() == pytest.approx(20.86, abs=0.06)
    assert b.mean() - true == pytest.approx(-0.0031, abs=0.0002)
    assert np.mean([ou.unbiased(value, 1260) for value in b]) - true == pytest.approx(-0.0001, abs=0.0002)


def test_sixty_samples_cannot_tell_a_speed() -> None:
    b = regressed(8.4, 60, 20_000)
    corrected = np.array([ou.unbiased(value, 60) for value in b])
    speeds = np.where(corrected > 0, -np.log(np.maximum(corrected, 1e-9)) / YEAR_STEP, np.inf)
    assert np.median(kappas(b)) == pytest.approx(24.98, abs=0.5)
    assert np.median(speeds) == pytest.approx(7.46, abs=0.5)
    assert np.mean(b >= 1) == pytest.approx(0.013, abs=0.004)


def test_a_speed_filter_alone_passes_most_random_walks() -> None:
    b = regressed(0, 60, 20_000)
    speeds = -np.log(np.maximum(b, 1e-9)) / YEAR_STEP
    assert np.median(speeds) == pytest.approx(18.5, abs=0.6)
    assert np.mean(speeds > 8.4) == pytest.approx(0.78, abs=0.02)
    assert np.mean(b >= 1) == pytest.approx(0.046, abs=0.008)


@pytest.mark.parametrize(
    ("start", "goal", "expected"),
    [
        (1.25, 0.0, 1.056),
        (2.0, 0.0, 1.425),
        (3.0, 0.0, 1.782),
        (1.25, 0.5, 0.532),
        (2.0, 0.5, 0.902),
        (3.0, 0.5, 1.259),
    ],
)
def test_the_mean_passage_times_are_those_of_the_reference(start: float, goal: float, expected: float) -> None:
    assert ou.first_passage(start, goal) == pytest.approx(expected, abs=6e-4)


def test_a_fit_says_speed_mean_and_width_in_the_callers_units() -> None:
    b = math.exp(-math.log(2) / 60)  # half-life 60 samples
    raw = (b * 99_997 - 1) / 100_000  # what the regression would say before the correction
    found = ou.fit(b=raw, intercept=8 * (1 - raw), residual_variance=4 * (1 - b * b), n=100_000, step_s=5.0)
    assert found is not None
    assert found.half_life_s == pytest.approx(300)
    assert found.mean == pytest.approx(8)
    assert found.sd == pytest.approx(2)
    assert found.score(12.0) == pytest.approx(2)
    assert found.passage_s(2, 0.5) == pytest.approx(0.902 * 300 / math.log(2), rel=1e-3)


@pytest.mark.parametrize("b", [1.0, 1.2, 0.0, -0.1, math.nan, 0.99])
def test_what_does_not_come_back_has_no_fit(b: float) -> None:
    assert ou.fit(b=b, intercept=0.0, residual_variance=1.0, n=60, step_s=5.0) is None


def test_too_few_samples_have_no_fit() -> None:
    assert ou.fit(b=0.5, intercept=0.0, residual_variance=1.0, n=9, step_s=5.0) is None
