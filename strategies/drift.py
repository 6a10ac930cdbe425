"""drift: a small example of a taker, not one of the six families, and no edge is claimed for it.

It fades short moves: when the mid stands far from its own moving average, in standard deviations and in spreads, it
takes a few shares against the move and gives them back when the average is reached or the time is up. Crossing the
spread twice costs more than such a move returns on most days; the point is a second process that trades on its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hft.clock import NS_PER_S
from strategies import base
from strategies.base import Condition, Phase, Side
from strategies.estimators.moments import EwMoments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strategies.sdk.desk import Desk


class Params(base.Params, frozen=True, kw_only=True):
    """Dollars, seconds, basis points."""

    DEMO: ClassVar[dict[str, Any]] = {
        "observe_min": 0.0,
        "tau_s": 10.0,
        "warm_s": 4.0,
        "entry_spreads": 0.5,
        "entry_z": 1.5,
        "hold_s": 8.0,
        "cooldown_s": 12.0,
    }

    order_usd: float = 500.0  # at least one share
    tau_s: base.Positive = 60.0  # of the moving average
    warm_s: float = 180.0  # watching first
    entry_z: float = 2.5  # standard deviations from the average
    entry_spreads: float = 2.0  # the move must be worth so many spreads
    hold_s: float = 30.0  # then it is closed
    cooldown_s: float = 120.0  # no entry for so long after a trade
    spread_bps_max: float = 8.0  # a wider quote is none


class View:
    """What drift knows of one symbol."""

    def __init__(self, params: Params) -> None:
        self.average = EwMoments(params.tau_s)
        self.now_ns = self.first_ns = self.entered_ns = self.next_entry_ns = 0
        self.z = self.spread_bps = self.move_spreads = 0.0

    def learn(self, quote: base.Quote, now_ns: int) -> None:
        """Measure the mid against the average of what came before it."""
        spread = quote.ask_px - quote.bid_px
        self.now_ns, self.first_ns = now_ns, self.first_ns or now_ns
        self.z = self.average.z(quote.mid)
        self.move_spreads = abs(quote.mid - self.average.mean) / spread
        self.spread_bps = spread / quote.mid * 1e4
        self.average.add(quote.mid, quote.recv_ns)

    @property
    def warm_s(self) -> float:
        """Return for how long it has been watching."""
        return (self.now_ns - self.first_ns) / NS_PER_S

    @property
    def rest_s(self) -> float:
        """Return for how long it must still rest."""
        return max(self.next_entry_ns - self.now_ns, 0) / NS_PER_S


class Drift(base.Strategy[Params]):
    """One small position a symbol, in and out by immediate-or-cancel orders."""

    idea = "an example: fades short moves with a few shares, and rests long in between"

    def __init__(self, params: Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self.views = {symbol: View(params) for symbol in desk.symbols}
        self.table: tuple[Condition[View], ...] = (
            base.warming_up("warm", lambda v: v.warm_s, params.warm_s),
            Condition("spread", lambda v: v.spread_bps, lambda _: params.spread_bps_max, "bps"),
            base.resting(lambda v: v.rest_s),
            Condition("move", lambda v: abs(v.z), lambda _: params.entry_z, "sd", at_least=True),
            Condition("move", lambda v: v.move_spreads, lambda _: params.entry_spreads, "spreads", at_least=True),
        )

    @property
    def is_warm(self) -> bool:
        """Return whether any symbol has been watched for long enough."""
        return any(view.first_ns and self.table[0].passes(view) for view in self.views.values())

    def on_quote(self, quote: base.Quote) -> Iterator[base.Message]:
        """Leave when it is time to; else enter when every condition holds."""
        if not quote.is_two_sided:
            return
        view = self.views[quote.symbol]
        view.learn(quote, self.now_ns)
        if not self.acting or self.desk.orders.in_symbol(quote.symbol):
            return
        position = self.position(quote.symbol)
        if position:
            if self._is_over(view, position):
                yield from self.take(quote, Side.SELL if position > 0 else Side.BUY, abs(position))
        elif base.first_closed(self.table, view) is None:
            qty = max(1, int(self.params.order_usd * base.PX_PER_USD / quote.mid))
            yield from self.take(quote, Side.SELL if view.z > 0 else Side.BUY, qty)

    def _is_over(self, view: View, position: int) -> bool:
        """Return whether to give the position back: the average was reached, or its time is up, or the day's is."""
        reverted = view.z * position >= 0
        held_ns = self.now_ns - view.entered_ns
        late = self.phase in {Phase.FLATTEN, Phase.FLATTEN_NOW}
        return reverted or late or held_ns >= round(self.params.hold_s * NS_PER_S)

    def on_report(self, report: base.ExecutionReport) -> Iterator[base.Message]:
        """Start the clocks of holding and resting at each fill."""
        view = self.views[report.symbol]
        if report.last_qty:
            view.entered_ns = self.now_ns
            view.next_entry_ns = self.now_ns + round(self.params.cooldown_s * NS_PER_S)
        return iter(())

    def gates(self) -> tuple[base.Gate, ...]:
        """Return every condition of every symbol."""
        return tuple(row.told(view, symbol) for symbol, view in self.views.items() for row in self.table)

    def why(self) -> str:
        """Return what it holds, and what it waits for in each symbol."""
        shares = [f"{qty} {symbol}" for symbol, qty in self.desk.orders.positions.items() if qty]
        held = [f"holds {', '.join(shares)}"] if shares else []
        return "; ".join([*held, *base.reasons(self.table, self.flat(self.views))]) or "about to trade"
