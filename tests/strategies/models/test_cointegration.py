"""Engle–Granger: the statistic of the textbook, MacKinnon's values, and the size and power of table 2.3."""

from __future__ import annotations

import numpy as np
import pytest

from strategies.models import cointegration

OBSERVATIONS, RUNS = 390, 300


def pair(rng: np.random.Generator, rho: float) -> tuple[list[float], list[float]]:
    """Return y = x + AR(1) with coefficient rho, x a random walk."""
    x = np.cumsum(rng.normal(size=OBSERVATIONS))
    spread = np.zeros(OBSERVATIONS)
    noise = rng.normal(size=OBSERVATIONS)
    for i in range(1, OBSERVATIONS):
        spread[i] = rho * spread[i - 1] + noise[i]
    return list(x + spread), list(x)


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


def test_the_critical_value_for_a_session_of_minutes_is_mackinnons() -> None:
    assert cointegration.critical(0.05, OBSERVATIONS) == pytest.approx(-3.3519, abs=5e-5)


@pytest.mark.parametrize(("rho", "share"), [(1.0, 0.06), (0.98, 0.14), (0.95, 0.65), (0.90, 0.997)])
def test_it_rejects_as_often_as_it_should(rho: float, share: float) -> None:
    rng = np.random.default_rng(11)
    rejected = sum(cointegration.engle_granger(*pair(rng, rho)).rejects() for _ in range(RUNS)) / RUNS
    assert rejected == pytest.approx(share, abs=0.05)
