"""Table 4.2: Hayashi–Yoshida on made-up pairs whose truth is known, and on a real fund and its parts."""

from __future__ import annotations

import csv
import gzip
import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.models.hayashi_yoshida import Returns, correlation, covariance, lead, returns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Array = np.ndarray[Any, np.dtype[np.float64]]
FUND = "etf-and-components-2014-09-17.csv.gz"
SESSION_S, RHO = 23_400, 0.8
STEP_S = 0.01  # of the truth, and of the lag grid near its top
SEEDS, THIN_SEEDS = 20, 40
COARSE = [lag / 10 for lag in range(-20, 21)]  # ±2 s: LLR, and where to look closer
CLOSER = range(-15, 16)  # hundredths of a second around the best of them
THIN = {"1/s and 1/s": (1.0, 1.0), "1/s and 0.1/s": (1.0, 0.1), "0.2/s and 0.05/s": (0.2, 0.05)}


def pair(seed: int, *, delay_s: float = 0.0, rates: tuple[float, float] = (1.0, 1.0)) -> tuple[Returns, Returns]:
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


def on_seconds(a: Returns, b: Returns) -> tuple[Array, Array]:
    """Return the moves of both on a grid of one second, each carried forward: what Epps (1979) warns of."""
    grid = np.arange(10.0, SESSION_S)
    levels = [np.concatenate(([0.0], np.cumsum(s.values)))[np.searchsorted(s.times, grid, "right") - 1] for s in (a, b)]
    return np.diff(levels[0]), np.diff(levels[1])


def measured(seed: int, delay_s: float) -> tuple[float, float, float, float, float]:
    """Return one day's lead, ρ there, ρ at 0, the previous-tick ρ, and LLR."""
    leader, follower = pair(seed, delay_s=delay_s)
    curve = {lag: correlation(leader, follower, lag) for lag in COARSE}
    best = lead(curve.items())
    fine = lead((at, correlation(leader, follower, at)) for at in (best.lag + step * STEP_S for step in CLOSER))
    plain = float(np.corrcoef(*on_seconds(leader, follower))[0, 1])
    return fine.lag, fine.rho, curve[0.0], plain, best.ratio


def made_up() -> dict[str, float]:
    """Return what 20 days of each delay give; a minute and a half."""
    found: dict[str, float] = {}
    for delay in ("0.0", "0.1", "0.5", "1.0"):
        lags, at_max, at_zero, plain, ratios = np.array([measured(seed, float(delay)) for seed in range(SEEDS)]).T
        told = (
            lags.mean(),
            lags.std(ddof=1),
            abs(lags - float(delay)).max(),
            at_max.mean(),
            at_zero.mean(),
            plain.mean(),
            ratios.mean(),
        )
        names = ("mean", "sd", "max error", "ρ at max", "ρ at 0", "previous tick ρ", "LLR")
        found |= {f"{delay} s {name}": float(value) for name, value in zip(names, told, strict=True)}
    return found


def thin() -> dict[str, float]:
    """Return how much of the true covariance is found where ticks are few, and how much on a grid of seconds."""
    found, truth = {}, RHO * SESSION_S
    for name, rates in THIN.items():
        pairs = [pair(seed, rates=rates) for seed in range(THIN_SEEDS)]
        found[f"{name}, share of the truth"] = float(np.mean([covariance(a, b) / truth for a, b in pairs]))
        found[f"{name}, previous tick"] = float(np.mean([np.dot(*on_seconds(a, b)) / truth for a, b in pairs]))
    return found


def fund(find: Callable[[str], Path]) -> dict[str, float]:
    """Return the relations of the fund: last price per identical timestamp, zero returns kept."""
    prices: dict[str, dict[int, float]] = {}
    with gzip.open(find(FUND), "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            prices.setdefault(row["symbol"], {})[int(row["t_ns"])] = math.log(int(row["px"]))
    moves = {
        symbol: returns([float(t) for t in points], list(points.values()), drop_zero=False)
        for symbol, points in prices.items()
    }
    found = {}
    for one, other in itertools.combinations(("ETF", "AAA", "BBB"), 2):
        found[f"{one}-{other} correlation"] = correlation(moves[one], moves[other])
        found[f"{one}-{other} covariance"] = covariance(moves[one], moves[other])
    return found
