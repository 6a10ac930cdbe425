"""The three models on a recorded day, against what was measured with the true queue at hand.

Hypothetical 100-share orders at the touch, both sides, at random moments of 2012-06-21 in AMZN: what share of them has
traded after 10 and 30 seconds? With the exchange's full order book (which we do not have here) the true answer was .178
and .375; prints through the price gave .88 and .93 of it, the risk-averse queue .99 and 1.00, any print at the price
1.38 and 1.15, the far side coming to the price (Alpaca's paper rule) .39 and .57.
"""

from __future__ import annotations

import csv
import gzip
import random
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

import pytest

from hft.messages import Quote
from hft.words import Side
from recorder.fillmodels import Expected, Limit, Model, Optimistic, Scale, Strict, far, near, reaches

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NS_PER_S = 1_000_000_000
FILE = "nasdaq-2012-06-21-AAPL-AMZN.csv.gz"
MOMENTS, QTY = 1_500, 100
TOLERANCE = 0.02
# seconds → share of orders that truly traded, and each model's number over the true one
MEASURED = {
    10: (0.178, {"strict": 0.88, "expected": 0.99, "optimistic": 1.38, "cross": 0.39}),
    30: (0.375, {"strict": 0.93, "expected": 1.00, "optimistic": 1.15, "cross": 0.57}),
}


class Day(NamedTuple):
    """A recorded day: when, and the quote or the print (price, shares)."""

    times: list[int]
    rows: list[Quote | tuple[int, int]]


@pytest.fixture(scope="module")
def amzn(data_file: Callable[[str], Path]) -> Day:
    day = Day([], [])
    with gzip.open(data_file(FILE), "rt", newline="") as file:
        for row in csv.DictReader(file):
            if row["symbol"] == "AMZN":
                day.times.append(int(row["t_ns"]))
                day.rows.append(row_of(row))
    return day


def row_of(row: dict[str, str]) -> Quote | tuple[int, int]:
    if row["kind"] == "t":
        return int(row["px"]), int(row["qty"])
    bid_px, bid_qty, ask_px, ask_qty = (int(row[name]) for name in ("bid_px", "bid_qty", "ask_px", "ask_qty"))
    at_ns = int(row["t_ns"])
    return Quote(
        symbol="AMZN", exch_ns=at_ns, recv_ns=at_ns, bid_px=bid_px, bid_qty=bid_qty, ask_px=ask_px, ask_qty=ask_qty
    )


def traded(day: Day, at_ns: int, side: Side, horizon_s: int) -> dict[str, bool] | None:
    """Return for each model whether any share traded; None where there is no market to join."""
    start, stop = bisect_right(day.times, at_ns), bisect_right(day.times, at_ns + horizon_s * NS_PER_S)
    before = next(row for row in reversed(day.rows[:start]) if isinstance(row, Quote))
    if not before.is_two_sided:
        return None
    limit = Limit(side, near(before, side)[0], QTY)
    models: dict[str, Model] = {
        "strict": Strict(limit),
        "expected": Expected(limit, Scale()),
        "optimistic": Optimistic(limit),
    }
    for model in models.values():
        model.arrive(before, take=True)
    crossed = False
    for row in day.rows[start:stop]:
        for model in models.values():
            if isinstance(row, Quote):
                model.on_quote(row)
            else:
                model.on_trade(*row)
        crossed = crossed or (isinstance(row, Quote) and reaches(limit, far(row, side)[0]))
    return {**{name: model.leaves < QTY for name, model in models.items()}, "cross": crossed}


@pytest.mark.parametrize("horizon_s", MEASURED)
def test_the_models_give_the_shares_that_were_measured_with_the_true_queue(amzn: Day, horizon_s: int) -> None:
    chance = random.Random(1)
    counts, orders = dict.fromkeys(MEASURED[horizon_s][1], 0), 0
    first, last = amzn.times[0] + 60 * NS_PER_S, amzn.times[-1] - 60 * NS_PER_S
    for _ in range(MOMENTS):
        at_ns = chance.randrange(first, last)
        for side in Side:
            found = traded(amzn, at_ns, side, horizon_s)
            orders += found is not None
            for name, yes in (found or {}).items():
                counts[name] += yes
    truth, ratios = MEASURED[horizon_s]
    for name, ratio in ratios.items():
        assert counts[name] / orders == pytest.approx(truth * ratio, abs=TOLERANCE), name
