"""The fair-value filter's rules one by one (tests/strategies/published/tapes.py has a real day)."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from hft.clock import NS_PER_S
from strategies.estimators.fair_value import JUMP_TIMES_MAX, FairValue


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
