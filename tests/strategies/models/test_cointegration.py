"""Engle–Granger: the statistic is that of the textbook (tests/strategies/published/reversion.py has size and power)."""

from __future__ import annotations

import numpy as np
import pytest

from strategies.models import cointegration
from tests.strategies.published.reversion import OBSERVATIONS, pair, unrelated_walks


def test_the_statistic_is_that_of_two_least_squares_regressions() -> None:
    y, x = pair(np.random.default_rng(3), 0.9)
    design = np.column_stack((np.ones(OBSERVATIONS), x))
    coefficients = np.linalg.lstsq(design, np.array(y), rcond=None)[0]
    e = np.array(y) - design @ coefficients
    rho = (e[:-1] @ np.diff(e)) / (e[:-1] @ e[:-1])
    left = np.diff(e) - rho * e[:-1]
    t = rho / np.sqrt(left @ left / (len(left) - 1) / (e[:-1] @ e[:-1]))
    found = cointegration.engle_granger(y, x)
    assert (found.alpha, found.beta) == pytest.approx(tuple(coefficients), rel=1e-9)
    assert found.statistic == pytest.approx(t, rel=1e-9)


def test_the_value_at_one_per_cent_is_what_short_walks_show_and_not_what_statsmodels_has() -> None:
    """statsmodels 0.15 has b2 = -33.527 where we have MacKinnon's -22.527; at 25 points that is 0.019 apart."""
    seen, ours = unrelated_walks(25, 400_000), cointegration.critical(0.01, 25)
    assert seen == pytest.approx(ours, abs=0.01)
    assert seen > ours - 11.0 / 24**2 + 0.008
