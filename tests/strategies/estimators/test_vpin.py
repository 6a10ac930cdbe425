"""VPIN by hand, at its ends, and on real prints whose sides are known."""

from __future__ import annotations

import csv
import gzip
import math
import random
from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_S
from strategies.estimators.vpin import Vpin, bulk_share

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(("move", "share"), [(0.0, 0.5), (1.0, 0.841345), (-1.0, 0.158655), (1.959964, 0.975)])
def test_the_bulk_share_is_the_normal_distribution(move: float, share: float) -> None:
    assert bulk_share(move * 3.0, 3.0) == pytest.approx(share, abs=1e-6)


def test_without_a_deviation_half_was_bought() -> None:
    assert bulk_share(5.0, 0.0) == 0.5


def test_a_bucket_is_its_imbalance_and_the_rest_goes_on() -> None:
    made = Vpin(bucket_qty=100.0, buckets=2)
    made.add(60.0, 20.0)
    assert math.isnan(made.value)
    made.add(0.0, 40.0)  # 20 fill the first bucket: 60 against 40; 20 begin the second
    assert list(made.imbalances) == pytest.approx([0.2])
    made.add(80.0, 0.0)
    assert made.is_known
    assert made.value == pytest.approx((0.2 + 0.6) / 2)


def test_one_large_trade_fills_many_buckets_and_no_volume_is_lost() -> None:
    made = Vpin(bucket_qty=100.0)
    made.add(1_000.0, 0.0)
    assert list(made.imbalances) == [1.0] * 10


@pytest.mark.parametrize(("bought", "value"), [(1.0, 1.0), (0.5, 0.0), (0.0, 1.0)])
def test_one_sided_volume_is_one_and_balanced_volume_none(bought: float, value: float) -> None:
    made = Vpin(bucket_qty=10.0)
    for _ in range(500):
        made.add(bought, 1.0 - bought)
    assert made.value == pytest.approx(value)


def test_a_market_with_a_trend_has_more_of_it_than_one_without() -> None:
    found = []
    for trend in (0.0, 2.0):
        rng, made = random.Random(4), Vpin(bucket_qty=300.0)
        px = 1_000.0
        for minute in range(600):
            after = px + rng.gauss(trend * (-1) ** (minute // 60), 1.0)
            made.add_bar(px, after, 100.0, (minute + 1) * 60 * NS_PER_S)
            px = after
        found.append(made.value)
    assert found[1] > found[0] + 0.1


@pytest.mark.parametrize(("symbol", "bounds"), [("AAPL", (0.12, 0.30)), ("AMZN", (0.19, 0.29))])
def test_real_prints_of_a_day_give_what_was_measured_of_such_days(
    symbol: str, bounds: tuple[float, float], data_file: Callable[[str], Path]
) -> None:
    with gzip.open(data_file("nasdaq-2012-06-21-AAPL-AMZN.csv.gz"), "rt", newline="") as rows:
        prints = [row for row in csv.DictReader(rows) if row["symbol"] == symbol and row["kind"] == "t"]
    total = sum(int(row["qty"]) for row in prints)
    known, bulk = Vpin(bucket_qty=total / 50, buckets=49), Vpin(bucket_qty=total / 50, buckets=49)
    minute, opened, qty, last = 0, 0, 0, 0
    for row in prints:
        px, size, side, at = int(row["px"]), int(row["qty"]), int(row["aggressor"] or 0), int(row["t_ns"])
        known.add(size * (1 + side) / 2, size * (1 - side) / 2)
        if at // (60 * NS_PER_S) != minute:
            if qty:
                bulk.add_bar(opened, last, qty, at)
            minute, opened, qty = at // (60 * NS_PER_S), px, 0
        qty, last = qty + size, px
    assert known.is_known
    assert bounds[0] < known.value < bounds[1]
    assert bounds[0] < bulk.value < bounds[1]
