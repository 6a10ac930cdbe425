"""Mark-outs: what the fair value did after our fills, in bps, positive when it went our way."""

from __future__ import annotations

import heapq
from collections import deque

from hft.clock import NS_PER_S

HORIZONS_S = (1, 5, 30)
PENDING_MAX = 3_000
KEPT = 50  # fills of which the rolling mean is told


class Markouts:
    """Fills wait in a heap for their horizon; each horizon keeps the last KEPT results."""

    __slots__ = ("_pending", "_recent")

    def __init__(self, horizons_s: tuple[int, ...] = HORIZONS_S) -> None:
        self._pending: list[tuple[int, int, int, float]] = []  # due_ns, horizon_s, sign, fill px
        self._recent: dict[int, deque[float]] = {horizon: deque(maxlen=KEPT) for horizon in horizons_s}

    def filled(self, sign: int, px: float, time_ns: int) -> None:
        """Take a fill: sign +1 bought, −1 sold."""
        for horizon in self._recent if len(self._pending) < PENDING_MAX else ():
            heapq.heappush(self._pending, (time_ns + horizon * NS_PER_S, horizon, sign, px))

    def priced(self, fair_px: float, time_ns: int) -> None:
        """Take the fair value now: it is the mark of every fill whose horizon has come."""
        pending = self._pending
        while pending and pending[0][0] <= time_ns:
            _, horizon, sign, px = heapq.heappop(pending)
            self._recent[horizon].append(sign * (fair_px - px) / px * 1e4)

    def count(self, horizon_s: int) -> int:
        """Return how many fills of late have their mark at this horizon."""
        return len(self._recent[horizon_s])

    def mean_bps(self, horizon_s: int, *, prior_bps: float = 0.0, prior_fills: int = 0) -> float:
        """Return the rolling mean; a prior counts like so many fills."""
        recent = self._recent[horizon_s]
        weight = len(recent) + prior_fills
        return (sum(recent) + prior_bps * prior_fills) / weight if weight else 0.0
