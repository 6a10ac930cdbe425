"""etf: a fund against what it holds, or against its twin (Avellaneda & Lee 2010; Marshall et al. 2013).

Premium y = log E − Σ w log P − m; creation and redemption pull funds back, so no test of cointegration is asked for,
but the premium must be larger than what could be measurement: three times the combined error of all fair values.
Only the fund and one liquid proxy are traded. Index funds' premia are 1–2 bps, which is less than IEX lets one see:
expect next to no entries, and the report to say how much of the "mispricing" was error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from strategies.base import Condition, learning, wary
from strategies.estimators.spread import SpreadModel
from strategies.estimators.symbol import SymbolView
from strategies.sdk.reversion import Relation, Reversion, ReversionParams, usual_conditions

if TYPE_CHECKING:
    from strategies.sdk.desk import Desk

ERRORS_MIN = 3.0


class Fund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fund, the dollar weights of what it is compared with, and the symbol that hedges it."""

    symbol: str
    parts: dict[str, float]
    hedge: str

    @property
    def symbols(self) -> set[str]:
        """Return every symbol that is needed."""
        return {self.symbol, self.hedge, *self.parts}


class Params(ReversionParams, frozen=True, kw_only=True):
    """Reference 5."""

    DEMO: ClassVar[dict[str, Any]] = {"observe_min": 0.0, "step_s": 1.0, "fit_every_s": 5.0, "samples_min": 45}

    funds: tuple[Fund, ...] = (
        Fund(symbol="QQQ", parts={"AAPL": 0.25, "MSFT": 0.25, "NVDA": 0.25, "AMZN": 0.25}, hedge="XLK"),
        Fund(symbol="SPY", parts={"IVV": 1.0}, hedge="IVV"),
        Fund(symbol="SPY", parts={"VOO": 1.0}, hedge="VOO"),
    )
    step_s: Annotated[float, msgspec.Meta(gt=0)] = 2.0
    entry_s: float = 2.5
    stop_s: float = 5.0
    edge_bps_min: float = 1.0
    age_s_max: float = 10.0
    hold_s_max: float = 600.0
    leg_usd: float = 4_500.0
    orders_per_min_max: int = 8


class Etf(Reversion[Params]):
    """One trade a fund at a time."""

    idea = "trades a fund's premium over what it holds, when that is more than measurement error"

    def __init__(self, params: Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self.views = {symbol: SymbolView(symbol) for symbol in desk.symbols}
        whole = [fund for fund in params.funds if fund.symbols <= set(desk.symbols)]
        self.relations = [self._fund(fund) for fund in whole]
        errors_min = wary(desk, ERRORS_MIN)
        self.table: tuple[Condition[Relation], ...] = (
            learning("samples", lambda r: len(r.model), params.samples_min),
            Condition("half-life", lambda r: r.model.half_life_s, lambda _: params.hold_s_max, "s"),
            Condition(
                "premium",
                lambda r: abs(r.deviation_bps),
                lambda r: errors_min(r) * r.error_bps,
                "bps",
                at_least=True,
            ),
            *usual_conditions(params, desk),
        )

    @classmethod
    def watches(cls, params: Params, fleet: tuple[str, ...]) -> tuple[str, ...]:
        """Return the symbols of those funds that the fleet watches whole."""
        whole = [fund for fund in params.funds if fund.symbols <= set(fleet)] or params.funds[:1]
        return tuple(sorted({symbol for fund in whole for symbol in fund.symbols}))

    def _fund(self, fund: Fund) -> Relation:
        model = SpreadModel(step_s=self.params.step_s, window=self.params.window, beta=1.0)
        parts = {symbol: (self.views[symbol], weight) for symbol, weight in fund.parts.items()}
        return Relation(self, y=self.views[fund.symbol], parts=parts, hedge=self.views[fund.hedge], model=model)
