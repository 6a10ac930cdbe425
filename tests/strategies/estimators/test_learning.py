"""What learns on line: the rolling line, the Kalman beta, FTRL; each against its batch or published twin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from strategies.estimators.ftrl import Ftrl, probability
from strategies.estimators.kalman import KalmanBeta, steady_gain
from strategies.estimators.regression import RENEW_EVERY, RollingLine
from tests.strategies.published.learning import stream


def test_a_rolling_line_is_least_squares_over_its_window_at_every_step() -> None:
    rng = np.random.default_rng(1)
    x = 150_000 + np.cumsum(rng.normal(size=RENEW_EVERY + 700))
    y = 120_000 + 0.8 * x + rng.normal(size=len(x))
    line = RollingLine(300)
    for i, (a, b) in enumerate(zip(x, y, strict=True)):
        line.add(float(a), float(b))
        if i > 300 and i % 611 == 0:
            window = slice(i - 299, i + 1)
            slope, intercept = np.polyfit(x[window], y[window], 1)
            residual = y[window] - slope * x[window] - intercept
            assert line.slope == pytest.approx(slope, rel=1e-9)
            assert line.intercept == pytest.approx(intercept, rel=1e-7)
            assert line.residual_variance == pytest.approx(np.mean(residual**2), rel=1e-6)
    assert len(line) == 300


def test_a_rolling_line_knows_the_error_of_its_slope() -> None:
    line = RollingLine(10)
    for x, y in ((0.0, 0.1), (1.0, 0.9), (2.0, 2.2), (3.0, 2.8)):
        line.add(x, y)
    slope, residual = 0.94, np.array([0.1, 0.9, 2.2, 2.8]) - (0.09 + 0.94 * np.arange(4))
    assert line.slope == pytest.approx(slope)
    assert line.slope_error == pytest.approx(math.sqrt(float(residual @ residual) / 2 / 5), rel=1e-9)


def test_a_line_through_one_x_has_no_slope() -> None:
    line = RollingLine(5)
    for y in (1.0, 2.0):
        line.add(3.0, y)
    assert math.isnan(line.slope)


def test_without_noise_of_its_own_the_filter_ends_at_least_squares() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(5, 1, 1_000)
    y = 0.7 * x + 2 + rng.normal(0, 0.1, 1_000)
    kalman = KalmanBeta(r=0.01, q_alpha=0.0)
    for a, b in zip(x, y, strict=True):
        kalman.add(float(a), float(b))
    slope, intercept = np.polyfit(x, y, 1)
    assert (kalman.beta, kalman.alpha) == pytest.approx((slope, intercept), rel=5e-6)


@pytest.mark.parametrize(("memory", "left"), [(201.0, 0.836), (21.0, 0.438), (3.0, 0.168)])
def test_a_free_intercept_eats_the_spread_the_faster_the_shorter_its_memory(memory: float, left: float) -> None:
    """A spread with a half-life of 60 samples: its correlation with the innovation, against the closed form."""
    gain, b = 1 / memory, 2 ** (-1 / 60)
    kept = (1 - gain) * b
    with_mean, mean_variance = gain * b / (1 - kept), gain / (2 - gain) * (1 + kept) / (1 - kept)
    assert (1 - with_mean) / math.sqrt(1 + mean_variance - 2 * with_mean) == pytest.approx(left, abs=1e-3)
    rng = np.random.default_rng(4)
    kalman, spread, told = KalmanBeta(r=1.0, q_alpha=gain * gain / (1 - gain)), 0.0, []
    for _ in range(60_000):
        spread = b * spread + math.sqrt(1 - b * b) * rng.normal()
        told.append((kalman.add(0.0, spread), spread))
    assert np.corrcoef(np.array(told[2_000:]).T)[0, 1] == pytest.approx(left, abs=0.02)


def test_the_steady_gain_is_the_inverse_of_the_memory() -> None:
    for memory in (3.0, 21.0, 201.0):
        gain = 1 / memory
        assert steady_gain(gain * gain / (1 - gain)) == pytest.approx(gain, rel=1e-9)


def test_ftrl_zeroes_exactly_the_weights_whose_z_is_within_l1() -> None:
    model = Ftrl(6, l1=12.0)
    for x, y, _ in list(zip(*stream(), strict=True))[:2_000]:
        model.learn(x, y)
    z = model._z
    assert [weight == 0.0 for weight in model.weights()] == [abs(value) <= 12.0 for value in z]
    assert any(weight == 0.0 for weight in model.weights())


def test_ftrls_kept_weights_are_those_of_the_papers_formula_to_the_last_bit() -> None:
    alpha, beta, l1, l2 = 0.05, 1.0, 1.0, 1.0
    model, z, n = Ftrl(6, alpha=alpha, beta=beta, l1=l1, l2=l2), [0.0] * 6, [0.0] * 6
    for x, y, _ in list(zip(*stream(), strict=True))[:2_000]:
        w = [
            0.0 if abs(a) <= l1 else -(a - math.copysign(l1, a)) / ((beta + math.sqrt(b)) / alpha + l2)
            for a, b in zip(z, n, strict=True)
        ]
        assert model.weights() == w
        p = model.learn(x, y)
        for i, value in enumerate(x):
            g = (p - y) * value
            z[i] += g - (math.sqrt(n[i] + g * g) - math.sqrt(n[i])) / alpha * w[i]
            n[i] += g * g
    assert (model._z, model._n) == (z, n)


def test_a_probability_is_bounded_where_the_exponential_would_overflow() -> None:
    assert probability(-1e6) == probability(-35.0) > 0.0
    assert probability(1e6) == probability(35.0) < 1.0
    assert probability(math.log(3.0)) == pytest.approx(0.75)


def test_predicting_learns_nothing() -> None:
    model = Ftrl(2)
    model.learn([1.0, 1.0], 1)
    before = model.weights()
    assert model.predict([1.0, 1.0]) == model.predict([1.0, 1.0])
    assert model.weights() == before
    assert len(set(model.weights())) == 1
