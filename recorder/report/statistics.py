"""The few statistics that the report quotes, and when it must not quote them. Floats; plain Python."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FILLS_MIN = 30  # fewer fills say nothing about a strategy
SIGNIFICANT_T = 2.0
SESSIONS_MIN = 60


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which `share` of the values lie (nearest rank), None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def newey_west_t(changes: Sequence[float]) -> float | None:
    """Return the t value of the mean change with Newey and West's error (1987), None below eight changes.

    Lags: floor(4 (n/100)^(2/9)), as Newey and West (1994) suggest.
    """
    count = len(changes)
    if count < 8:  # noqa: PLR2004 an error estimated from less is no error
        return None
    mean = sum(changes) / count
    off = [change - mean for change in changes]
    variance = sum(each * each for each in off) / count
    lags = int(4 * (count / 100) ** (2 / 9))
    for lag in range(1, lags + 1):
        shared = sum(off[at] * off[at - lag] for at in range(lag, count)) / count
        variance += 2 * (1 - lag / (lags + 1)) * shared
    return mean / sqrt(variance / count) if variance > 0 else None


def verdict(fills: int, t: float | None) -> str:
    """Return in words how much the sample says."""
    if fills < FILLS_MIN:
        return f"{fills} fill{'' if fills == 1 else 's'}: too few to say"
    if t is None:
        return "too short to say"
    told = f"{t:.1f}".replace("-", "−")
    if abs(t) < SIGNIFICANT_T:
        return f"not distinguishable from 0 (t = {told})"
    return f"t = {told}, one day only: {SESSIONS_MIN} sessions are needed to believe it"


def thinned(points: list[tuple[float, ...]], most: int) -> list[tuple[float, ...]]:
    """Return at most about `most` points: of each stretch the first, and those with the lowest and highest value.

    The value is the second number of a point. So a chart keeps its spikes.
    """
    if len(points) <= most:
        return points
    stretch = max(1, 3 * len(points) // most)
    kept: list[tuple[float, ...]] = []
    for at in range(0, len(points), stretch):
        part = points[at : at + stretch]
        chosen = {0, *(part.index(extreme(part, key=lambda point: point[1])) for extreme in (min, max))}
        kept += [part[index] for index in sorted(chosen)]
    return [*kept, points[-1]]
