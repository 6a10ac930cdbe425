"""Volatility in bps per √second, from a fair value sampled on a fixed grid (strategies reference 1.2).

A grid of 10 s sees little of the bounce between bid and ask; a prior stands in until there are samples of its own.
"""

from __future__ import annotations

import math

from hft.clock import NS_PER_S


class Volatility:
    """v += w(dm²/dt − v) on the grid; the prior counts like one sample."""

    __slots__ = ("_grid_ns", "_last", "_next_ns", "_tau_ns", "_time_ns", "n", "variance")

    def __init__(self, *, grid_s: float = 10.0, tau_s: float = 600.0, prior_bps: float = 0.5) -> None:
        self._grid_ns, self._tau_ns = round(grid_s * NS_PER_S), tau_s * NS_PER_S
        self._last = 0.0
        self._time_ns = self._next_ns = 0
        self.n = 0
        self.variance = prior_bps * prior_bps

    def add(self, log_px_bps: float, time_ns: int) -> None:
        """Take the fair value's logarithm in bps; only one value per grid step counts."""
        if time_ns < self._next_ns:
            return
        if self._next_ns:
            elapsed_ns = time_ns - self._time_ns
            move = log_px_bps - self._last
            self.n += 1
            weight = max(-math.expm1(-elapsed_ns / self._tau_ns), 1.0 / (self.n + 1))
            self.variance += weight * (move * move * NS_PER_S / elapsed_ns - self.variance)
        self._last, self._time_ns, self._next_ns = log_px_bps, time_ns, time_ns + self._grid_ns

    @property
    def bps(self) -> float:
        """Return the volatility, bps per √s."""
        return math.sqrt(self.variance)

    def over_s(self, seconds: float) -> float:
        """Return the standard deviation of the move in so many seconds, bps."""
        return math.sqrt(self.variance * seconds)
