"""Hayashi–Yoshida against synthetic truth, the Epps effect, and three real correlations."""

from __future__ import annotations

import csv
import gzip
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from strategies.models.hayashi_yoshida import Returns, correlation, covariance, lead, returns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SESSION_S, RHO = 23_400, 0.8
STEP_S = 0.01


def two_series(seed: int, *, delay_s: float = 0.0, rates: tuple[float, float] = (1.0, 1.0)) -> tuple[Returns, Returns]:
    """Return returns of two correlated walks seen at Poisson times, the second one `delay_s` late."""
    rng = np.random.default_rng(seed)
    steps = round((SESSION_S + 10) / STEP_S)
    own, common = rng.normal(size=steps), rng.normal(size=steps)
    walks = (np.cumsum(common), np.cumsum(RHO * common + math.sqrt(1 - RHO * RHO) * own))
    found = []
    for walk, rate, delay in zip(walks, rates, (0.0, delay_s), strict=True):
        times = np.sort(rng.uniform(5, SESSION_S, rng.poisson(rate * SESSION_S)))
        seen = walk[((times - delay) / STEP_S).astype(int)] * math.sqrt(STEP_S)
        found.append(returns(times.tolist(), seen.tolist()))
    return found[0], found[1]


@pytest.mark.parametrize("delay_s", [0.0, 0.5, 1.0])
def test_the_lag_grid_finds_the_delay_of_the_follower(delay_s: float) -> None:
    leader, follower = two_series(1, delay_s=delay_s)
    found = lead([(lag / 20, correlation(leader, follower, lag / 20)) for lag in range(-20, 41)])
    assert found.lag == pytest.approx(delay_s, abs=0.11)
    assert found.rho == pytest.approx(RHO, abs=0.03)


def test_the_ratio_of_both_halves_says_who_leads() -> None:
    leader, follower = two_series(2, delay_s=1.0)
    grid = [lag / 5 for lag in range(-10, 11)]
    ahead = lead([(lag, correlation(leader, follower, lag)) for lag in grid])
    behind = lead([(lag, correlation(follower, leader, lag)) for lag in grid])
    assert ahead.ratio == pytest.approx(3.95, rel=0.25)
    assert behind.ratio == pytest.approx(1 / ahead.ratio, rel=0.05)


@pytest.mark.parametrize(("rates", "tolerance"), [((1.0, 1.0), 0.03), ((1.0, 0.1), 0.08), ((0.2, 0.05), 0.12)])
def test_thin_ticks_do_not_bias_it_where_they_ruin_resampling(rates: tuple[float, float], tolerance: float) -> None:
    ratios, resampled = [], []
    for seed in range(4):
        a, b = two_series(seed, rates=rates)
        ratios.append(covariance(a, b) / (RHO * SESSION_S))
        resampled.append(_previous_tick(a, b) / (RHO * SESSION_S))
    assert np.mean(ratios) == pytest.approx(1.0, abs=tolerance)
    assert np.mean(resampled) < 0.45  # the Epps effect, at one second


def _previous_tick(a: Returns, b: Returns) -> float:
    """Return the realised covariance on a grid of one second, each series carried forward."""
    grid = np.arange(10.0, SESSION_S)
    levels = [np.concatenate(([0.0], np.cumsum(s.values)))[np.searchsorted(s.times, grid, "right") - 1] for s in (a, b)]
    return float(np.diff(levels[0]) @ np.diff(levels[1]))


def test_overlaps_are_counted_as_the_definition_says() -> None:
    a = Returns([0.0, 2.0, 5.0], [1.0, 10.0])
    b = Returns([1.0, 2.0, 6.0], [100.0, 1000.0])
    assert covariance(a, b) == 1.0 * 100 + 10 * 1000
    assert covariance(a, b, lag=0.5) == 1.0 * 100 + 1.0 * 1000 + 10 * 1000


def test_a_lead_is_the_lag_of_the_largest_correlation_of_either_sign() -> None:
    found = lead([(-1.0, 0.1), (0.0, 0.2), (1.0, -0.5)])
    assert (found.lag, found.rho) == (1.0, -0.5)
    assert found.ratio == pytest.approx(25)


REAL = {
    ("ETF", "AAA"): (0.5494, 2.919435e-04),
    ("ETF", "BBB"): (0.7999, 2.441599e-04),
    ("AAA", "BBB"): (0.5230, 2.997086e-04),
}


def real_returns(file: Path) -> dict[str, Returns]:
    """Return each symbol's returns: the last price per identical timestamp, zero returns kept."""
    prices: dict[str, dict[int, float]] = {}
    with gzip.open(file, "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            prices.setdefault(row["symbol"], {})[int(row["t_ns"])] = math.log(int(row["px"]))
    return {
        symbol: returns([float(t) for t in points], list(points.values()), drop_zero=False)
        for symbol, points in prices.items()
    }


def test_the_real_correlations_of_a_fund_and_its_parts_are_those_of_the_reference(
    data_file: Callable[[str], Path],
) -> None:
    found = real_returns(data_file("etf-and-components-2014-09-17.csv.gz"))
    for (one, other), (rho, cov) in REAL.items():
        assert correlation(found[one], found[other]) == pytest.approx(rho, abs=5e-5)
        assert covariance(found[one], found[other]) == pytest.approx(cov, rel=1e-6)
