"""Table 6.3: FTRL-Proximal on the reference's stream, as the paper has it and in the order of the library river."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from strategies.estimators.ftrl import Ftrl, log_loss, probability

if TYPE_CHECKING:
    from collections.abc import Sequence

TRUTH = (0.8, -0.5, 0.3, 0.0, 0.0, 0.1)
SETTINGS = ((0.0, 1.0), (1.0, 1.0), (5.0, 0.1))


class Lagged(Ftrl):
    """The same rule in river's order: predicts with weights made before the last gradient, and never zeroes one."""

    __slots__ = ("_stale",)

    def __init__(self, features: int, *, l1: float = 0.0, l2: float = 1.0) -> None:
        super().__init__(features, l1=l1, l2=l2)
        self._stale = [0.0] * features

    def learn(self, features: Sequence[float], label: int) -> float:
        """Predict with the weights of last time, then make them anew, then let the gradient in."""
        p = probability(sum(map(float.__mul__, self._stale, features)))
        self._stale = [
            new if abs(z) > self._l1 else old for new, old, z in zip(self._w, self._stale, self._z, strict=True)
        ]
        self._take(features, p - label, self._stale)
        return p


def stream() -> tuple[list[list[float]], list[int], list[float]]:
    """Return features, labels and true probabilities: default_rng(5), 20,000 examples, the last feature constant."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(20_000, 6))
    x[:, -1] = 1.0
    truth = 1 / (1 + np.exp(-(x @ np.array(TRUTH))))
    y = rng.random(20_000) < truth
    return x.tolist(), y.astype(int).tolist(), truth.tolist()


def loss(told: list[float], labels: list[int]) -> float:
    """Return the mean log-loss."""
    return math.fsum(map(log_loss, told, labels)) / len(labels)


def table() -> dict[str, float]:
    """Return the losses of both orders, how far their probabilities part, and the two bounds."""
    x, y, truth = stream()
    found, parted = {}, 0.0
    for l1, l2 in SETTINGS:
        paper, lagged = Ftrl(6, l1=l1, l2=l2), Lagged(6, l1=l1, l2=l2)
        told = [paper.learn(features, label) for features, label in zip(x, y, strict=True)]
        late = [lagged.learn(features, label) for features, label in zip(x, y, strict=True)]
        found[f"paper, l1 {l1:g}, l2 {l2:g}"], found[f"lagged, l1 {l1:g}, l2 {l2:g}"] = loss(told, y), loss(late, y)
        parted = max(parted, *(abs(one - other) for one, other in zip(told, late, strict=True)))
    base = sum(y) / len(y)
    return {**found, "largest difference in p": parted, "base rate": loss([base] * len(y), y), "Bayes": loss(truth, y)}
