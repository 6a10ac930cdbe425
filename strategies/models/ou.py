"""The Ornstein–Uhlenbeck process of a spread, from its AR(1) regression (strategies reference 2.2, 2.3).

dx = κ(μ − x) dt + σ dW sampled every h is x' = a + b x + ζ with b = exp(−κh). The regression's b is too small by about
(1 + 3b)/n (Kendall), which makes every random walk look as if it reverted: the fit corrects it before anything else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LN2 = math.log(2.0)
SAMPLES_MIN = 10
SIMPSON_STEPS = 400  # even


@dataclass(frozen=True, slots=True)
class Ou:
    """Speed per second, mean and stationary standard deviation in the units of x."""

    kappa: float
    mean: float
    sd: float

    @property
    def half_life_s(self) -> float:
        """Return ln 2 / κ."""
        return LN2 / self.kappa

    @property
    def sigma(self) -> float:
        """Return the diffusion, units of x per √s."""
        return self.sd * math.sqrt(2.0 * self.kappa)

    def score(self, x: float) -> float:
        """Return (x − μ)/sd, the s-score of Avellaneda & Lee (2010)."""
        return (x - self.mean) / self.sd

    def passage_s(self, start: float, goal: float) -> float:
        """Return how long it takes on average from s-score `start` to `goal` (0 ≤ goal ≤ start)."""
        return first_passage(start, goal) / self.kappa


def unbiased(b: float, n: int) -> float:
    """Return b_c = (n b + 1)/(n − 3): Kendall's correction."""
    return (n * b + 1.0) / (n - 3)


def fit(*, b: float, intercept: float, residual_variance: float, n: int, step_s: float) -> Ou | None:
    """Return the process behind an AR(1) regression of n samples every `step_s`, or None when there is no reversion."""
    if n < SAMPLES_MIN or not 0.0 < b < 1.0:
        return None
    mean = intercept / (1.0 - b)
    corrected = unbiased(b, n)
    if not 0.0 < corrected < 1.0:
        return None
    kappa = -math.log(corrected) / step_s
    sd = math.sqrt(residual_variance / (1.0 - corrected * corrected))
    return Ou(kappa=kappa, mean=mean, sd=sd) if sd > 0 else None


def first_passage(start: float, goal: float) -> float:
    """Return the mean time of a standard OU (unit 1/κ) from `start` down to `goal`, 0 ≤ goal ≤ start.

    √(π/2) ∫ exp(y²/2) (1 − erf(y/√2)) dy from goal to start, by Simpson's rule.
    """
    width = (start - goal) / SIMPSON_STEPS
    total = 0.0
    for step in range(SIMPSON_STEPS + 1):
        y = goal + step * width
        weight = 1 if step in {0, SIMPSON_STEPS} else 4 if step % 2 else 2
        total += weight * math.exp(y * y / 2.0) * math.erfc(y / math.sqrt(2.0))
    return math.sqrt(math.pi / 2.0) * total * width / 3.0
