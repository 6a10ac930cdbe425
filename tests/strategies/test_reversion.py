"""What pairs and etf share: which way the legs go, when a trade is given back, what counts as a stop."""

from __future__ import annotations

import dataclasses
import math
import random
from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_S
from strategies.sdk import memory
from tests.strategies.arena import core_of
from tests.strategies.worlds import MORNING_NS

if TYPE_CHECKING:
    from strategies.pairs import Pairs
    from strategies.sdk.reversion import Relation


def pairs() -> Pairs:
    family: Pairs = core_of("pairs", ("KO", "PEP")).strategy  # type: ignore[assignment]  # that is the family named
    return family


def fitted(relation: Relation, *, beta: float, half_life_s: float = 120.0) -> None:
    """Fit it to log A = c + beta log B + a spread that comes back, sampled each second."""
    rng, b, x, spread = random.Random(4), 2 ** (-1 / half_life_s), 4_000.0, 0.0
    for second in range(1_500):
        x += rng.gauss(0, 2.0)
        spread = b * spread + 6.0 * math.sqrt(1 - b * b) * rng.gauss(0, 1)
        relation.model.sample(9_000.0 + beta * x + spread, x, MORNING_NS + second * NS_PER_S)
    relation.model.fit()


@pytest.mark.parametrize(("beta", "passes"), [(-0.8, False), (0.8, True), (-4.0, False), (0.1, False), (4.0, False)])
def test_a_pair_whose_shares_go_opposite_ways_is_not_hedged_by_the_other_leg(beta: float, *, passes: bool) -> None:
    family = pairs()
    (relation,) = family.relations
    fitted(relation, beta=beta)
    assert relation.hedge_ratio == pytest.approx(beta, abs=0.1)
    assert all(row.passes(relation) for row in family.table if row.name == "hedge ratio") is passes


def held(family: Pairs, *, entered_at: float) -> Relation:
    """Return its pair as if it had been entered at this score."""
    (relation,) = family.relations
    fitted(relation, beta=0.8)
    for view, px in ((relation.y, 1_600_000), (relation.hedge, 600_000)):
        view.fair.on_quote(px - 50, px + 50, MORNING_NS)
    family.desk.now_ns = relation.now_ns = MORNING_NS
    move_to(relation, entered_at)
    family._open(relation)
    return relation


def move_to(relation: Relation, score: float) -> None:
    """Move the mean of its process so that the prices of now have this score."""
    process = relation.model.process
    assert process is not None
    residual = relation.model.residual(relation.y.fair.log_bps, relation.x_bps)
    relation.model.process = dataclasses.replace(process, mean=residual - score * process.sd)


WAY_BACK = [(2.5, ""), (1.0, ""), (0.4, "reverted"), (-0.6, "reverted"), (-1.0, "reverted"), (-3.0, "reverted")]
WAY_BACK += [(-4.2, "reverted"), (4.1, "stop"), (math.nan, "reverted")]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("score", "reason"), WAY_BACK)
def test_a_spread_that_jumps_through_its_mean_has_come_back_however_far_it_goes(
    score: float, reason: str, sign: int
) -> None:
    family = pairs()
    relation = held(family, entered_at=sign * 2.5)
    move_to(relation, sign * score)
    assert family._reason_to_leave(relation) == reason


def test_a_trade_that_outlives_a_restart_still_knows_which_way_is_back() -> None:
    family, fresh = pairs(), pairs()
    held(family, entered_at=2.5)
    raw = memory.encode(memory.remember("pairs", family.memory(), MORNING_NS))
    assert memory.recall(raw, fresh.memory())
    (relation,) = fresh.relations
    relation.now_ns = fresh.desk.now_ns = MORNING_NS
    move_to(relation, -3.0)
    assert fresh._reason_to_leave(relation) == "reverted"
    move_to(relation, 3.0)
    assert not fresh._reason_to_leave(relation)
