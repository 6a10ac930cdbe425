"""The request limit: so many calls an account and minute, in fixed windows, and the headers that tell of it."""

from __future__ import annotations

from venue.units import NS_PER_S

WINDOW_NS = 60 * NS_PER_S


class RateLimit:
    """Counts one account's calls."""

    def __init__(self, per_min: int, burst_per_s: int = 0) -> None:
        self._per_min, self._burst = per_min, burst_per_s
        self._window = self._used = self._second = self._in_second = 0

    def take(self, now_ns: int) -> bool:
        """Count a call; return whether it is within the limit."""
        window, second = now_ns // WINDOW_NS, now_ns // NS_PER_S
        if window != self._window:
            self._window, self._used = window, 0
        if second != self._second:
            self._second, self._in_second = second, 0
        if self._used >= self._per_min or (self._burst and self._in_second >= self._burst):
            return False
        self._used += 1
        self._in_second += 1
        return True

    def headers(self) -> dict[str, str]:
        """Return the three X-RateLimit headers; Reset is in epoch seconds of market time."""
        return {
            "X-RateLimit-Limit": str(self._per_min),
            "X-RateLimit-Remaining": str(max(self._per_min - self._used, 0)),
            "X-RateLimit-Reset": str((self._window + 1) * 60),
        }
