"""Two positions that stand and fall together, where the venue knows no order for both (strategies reference 2.5).

The slower leg goes first, then the other at once; a leg that stays alone for too long is given back. Both by immediate-
or-cancel orders at the far side, entries only within `reach_bps` of the fair value; leaving takes what there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hft.clock import NS_PER_MS, NS_PER_S
from hft.words import Side, Tif

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import ExecutionReport, NewOrder
    from strategies.estimators.symbol import SymbolView
    from strategies.sdk.strategy import Strategy

ASK_AGAIN_MS = 500


class TwoLegs:
    """The positions of one trade at a time, and what it has cost or brought."""

    NOT_KEPT = frozenset({"_strategy", "slow", "fast", "_unhedged_ns", "_reach"})

    def __init__(
        self, strategy: Strategy[Any], slow: SymbolView, fast: SymbolView, *, unhedged_s: float, reach_bps: float
    ) -> None:
        self._strategy, self.slow, self.fast = strategy, slow, fast
        self._unhedged_ns, self._reach = round(unhedged_s * NS_PER_S), reach_bps * 1e-4
        self._wanted = {slow.symbol: 0, fast.symbol: 0}
        self._traded = dict(self._wanted)  # shares bought less shares sold, by what was reported
        self._since_ns = self._next_ns = 0
        self.opened_ns = 0
        self.is_open = False  # whether there is a trade whose end nobody has noted
        self.notional = self.cash = 0.0  # of the trade under way, 1e-4 dollar
        self.broken = 0  # trades whose second leg did not come

    @property
    def is_flat(self) -> bool:
        """Return whether nothing is held, wanted or working."""
        held = any(self._strategy.position(symbol) for symbol in self._wanted)
        return not held and not any(self._wanted.values()) and not self._busy

    @property
    def is_leaving(self) -> bool:
        """Return whether the trade is being closed."""
        return not any(self._wanted.values())

    @property
    def side(self) -> int:
        """Return +1 for a trade whose slow leg is bought, −1 for one whose is sold, 0 for none or one being closed."""
        wanted = self._wanted[self.slow.symbol]
        return (wanted > 0) - (wanted < 0)

    @property
    def _busy(self) -> bool:
        return any(self._strategy.desk.orders.in_symbol(symbol) for symbol in self._wanted)

    def open(self, slow_qty: int, fast_qty: int) -> None:
        """Want these signed positions."""
        self._wanted = {self.slow.symbol: slow_qty, self.fast.symbol: fast_qty}
        self._traded = dict.fromkeys(self._wanted, 0)
        self._since_ns = self.opened_ns = self._strategy.now_ns
        self.notional = self.cash = 0.0
        self.is_open = True

    def close(self) -> None:
        """Want nothing any more."""
        self._wanted = dict.fromkeys(self._wanted, 0)

    def forget(self) -> None:
        """Know of no trade: what is held is nobody's, and is given back."""
        self.close()
        self.is_open = False

    def filled(self, report: ExecutionReport) -> None:
        """Count a fill of one of the legs."""
        self._traded[report.symbol] += report.side.sign * report.last_qty
        self.cash -= report.side.sign * report.last_qty * report.last_px
        self.notional += report.last_qty * report.last_px
        if report.symbol == self.slow.symbol and self._strategy.position(report.symbol):
            self._since_ns = self._strategy.now_ns

    @property
    def is_told_whole(self) -> bool:
        """Return whether the fills that were heard make a whole trade: none was missed."""
        return not any(self._traded.values())

    @property
    def net_bps(self) -> float:
        """Return what the trade brought, in bps of half its turnover (one leg's worth); meaningful when flat."""
        return self.cash / (self.notional / 2) * 1e4 if self.notional else 0.0

    def step(self) -> Iterator[NewOrder]:
        """Return the next order towards what is wanted, one at a time."""
        now_ns = self._strategy.now_ns
        if self._busy or now_ns < self._next_ns:
            return
        if self.is_leaving:
            for view in (self.fast, self.slow):
                yield from self._towards(view, entering=False)
            return
        waited = now_ns - self._since_ns > self._unhedged_ns
        if self._missing(self.slow) and not waited:
            yield from self._towards(self.slow, entering=True)
        elif self._missing(self.fast) and self._strategy.position(self.slow.symbol) and not waited:
            yield from self._towards(self.fast, entering=True)
        elif self._missing(self.slow) or self._missing(self.fast):
            self.broken += bool(self._strategy.position(self.slow.symbol))
            self.close()

    def _missing(self, view: SymbolView) -> int:
        return self._wanted[view.symbol] - self._strategy.position(view.symbol)

    def _towards(self, view: SymbolView, *, entering: bool) -> Iterator[NewOrder]:
        missing, quote = self._missing(view), view.quote
        if not missing or quote is None:
            return
        side = Side.BUY if missing > 0 else Side.SELL
        px = quote.ask_px if side is Side.BUY else quote.bid_px
        if entering and side.sign * (px - view.fair.px) > self._reach * view.fair.px:
            return
        for order in self._strategy.limit(view.symbol, side, abs(missing), px, basis_ns=quote.recv_ns, tif=Tif.IOC):
            self._next_ns = self._strategy.now_ns + ASK_AGAIN_MS * NS_PER_MS  # only what was really asked for
            yield order
