"""Least squares over the last n points, kept by adding and subtracting sums (strategies reference 1.2).

Points are held relative to a running origin and the sums are made anew now and then, so that cancellation and drift
stay far below what a price can tell.
"""

from __future__ import annotations

import math
from collections import deque

RENEW_EVERY = 4_096


class RollingLine:
    """y = intercept + slope x over a window of points."""

    __slots__ = ("_n", "_origin", "_points", "_sx", "_sxx", "_sxy", "_sy", "_syy", "_until_renewal")

    def __init__(self, window: int) -> None:
        assert window > 2, "a line needs three points to have a residual"  # noqa: PLR2004 the same three
        self._points: deque[tuple[float, float]] = deque(maxlen=window)
        self._origin = (0.0, 0.0)
        self._until_renewal = RENEW_EVERY
        self._n = 0
        self._sx = self._sy = self._sxx = self._sxy = self._syy = 0.0

    def __len__(self) -> int:
        return self._n

    def add(self, x: float, y: float) -> None:
        """Take a point; the oldest one leaves a full window."""
        if not self._n:
            self._origin = (x, y)
        if self._n == self._points.maxlen:
            self._count(self._points[0], -1)
        self._points.append((x, y))
        self._until_renewal -= 1
        if self._until_renewal:
            self._count((x, y), 1)
        else:
            self._renew()

    def _count(self, point: tuple[float, float], sign: int) -> None:
        x, y = point[0] - self._origin[0], point[1] - self._origin[1]
        self._n += sign
        self._sx += sign * x
        self._sy += sign * y
        self._sxx += sign * x * x
        self._sxy += sign * x * y
        self._syy += sign * y * y

    def _renew(self) -> None:
        self._origin, self._until_renewal, self._n = self._points[-1], RENEW_EVERY, 0
        self._sx = self._sy = self._sxx = self._sxy = self._syy = 0.0
        for point in self._points:
            self._count(point, 1)

    @property
    def _spread(self) -> float:
        return self._n * self._sxx - self._sx * self._sx

    @property
    def slope(self) -> float:
        """Return the slope; not a number while all x are the same."""
        spread = self._spread
        return (self._n * self._sxy - self._sx * self._sy) / spread if spread > 0 else math.nan

    @property
    def intercept(self) -> float:
        """Return y at x = 0."""
        slope = self.slope
        return (self._sy - slope * self._sx) / self._n + self._origin[1] - slope * self._origin[0]

    @property
    def residual_variance(self) -> float:
        """Return the mean square of the residuals (divided by n, not by n − 2)."""
        n, slope = self._n, self.slope
        total = self._syy - self._sy * self._sy / n
        return max(total - slope * (self._sxy - self._sx * self._sy / n), 0.0) / n

    @property
    def slope_error(self) -> float:
        """Return the standard error of the slope, with n − 2 degrees of freedom."""
        n = self._n
        return math.sqrt(self.residual_variance * n * n / ((n - 2) * self._spread))
