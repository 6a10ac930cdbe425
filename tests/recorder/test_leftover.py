"""What only the honest book holds: told apart, charged for its way out, and as unsure as its price."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import pytest

from hft.words import OrdStatus, Side
from recorder.fair import SIGMA_BPS
from recorder.leftover import Leftover, Volatility
from tests.recorder.market import Market
from tests.recorder.test_honest import random_market

if TYPE_CHECKING:
    from recorder.honest import Honest

PX = 1_000_000  # 100 dollars
S = 1_000_000_000
KEPT = 60  # shares


def partly_filled_on_paper() -> Market:
    """Return a market in which paper bought 40 of 100 and sold them, and the honest book bought all 100."""
    market = Market()
    market.mark(0, PX)
    market.quote(0, PX - 200, PX + 200)
    market.order(1, "in", PX + 200)
    market.fill(1.05, "in", PX + 200, 40)
    market.done(1.10, "in", OrdStatus.CANCELED)
    market.order(2, "out", PX - 200, 40, side=Side.SELL)
    market.fill(2.05, "out", PX - 200, 40, Side.SELL)
    market.done(2.10, "out")
    return market


def played(market: Market) -> Honest:
    return market.session().honest


def test_the_shares_that_no_order_would_have_held_are_told_apart_from_what_was_traded() -> None:
    market = partly_filled_on_paper()
    market.quote(10, PX + 9_800, PX + 10_200)
    market.mark(11, PX + 10_000)
    left = played(market).account("mm").leftover
    assert left.positions == {"SPY": KEPT}
    assert left.pnl == KEPT * 10_000


def test_they_are_valued_at_the_touch_with_the_fees_of_leaving() -> None:
    market = partly_filled_on_paper()
    market.quote(10, PX + 9_800, PX + 10_200)
    market.mark(11, PX + 10_000)
    honest = played(market)
    fee_usd = KEPT * (100.98 * 20.60 / 1e6 + 0.000195 + 0.000003)
    assert honest.exit_cost("mm") == pytest.approx(KEPT * 200 + fee_usd * 10_000, abs=2)
    assert honest.interval("mm").mid == honest.account("mm").books["expected"].net - honest.exit_cost("mm")
    assert honest.gaps("mm")["leftover"] == honest.exit_cost("mm")


def test_a_mark_beyond_the_touch_is_no_gain() -> None:
    market = partly_filled_on_paper()
    market.quote(10, PX + 9_800, PX + 10_200)
    market.mark(11, PX)  # the mark is old: the bid is above it
    assert 0 < played(market).exit_cost("mm") < 20_000 / 10  # fees only


def test_a_quote_that_is_no_price_charges_the_widest_that_would_be_one() -> None:
    market = partly_filled_on_paper()
    market.quote(10, PX // 2, PX * 2)
    market.mark(11, PX + 100)
    assert played(market).exit_cost("mm") >= KEPT * PX * 25 / 10_000


def test_the_interval_is_as_wide_as_the_price_of_what_is_left_is_unsure() -> None:
    market = partly_filled_on_paper()
    market.quote(10, PX - 200, PX + 200)
    market.mark(101, PX)
    honest = played(market)
    low, mid, high = honest.interval("mm")
    risk = honest.account("mm").leftover.risk
    assert risk == pytest.approx(KEPT * PX * SIGMA_BPS / 10_000 * sqrt(100), rel=0.1)
    assert (low, high) == (mid - risk, mid + risk)


def test_without_leftovers_nothing_is_charged_or_widened() -> None:
    market = Market()
    market.quote(0, PX, PX + 200)
    market.order(1, "a", PX + 200)
    market.fill(1.05, "a", PX + 200)
    market.done(1.10, "a")
    market.mark(50, PX)
    honest = played(market)
    assert (honest.exit_cost("mm"), honest.account("mm").leftover.risk) == (0, 0)
    assert "leftover" not in honest.gaps("mm")
    assert len(set(honest.interval("mm"))) == 1


def test_between_marks_and_fills_no_quote_changes_what_is_said() -> None:
    market = partly_filled_on_paper()
    market.quote(10, PX + 9_800, PX + 10_200)
    market.mark(11, PX + 10_000)
    said = played(market).interval("mm")
    market.quote(40, PX + 5_000, PX + 15_000)
    assert played(market).interval("mm") == said


@pytest.mark.parametrize("seed", range(8))
def test_the_leftover_is_what_the_honest_book_has_more_than_paper(seed: int) -> None:
    mm = played(random_market(seed)).account("mm")
    held, paper = mm.books["expected"].positions, mm.paper.positions
    difference = {symbol: held.get(symbol, 0) - paper.get(symbol, 0) for symbol in {*held, *paper}}
    assert mm.leftover.positions == {symbol: qty for symbol, qty in difference.items() if qty}


def test_volatility_is_learnt_from_the_marks() -> None:
    volatility, px = Volatility(), PX
    assert volatility.var("SPY", PX) == (PX * SIGMA_BPS / 10_000) ** 2
    for step in range(1, 400):
        px += 1_000 if step % 2 else -1_000
        volatility.on_mark("SPY", px, step * 10 * S)
    assert volatility.var("SPY", px) == pytest.approx(1_000**2 / 10, rel=0.01)


def test_a_split_is_no_volatility() -> None:
    volatility = Volatility()
    volatility.on_mark("SPY", PX, S)
    volatility.on_mark("SPY", PX // 2, 11 * S)
    assert volatility.var("SPY", PX // 2) == (PX // 2 * SIGMA_BPS / 10_000) ** 2


def test_time_without_shares_adds_no_risk() -> None:
    left, volatility = Leftover(), Volatility()
    left.move("SPY", 10, PX, volatility, 0)
    left.move("SPY", -10, PX, volatility, 4 * S)
    left.mark("SPY", PX + 500, volatility, 1_000 * S)
    assert (left.pnl, left.risk) == (0, round(10 * PX * SIGMA_BPS / 10_000 * 2))
