"""What a share is worth when only one small venue can be seen: a filter over its quotes and prints.

Log price as a random walk with variance `SIGMA_BPS`² per second; a quote observes its middle with an error that grows
with its spread, a print observes its price; a quote too wide to be believed only bounds the value. On recorded days
the median error against the national middle is about 1 bp, that of the raw quote's middle about 20
(reference: Kalman 1960 for the update; error model measured on a consolidated tape).
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, log, sqrt

from hft.clock import NS_PER_S

SIGMA_BPS = 0.5  # per square root of a second
QUOTE_ERROR = 0.29  # of the spread: the standard deviation of a uniform value inside it
QUOTE_VAR_MIN = 0.01
TRADE_VAR = 1.0
SPREAD_BPS_MAX = 10.0
START_VAR = 1e6
BPS = 1e4


class Fair:
    """The value of one symbol in 1e-4 dollar, and how sure it is."""

    __slots__ = ("_at_ns", "_sides", "_told", "_var", "_x")

    def __init__(self) -> None:
        self._x = 0.0  # log of 1e-4 dollars, in basis points
        self._var = START_VAR
        self._at_ns = 0
        self._sides = (0, 0)  # of the last quote that was taken, and what it told: most change a size only
        self._told = (0.0, 0.0, 0.0, 0.0)

    @property
    def known(self) -> bool:
        """Return whether anything was observed that can be believed."""
        return self._var < START_VAR

    @property
    def px(self) -> int:
        """Return the value in 1e-4 dollar; 0 before anything is known."""
        return round(exp(self._x / BPS)) if self.known else 0

    def sd_bps(self, now_ns: int) -> float:
        """Return the standard deviation of the value's error at `now_ns`, in basis points."""
        return sqrt(self._var + SIGMA_BPS**2 * max(0, now_ns - self._at_ns) / NS_PER_S)

    def on_quote(self, bid_px: int, ask_px: int, now_ns: int) -> None:
        """Take a quote: observe its middle if it is narrow, else stay between its sides."""
        if not 0 < bid_px < ask_px:
            return
        if (bid_px, ask_px) != self._sides:
            self._sides, self._told = (bid_px, ask_px), told_by(bid_px, ask_px)
        low, high, middle, error_var = self._told
        if high - low <= SPREAD_BPS_MAX:
            self._observe(middle, error_var, now_ns)
        elif self.known:
            self._x = min(max(self._x, low), high)

    def on_trade(self, px: int, now_ns: int) -> None:
        """Take a print."""
        if px > 0:
            self._observe(log(px) * BPS, TRADE_VAR, now_ns)

    def _observe(self, y: float, error_var: float, now_ns: int) -> None:
        if self._var >= START_VAR:
            self._x, self._var, self._at_ns = y, error_var, now_ns
            return
        self._var += SIGMA_BPS**2 * max(0, now_ns - self._at_ns) / NS_PER_S
        gain = self._var / (self._var + error_var)
        self._x += gain * (y - self._x)
        self._var *= 1 - gain
        self._at_ns = now_ns


@lru_cache(maxsize=4_096)  # prices come again far more often than new ones
def told_by(bid_px: int, ask_px: int) -> tuple[float, float, float, float]:
    """Return both sides of a quote, its middle and the variance of that one's error, logs in basis points."""
    low, high = log(bid_px) * BPS, log(ask_px) * BPS
    return low, high, (low + high) / 2, (QUOTE_ERROR * (high - low)) ** 2 + QUOTE_VAR_MIN
