"""mm: inventory-aware market making on the stationary closed form of Guéant, Lehalle & Fernandez-Tapia (2013).

Quotes around a fair value (not the venue's mid), as wide as the larger of the closed form and a floor of adverse
selection, fees, the fair value's own error and its movement until the next refresh; shifted against inventory.
Alpaca's shape: one-sided at zero, since an opening buy and an opening short in one symbol conflict; with inventory, one
side adds and the other closes at most what is held. Paper fills a resting order only when the far quote comes to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hft.clock import NS_PER_S
from strategies import base
from strategies.base import Condition, Phase, Side, passive_px, tick_size
from strategies.estimators.flow import OrderFlow
from strategies.estimators.intensity import FillIntensity
from strategies.estimators.markouts import KEPT, Markouts
from strategies.estimators.symbol import SymbolView
from strategies.models import avellaneda
from strategies.sdk.checks import ENTRIES_SHARE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strategies.sdk.desk import Desk

BPS = 1e-4
ADVERSE_S, ADVERSE_PRIOR_FILLS = 30, 10
REFRESH_S_MAX = 60.0  # by then all of this minute's orders count no more
EVENTS_PRIOR = 200.0  # the priors of A and k count like so many prints


class Params(base.Params, frozen=True, kw_only=True):
    """Dollars, seconds, basis points; the reference's section 3.4 has the reasons."""

    DEMO: ClassVar[dict[str, Any]] = {
        "observe_min": 0.0,
        "warm_s": 2.0,
        "grid_s": 1.0,
        "refresh_s": 3.0,
        "adverse_prior_bps": 0.0,
        "floor_sigmas": 0.5,
        "k_spreads_prior": 4.0,
        "lean_s": 8.0,
        "flow_z_max": 6.0,
    }

    observe_min: float = 15.0
    news_blackout_s: float = 300.0
    orders_per_min_max: int = 36
    order_usd: float = 2_000.0  # size of a quote
    units_max: base.Count = 3  # inventory at most so many orders; there the skew is one half-spread
    refresh_s: float = 5.0  # slower with many symbols, so that the orders of a minute suffice for all
    latency_s: float = 0.15  # until a new quote stands at the venue
    warm_s: float = 120.0  # watching first
    grid_s: float = 10.0  # volatility is sampled on this grid
    sigma_prior_bps: float = 0.5  # per √s
    spread_gate_bps: float = 10.0  # a wider quote is not a price
    quote_age_s_max: float = 20.0  # without a trusted quote for so long it stands aside
    spread_medians_max: float = 5.0  # a wider spread than so many medians: it stands aside
    fills_per_s_prior: base.Positive = 0.05  # A of A exp(−k δ)
    k_spreads_prior: base.Positive = 1.0  # k in 1/(median spread); whole books of liquid names measured 4 to 5
    adverse_prior_bps: float = 2.0  # what a fill loses in 30 s, until 50 fills have told
    floor_sigmas: float = 1.0  # of the fair value's movement until the next refresh
    fee_bps: float = 0.2  # of a round trip
    flow_z_max: float = 3.0  # beyond it, the threatened side is pulled
    pull_s: float = 10.0  # for so long
    lean_s: float = 20.0  # at zero the side changes after so long without a fill


class View(SymbolView):
    """What mm knows of one symbol."""

    def __init__(self, symbol: str, params: Params) -> None:
        super().__init__(
            symbol, gate_bps=params.spread_gate_bps, sigma_bps=params.sigma_prior_bps, grid_s=params.grid_s
        )
        self.params = params
        self.flow = OrderFlow()
        self.intensity = FillIntensity()
        self.markouts = Markouts()  # against the price of the fill: what it brought
        self.moves = Markouts((ADVERSE_S,))  # against the fair value at the fill: what it was followed by
        self.refresh_ns = self.lean_ns = 0
        self.half_px = 0.0
        self.lean = Side.BUY
        self.pulled_until = dict.fromkeys(Side, 0)
        self.says = "not quoted yet"
        self.wants = 0  # sides that it wished for when it last quoted

    def learn(self, quote: base.Quote, now_ns: int) -> bool:
        """Take a quote into every estimate."""
        trusted = super().learn(quote, now_ns)
        if quote.is_two_sided:
            self.flow.add((quote.bid_px, quote.bid_qty, quote.ask_px, quote.ask_qty), quote.recv_ns)
            self.markouts.priced(self.fair.px, now_ns)
            self.moves.priced(self.fair.px, now_ns)
        return trusted

    @property
    def half_bps(self) -> float:
        """Return the half-spread quoted, in bps."""
        return self.half_px / self.fair.px / BPS if self.fair.is_known else 0.0

    def learn_trade(self, trade: base.Trade) -> None:
        """Take a print: how deep it reached counts against the fair value before it."""
        if self.fair.is_known:
            self.intensity.add(abs(trade.px - self.fair.px) / tick_size(trade.px), trade.recv_ns)
        super().learn_trade(trade)

    def filled(self, sign: int, px: float, now_ns: int) -> None:
        """Take a fill of ours: sign +1 bought, −1 sold."""
        self.markouts.filled(sign, px, now_ns)
        if self.fair.is_known:
            self.moves.filled(sign, self.fair.px, now_ns)

    @property
    def adverse_bps(self) -> float:
        """Return how far the fair value goes against a fill in 30 s, on average of late, bps."""
        prior_bps = -self.params.adverse_prior_bps
        return -self.moves.mean_bps(ADVERSE_S, prior_bps=prior_bps, prior_fills=ADVERSE_PRIOR_FILLS)

    def measure(self, refresh_s: float, caution: float) -> None:
        """Set the half-spread: the closed form, or the floor where that is wider, never under half a tick."""
        params, px, sigma = self.params, self.fair.px, self.volatility
        drift_bps = params.floor_sigmas * sigma.over_s(refresh_s + params.latency_s)
        floor_bps = max(self.adverse_bps, 0.0) + params.fee_bps / 2 + self.error_bps + drift_bps
        floor_px = max(floor_bps * BPS * px, tick_size(px) / 2)
        a, k = self.reach(px)
        sigma_px, wanted = sigma.bps * BPS * px, floor_px / params.units_max
        gamma = avellaneda.gamma_for_skew(wanted, sigma=sigma_px, a=a, k=k)
        form_px = avellaneda.depth(1, q=0, c1=avellaneda.half_width(gamma=gamma, k=k), c2=wanted)
        self.half_px = max(floor_px, form_px) * caution

    def reach(self, px: float) -> tuple[float, float]:
        """Return A and k of one side, per second and per 1e-4 dollar: measured as far as prints allow, else prior."""
        params, tick = self.params, tick_size(px)
        prior_k = params.k_spreads_prior / max(self.spread.value, tick)
        found = self.intensity.fit()
        if found is None:
            return params.fills_per_s_prior, prior_k
        weight = self.intensity.events / (self.intensity.events + EVENTS_PRIOR)
        a = found[0] ** weight * params.fills_per_s_prior ** (1 - weight)
        return a, (found[1] / tick) ** weight * prior_k ** (1 - weight)


class MarketMaker(base.Strategy[Params]):
    """Requotes every few seconds, or at once when its position or a threat changes."""

    freezes = True
    idea = "quotes around fair value, skewed against inventory; one-sided at zero"

    def __init__(self, params: Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self.views = {symbol: View(symbol, params) for symbol in desk.symbols}
        self.table: tuple[Condition[View], ...] = (
            base.warming_up("warm", lambda v: v.warm_s, params.warm_s),
            base.undisturbed(lambda v: desk.dark_s(v.symbol)),
            Condition("quote age", lambda v: v.quote_age_s, lambda _: params.quote_age_s_max, "s"),
            Condition("spread", lambda v: v.spread_medians, lambda _: params.spread_medians_max, "times the usual"),
            Condition("fair value error", lambda v: v.error_bps, lambda v: v.half_bps / 2, "bps"),
        )

    @property
    def is_warm(self) -> bool:
        """Return whether any symbol has been watched for long enough."""
        return any(self.table[0].passes(view) for view in self.views.values())

    def on_trade(self, trade: base.Trade) -> Iterator[base.Message]:
        """Let a print teach the fair value."""
        view = self.views[trade.symbol]
        view.learn_trade(trade)
        return iter(())

    def on_quote(self, quote: base.Quote) -> Iterator[base.Message]:
        """Learn from every quote; requote when it is time, or when a side is under threat."""
        view = self.views[quote.symbol]
        view.learn(quote, self.now_ns)
        if self.acting and quote.is_two_sided and (self._threatened(view) or self.now_ns >= view.refresh_ns):
            yield from self._requote(view, quote)

    def on_report(self, report: base.ExecutionReport) -> Iterator[base.Message]:
        """Requote after a fill; give up when fifty fills have lost more than the half-spread."""
        view = self.views[report.symbol]
        if report.last_qty:
            view.filled(report.side.sign, report.last_px, self.now_ns)
            view.refresh_ns = 0
            if view.markouts.count(5) >= KEPT and view.markouts.mean_bps(5) < -view.half_bps:
                yield from self.disable(f"{report.symbol}: 50 fills lost {-view.markouts.mean_bps(5):.1f} bps in 5 s")

    def _threatened(self, view: View) -> bool:
        """Note which side the order flow runs over; return whether that is news."""
        z = view.flow.z
        if abs(z) <= self.params.flow_z_max:
            return False
        side = Side.SELL if z > 0 else Side.BUY
        news = view.pulled_until[side] <= self.now_ns
        view.pulled_until[side] = self.now_ns + round(self.params.pull_s * NS_PER_S)
        return news

    def _requote(self, view: View, quote: base.Quote) -> Iterator[base.Message]:
        refresh_s = self._refresh_s()
        view.refresh_ns = self.now_ns + round(refresh_s * NS_PER_S)
        if view.fair.is_known:
            view.measure(refresh_s, self.phase.caution)
        closed = base.first_closed(self.table, view)
        view.wants = 0
        if closed is not None or not self.phase.takes_orders:
            view.says = f"waits, {closed.in_words(view)}" if closed else self.phase.value
            for side in Side:
                yield from self.unquote(view.symbol, side)
            return
        if self.phase is Phase.FLATTEN_NOW:
            yield from self._leave(view, quote)
            return
        wishes = self._wishes(view, quote)
        view.says = ", ".join(f"{side.word} {px / base.PX_PER_USD:.2f}×{qty}" for side, (qty, px) in wishes.items())
        view.says = f"{view.says or 'no side open'}, half-spread {view.half_bps:.1f} bps"
        for side in Side:
            if side not in wishes:
                yield from self.unquote(view.symbol, side)
        keep_within = max(tick_size(view.fair.px), round(view.half_px / 4))
        view.wants = len(wishes)
        for side, (qty, px) in wishes.items():
            yield from self.quote(view.symbol, side, qty, px, basis_ns=quote.recv_ns, keep_within=keep_within)

    def _refresh_s(self) -> float:
        """Return how long quotes stand: as set while orders are plenty, else so that the minute's rest suffices."""
        sent, entries = self.desk.sent_ns, int(self.desk.rules.orders_per_min_max * ENTRIES_SHARE)
        if 2 * len(sent) <= entries:
            return self.params.refresh_s
        rest_s = 60.0 - (self.now_ns - sent[0]) / NS_PER_S  # until the oldest of them counts no more
        wait_s = min(rest_s * len(self.views) / max(1, entries - len(sent)), REFRESH_S_MAX)
        return max(self.params.refresh_s, wait_s)

    def _leave(self, view: View, quote: base.Quote) -> Iterator[base.Message]:
        position = self.position(view.symbol)
        yield from self.cancel_all(view.symbol) if self.desk.orders.in_symbol(view.symbol) else ()
        if position and not self.desk.orders.in_symbol(view.symbol):
            yield from self.take(quote, Side.SELL if position > 0 else Side.BUY, abs(position))

    def _wishes(self, view: View, quote: base.Quote) -> dict[Side, tuple[int, int]]:
        """Return quantity and price per side that shall rest: the closed form's depths around the fair value."""
        position = self.position(view.symbol)
        unit = min(max(1, int(self.params.order_usd * base.PX_PER_USD / view.fair.px)), self.desk.rules.order_qty_max)
        wishes: dict[Side, tuple[int, int]] = {}
        for side in self._sides(view, position, unit):
            away = view.half_px + side.sign * position / unit * view.half_px / self.params.units_max
            if self.phase is Phase.FLATTEN:
                away = 0.0
            px = passive_px(quote, side, view.fair.px - side.sign * max(away, 0.0))
            closing = position * side.sign < 0
            wishes[side] = (min(unit, abs(position)) if closing else unit, px)
        return wishes

    def _sides(self, view: View, position: int, unit: int) -> Iterator[Side]:
        if not position:
            yield from (self._leaning(view),) if self.phase.takes_entries else ()
            return
        for side in Side:
            closing = position * side.sign < 0
            room = abs(position) + unit <= self.params.units_max * unit and self.phase.takes_entries
            if closing or (room and view.pulled_until[side] <= self.now_ns):
                yield side

    def _leaning(self, view: View) -> Side:
        """Return the one side to quote at zero: with the flow, away from a threat or a refusal, else in turn."""
        rests = {side for side in Side if self.desk.resting_until.get((view.symbol, side), 0) > self.now_ns}
        rests |= {side for side in Side if view.pulled_until[side] > self.now_ns}
        turn = self.now_ns - view.lean_ns > round(self.params.lean_s * NS_PER_S)
        wanted = Side.BUY if view.flow.z > 1 else Side.SELL if view.flow.z < -1 else view.lean
        wanted = wanted.opposite if turn and wanted is view.lean else wanted
        if len(rests) == 1 and wanted in rests:
            wanted = wanted.opposite
        if wanted is not view.lean and (turn or view.lean in rests):
            view.lean, view.lean_ns = wanted, self.now_ns
        return view.lean

    def memory(self) -> dict[str, object]:
        """Return what it knows of each symbol."""
        return dict(self.views)

    def gates(self) -> tuple[base.Gate, ...]:
        """Return every condition of every symbol."""
        return tuple(row.told(view, symbol) for symbol, view in self.views.items() for row in self.table)

    def why(self) -> str:
        """Return what it quotes in each symbol, or what it waits for; a blackout is told for every family alike."""
        open_now = [view for view in self.views.values() if not self._is_closed(view)]
        told = {
            symbol: view for symbol, view in self.views.items() if not self.desk.blackout.left_ns(symbol, self.now_ns)
        }
        return "; ".join([*self._told_open(open_now), *base.reasons(self.table, told.items())])

    def _told_open(self, views: list[View]) -> Iterator[str]:
        """Return what rests in each; when nothing does although it should, what holds it back, or until when."""
        held_back, waiting = dict[str, list[str]](), list[str]()
        for view in views:
            why = self.desk.held_back_in(view.symbol)
            if not view.wants or self.desk.orders.in_symbol(view.symbol):
                yield f"{view.symbol} {view.says}"
            elif why:
                held_back.setdefault(why, []).append(view.symbol)
            else:
                waiting.append(f"{view.symbol} in {max(0, view.refresh_ns - self.now_ns) / NS_PER_S:.0f} s")
        yield from (f"{', '.join(symbols)} held back by {why}" for why, symbols in held_back.items())
        if waiting:
            yield f"nothing rests, quotes again{self._sparing()}: {', '.join(waiting)}"

    def _sparing(self) -> str:
        """Return why quotes stand for longer than is set, or ""."""
        if self._refresh_s() <= self.params.refresh_s:
            return ""
        sent = len(self.desk.sent_ns)
        return f" ({sent} order{'s' * (sent != 1)} in the last minute, the rest is spared)"

    def _is_closed(self, view: View) -> bool:
        return base.first_closed(self.table, view) is not None
