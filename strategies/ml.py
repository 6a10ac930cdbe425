"""ml: an on-line model of the next five seconds from order flow (FTRL-Proximal; Kolm et al. 2023 on the inputs).

Label: the sign of the fair value's change over five seconds, learnt only when it has happened. It trades on the
expected move, (2p − 1) E|move| with p calibrated by Platt's scaling, when that pays for half-spread, fees and twice the
error, and only while its own log-loss beats the base rate. On real books such a model predicts the direction well and
the move by less than the half-spread; on IEX alone, less still: expect it to learn, to say so, and to stand aside.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from hft.clock import NS_PER_S
from strategies import base
from strategies.base import Condition, Side
from strategies.estimators.flow import FlowSums
from strategies.estimators.ftrl import Ftrl, log_loss
from strategies.estimators.moments import EwMeans, EwMoments
from strategies.estimators.platt import Platt
from strategies.estimators.standard import StandardRow
from strategies.estimators.symbol import SymbolView
from strategies.sdk.session import minute_of_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strategies.sdk.desk import Desk

WINDOWS_S = (1.0, 5.0, 30.0)
ROOTS = tuple(map(math.sqrt, WINDOWS_S))
TURN, DAY_MIN = 2 * math.pi, 24 * 60
CLIP = 5.0
FEE_BPS = 0.2
FEATURES = (
    "imbalance",
    *(f"flow_{window:.0f}s" for window in WINDOWS_S),
    *(f"volume_{window:.0f}s" for window in WINDOWS_S),
    *(f"return_{window:.0f}s" for window in WINDOWS_S),
    "error",
    "spread",
    "day_sin",
    "day_cos",
    "constant",
)


class Params(base.Params, frozen=True, kw_only=True):
    """Dollars, seconds, basis points (reference 6.2, 6.4)."""

    DEMO: ClassVar[dict[str, Any]] = {"observe_min": 0.0, "labels_min": 60, "loss_window": 100, "sample_s": 0.5}

    news_blackout_s: float = 300.0
    ahead_s: float = 5.0  # what is foretold: the sign of the move until then
    sample_s: float = 1.0  # an example each
    labels_min: int = 2_000  # examples before it may trade
    loss_window: base.Count = 1_000  # examples over which the log-loss is compared
    gain_min: float = 0.002  # by which the log-loss must beat the base rate's
    edge_bps_min: float = 0.0  # beyond half-spread, fees and twice the error
    age_s_max: float = 5.0  # an older fair value is none; a move seen so much after its time teaches nothing
    alpha: base.Positive = 0.05  # learning rate of FTRL-Proximal, with beta, l1 and l2
    beta: float = 1.0
    l1: float = 1.0
    l2: float = 1.0
    order_usd: float = 1_000.0
    cooldown_s: float = 20.0  # no entry for so long after a trade
    orders_per_min_max: int = 10


class View(SymbolView):
    """One symbol: its features, its model, what it has learnt."""

    NOT_KEPT = SymbolView.NOT_KEPT | {"every_ns", "ahead_ns", "late_ns"}

    def __init__(self, symbol: str, params: Params) -> None:
        super().__init__(symbol, grid_s=1.0)
        self.params = params
        self.model = Ftrl(len(FEATURES), alpha=params.alpha, beta=params.beta, l1=params.l1, l2=params.l2)
        self.platt = Platt()
        self.flow = FlowSums(WINDOWS_S)
        self.volumes = [0.0] * len(WINDOWS_S)
        self.average = EwMeans(WINDOWS_S)
        self.scale = StandardRow(len(FEATURES) - 1, 1_800.0, clip=CLIP)
        self.waiting: deque[tuple[int, tuple[float, ...], float, float]] = deque()
        self.losses: deque[tuple[float, int]] = deque(maxlen=params.loss_window)
        self.loss_sum, self.ones = 0.0, 0  # over the window: to add it up at each quote cost more than all the rest
        self.move = EwMoments(1_800.0, even_start=True)  # |move| over the horizon, bps
        self.p = 0.5
        self.sample_ns = self.entered_ns = self.next_entry_ns = self.volume_ns = 0
        self.every_ns, self.ahead_ns = (round(s * NS_PER_S) for s in (params.sample_s, params.ahead_s))
        self.late_ns = round(max(params.age_s_max, params.sample_s) * NS_PER_S)

    def learn(self, quote: base.Quote, now_ns: int) -> bool:
        """Take a quote into the estimates, learn what is due, and predict when it is time."""
        trusted = super().learn(quote, now_ns)
        if not quote.is_two_sided:
            return False
        self.flow.add((quote.bid_px, quote.bid_qty, quote.ask_px, quote.ask_qty), quote.recv_ns)
        self.average.add(self.fair.log_bps, quote.recv_ns)
        self._label()
        if now_ns >= self.sample_ns and trusted:
            self.sample_ns = now_ns + self.every_ns
            self._predict(self._features(quote))
        return trusted

    def learn_trade(self, trade: base.Trade) -> None:
        """Count a print for the side whose quote it is nearer to."""
        super().learn_trade(trade)
        sign = (trade.px > self.fair.px) - (trade.px < self.fair.px)
        elapsed_s, self.volume_ns = (trade.recv_ns - self.volume_ns) / NS_PER_S, trade.recv_ns
        for i, window in enumerate(WINDOWS_S):
            self.volumes[i] = self.volumes[i] * math.exp(-max(elapsed_s, 0.0) / window) + sign * trade.qty

    def _features(self, quote: base.Quote) -> tuple[float, ...]:
        fair, depth = self.fair, (quote.bid_qty + quote.ask_qty) / 2 or 1.0
        angle, level = TURN * minute_of_day(self.now_ns) / DAY_MIN, fair.log_bps
        root_1, root_5, root_30 = ROOTS
        deep_1, deep_5, deep_30 = depth * root_1, depth * root_5, depth * root_30
        flow_1, flow_5, flow_30 = self.flow.totals
        volume_1, volume_5, volume_30 = self.volumes
        mean_1, mean_5, mean_30 = self.average.means
        raw = (
            quote.bid_qty / (2 * depth) - 0.5,
            *(flow_1 / deep_1, flow_5 / deep_5, flow_30 / deep_30),
            *(volume_1 / deep_1, volume_5 / deep_5, volume_30 / deep_30),
            *((level - mean_1) / root_1, (level - mean_5) / root_5, (level - mean_30) / root_30),
            fair.error_bps(self.now_ns),
            self.spread_bps,
            math.sin(angle),
            math.cos(angle),
        )
        return (*self.scale.add(raw, self.now_ns), 1.0)

    def _predict(self, features: tuple[float, ...]) -> None:
        p = self.model.predict(features)
        margin = math.log(p / (1.0 - p))
        self.p = self.platt.probability(margin)
        self.waiting.append((self.now_ns + self.ahead_ns, features, margin, self.fair.log_bps))

    def _label(self) -> None:
        """Learn from the predictions whose horizon has come; a move under half a tick has no sign.

        One whose horizon passed unseen, in a halt, a hole of the feed or a night, is dropped: its move took longer.
        """
        while self.waiting and self.waiting[0][0] <= self.now_ns:
            due_ns, features, margin, before = self.waiting.popleft()
            if self.now_ns - due_ns > self.late_ns:
                continue
            move, px = self.fair.log_bps - before, self.fair.px
            self.move.add(abs(move), self.now_ns)
            if abs(move) < base.tick_size(px) / 2 / px * 1e4:
                continue
            label = int(move > 0)
            self._note(log_loss(self.platt.probability(margin), label), label)
            self.platt.learn(margin, label)
            self.model.learn(features, label)

    def _note(self, loss: float, label: int) -> None:
        """Take a loss into the window and its sums."""
        if len(self.losses) == self.losses.maxlen:
            old_loss, old_label = self.losses[0]
            self.loss_sum, self.ones = self.loss_sum - old_loss, self.ones - old_label
        self.losses.append((loss, label))
        self.loss_sum, self.ones = self.loss_sum + loss, self.ones + label

    @property
    def gain(self) -> float:
        """Return by how much the rolling log-loss beats that of always saying the base rate."""
        count = len(self.losses)
        share = self.ones / max(count, 1)
        if not 0.0 < share < 1.0:
            return 0.0
        entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
        return entropy - self.loss_sum / count

    @property
    def rest_s(self) -> float:
        """Return for how long it must still rest."""
        return max(self.next_entry_ns - self.now_ns, 0) / NS_PER_S

    @property
    def expected_bps(self) -> float:
        """Return (2p − 1) E|move|, bps."""
        return (2.0 * self.p - 1.0) * self.move.mean

    @property
    def cost_bps(self) -> float:
        """Return half-spread, fees and twice the error."""
        return self.spread_bps / 2 + FEE_BPS + 2 * self.error_bps

    @property
    def edge_bps(self) -> float:
        """Return the expected move beyond its cost."""
        return abs(self.expected_bps) - self.cost_bps


class Ml(base.Strategy[Params]):
    """One model and at most one small position a symbol."""

    keeps_s = 5 * 24 * 3_600.0  # weights outlive the night
    freezes = True
    idea = "learns the next five seconds from order flow, and trades it when that would pay"

    def __init__(self, params: Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self.views = {symbol: View(symbol, params) for symbol in desk.symbols}
        self.table: tuple[Condition[View], ...] = (
            base.learning("examples", lambda v: v.model.seen, params.labels_min),
            Condition("log-loss below base", lambda v: v.gain, base.wary(desk, params.gain_min), at_least=True),
            Condition("quote age", lambda v: v.quote_age_s, lambda _: params.age_s_max, "s"),
            base.resting(lambda v: v.rest_s),
            base.pays(desk, params.edge_bps_min),
        )

    @property
    def is_warm(self) -> bool:
        """Return whether any symbol has its labels."""
        return any(self.table[0].passes(view) for view in self.views.values())

    def on_trade(self, trade: base.Trade) -> Iterator[base.Message]:
        """Let a print teach."""
        self.views[trade.symbol].learn_trade(trade)
        return iter(())

    def on_quote(self, quote: base.Quote) -> Iterator[base.Message]:
        """Learn; leave at the horizon; enter when the expected move pays."""
        view, desk = self.views[quote.symbol], self.desk
        view.learn(quote, desk.now_ns)
        if not desk.acting or not quote.is_two_sided or desk.orders.in_symbol(quote.symbol):
            return
        position = desk.position(quote.symbol)
        if position:
            held_s = (self.now_ns - view.entered_ns) / NS_PER_S
            turned = view.expected_bps * position < 0 and held_s > 1
            if held_s >= self.params.ahead_s or turned or not self.phase.takes_entries:
                yield from self.take(quote, Side.SELL if position > 0 else Side.BUY, abs(position))
        elif base.first_closed(self.table, view) is None:
            qty = max(1, int(self.params.order_usd * base.PX_PER_USD / view.fair.px))
            yield from self.take(quote, Side.BUY if view.expected_bps > 0 else Side.SELL, qty)

    def on_report(self, report: base.ExecutionReport) -> Iterator[base.Message]:
        """Start the clocks of holding and resting."""
        if report.last_qty:
            view = self.views[report.symbol]
            view.entered_ns = self.now_ns
            view.next_entry_ns = self.now_ns + round(self.params.cooldown_s * NS_PER_S)
        return iter(())

    def memory(self) -> dict[str, object]:
        """Return what it knows of each symbol, models included."""
        return dict(self.views)

    def gates(self) -> tuple[base.Gate, ...]:
        """Return every condition of every symbol."""
        return tuple(row.told(view, symbol) for symbol, view in self.views.items() for row in self.table)

    def why(self) -> str:
        """Return what it holds, and what each symbol waits for."""
        shares = [f"{qty} {symbol}" for symbol, qty in self.desk.orders.positions.items() if qty]
        held = [f"holds {', '.join(shares)}"] if shares else []
        return "; ".join([*held, *base.reasons(self.table, self.flat(self.views))]) or "about to trade"
