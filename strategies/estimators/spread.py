"""The spread of two log prices: sampled on a grid, fitted now and then, scored at every tick (reference 2.2).

A fit takes the whole window: y on x with a constant (Engle–Granger, its t and critical value), then the residual's
AR(1) as an OU process with Kendall's correction. O(n) per fit, so it belongs on a timer; the score in between is O(1).

Samples come only with ticks, so that they are further apart than the grid where ticks are rare. A step of the process
is as long as they really are apart, on average; two with a hole between them (a halt, say) are no step at all.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from statistics import median

from hft.clock import NS_PER_S
from strategies.estimators.regression import RollingLine
from strategies.models import ou
from strategies.models.cointegration import Verdict, critical, engle_granger

FIT_SAMPLES_MIN = 30
HOLE_STEPS = 2  # two samples that are further apart than so many usual steps have a hole between them


class SpreadModel:
    """y − alpha − beta x in bps, as a process that comes back, or not."""

    def __init__(self, *, step_s: float, window: int, beta: float = 0.0) -> None:
        self.step_s = step_s
        self._fixed_beta = beta  # 0: fitted
        self._seen: deque[tuple[float, float, int]] = deque(maxlen=window)  # y, x, and when
        self._next_ns = 0
        self.verdict: Verdict | None = None
        self.process: ou.Ou | None = None

    def __len__(self) -> int:
        return len(self._seen)

    def sample(self, y_bps: float, x_bps: float, now_ns: int) -> None:
        """Take the two log prices (bps); only one pair per step counts."""
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + round(self.step_s * NS_PER_S)
            self._seen.append((y_bps, x_bps, now_ns))

    def clear(self) -> None:
        """Forget the samples and what was fitted to them."""
        self._seen.clear()
        self.verdict = self.process = None

    def fit(self) -> None:
        """Fit anew to all samples in the window."""
        if len(self._seen) < FIT_SAMPLES_MIN:
            return
        y, x, at_ns = zip(*self._seen, strict=True)
        if max(x) == min(x) or max(y) == min(y):
            return
        steps_ns = [after - before for before, after in pairwise(at_ns)]
        longest_ns = HOLE_STEPS * median(steps_ns)
        near = [i for i, step_ns in enumerate(steps_ns) if step_ns <= longest_ns]
        self.verdict = engle_granger(y, x, near)
        if self._fixed_beta:
            alpha = math.fsum(b - self._fixed_beta * a for a, b in zip(x, y, strict=True)) / len(y)
            self.verdict = self.verdict._replace(alpha=alpha, beta=self._fixed_beta)
        residual = [self.residual(b, a) for a, b in zip(x, y, strict=True)]
        line = RollingLine(len(y))
        for i in near:
            line.add(residual[i], residual[i + 1])
        self.process = ou.fit(
            b=line.slope,
            intercept=line.intercept,
            residual_variance=line.residual_variance,
            n=len(line),
            step_s=sum(steps_ns[i] for i in near) / len(near) / NS_PER_S,
        )

    def residual(self, y_bps: float, x_bps: float) -> float:
        """Return the spread, bps; not a number before the first fit."""
        if self.verdict is None:
            return math.nan
        return y_bps - self.verdict.alpha - self.verdict.beta * x_bps

    def score(self, y_bps: float, x_bps: float) -> float:
        """Return how many of its standard deviations the spread is from its mean; not a number while it has no fit."""
        return self.process.score(self.residual(y_bps, x_bps)) if self.process else math.nan

    @property
    def half_life_s(self) -> float:
        """Return the half-life, infinite while there is none."""
        return self.process.half_life_s if self.process else math.inf

    @property
    def excess(self) -> float:
        """Return by how much the Dickey–Fuller t misses its 5 % value (negative: it passes)."""
        return self.verdict.statistic - critical(0.05, self.verdict.n) if self.verdict else math.inf
