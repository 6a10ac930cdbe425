"""What pairs and etf share: a spread that comes back, traded as one position in two legs (reference 2.5 and 5).

A Relation is y against a weighted sum of parts, its fitted process, and the two legs that trade it: y and a hedge. The
family gives the relations and the table of conditions; entering, leaving, resting and giving up are the same for both.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from msgspec import Meta

from hft.clock import NS_PER_S
from strategies.estimators.spread import FIT_SAMPLES_MIN
from strategies.sdk.gates import BLACKOUT, Condition, first_closed, pays, reasons, resting, undisturbed, wary
from strategies.sdk.params import Params, Positive
from strategies.sdk.rules import PX_PER_USD
from strategies.sdk.session import NS_PER_DAY, new_york_midnight_ns
from strategies.sdk.strategy import Strategy
from strategies.sdk.two_legs import TwoLegs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hft.messages import ExecutionReport, Gate, Message, Quote, Trade
    from strategies.estimators.spread import SpreadModel
    from strategies.estimators.symbol import SymbolView
    from strategies.sdk.desk import Desk

FEE_BPS = 0.4  # of a whole round trip in both legs: Section 31 on two of four fills
RECENT = 20
DAYS = 5


class ReversionParams(Params, frozen=True, kw_only=True):
    """Dollars, seconds, basis points, standard deviations; the family's own defaults stand in its file."""

    ORDERED: ClassVar[tuple[tuple[str, str], ...]] = (("samples_min", "window"), ("entry_s", "stop_s"))

    step_s: Positive = 5.0  # fair values are sampled so often, more rarely where ticks are
    window: Annotated[int, Meta(ge=FIT_SAMPLES_MIN)] = 2_000  # samples that a fit takes
    samples_min: int = 390  # before a fit counts
    fit_every_s: float = 60.0  # and each fit takes all of the window
    entry_s: float = 2.0  # scores, in standard deviations of the spread; a quarter more at lunch
    exit_s: float = 0.5  # the score at which, or beyond the mean, it is given back
    stop_s: float = 4.0  # the score, away from the mean, at which it is given up
    edge_bps_min: float = 3.0  # what the way back must bring beyond its cost
    error_bps_max: float = 1.5  # standard deviation of each fair value
    age_s_max: float = 15.0  # an older fair value is none
    leg_usd: float = 3_000.0  # size of a leg
    unhedged_s: float = 3.0  # a leg that stays alone so long is given back
    reach_bps: float = 5.0  # how far beyond fair an order that enters may take
    hold_half_lives: float = 3.0  # a trade ends after so many half-lives
    hold_s_max: float = 3_600.0  # and after so long at the latest
    cooldown_s: float = 60.0  # no entry for so long after a trade
    bench_s: float = 1_800.0  # nor for so long after a stop
    stops_max: int = 3  # with so many it gives up on the relation
    orders_per_min_max: int = 10


R = TypeVar("R", bound=ReversionParams)


class Relation:
    """One spread: its views, its fit, its trade."""

    NOT_KEPT = frozenset({"family", "params", "y", "parts", "hedge", "views"})

    def __init__(
        self,
        family: Reversion[R],
        *,
        y: SymbolView,
        parts: Mapping[str, tuple[SymbolView, float]],
        hedge: SymbolView,
        model: SpreadModel,
    ) -> None:
        self.family: Reversion[Any] = family
        self.params: ReversionParams = family.params
        self.y, self.parts, self.hedge, self.model = y, parts, hedge, model
        self.views = {view.symbol: view for view in (y, hedge, *(view for view, _ in parts.values()))}
        self.legs = TwoLegs(family, y, hedge, unhedged_s=self.params.unhedged_s, reach_bps=self.params.reach_bps)
        self.stops = self.next_fit_ns = self.next_entry_ns = self.now_ns = 0
        self.recent: deque[float] = deque(maxlen=RECENT)
        self.days: deque[bool] = deque(maxlen=DAYS)  # whether the last sessions ended with a passed test
        self.midnight_ns = 0

    @property
    def name(self) -> str:
        """Return `PEP/KO`."""
        return f"{self.y.symbol}/{'+'.join(self.parts)}"

    @property
    def x_bps(self) -> float:
        """Return the weighted log price of the parts, bps."""
        return sum(weight * view.fair.log_bps for view, weight in self.parts.values())

    def learn(self, now_ns: int) -> None:
        """Sample, and fit when it is time and nothing is held: a fit under way would move the goal."""
        self.now_ns = now_ns
        for view in self.views.values():
            view.now_ns = now_ns
        if now_ns >= self.midnight_ns + NS_PER_DAY:
            self._begin_day(now_ns)
        if self.error_bps <= 2 * self.params.error_bps_max and all(v.fair.is_known for v in self.views.values()):
            self.model.sample(self.y.fair.log_bps, self.x_bps, now_ns)
        if now_ns >= self.next_fit_ns and self.legs.is_flat:
            self.next_fit_ns = now_ns + round(self.params.fit_every_s * NS_PER_S)
            self.model.fit()

    def _begin_day(self, now_ns: int) -> None:
        """Note how the last day ended, and forget its samples: the night between two is no step of any process."""
        if self.model.verdict is not None:
            self.days.append(self.model.excess < 0)
        self.model.clear()
        self.midnight_ns = new_york_midnight_ns(now_ns)

    @property
    def rivals(self) -> int:
        """Return how many trades of others are open that have one of its legs: what is held of it is theirs."""
        others = (each for each in self.family.relations if each.legs.is_open and each is not self)
        return sum(bool({each.y.symbol, each.hedge.symbol} & {self.y.symbol, self.hedge.symbol}) for each in others)

    @property
    def days_passed(self) -> int:
        """Return on how many of the last five sessions the test passed."""
        return sum(self.days)

    @property
    def score(self) -> float:
        """Return the s-score."""
        return self.model.score(self.y.fair.log_bps, self.x_bps)

    @property
    def to_go(self) -> float:
        """Return the score that its trade has still to lose: negative beyond the mean, where it has won."""
        return -self.legs.side * self.score

    @property
    def deviation_bps(self) -> float:
        """Return how far the spread is from its mean, bps."""
        return self.score * self.model.process.sd if self.model.process else math.nan

    @property
    def worst_error_bps(self) -> float:
        """Return the largest of the fair values' errors."""
        return max(view.error_bps for view in self.views.values())

    @property
    def error_bps(self) -> float:
        """Return the error of the spread: √(S_y² + Σ w² S²)."""
        parts = sum((weight * view.error_bps) ** 2 for view, weight in self.parts.values())
        return math.sqrt(self.y.error_bps**2 + parts)

    @property
    def age_s(self) -> float:
        """Return the age of the oldest trusted quote."""
        return max(view.quote_age_s for view in self.views.values())

    @property
    def hedge_ratio(self) -> float:
        """Return dollars of the hedge per dollar of y; negative where both legs would be bought, or both sold."""
        return self.model.verdict.beta if self.model.verdict else 1.0

    @property
    def cost_bps(self) -> float:
        """Return the cost of a round trip: both spreads, the fees, twice each leg's error."""
        legs = self.y.spread_bps + abs(self.hedge_ratio) * self.hedge.spread_bps
        return legs + FEE_BPS + 2 * (self.y.error_bps + self.hedge.error_bps)

    @property
    def edge_bps(self) -> float:
        """Return what the way back to the exit score brings beyond its cost."""
        process = self.model.process
        return (abs(self.score) - self.params.exit_s) * process.sd - self.cost_bps if process else math.nan

    @property
    def rest_s(self) -> float:
        """Return for how long it must still rest, or sit on the bench."""
        return max(self.next_entry_ns - self.now_ns, 0) / NS_PER_S

    @property
    def recent_bps(self) -> float:
        """Return the mean of the last twenty trades once there are so many, else 0."""
        return sum(self.recent) / len(self.recent) if len(self.recent) == RECENT else 0.0


class Reversion(Strategy[R]):
    """One trade a relation at a time."""

    keeps_s = 8 * 24 * 3_600.0  # the verdicts of the last sessions outlive a long weekend
    views: dict[str, SymbolView]
    relations: list[Relation]
    table: tuple[Condition[Relation], ...]

    @property
    def is_warm(self) -> bool:
        """Return whether any relation has its samples."""
        return any(self.table[0].passes(relation) for relation in self.relations)

    def on_trade(self, trade: Trade) -> Iterator[Message]:
        """Let a print teach the fair value."""
        self.views[trade.symbol].learn_trade(trade)
        return iter(())

    def on_quote(self, quote: Quote) -> Iterator[Message]:
        """Learn; then manage or open the trade of each relation that the symbol belongs to."""
        self.views[quote.symbol].learn(quote, self.now_ns)
        for relation in self.relations:
            if quote.symbol in relation.views:
                relation.learn(self.now_ns)
                if self.acting and not relation.rivals:
                    yield from self._manage(relation)

    def on_report(self, report: ExecutionReport) -> Iterator[Message]:
        """Count fills, and go on with the other leg at once."""
        for relation in self.relations:
            if report.symbol in {relation.y.symbol, relation.hedge.symbol} and not relation.rivals:
                if report.last_qty:
                    relation.legs.filled(report)
                if report.status.is_terminal:
                    yield from relation.legs.step()

    def _manage(self, relation: Relation) -> Iterator[Message]:
        legs = relation.legs
        if legs.is_flat:
            if legs.is_open:
                self._note_end(relation)
            if self.phase.takes_entries and first_closed(self.table, relation) is None:
                self._open(relation)
        elif not legs.is_leaving and (reason := self._reason_to_leave(relation)):
            relation.stops += reason == "stop"
            rest_s = self.params.bench_s if reason == "stop" else self.params.cooldown_s
            relation.next_entry_ns = self.now_ns + round(rest_s * NS_PER_S)
            legs.close()
        yield from legs.step()

    def _open(self, relation: Relation) -> None:
        usd, sign = self.params.leg_usd * PX_PER_USD, -1 if relation.score > 0 else 1
        y_qty = int(usd / relation.y.fair.px)
        hedge_qty = int(usd * relation.hedge_ratio / relation.hedge.fair.px)
        if y_qty and hedge_qty:
            relation.legs.open(sign * y_qty, -sign * hedge_qty)

    def _reason_to_leave(self, relation: Relation) -> str:
        to_go, held_s = relation.to_go, (self.now_ns - relation.legs.opened_ns) / NS_PER_S
        if to_go < self.params.exit_s or math.isnan(to_go):
            return "reverted"
        if to_go > self.params.stop_s:
            return "stop"
        hold_s = min(self.params.hold_half_lives * relation.model.half_life_s, self.params.hold_s_max)
        return "time" if held_s > hold_s or not self.phase.takes_entries else ""

    def _note_end(self, relation: Relation) -> None:
        relation.legs.is_open = False
        if relation.legs.is_told_whole:
            relation.recent.append(relation.legs.net_bps)
        rest_ns = round(self.params.cooldown_s * NS_PER_S)
        relation.next_entry_ns = max(relation.next_entry_ns, self.now_ns + rest_ns)

    def memory(self) -> dict[str, object]:
        """Return the views, the fits, the last results and the trades under way."""
        return {**self.views, **{relation.name: relation for relation in self.relations}}

    def begin_anew(self) -> None:
        """Give back what the last run held: it was stopped, and the account may have been flattened since."""
        for relation in self.relations:
            relation.legs.forget()

    def gates(self) -> tuple[Gate, ...]:
        """Return every condition of every relation."""
        return tuple(row.told(relation, relation.name) for relation in self.relations for row in self.table)

    def why(self) -> str:
        """Return what each relation holds or waits for."""
        held = [relation for relation in self.relations if not relation.legs.is_flat and not relation.rivals]
        flat = [relation for relation in self.relations if relation not in held]
        told = [self._holds(relation) for relation in held]
        told += [f"{each.name} is about to trade" for each in flat if first_closed(self.table, each) is None]
        told += reasons(self.table, ((each.name, each) for each in flat if not self._is_dark(each)))
        return "; ".join(told) if self.relations else "none of its symbols is watched"

    def _is_dark(self, relation: Relation) -> bool:
        """Return whether a blackout holds it back: that is told for every family alike (a halt is not)."""
        closed = first_closed(self.table, relation)
        dark = any(self.desk.blackout.left_ns(symbol, self.now_ns) for symbol in relation.views)
        return dark and closed is not None and closed.name == BLACKOUT

    def _holds(self, relation: Relation) -> str:
        away = f"{abs(relation.score):.1f} standard deviations from its usual level"
        if relation.legs.is_leaving:
            return f"leaves {relation.name}, {away}"
        return f"holds {relation.name}, {away}, until within {self.params.exit_s:g}"


def usual_conditions(params: ReversionParams, desk: Desk) -> tuple[Condition[Relation], ...]:
    """Return the conditions that hold for any relation; the family puts its own in front."""
    return (
        Condition("other trades with a leg of it", lambda r: r.rivals, lambda _: 0.0),
        undisturbed(lambda r: max(desk.dark_s(symbol) for symbol in r.views)),
        Condition("fair value error", lambda r: r.worst_error_bps, lambda _: params.error_bps_max, "bps"),
        Condition("quote age", lambda r: r.age_s, lambda _: params.age_s_max, "s"),
        resting(lambda r: r.rest_s),
        Condition("stops", lambda r: r.stops, lambda _: params.stops_max - 1),
        Condition("mean of 20 trades", lambda r: r.recent_bps, lambda _: 0.0, "bps", at_least=True),
        Condition("score", lambda r: abs(r.score), wary(desk, params.entry_s), "sd", at_least=True),
        Condition("score", lambda r: abs(r.score), lambda _: params.stop_s, "sd"),
        pays(desk, params.edge_bps_min),
    )
