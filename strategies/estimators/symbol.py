"""What every family wants to know of one symbol: fair value with its error, volatility, the usual spread, ages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hft.clock import NS_PER_S
from strategies.estimators.fair_value import FairValue
from strategies.estimators.median import RunningMedian
from strategies.estimators.volatility import Volatility

if TYPE_CHECKING:
    from hft.messages import Quote, Trade


class SymbolView:
    """Learns from every quote and print of one symbol; a family's own view derives from it."""

    NOT_KEPT = frozenset({"symbol", "quote", "params", "says"})

    def __init__(self, symbol: str, *, gate_bps: float = 10.0, sigma_bps: float = 0.5, grid_s: float = 10.0) -> None:
        self.symbol = symbol
        self.fair = FairValue(gate_bps=gate_bps, sigma_bps=sigma_bps)
        self.volatility = Volatility(grid_s=grid_s, prior_bps=sigma_bps)
        self.spread = RunningMedian()  # of trusted quotes, 1e-4 dollar
        self.quote: Quote | None = None
        self.now_ns = self.first_ns = 0
        self.spread_px = 0.0

    def learn(self, quote: Quote, now_ns: int) -> bool:
        """Take a quote; return whether it was narrow enough to be trusted."""
        self.now_ns = now_ns
        if not quote.is_two_sided:
            return False
        self.quote, self.first_ns = quote, self.first_ns or now_ns
        self.spread_px = float(quote.ask_px - quote.bid_px)
        fair, volatility = self.fair, self.volatility
        trusted = fair.on_quote(quote.bid_px, quote.ask_px, quote.recv_ns)
        if trusted:
            self.spread.add(self.spread_px)
        if fair.is_known:
            volatility.add(fair.log_bps, quote.recv_ns)
            fair.sigma_bps = volatility.bps
        return trusted

    def learn_trade(self, trade: Trade) -> None:
        """Take a print."""
        self.fair.on_trade(trade.px, trade.recv_ns)

    @property
    def warm_s(self) -> float:
        """Return for how long it has been watching."""
        return (self.now_ns - self.first_ns) / NS_PER_S if self.first_ns else 0.0

    @property
    def error_bps(self) -> float:
        """Return the fair value's standard error S."""
        return self.fair.error_bps(self.now_ns) if self.fair.is_known else math.inf

    @property
    def quote_age_s(self) -> float:
        """Return the age of the last quote narrow enough to be trusted."""
        return (self.now_ns - self.fair.trusted_ns) / NS_PER_S if self.fair.trusted_ns else math.inf

    @property
    def spread_bps(self) -> float:
        """Return the spread now in bps of the fair value."""
        return self.spread_px / self.fair.px * 1e4 if self.fair.is_known else math.inf

    @property
    def spread_medians(self) -> float:
        """Return the spread now in units of its median."""
        return self.spread_px / self.spread.value if self.spread.n else math.inf
