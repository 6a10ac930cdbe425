"""How often a quote at depth δ would be reached: λ(δ) = A exp(−k δ), measured from prints (strategies reference 3.4).

Of each aggressive event (prints of one instant) the deepest price counts: its distance from the fair value before it.
Counters per depth decay exponentially; A and k come from least squares of ln rate over the depths reached often enough,
from three ticks on: nearer, ln rate bends, for nearly every event gets that far (ADR 30 has the table).
Depths in ticks, A per second and side (an event reaches one of two), k per tick.
"""

from __future__ import annotations

import math
from itertools import accumulate

from hft.clock import NS_PER_S

DEPTHS = 40  # ticks
DEPTH_MIN = 3  # ticks; the law is straight from here on
SIDES = 2
RATE_MIN = 5e-4  # per second and side; rarer depths say nothing
POINTS_MIN = 3


class FillIntensity:
    """Decayed counts of how deep events reached."""

    __slots__ = ("_counts", "_deepest", "_event_ns", "_first_ns", "_tau_ns", "_time_ns", "events")

    def __init__(self, tau_s: float = 1_800.0) -> None:
        self._tau_ns = tau_s * NS_PER_S
        self._counts = [0.0] * DEPTHS
        self._first_ns = self._time_ns = self._event_ns = 0
        self._deepest = -1.0
        self.events = 0.0  # decayed

    def add(self, depth_ticks: float, time_ns: int) -> None:
        """Take a print's distance from the fair value; prints of one instant are one event."""
        if time_ns != self._event_ns:
            self._close()
            self._event_ns, self._deepest = time_ns, 0.0
        self._deepest = max(self._deepest, depth_ticks)

    def _close(self) -> None:
        if self._deepest < 0:
            return
        self._first_ns = self._first_ns or self._event_ns
        decay = math.exp(-(self._event_ns - self._time_ns) / self._tau_ns) if self._time_ns else 1.0
        self._time_ns = self._event_ns
        self._counts = [count * decay for count in self._counts]
        self.events = self.events * decay + 1.0
        self._counts[min(int(self._deepest), DEPTHS - 1)] += 1.0

    def fit(self, depth_min: int = DEPTH_MIN) -> tuple[float, float] | None:
        """Return A and k of one side, or None while too few depths were reached often enough."""
        elapsed_ns = self._time_ns - self._first_ns
        if elapsed_ns <= 0:
            return None
        seconds = -math.expm1(-elapsed_ns / self._tau_ns) * self._tau_ns / NS_PER_S
        reached = list(accumulate(reversed(self._counts)))[::-1]  # at least so deep
        rates = [(d, n / seconds / SIDES) for d, n in enumerate(reached)][depth_min:]
        points = [(d, math.log(rate)) for d, rate in rates if rate > RATE_MIN]
        if len(points) < POINTS_MIN:
            return None
        mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
        slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
        return (math.exp(mean_y - slope * mean_x), -slope) if slope < 0 else None
