"""pairs: two shares whose log prices come back to one another (Gatev et al. 2006; Avellaneda & Lee 2010).

log A = alpha + beta log B + x, x an Ornstein–Uhlenbeck process fitted to 5 s fair values; sells what is dear and buys
what is cheap at |s| > 2, gives both back within 0.5 of the mean or beyond it, when time is up, or at 4 away on the side
where it entered. It enters only when the series pass Engle–Granger's test now and did on four of the last five days,
the half-life is one to thirty minutes, and the way back pays for both spreads, the fees and the fair values' own
errors. Most pairs on most days fail one of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from strategies.base import Condition, learning
from strategies.estimators.spread import SpreadModel
from strategies.estimators.symbol import SymbolView
from strategies.sdk.reversion import DAYS, Relation, Reversion, ReversionParams, usual_conditions

if TYPE_CHECKING:
    from strategies.sdk.desk import Desk


class Params(ReversionParams, frozen=True, kw_only=True):
    """Reference 2.5."""

    DEMO: ClassVar[dict[str, Any]] = {
        "observe_min": 0.0,
        "step_s": 1.0,
        "fit_every_s": 5.0,
        "samples_min": 60,
        "days_min": 0,
    }

    ORDERED: ClassVar[tuple[tuple[str, str], ...]] = (
        *ReversionParams.ORDERED,
        ("half_life_s_min", "half_life_s_max"),
        ("beta_min", "beta_max"),
    )

    pairs: tuple[tuple[str, str], ...] = (("PEP", "KO"),)
    days_min: Annotated[int, Meta(le=DAYS)] = 4  # of the last five sessions that ended with a passed test
    half_life_s_min: float = 60.0  # of the fitted process
    half_life_s_max: float = 1_800.0
    beta_min: float = 0.3  # of the hedge ratio: log A on log B
    beta_max: float = 3.0


class Pairs(Reversion[Params]):
    """One trade a pair at a time."""

    idea = "buys the cheap and sells the dear of two shares that come back to one another"

    def __init__(self, params: Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self.views = {symbol: SymbolView(symbol) for symbol in desk.symbols}
        self.relations = [self._pair(a, b) for a, b in params.pairs if {a, b} <= set(desk.symbols)]
        self.table: tuple[Condition[Relation], ...] = (
            learning("samples", lambda r: len(r.model), params.samples_min),
            Condition("days that passed", lambda r: r.days_passed, lambda _: params.days_min, at_least=True),
            Condition("Dickey-Fuller t above its 5 % value", lambda r: r.model.excess, lambda _: 0.0),
            Condition("half-life", lambda r: r.model.half_life_s, lambda _: params.half_life_s_max, "s"),
            Condition("half-life", lambda r: r.model.half_life_s, lambda _: params.half_life_s_min, "s", at_least=True),
            Condition("hedge ratio", lambda r: r.hedge_ratio, lambda _: params.beta_max),
            Condition("hedge ratio", lambda r: r.hedge_ratio, lambda _: params.beta_min, at_least=True),
            *usual_conditions(params, desk),
        )

    @classmethod
    def watches(cls, params: Params, fleet: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG003 a pair is what it is
        """Return the legs."""
        return tuple(dict.fromkeys(symbol for pair in params.pairs for symbol in pair))

    def _pair(self, a: str, b: str) -> Relation:
        model = SpreadModel(step_s=self.params.step_s, window=self.params.window)
        other = self.views[b]
        return Relation(self, y=self.views[a], parts={b: (other, 1.0)}, hedge=other, model=model)
