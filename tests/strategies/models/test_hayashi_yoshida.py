"""Hayashi–Yoshida on one made-up day each (tests/strategies/published/lead.py has the tables, of many days)."""

from __future__ import annotations

import numpy as np
import pytest

from strategies.models.hayashi_yoshida import Returns, correlation, covariance, lead
from tests.strategies.published.lead import RHO, SESSION_S, on_seconds, pair


@pytest.mark.parametrize("delay_s", [0.0, 0.5, 1.0])
def test_the_lag_grid_finds_the_delay_of_the_follower(delay_s: float) -> None:
    leader, follower = pair(1, delay_s=delay_s)
    found = lead([(lag / 20, correlation(leader, follower, lag / 20)) for lag in range(-20, 41)])
    assert found.lag == pytest.approx(delay_s, abs=0.11)
    assert found.rho == pytest.approx(RHO, abs=0.03)


def test_the_ratio_of_both_halves_says_who_leads() -> None:
    leader, follower = pair(2, delay_s=1.0)
    grid = [lag / 5 for lag in range(-10, 11)]
    ahead = lead([(lag, correlation(leader, follower, lag)) for lag in grid])
    behind = lead([(lag, correlation(follower, leader, lag)) for lag in grid])
    assert ahead.ratio == pytest.approx(3.95, rel=0.25)
    assert behind.ratio == pytest.approx(1 / ahead.ratio, rel=0.05)


@pytest.mark.parametrize(("rates", "tolerance"), [((1.0, 1.0), 0.03), ((1.0, 0.1), 0.08), ((0.2, 0.05), 0.12)])
def test_thin_ticks_do_not_bias_it_where_they_ruin_resampling(rates: tuple[float, float], tolerance: float) -> None:
    ratios, resampled = [], []
    for seed in range(4):
        a, b = pair(seed, rates=rates)
        ratios.append(covariance(a, b) / (RHO * SESSION_S))
        resampled.append(np.dot(*on_seconds(a, b)) / (RHO * SESSION_S))
    assert np.mean(ratios) == pytest.approx(1.0, abs=tolerance)
    assert np.mean(resampled) < 0.45  # the Epps effect, at one second


def test_overlaps_are_counted_as_the_definition_says() -> None:
    a = Returns([0.0, 2.0, 5.0], [1.0, 10.0])
    b = Returns([1.0, 2.0, 6.0], [100.0, 1000.0])
    assert covariance(a, b) == 1.0 * 100 + 10 * 1000
    assert covariance(a, b, lag=0.5) == 1.0 * 100 + 1.0 * 1000 + 10 * 1000


def test_a_lead_is_the_lag_of_the_largest_correlation_of_either_sign() -> None:
    found = lead([(-1.0, 0.1), (0.0, 0.2), (1.0, -0.5)])
    assert (found.lag, found.rho) == (1.0, -0.5)
    assert found.ratio == pytest.approx(25)
