"""leadlag: a slower symbol follows a quicker one by seconds (Hoffmann et al. 2013; Huth & Abergel 2014).

Whether A leads B is measured all the time, by Hayashi–Yoshida over a lag grid; only while it does, by half a second to
ten, and the forecast of the follower's next five seconds pays for the spread and the fair value's error, it takes the
follower in that direction and gives it back at the horizon. The literature finds the direction right 60 % of the time,
and the spread dearer than what that brings: expect it to stand aside, and to say which number was missing.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from hft.clock import NS_PER_S
from strategies import base
from strategies.base import Condition, Side
from strategies.estimators.lead import LEADS_KEPT, RETURNS_MIN, Forecast, LeadMeter
from strategies.estimators.symbol import SymbolView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strategies.sdk.desk import Desk

FEE_BPS = 0.2
RECENT = 50


class Params(base.Params, frozen=True, kw_only=True):
    """Dollars, seconds, basis points (reference 4.3)."""

    DEMO: ClassVar[dict[str, Any]] = {"observe_min": 0.0, "window_s": 120.0, "measure_every_s": 10.0}

    links: tuple[tuple[str, str], ...] = (("SPY", "IWM"), ("QQQ", "IWM"))  # leader, follower
    window_s: float = 900.0  # of the correlations
    measure_every_s: float = 30.0  # one lag of the grid at each wake, all of them so often
    lag_max_s: float = 10.0  # the grid reaches so far to both sides
    lag_step_s: base.Positive = 0.5
    ratio_min: float = 1.3  # of correlation in the lead to that against it (LLR)
    lag_s_min: float = 0.5  # a shorter lead is none
    agreeing_min: Annotated[int, Meta(le=LEADS_KEPT)] = 3  # of the last four windows
    past_s: base.Positive = 3.0  # the leader's move that foretells
    ahead_s: float = 5.0  # the follower's move that is foretold
    samples: Annotated[int, Meta(ge=RETURNS_MIN)] = 600  # of the regression, one a second
    t_min: float = 2.0  # of its slope
    sigmas_min: float = 2.0  # the leader must have moved so many
    moved_share_max: float = 0.5  # of the forecast, already made by the follower
    edge_bps_min: float = 1.0  # beyond half-spread, fees and twice the error
    age_s_max: float = 5.0  # an older fair value is none
    order_usd: float = 2_000.0
    stop_bps: float = 5.0  # against us: it is left
    hold_s_max: float = 30.0
    cooldown_s: float = 30.0  # no entry for so long after a trade
    hit_share_min: float = 0.52  # of 50 trades; with fewer it gives up
    orders_per_min_max: int = 12


class Link:
    """One leader and one follower."""

    NOT_KEPT = frozenset({"leader", "follower", "params"})

    def __init__(self, leader: SymbolView, follower: SymbolView, params: Params) -> None:
        self.leader, self.follower, self.params = leader, follower, params
        self.meter = LeadMeter(
            window_s=params.window_s,
            every_s=params.measure_every_s,
            lag_max_s=params.lag_max_s,
            lag_step_s=params.lag_step_s,
        )
        self.forecast = Forecast(past_s=params.past_s, ahead_s=params.ahead_s, every_s=1.0, samples=params.samples)
        self.now_ns = 0

    @property
    def name(self) -> str:
        """Return `SPY→IWM`."""
        return f"{self.leader.symbol}→{self.follower.symbol}"

    def learn(self, which: int, now_ns: int) -> None:
        """Take a tick of the leader (0) or the follower (1)."""
        self.now_ns = self.leader.now_ns = self.follower.now_ns = now_ns
        if self.leader.fair.is_known and self.follower.fair.is_known:
            view = (self.leader, self.follower)[which]
            self.meter.tick(which, view.fair.log_bps, now_ns)
            self.forecast.add(self.leader.fair.log_bps, self.follower.fair.log_bps, now_ns)

    @property
    def leader_sigmas(self) -> float:
        """Return the leader's last move in its own standard deviations over that time."""
        return abs(self.forecast.leader_move) / self.leader.volatility.over_s(self.params.past_s)

    @property
    def moved_share(self) -> float:
        """Return which part of the forecast the follower has already made."""
        move = self.forecast.move_bps
        return self.forecast.follower_move / move if move else 0.0

    @property
    def cost_bps(self) -> float:
        """Return the half-spread, the fees and twice the follower's error."""
        return self.follower.spread_bps / 2 + FEE_BPS + 2 * self.follower.error_bps

    @property
    def edge_bps(self) -> float:
        """Return the forecast beyond its cost."""
        return abs(self.forecast.move_bps) - self.cost_bps


class Position:
    """What is held in one follower, and how the last trades went."""

    def __init__(self) -> None:
        self.px = 0.0
        self.opened_ns = self.next_entry_ns = 0
        self.recent: deque[float] = deque(maxlen=RECENT)


class LeadLag(base.Strategy[Params]):
    """One small position a follower."""

    idea = "takes the follower in the direction its leader went, if that pays for the spread"

    def __init__(self, params: Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self.views = {symbol: SymbolView(symbol, grid_s=1.0) for symbol in desk.symbols}
        known = [pair for pair in params.links if set(pair) <= set(desk.symbols)]
        self.links = [Link(self.views[a], self.views[b], params) for a, b in known]
        self.held = {follower: Position() for _, follower in known}
        self.table: tuple[Condition[Link], ...] = (
            base.learning("price changes", lambda x: x.meter.changes, RETURNS_MIN),
            Condition("lead ratio", lambda x: x.meter.ratio, lambda _: params.ratio_min, "times", at_least=True),
            Condition("lead", lambda x: x.meter.lag_s, lambda _: params.lag_s_min, "s", at_least=True),
            Condition("windows that agree", lambda x: x.meter.agreeing, lambda _: params.agreeing_min, at_least=True),
            Condition("slope's t", lambda x: x.forecast.t_value, lambda _: params.t_min, at_least=True),
            Condition("follower's age", lambda x: x.follower.quote_age_s, lambda _: params.age_s_max, "s"),
            base.resting(self._rest_s),
            Condition(
                "leader's move", lambda x: x.leader_sigmas, base.wary(desk, params.sigmas_min), "sd", at_least=True
            ),
            Condition("already moved", lambda x: x.moved_share, lambda _: params.moved_share_max, "of the forecast"),
            base.pays(desk, params.edge_bps_min),
        )

    @classmethod
    def watches(cls, params: Params, fleet: tuple[str, ...]) -> tuple[str, ...]:
        """Return leaders and followers of the links that the fleet watches whole."""
        whole = [link for link in params.links if set(link) <= set(fleet)] or params.links[:1]
        return tuple(dict.fromkeys(symbol for link in whole for symbol in link))

    @property
    def is_warm(self) -> bool:
        """Return whether any lead has been measured."""
        return any(link.meter.leads for link in self.links)

    def on_trade(self, trade: base.Trade) -> Iterator[base.Message]:
        """Let a print teach the fair value."""
        self.views[trade.symbol].learn_trade(trade)
        return iter(())

    def on_timer(self) -> Iterator[base.Message]:
        """Measure a little of each lead, apart from the ticks."""
        for link in self.links:
            link.meter.measure(self.now_ns)
        return iter(())

    def on_quote(self, quote: base.Quote) -> Iterator[base.Message]:
        """Learn; leave a position whose time has come; enter behind a leader that moved."""
        self.views[quote.symbol].learn(quote, self.now_ns)
        for link in self.links:
            if quote.symbol in {link.leader.symbol, link.follower.symbol}:
                link.learn(int(quote.symbol == link.follower.symbol), self.now_ns)
                if self.acting and not self.desk.orders.in_symbol(link.follower.symbol):
                    yield from self._act(link)

    def _act(self, link: Link) -> Iterator[base.Message]:
        symbol, quote = link.follower.symbol, link.follower.quote
        position = self.position(symbol)
        if quote is None:
            return
        if position:
            if self._is_over(link, position):
                yield from self.take(quote, Side.SELL if position > 0 else Side.BUY, abs(position))
        elif base.first_closed(self.table, link) is None:
            qty = max(1, int(self.params.order_usd * base.PX_PER_USD / link.follower.fair.px))
            yield from self.take(quote, Side.BUY if link.forecast.move_bps > 0 else Side.SELL, qty)

    def _is_over(self, link: Link, position: int) -> bool:
        held, sign = self.held[link.follower.symbol], 1 if position > 0 else -1
        held_s = (self.now_ns - held.opened_ns) / NS_PER_S
        gain_bps = sign * (link.follower.fair.px / held.px - 1) * 1e4 if held.px else 0.0
        reversed_ = sign * link.forecast.move_bps < -self.params.edge_bps_min
        over = held_s >= min(self.params.ahead_s, self.params.hold_s_max) or gain_bps <= -self.params.stop_bps
        return over or reversed_ or not self.phase.takes_entries

    def on_report(self, report: base.ExecutionReport) -> Iterator[base.Message]:
        """Note entry and result; give up when fifty trades were wrong too often or lost money."""
        held = self.held[report.symbol]
        if not report.last_qty:
            return
        if report.position * report.side.sign > 0:
            held.px, held.opened_ns = float(report.last_px), self.now_ns
            return
        if report.position:
            return  # a part of the way out
        held.recent.append(-report.side.sign * (report.last_px / held.px - 1) * 1e4 if held.px else 0.0)
        held.next_entry_ns = self.now_ns + round(self.params.cooldown_s * NS_PER_S)
        hits, mean = sum(r > 0 for r in held.recent) / len(held.recent), sum(held.recent) / len(held.recent)
        if len(held.recent) == RECENT and (hits < self.params.hit_share_min or mean < 0):
            yield from self.disable(f"{report.symbol}: 50 trades, {hits:.0%} right, {mean:+.1f} bps on average")

    def _waiting(self) -> Iterator[tuple[str, Link]]:
        """Return the links, by name, whose follower is not held."""
        return ((link.name, link) for link in self.links if not self.position(link.follower.symbol))

    def _rest_s(self, link: Link) -> float:
        return max(self.held[link.follower.symbol].next_entry_ns - self.now_ns, 0) / NS_PER_S

    def memory(self) -> dict[str, object]:
        """Return the views, the measured leads, and how the last trades went."""
        links = {link.name: link for link in self.links}
        return {**self.views, **links, **{f"{symbol} held": held for symbol, held in self.held.items()}}

    def gates(self) -> tuple[base.Gate, ...]:
        """Return every condition of every link."""
        return tuple(row.told(link, link.name) for link in self.links for row in self.table)

    def why(self) -> str:
        """Return what it holds, and what each link waits for."""
        held = [f"holds {self.position(symbol)} {symbol}" for symbol in self.held if self.position(symbol)]
        waits = base.reasons(self.table, self._waiting())
        return "; ".join([*held, *waits]) or ("about to trade" if self.links else "none of its symbols is watched")
