"""A row of values in standard deviations from their means; all come at once, so they share one clock and one weight."""

from __future__ import annotations

import math

from hft.clock import NS_PER_S


class StandardRow:
    """Each value's exponentially weighted mean and variance, as in `EwMoments` with its even start, to the last bit."""

    __slots__ = ("_clip", "_means", "_n", "_tau_ns", "_time_ns", "_variances")

    def __init__(self, width: int, tau_s: float, *, clip: float) -> None:
        self._tau_ns, self._clip = tau_s * NS_PER_S, clip
        self._means, self._variances = [0.0] * width, [0.0] * width
        self._n, self._time_ns = 0, -1

    def add(self, row: tuple[float, ...], time_ns: int) -> tuple[float, ...]:
        """Return the row as those before it measure it, within ± clip (0 where nothing varied yet); take it in."""
        weight, clip, sqrt = self._weight(time_ns), self._clip, math.sqrt
        kept, told, means, variances = 1.0 - weight, [], [], []
        for value, mean, variance in zip(row, self._means, self._variances, strict=True):
            off = value - mean
            step = weight * off
            z = off / sqrt(variance) if variance > 0 else 0.0
            told.append(z if -clip <= z <= clip else math.copysign(clip, z))
            means.append(mean + step)
            variances.append(kept * (variance + step * off))
        self._means, self._variances = means, variances
        return tuple(told)

    def _weight(self, time_ns: int) -> float:
        """Return what the row of this moment weighs: all at first, nothing when no time has passed."""
        self._n += 1
        elapsed_ns = time_ns - self._time_ns
        if elapsed_ns <= 0:
            return 0.0
        self._time_ns = time_ns
        weight = -math.expm1(-elapsed_ns / self._tau_ns)
        return weight if weight * self._n >= 1.0 else 1.0 / self._n
