"""A running median of positive values in O(1): a step up for each value above it, down for each below, in ratio."""

from __future__ import annotations

STEP_START = 0.5
STEP_MIN = 0.004  # keeps following: a change of regime by a factor of two is seen within 200 values


class RunningMedian:
    """Median of positive values; 0 before the first."""

    __slots__ = ("n", "value")

    def __init__(self) -> None:
        self.n = 0
        self.value = 0.0

    def add(self, value: float) -> None:
        """Take a positive value."""
        self.n += 1
        if self.n == 1:
            self.value = value
            return
        step = max(STEP_START / self.n, STEP_MIN)
        if value > self.value:
            self.value = min(self.value * (1.0 + step), value)
        elif value < self.value:
            self.value = max(self.value / (1.0 + step), value)
