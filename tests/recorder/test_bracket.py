"""The honest book's three models against the truth, on markets whose true queue is known (truequeue.py).

Measured over 50 days of ten minutes, about 280 passive orders of 100 shares on each. Shares filled, calm: strict 0.90
of the true number, expected 0.94, optimistic 1.19; where the feed shows one print in forty (poor): 0.41, 0.51, 2.3. The
true number was inside on all 50 days of both: the width says how little was seen. (The truth lets each order have what
others of ours have taken, the strict and the expected book do not.)
Profit is not ordered as fills are, because more fills may be worse. It was inside on 34 and 33 of the 50 days until the
interval became as wide as leftovers are unsure (here paper fills nothing: all is leftover), and on 50 and 43 since:
where little is seen, one standard deviation is no promise. (48 were told before: orders without a price, sold at 0.00
in truth and books alike, had covered the others.)
"""

from __future__ import annotations

import pytest

from tests.recorder.truequeue import Outcome, day

INSIDE_MIN = 0.95
PROFIT_INSIDE_MIN = {"calm": 0.95, "poor": 0.8}
ORDERS_PER_S_MIN = 0.3


# Shares over the true ones, on the short days; a model that is changed is noticed here.
MEASURED = {
    "calm": {"strict": 0.919, "expected": 0.961, "optimistic": 1.227},
    "poor": {"strict": 0.395, "expected": 0.470, "optimistic": 2.379},
}
TOLERANCE = 0.02


def is_inside(outcome: Outcome) -> bool:
    shares = outcome.shares
    return shares["strict"] <= outcome.true_shares <= shares["optimistic"]


def is_ordered(outcome: Outcome) -> bool:
    shares = outcome.shares
    return shares["strict"] <= shares["expected"] <= shares["optimistic"]


def check(scenario: str, seeds: int, for_s: int) -> list[Outcome]:
    outcomes = [day(seed, scenario, for_s) for seed in range(seeds)]
    assert all(outcome.orders > ORDERS_PER_S_MIN * for_s and outcome.true_shares for outcome in outcomes)
    assert all(map(is_ordered, outcomes))
    assert sum(map(is_inside, outcomes)) >= INSIDE_MIN * seeds
    return outcomes


@pytest.mark.parametrize("scenario", ["calm", "poor"])
def test_the_true_fills_lie_between_the_strict_and_the_optimistic_book(scenario: str) -> None:
    outcomes = check(scenario, seeds=5, for_s=240)
    true_shares = sum(outcome.true_shares for outcome in outcomes)
    for name, ratio in MEASURED[scenario].items():
        filled = sum(outcome.shares[name] for outcome in outcomes)
        assert filled / true_shares == pytest.approx(ratio, abs=TOLERANCE), name


@pytest.mark.e2e
@pytest.mark.soak
@pytest.mark.timeout(240)
@pytest.mark.parametrize("scenario", ["calm", "poor"])
def test_on_fifty_days_the_true_fills_lie_between_the_books(scenario: str) -> None:
    outcomes = check(scenario, seeds=50, for_s=600)
    covered = sum(outcome.low <= outcome.true_profit <= outcome.high for outcome in outcomes)
    assert covered >= PROFIT_INSIDE_MIN[scenario] * len(outcomes)
