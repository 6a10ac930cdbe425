"""Tables 2.3 and 2.4: Ornstein–Uhlenbeck from its regression, Engle–Granger, and what a free intercept eats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from strategies.estimators.kalman import KalmanBeta
from strategies.estimators.regression import RollingLine
from strategies.models import cointegration, ou

Array = np.ndarray[Any, np.dtype[np.float64]]
STEP = 1 / 252  # a day, in years
PATHS = 20_000
OBSERVATIONS, PAIRS = 390, 600
SESSION, RUNS = 4_680, 20  # a session of 5 s samples
HALF_LIFE, MEMORIES = 60, {"q 0": math.inf, "memory 201": 201.0, "memory 21": 21.0, "memory 3": 3.0}


def slopes(kappa: float, n: int, *, seed: int = 1) -> Array:
    """Return the least-squares b of PATHS AR(1) regressions on n daily steps; kappa 0 is a random walk."""
    rng = np.random.default_rng(seed)
    b = math.exp(-kappa * STEP)
    noise = math.sqrt(1 - b * b) if kappa else 1.0
    x = rng.normal(size=PATHS) if kappa else np.zeros(PATHS)
    sums = np.zeros((4, PATHS))  # Σx, Σy, Σxx, Σxy
    line = RollingLine(n)
    for _ in range(n):
        y = b * x + noise * rng.normal(size=PATHS)
        sums += np.stack((x, y, x * x, x * y))
        line.add(float(x[0]), float(y[0]))
        x = y
    sx, sy, sxx, sxy = sums
    found: Array = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    assert math.isclose(found[0], line.slope, rel_tol=1e-9), "the many regressions at once are those that are shipped"
    return found


def speeds(b: Array) -> Array:
    """Return κ a year of the regressions that have one."""
    found: Array = -np.log(b[(b > 0) & (b < 1)]) / STEP
    return found


def processes() -> dict[str, float]:
    """Return the biases and false speeds of the regression, and the passage times."""
    five_years, b20 = math.exp(-20 * STEP), slopes(20, 1260)
    b60, walk = slopes(8.4, 60), slopes(0, 60)
    corrected = np.array([ou.unbiased(value, 60) for value in b60])
    apparent = -np.log(np.maximum(walk, 1e-9)) / STEP
    found = {
        "κ 20 over 5 years, mean of κ": speeds(b20).mean(),
        "κ 20 over 5 years, bias of b": b20.mean() - five_years,
        "κ 20 over 5 years, bias of b corrected": np.mean([ou.unbiased(v, 1260) for v in b20]) - five_years,
        "κ 5 over 5 years, mean of κ": speeds(slopes(5, 1260)).mean(),
        "κ 8.4, 60 samples, mean of κ": speeds(b60).mean(),
        "κ 8.4, 60 samples, median of κ": np.median(speeds(b60)),
        "κ 8.4, 60 samples, median corrected": np.median(
            np.where(corrected > 0, -np.log(np.maximum(corrected, 1e-9)) / STEP, np.inf)
        ),
        "κ 8.4, 60 samples, share b ≥ 1": np.mean(b60 >= 1),
        "random walk, 60 samples, median of κ": np.median(apparent),
        "random walk, 60 samples, share κ > 8.4": np.mean(apparent > 8.4),
        "random walk, 60 samples, share b ≥ 1": np.mean(walk >= 1),
    }
    return {name: float(value) for name, value in found.items()} | half_lives() | passages()


def half_lives() -> dict[str, float]:
    """Return how long a half-life random walks seem to have, in samples: the median, and what 5 % stay under."""
    found = {}
    for n in (200, 390, 1000):
        b = slopes(0, n, seed=2)
        lives = np.where(b < 1, math.log(2) / -np.log(np.minimum(b, 1 - 1e-12)), np.inf)
        found[f"random walk, {n} samples, half-life"] = float(np.median(lives))
        found[f"random walk, {n} samples, half-life 5 %"] = float(np.quantile(lives, 0.05, method="lower"))
    return found


def passages() -> dict[str, float]:
    """Return the mean first-passage times of a standard process."""
    return {
        f"first passage from {start:g} to {goal:g}": ou.first_passage(start, goal)
        for start in (1.25, 2.0, 3.0)
        for goal in (0.0, 0.5)
    }


def pair(rng: np.random.Generator, rho: float) -> tuple[list[float], list[float]]:
    """Return y = x + AR(1) with coefficient rho, x a random walk."""
    x = np.cumsum(rng.normal(size=OBSERVATIONS))
    spread, noise = 0.0, rng.normal(size=OBSERVATIONS)
    spreads = [spread := rho * spread + step for step in noise.tolist()]
    return (x + spreads).tolist(), x.tolist()


def engle_granger() -> dict[str, float]:
    """Return the critical value, and how often pairs of different strength are found."""
    found = {"critical value at 5 %": cointegration.critical(0.05, OBSERVATIONS)}
    for rho in ("1", "0.98", "0.95", "0.90"):
        rng = np.random.default_rng(11)
        rejected = [cointegration.engle_granger(*pair(rng, float(rho))).rejects() for _ in range(PAIRS)]
        found[f"rejects at ρ {rho}"] = float(np.mean(rejected))
    return found


def unrelated_walks(points: int, walks: int, *, seed: int = 5) -> float:
    """Return the 1 % quantile of Engle–Granger's t over so many pairs of short unrelated walks."""
    y, x = np.cumsum(np.random.default_rng(seed).standard_normal((2, points, walks), dtype=np.float32), axis=1)
    y, x = y - y.mean(axis=0), x - x.mean(axis=0)
    e = y - (x * y).sum(axis=0) / (x * x).sum(axis=0) * x
    before, steps = e[:-1], np.diff(e, axis=0)
    square = (before * before).sum(axis=0)
    rho = (before * steps).sum(axis=0) / square
    t = rho / np.sqrt(((steps - rho * before) ** 2).sum(axis=0) / (points - 2) / square)
    return float(np.quantile(t, 0.01))


def kept(memory: float, *, with_beta: bool = True, samples: int = SESSION, runs: int = RUNS) -> Array:
    """Return per run how much of the true spread the innovation keeps (correlation), over one session.

    log B is a random walk. β and α both wander, each as far as gives the prediction a memory of so many samples.
    """
    gain, b = 1 / memory, 2 ** (-1 / HALF_LIFE)
    ratio = gain * gain / (1 - gain)
    found = []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        x, spread = np.cumsum(rng.normal(size=samples)) * 3.0, rng.normal()
        spreads = [spread := b * spread + step for step in (math.sqrt(1 - b * b) * rng.normal(size=samples)).tolist()]
        kalman = KalmanBeta(r=1.0, q_alpha=ratio, q_beta=ratio / float(np.mean(x * x)) if with_beta else 0.0)
        told = [kalman.add(one, one + other) for one, other in zip(x.tolist(), spreads, strict=True)]
        found.append(np.corrcoef(told, spreads)[0, 1])
    return np.array(found)


def trap() -> dict[str, float]:
    """Return the mean over the runs for each memory."""
    return {name: float(kept(memory).mean()) for name, memory in MEMORIES.items()}
