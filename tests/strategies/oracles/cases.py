"""What is compared: for each case our numbers, the library's, and how far apart they may be."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from strategies.estimators.ftrl import probability
from strategies.estimators.kalman import KalmanBeta
from strategies.estimators.platt import Platt
from strategies.estimators.regression import RollingLine
from strategies.estimators.vpin import bulk_share
from strategies.models import avellaneda, cointegration, ou
from tests.strategies.oracles import library
from tests.strategies.published.learning import SETTINGS, Lagged, stream
from tests.strategies.published.maker import CALM
from tests.strategies.published.reversion import pair

if TYPE_CHECKING:
    from collections.abc import Callable

RHOS = (1.0, 0.98, 0.95, 0.9)
PAIRS = 40
Q_MAX, LEFT_S = 30, 600.0
POINTS = [-3.0, -1.0, -0.1, 0.0, 0.5, 2.0, 6.0]
PASSAGES = [(1.25, 0.0), (2.0, 0.0), (3.0, 0.0), (2.0, 0.5), (4.0, 1.0)]
EVERY = 100  # of the stream's 20,000 probabilities


class Case(NamedTuple):
    """One comparison; the library's side is asked only where it is installed."""

    ours: Callable[[], list[float]]
    theirs: Callable[[], list[float]]
    rel: float
    abs: float = 0.0


def pairs() -> list[tuple[list[float], list[float]]]:
    """Return pairs of series, from unrelated to strongly cointegrated."""
    rng = np.random.default_rng(21)
    return [pair(rng, RHOS[number % len(RHOS)]) for number in range(PAIRS)]


def cloud() -> tuple[list[float], list[float]]:
    """Return x and y of a noisy line at the level of a log price in bps."""
    rng = np.random.default_rng(22)
    x = 150_000 + np.cumsum(rng.normal(size=500))
    return x.tolist(), (120_000 + 0.8 * x + rng.normal(size=500)).tolist()


def spread() -> list[float]:
    """Return an AR(1) of 2,000 samples with a half-life of 60."""
    rng, b, level = np.random.default_rng(23), 2 ** (-1 / 60), 0.0
    return [level := b * level + 0.1 + step for step in rng.normal(size=2_000).tolist()]


def labels() -> tuple[list[float], list[int]]:
    """Return margins and labels of a model that is twice as sure as it should be."""
    rng = np.random.default_rng(24)
    margins = rng.normal(0.3, 2.0, 2_000)
    return margins.tolist(), (rng.random(2_000) < 1 / (1 + np.exp(-margins / 2))).astype(int).tolist()


def wandering() -> tuple[list[float], list[float]]:
    """Return x and y whose slope wanders, 1,000 points."""
    rng = np.random.default_rng(25)
    x = rng.normal(5, 1, 1_000)
    return x.tolist(), ((0.7 + np.cumsum(rng.normal(0, 0.01, 1_000))) * x + 2 + rng.normal(0, 0.1, 1_000)).tolist()


def line() -> list[float]:
    """Return slope, intercept, the slope's error and the residuals' variance."""
    found = RollingLine(500)
    for x, y in zip(*cloud(), strict=True):
        found.add(x, y)
    return [found.slope, found.intercept, found.slope_error, found.residual_variance]


def autoregression() -> list[float]:
    """Return b, intercept and residual variance of the spread on its own last value."""
    found = RollingLine(2_000)
    for before, after in pairwise(spread()):
        found.add(before, after)
    return [found.slope, found.intercept, found.residual_variance]


def kalman(q_beta: float, q_alpha: float) -> list[float]:
    """Return the state after every hundredth point, and the innovation there."""
    found, told = KalmanBeta(r=0.01, q_beta=q_beta, q_alpha=q_alpha), []
    for number, (x, y) in enumerate(zip(*wandering(), strict=True), 1):
        innovation = found.add(x, y)
        told += [found.beta, found.alpha, innovation] if number % EVERY == 0 else []
    return told


def platt() -> list[float]:
    """Return slope and intercept after 20 fits to the same labels: Newton's method has then converged."""
    found = Platt(window=2_000, every=2_000)
    for _ in range(20):
        for margin, label in zip(*labels(), strict=True):
            found.learn(margin, label)
    return [found.slope, found.intercept]


def river_order(l1: float, l2: float) -> list[float]:
    """Return every hundredth probability of the stream."""
    model, (x, y, _) = Lagged(6, l1=l1, l2=l2), stream()
    return [model.learn(features, label) for features, label in zip(x, y, strict=True)][::EVERY]


def depths() -> list[float]:
    """Return the exact bid depths of a calm maker for inventories from −10 to 20."""
    exact = avellaneda.exact_depths(**CALM, q_max=Q_MAX)
    return [exact[q] for q in range(-10, 21)]


def verdicts() -> list[float]:
    """Return for each pair whether no cointegration is rejected at 5 and 10 %."""
    told = [cointegration.engle_granger(*one) for one in pairs()]
    return [float(one.rejects(share)) for one in told for share in (0.05, 0.10)]


CASES: dict[str, Case] = {
    "Engle-Granger t": Case(
        lambda: [cointegration.engle_granger(*one).statistic for one in pairs()],
        lambda: library.coint_statistics(pairs()),
        1e-10,
    ),
    "Engle-Granger verdicts": Case(verdicts, lambda: library.coint_verdicts(pairs()), 0.0),
    "MacKinnon's critical values": Case(
        lambda: [cointegration.critical(share, n) for n in (25, 390, 4_680) for share in (0.05, 0.10)],
        lambda: library.critical_values((25, 390, 4_680)),
        1e-12,
    ),
    "Dickey-Fuller t": Case(
        lambda: [cointegration.dickey_fuller(one[0]) for one in pairs()],
        lambda: library.adf_statistics([one[0] for one in pairs()]),
        1e-10,
    ),
    "least squares": Case(line, lambda: library.least_squares(*cloud()), 1e-8),
    "AR(1)": Case(autoregression, lambda: library.autoregression(spread()), 1e-10),
    "first passage": Case(
        lambda: [ou.first_passage(*one) for one in PASSAGES], lambda: library.passages(PASSAGES), 1e-9
    ),
    "GLFT's exact depths": Case(depths, lambda: library.exact_depths(CALM, Q_MAX, LEFT_S), 1e-6),
    "Kalman, both wander": Case(
        lambda: kalman(1e-4, 1e-3), lambda: library.kalman(*wandering(), 1e-4, 1e-3, EVERY), 1e-6
    ),
    "Kalman without noise": Case(lambda: kalman(0.0, 0.0)[-3:-1], lambda: library.recursive(*wandering()), 5e-6),
    "FTRL in river's order, l1 0": Case(
        lambda: river_order(*SETTINGS[0]), lambda: library.river(*stream()[:2], *SETTINGS[0], EVERY), 1e-12
    ),
    "FTRL in river's order, l1 1": Case(
        lambda: river_order(*SETTINGS[1]), lambda: library.river(*stream()[:2], *SETTINGS[1], EVERY), 1e-12
    ),
    "FTRL in river's order, l1 5": Case(
        lambda: river_order(*SETTINGS[2]), lambda: library.river(*stream()[:2], *SETTINGS[2], EVERY), 1e-12
    ),
    "Platt's scaling": Case(platt, lambda: library.platt(*labels()), 1e-6),
    "normal distribution": Case(lambda: [bulk_share(x, 1.0) for x in POINTS], lambda: library.normal(POINTS), 1e-12),
    "logistic function": Case(lambda: [probability(x) for x in POINTS], lambda: library.logistic(POINTS), 1e-14),
}
