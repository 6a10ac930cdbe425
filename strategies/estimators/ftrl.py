"""FTRL-Proximal logistic regression of McMahan et al. (2013), one example at a time (strategies reference 6.2).

Per coordinate: g = (p − y) x; s = (√(n + g²) − √n)/α; z += g − s w; n += g²; and w follows from (z, n): 0 where
|z| ≤ l1, which is how features that say nothing leave. Weights move only when something is learnt, so w and √n are
worked out once an example and kept.
"""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN_MAX = 35.0  # beyond it a probability is 0 or 1 to the last digit


class Ftrl:
    """Weights of a fixed number of features; the caller gives the constant feature itself."""

    __slots__ = ("_alpha", "_beta", "_l1", "_l2", "_n", "_root", "_w", "_z", "seen")

    def __init__(
        self, features: int, *, alpha: float = 0.05, beta: float = 1.0, l1: float = 0.0, l2: float = 1.0
    ) -> None:
        self._alpha, self._beta, self._l1, self._l2 = alpha, beta, l1, l2
        self._z, self._n, self._root, self._w = ([0.0] * features for _ in range(4))
        self.seen = 0

    def weights(self) -> list[float]:
        """Return w."""
        return list(self._w)

    def predict(self, features: Sequence[float]) -> float:
        """Return the probability of the label 1."""
        return probability(sum(map(mul, self._w, features)))

    def learn(self, features: Sequence[float], label: int) -> float:
        """Take an example; return the probability that was given to label 1 before it was known."""
        p = self.predict(features)
        self._take(features, p - label, self._w)
        self.seen += 1
        return p

    def _take(self, features: Sequence[float], off: float, weights: Sequence[float]) -> None:
        """Let an example's gradients in, where `weights` predicted `off` too much."""
        alpha, beta, l1, l2 = self._alpha, self._beta, self._l1, self._l2
        all_z, all_n, roots, all_w, sqrt = self._z, self._n, self._root, self._w, math.sqrt
        rows = zip(range(len(all_z)), features, weights, all_z, all_n, roots, strict=True)
        for i, x, predicted_with, z, n, root in rows:
            gradient = off * x
            all_n[i] = after = n + gradient * gradient
            roots[i] = root_after = sqrt(after)
            all_z[i] = moved = z + (gradient - (root_after - root) / alpha * predicted_with)
            beyond = l1 - moved if moved > l1 else -l1 - moved if moved < -l1 else 0.0
            all_w[i] = beyond and beyond / ((beta + root_after) / alpha + l2)


def probability(margin: float) -> float:
    """Return the logistic function, without overflow."""
    if abs(margin) > MARGIN_MAX:
        margin = math.copysign(MARGIN_MAX, margin)
    return 1.0 / (1.0 + math.exp(-margin))


def log_loss(p: float, label: int) -> float:
    """Return −ln of the probability given to what happened."""
    return -math.log(max(p if label else 1.0 - p, 1e-15))
