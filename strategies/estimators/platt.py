"""Platt's scaling (1999), on line: p = 1/(1 + exp(−(a m + b))) of a model's margin m, so that 70 % means 70 %.

Refitted by Newton's method on the last labels now and then; in between it only maps. Platt's smoothed targets keep it
finite when all labels agree.
"""

from __future__ import annotations

from collections import deque

from strategies.estimators.ftrl import probability

NEWTON_STEPS = 5  # from the last fit, which is near
RIDGE = 1e-6


class Platt:
    """Slope and intercept on the margins of the last `window` labels."""

    __slots__ = ("_examples", "_until_fit", "every", "intercept", "slope")

    def __init__(self, *, window: int = 2_000, every: int = 200) -> None:
        self._examples: deque[tuple[float, int]] = deque(maxlen=window)
        self.every = self._until_fit = every
        self.slope, self.intercept = 0.0, 0.0

    def probability(self, margin: float) -> float:
        """Return the calibrated probability of label 1; before the first fit, the model's own."""
        return probability(self.slope * margin + self.intercept if self.slope else margin)

    def learn(self, margin: float, label: int) -> None:
        """Take a label; every so many, fit anew."""
        self._examples.append((margin, label))
        self._until_fit -= 1
        if not self._until_fit:
            self._until_fit = self.every
            self._fit()

    def _fit(self) -> None:
        ones = sum(label for _, label in self._examples)
        zeros = len(self._examples) - ones
        targets = (1.0 / (zeros + 2.0), (ones + 1.0) / (ones + 2.0))
        slope, intercept = self.slope, self.intercept
        for _ in range(NEWTON_STEPS):
            g_a = g_b = 0.0
            h_aa = h_bb = RIDGE
            h_ab = 0.0
            for margin, label in self._examples:
                p = probability(slope * margin + intercept)
                off, weight = p - targets[label], p * (1.0 - p)
                g_a += off * margin
                g_b += off
                h_aa += weight * margin * margin
                h_ab += weight * margin
                h_bb += weight
            determinant = h_aa * h_bb - h_ab * h_ab
            slope -= (h_bb * g_a - h_ab * g_b) / determinant
            intercept -= (h_aa * g_b - h_ab * g_a) / determinant
        self.slope, self.intercept = slope, intercept
