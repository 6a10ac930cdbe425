"""What pairs and etf share: which way the legs go, when a trade is given back, what counts as a stop."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_S
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
