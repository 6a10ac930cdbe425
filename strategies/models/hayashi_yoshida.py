"""Correlation of two series that tick at their own times: Hayashi & Yoshida (2005), with a lag (reference 4.1).

Σ over pairs of overlapping intervals of rA rB, divided by √(Σ rA² Σ rB²); no resampling, so no Epps effect. Shifting A
by θ and looking for the largest |ρ(θ)| estimates the lead (Hoffmann, Rosenbaum & Yoshida 2013): θ > 0, A leads.
O(n + overlaps) per lag, by two pointers: for timers, not for ticks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Returns(NamedTuple):
    """Log returns and the ends of their intervals: return i happened in (times[i], times[i + 1]]. Times in any unit."""

    times: Sequence[float]
    values: Sequence[float]


def returns(times: Sequence[float], log_px: Sequence[float], *, drop_zero: bool = True) -> Returns:
    """Return the log returns between ticks; ticks without a change can be left out (they only cut intervals)."""
    kept_times, values, last = [times[0]], [], log_px[0]
    for time, value in zip(times[1:], log_px[1:], strict=True):
        if value != last or not drop_zero:
            kept_times.append(time)
            values.append(value - last)
            last = value
    return Returns(kept_times, values)


def covariance(a: Returns, b: Returns, lag: float = 0.0) -> float:
    """Return Σ rA rB over overlapping intervals, A's moved later by `lag`."""
    total, first = 0.0, 0
    b_times, b_values, count = b.times, b.values, len(b.values)
    for i, value in enumerate(a.values):
        start, end = a.times[i] + lag, a.times[i + 1] + lag
        while first < count and b_times[first + 1] <= start:
            first += 1
        j = first
        while j < count and b_times[j] < end:
            total += value * b_values[j]
            j += 1
    return total


def correlation(a: Returns, b: Returns, lag: float = 0.0) -> float:
    """Return the correlation at this lag, or 0 when one of them did not move."""
    norm = math.sqrt(math.fsum(r * r for r in a.values) * math.fsum(r * r for r in b.values))
    return covariance(a, b, lag) / norm if norm > 0 else 0.0


class Lead(NamedTuple):
    """What the lag grid says: the lag with the largest |ρ|, that ρ, and the ratio of both halves (LLR)."""

    lag: float
    rho: float
    ratio: float


def lead(curve: Iterable[tuple[float, float]]) -> Lead:
    """Return the lead of A over B from points (lag, ρ): LLR = Σ ρ² over lags > 0 divided by Σ over lags < 0."""
    points = list(curve)
    lag, rho = max(points, key=lambda point: abs(point[1]))
    ahead = math.fsum(r * r for at, r in points if at > 0)
    behind = math.fsum(r * r for at, r in points if at < 0)
    return Lead(lag, rho, ahead / behind if behind > 0 else math.inf)
