"""FTRL-Proximal logistic regression of McMahan et al. (2013), one example at a time (strategies reference 6.2).

Per coordinate: g = (p − y) x; s = (√(n + g²) − √n)/α; z += g − s w; n += g²; and w follows from (z, n) when it is
needed: 0 where |z| ≤ l1, which is how features that say nothing leave.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN_MAX = 35.0  # beyond it a probability is 0 or 1 to the last digit


class Ftrl:
    """Weights of a fixed number of features; the caller gives the constant feature itself."""

    __slots__ = ("_alpha", "_beta", "_l1", "_l2", "_n", "_z", "seen")

    def __init__(
        self, features: int, *, alpha: float = 0.05, beta: float = 1.0, l1: float = 0.0, l2: float = 1.0
    ) -> None:
        self._alpha, self._beta, self._l1, self._l2 = alpha, beta, l1, l2
        self._z, self._n = [0.0] * features, [0.0] * features
        self.seen = 0

    def weights(self) -> list[float]:
        """Return w from (z, n)."""
        alpha, beta, l1, l2, root = self._alpha, self._beta, self._l1, self._l2, math.sqrt
        return [
            0.0 if abs(z) <= l1 else -(z - math.copysign(l1, z)) / ((beta + root(n)) / alpha + l2)
            for z, n in zip(self._z, self._n, strict=True)
        ]

    def predict(self, features: Sequence[float]) -> float:
        """Return the probability of the label 1."""
        return probability(sum(map(float.__mul__, self.weights(), features)))

    def learn(self, features: Sequence[float], label: int) -> float:
        """Take an example; return the probability that was given to label 1 before it was known."""
        weights, z, counts, alpha = self.weights(), self._z, self._n, self._alpha
        p = probability(sum(map(float.__mul__, weights, features)))
        for i, x in enumerate(features):
            gradient = (p - label) * x
            squared = counts[i] + gradient * gradient
            z[i] += gradient - (math.sqrt(squared) - math.sqrt(counts[i])) / alpha * weights[i]
            counts[i] = squared
        self.seen += 1
        return p


def probability(margin: float) -> float:
    """Return the logistic function, without overflow."""
    return 1.0 / (1.0 + math.exp(-min(max(margin, -MARGIN_MAX), MARGIN_MAX)))


def log_loss(p: float, label: int) -> float:
    """Return −ln of the probability given to what happened."""
    return -math.log(max(p if label else 1.0 - p, 1e-15))
