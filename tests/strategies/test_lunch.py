"""At lunch every family that enters asks for a quarter more than in the morning (reference 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import NS_PER_S
from strategies.sdk.gates import pays
from tests.strategies.arena import core_of
from tests.strategies.worlds import MORNING_NS

if TYPE_CHECKING:
    from strategies.sdk.gates import Condition

LUNCH_NS = MORNING_NS + 2 * 3_600 * NS_PER_S
WIDER = {
    "pairs": (("PEP", "KO"), {"score": 2.0 * 1.25}),
    "etf": (("SPY", "IVV"), {"score": 2.5 * 1.25}),
    "leadlag": (("SPY", "IWM"), {"leader's move": 2.0 * 1.25}),
    "ml": (("SPY",), {"log-loss below base": 0.002 * 1.25}),
    "news": (("SPY",), {"move with it": 1.0 * 1.25}),
}


class Told:
    """What a condition of costs reads."""

    edge_bps, cost_bps = 2.0, 3.0


@pytest.mark.parametrize("name", WIDER)
def test_what_an_entry_must_reach_is_a_quarter_more_at_lunch(name: str) -> None:
    symbols, wanted = WIDER[name]
    family = core_of(name, symbols, demo=False).strategy
    table: tuple[Condition[Any], ...] = family.table  # type: ignore[attr-defined]  # each of these has one
    for at_ns, factor in ((MORNING_NS, 0.8), (LUNCH_NS, 1.0)):
        family.desk.now_ns = at_ns
        bounds = {row.name: row.bound(None) for row in table if row.name in wanted and row.at_least}
        assert bounds == pytest.approx({key: factor * value for key, value in wanted.items()})


@pytest.mark.parametrize("name", ["pairs", "etf"])
def test_the_score_that_is_too_far_to_be_trusted_stays_the_same(name: str) -> None:
    family = core_of(name, WIDER[name][0], demo=False).strategy
    (row,) = [row for row in family.table if row.name == "score" and not row.at_least]  # type: ignore[attr-defined]  # a table, as above
    family.desk.now_ns = LUNCH_NS
    assert row.bound(None) == family.params.stop_s


def test_an_edge_must_pay_for_costs_a_quarter_higher_at_lunch() -> None:
    desk = core_of("ml", ("SPY",)).desk
    row: Condition[Told] = pays(desk, 1.0)
    desk.now_ns = MORNING_NS
    assert (row.bound(Told()), row.passes(Told())) == (1.0, True)
    desk.now_ns = LUNCH_NS
    assert row.bound(Told()) == 2.0  # 5 bps in all, where 4 are enough in the morning
    assert row.passes(Told())
    dearer: Condition[Told] = pays(desk, 1.1)
    assert not dearer.passes(Told())
