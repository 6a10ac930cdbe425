"""What a share is worth, from one venue's thin quotes and prints, and how far off that may be (reference 1.3).

IEX's quote is not a price: its mid was 19–26 bps off the national mid (median, 2018). A scalar Kalman filter on the
logarithm of the price takes a quote for as good as its spread is narrow, a print as good as 1 bps, and never leaves the
book: gated-out quotes still clip the value into [bid, ask]. It gave 0.6–1.1 bps median error, and its own S.
Units: state in bps of log price, S in bps, prices in 1e-4 dollar.
"""

from __future__ import annotations

import math

from hft.clock import NS_PER_S

BPS = 1e4
SPREAD_NOISE = 0.29  # sd of a uniform error is width/√12: the value lies anywhere between bid and ask
NOISE_FLOOR = 0.01
TRADE_NOISE = 1.0
JUMP_BPS_MAX = 300.0  # further off than 3 % is an error, not a price …
JUMP_TIMES_MAX = 20  # … unless it keeps being said


class FairValue:
    """State x (bps) with variance P; between messages P grows by σ² dt."""

    __slots__ = ("_gate_bps", "_jumps", "_time_ns", "log_bps", "sigma_bps", "trusted_ns", "variance")

    def __init__(self, *, gate_bps: float = 10.0, sigma_bps: float = 0.5) -> None:
        self._gate_bps, self.sigma_bps = gate_bps, sigma_bps
        self.log_bps = self.variance = 0.0
        self.trusted_ns = 0  # when a quote last passed the gate
        self._time_ns = self._jumps = 0

    @property
    def is_known(self) -> bool:
        """Return whether there was anything to go by."""
        return self._time_ns > 0

    @property
    def px(self) -> float:
        """Return the fair value in 1e-4 dollar; meaningless before `is_known`."""
        return math.exp(self.log_bps / BPS)

    def error_bps(self, now_ns: int) -> float:
        """Return S, the standard deviation of the error, bps."""
        return math.sqrt(self.variance + self.sigma_bps**2 * max(now_ns - self._time_ns, 0) / NS_PER_S)

    def on_quote(self, bid_px: int, ask_px: int, time_ns: int) -> bool:
        """Take a two-sided quote; return whether it passed the gate. Crossed, locked or one-sided ones are ignored."""
        if not 0 < bid_px < ask_px:
            return False
        low, high = BPS * math.log(bid_px), BPS * math.log(ask_px)
        spread_bps = high - low
        trusted = spread_bps <= self._gate_bps
        if not self._hear((low + high) / 2, (SPREAD_NOISE * spread_bps) ** 2 + NOISE_FLOOR, time_ns, trusted=trusted):
            return False
        if trusted:
            self.trusted_ns = time_ns
        if not low <= self.log_bps <= high:
            self.log_bps = low if self.log_bps < low else high
        return trusted

    def on_trade(self, px: int, time_ns: int) -> None:
        """Take a print."""
        if px > 0:
            self._hear(BPS * math.log(px), TRADE_NOISE**2, time_ns, trusted=True)

    def _hear(self, value: float, noise: float, time_ns: int, *, trusted: bool) -> bool:
        """Let time pass and take a value with its noise variance; return False for one that must be an error.

        The first value is the state, and so is one so far off that it has to be believed when it keeps being said.
        """
        off = abs(value - self.log_bps) > JUMP_BPS_MAX
        self._jumps = self._jumps + 1 if off else 0
        if not self._time_ns or self._jumps > JUMP_TIMES_MAX:
            self.log_bps, self.variance, self._time_ns, self._jumps = value, noise, time_ns, 0
            return True
        if off:
            return False
        elapsed_ns = time_ns - self._time_ns
        if elapsed_ns > 0:
            self.variance += self.sigma_bps**2 * elapsed_ns / NS_PER_S
            self._time_ns = time_ns
        if trusted:
            gain = self.variance / (self.variance + noise)
            self.log_bps += gain * (value - self.log_bps)
            self.variance *= 1.0 - gain
        return True
