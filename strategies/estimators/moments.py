"""Exponentially weighted mean and variance of values that come at irregular times (strategies reference 1.2)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hft.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Sequence


class EwMoments:
    """w = 1 − exp(−dt/τ); d = x − m; m += w d; v = (1−w)(v + w d²). Before the first value: mean 0, variance 0.

    `even_start`: the first values weigh 1/n, as in a plain mean, until that is less than w; without it the spread of
    the first minutes is far too small whenever τ is long, and everything looks extreme.
    """

    __slots__ = ("_even_start", "_tau_ns", "_time_ns", "mean", "n", "variance")

    def __init__(self, tau_s: float, *, even_start: bool = False) -> None:
        self._tau_ns, self._even_start = tau_s * NS_PER_S, even_start
        self._time_ns = 0
        self.n = 0
        self.mean = self.variance = 0.0

    def add(self, value: float, time_ns: int) -> None:
        """Take a value; in no time (or one that went back) it has no weight."""
        self.n += 1
        if self.n == 1:
            self.mean, self._time_ns = value, time_ns
            return
        elapsed_ns = time_ns - self._time_ns
        if elapsed_ns <= 0:
            return
        self._time_ns = time_ns
        weight = -math.expm1(-elapsed_ns / self._tau_ns)
        if self._even_start and weight * self.n < 1.0:
            weight = 1.0 / self.n
        distance = value - self.mean
        self.mean += weight * distance
        self.variance = (1.0 - weight) * (self.variance + weight * distance * distance)

    @property
    def sd(self) -> float:
        """Return the standard deviation."""
        return math.sqrt(self.variance)

    def z(self, value: float) -> float:
        """Return how many standard deviations `value` lies above the mean; 0 while there is no spread to measure by."""
        return (value - self.mean) / self.sd if self.variance > 0 else 0.0


class EwMeans:
    """The means alone, of one series over several τ."""

    __slots__ = ("_taus_ns", "_time_ns", "means")

    def __init__(self, taus_s: Sequence[float]) -> None:
        self._taus_ns = [tau_s * NS_PER_S for tau_s in taus_s]
        self._time_ns = 0
        self.means: list[float] = []

    def add(self, value: float, time_ns: int) -> None:
        """Take a value; in no time (or one that went back) it has no weight."""
        if not self.means:
            self.means, self._time_ns = [value] * len(self._taus_ns), time_ns
            return
        elapsed_ns, means = time_ns - self._time_ns, self.means
        if elapsed_ns <= 0:
            return
        self._time_ns = time_ns
        for i, tau_ns in enumerate(self._taus_ns):
            means[i] -= math.expm1(-elapsed_ns / tau_ns) * (value - means[i])
