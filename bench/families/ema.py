"""The simple strategy of the replay benchmark: against a deviation from a moving average, one share at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strategies import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Message, Quote
    from strategies.sdk.desk import Desk

WEIGHT = 0.02
ENTER_BPS = 2.0
REST_NS = 2_000_000_000


class Params(base.Params, frozen=True, kw_only=True):
    """Nothing of its own: the peer's version has none either."""

    observe_min: float = 0.0


class Ema(base.Strategy[Params]):
    """Buys below the average, sells above it, leaves when it is crossed."""

    def __init__(self, params: Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self._average = 0.0
        self._last_ns = 0

    def on_quote(self, quote: Quote) -> Iterator[Message]:
        """Take a quote."""
        if not quote.is_two_sided:
            return
        mid = quote.mid
        self._average = mid if not self._average else self._average + WEIGHT * (mid - self._average)
        if self.now_ns - self._last_ns < REST_NS:
            return
        away_bps, held = (mid - self._average) / mid * 1e4, self.position(quote.symbol)
        if not held and abs(away_bps) > ENTER_BPS:
            side = base.Side.SELL if away_bps > 0 else base.Side.BUY
        elif held and (away_bps < 0) == (held < 0):
            side = base.Side.BUY if held < 0 else base.Side.SELL
        else:
            return
        self._last_ns = self.now_ns
        yield from self.take(quote, side, 1)
