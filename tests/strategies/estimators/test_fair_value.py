"""The fair-value filter against the national market: the reference's table on a real day, and its rules one by one."""

from __future__ import annotations

import csv
import gzip
import math
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_S
from strategies.estimators.fair_value import JUMP_TIMES_MAX, FairValue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAQ = "taq-2018-01-02-XXX-iex-nbbo.csv.gz"
SKIPPED_S = 300  # the reference leaves out the first five minutes


def errors_on(file: Path) -> tuple[list[float], float]:
    """Return |filter − NBBO mid| in bps at every second of the day, sorted, and the mean of (error / S)²."""
    filtered, mid, errors, squares = FairValue(), 0.0, [], []
    look_ns = first_ns = 0
    with gzip.open(file, "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            now_ns = int(row["t_ns"])
            first_ns = first_ns or now_ns
            look_ns = look_ns or now_ns + NS_PER_S
            while look_ns <= now_ns:
                if mid and filtered.is_known and look_ns > first_ns + SKIPPED_S * NS_PER_S:
                    errors.append(abs(filtered.log_bps - 1e4 * math.log(mid)))
                    squares.append((errors[-1] / filtered.error_bps(look_ns)) ** 2)
                look_ns += NS_PER_S
            if row["kind"] == "n":
                bid, ask = int(row["bid_px"]), int(row["ask_px"])
                mid = (bid + ask) / 2 if 0 < bid < ask else 0.0
            elif row["venue"] == "V" and row["kind"] == "q":
                filtered.on_quote(int(row["bid_px"]), int(row["ask_px"]), now_ns)
            elif row["venue"] == "V":
                filtered.on_trade(int(row["px"]), now_ns)
    return sorted(errors), sum(squares) / len(squares)


def test_a_real_day_of_iex_against_the_national_market_is_the_table_of_the_reference(
    data_file: Callable[[str], Path],
) -> None:
    errors, calibration = errors_on(data_file(TAQ))
    quantiles = [errors[int(len(errors) * share)] for share in (0.5, 0.75, 0.95)]
    assert quantiles == pytest.approx([1.09, 2.8, 7.3], rel=0.02)
    assert calibration == pytest.approx(1.04, abs=0.01)


def test_it_starts_at_the_first_quote_with_the_quotes_own_error() -> None:
    fair = FairValue()
    assert not fair.is_known
    assert fair.on_quote(1_000_000, 1_000_500, 1)
    assert fair.px == pytest.approx(1_000_250, abs=1)
    assert fair.error_bps(1) == pytest.approx(math.sqrt((0.29 * 5) ** 2 + 0.01), rel=1e-3)


def test_it_never_leaves_the_book_even_for_a_quote_too_wide_to_be_a_price() -> None:
    fair = FairValue()
    fair.on_quote(1_000_000, 1_000_200, 1)
    assert not fair.on_quote(1_000_800, 1_010_000, 2)
    assert fair.px == pytest.approx(1_000_800, abs=1)


def test_its_error_grows_with_the_square_root_of_time() -> None:
    fair = FairValue(sigma_bps=0.5)
    fair.on_trade(1_000_000, NS_PER_S)
    later = [fair.error_bps(NS_PER_S * second) for second in (1, 2, 3)]
    assert later[0] == pytest.approx(1.0)
    assert [b * b - a * a for a, b in pairwise(later)] == pytest.approx([0.25, 0.25])


@pytest.mark.parametrize("bid_ask", [(0, 1_000_000), (1_000_000, 0), (1_000_000, 1_000_000), (1_000_100, 1_000_000)])
def test_a_side_that_is_empty_locked_or_crossed_says_nothing(bid_ask: tuple[int, int]) -> None:
    fair = FairValue()
    assert not fair.on_quote(*bid_ask, 1)
    assert not fair.is_known


def test_a_price_that_cannot_be_is_ignored_until_it_keeps_being_said() -> None:
    fair = FairValue()
    fair.on_trade(1_000_000, 1)
    for number in range(JUMP_TIMES_MAX):
        fair.on_trade(1_100_000, 2 + number)
        assert fair.px == pytest.approx(1_000_000, abs=1)
    fair.on_trade(1_100_000, 100)
    assert fair.px == pytest.approx(1_100_000, abs=1)


def test_time_that_goes_back_does_not_make_it_surer() -> None:
    fair = FairValue()
    fair.on_trade(1_000_000, 10 * NS_PER_S)
    fair.on_trade(1_000_000, 5 * NS_PER_S)
    assert fair.error_bps(10 * NS_PER_S) > 0
