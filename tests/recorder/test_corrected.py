"""What the venue takes back or prices anew, in the day's counts, in the paper book and in the honest ones."""

from __future__ import annotations

import pytest

from hft import events
from hft.words import OrdStatus, Side
from recorder.day import Day
from tests.recorder.market import Market
from tests.recorder.samples import filled

PX = 1_000_000  # 100 dollars
DEARER_PX = PX + 5_000


def amended(given_qty: int, given_px: int, side: Side = Side.BUY) -> events.TradeCorrected:
    """Return the word that a fill of 100 shares at PX is a fill of `given_qty` at `given_px`."""
    return events.TradeCorrected(
        strategy="mm", client_order_id="a", symbol="SPY", side=side, taken_qty=100, taken_px=PX, given_qty=given_qty,
        given_px=given_px, cum_qty=given_qty, position=side.sign * given_qty, broker_position=side.sign * given_qty,
        realised=0, fee=-7, text="",
    )  # fmt: skip


def held() -> Market:
    """Return a market in which every book bought 100 at PX and they are marked a cent higher."""
    market = Market()
    market.mark(0, PX)
    market.quote(0, PX - 200, PX)
    market.order(1, "a", PX)
    market.fill(1.05, "a", PX, 100)
    market.done(1.10, "a", OrdStatus.FILLED)
    return market


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("given_qty", "given_px"), [(0, 0), (60, PX), (100, DEARER_PX)])
def test_a_day_counts_as_if_it_had_been_told_so_at_first(side: Side, given_qty: int, given_px: int) -> None:
    day = Day("2026-11-23")
    day.add(filled(side=side, qty=100, px=PX, position=side.sign * 100))
    before = day.line("mm").fees
    day.add(amended(given_qty, given_px, side))
    day.add(events.MarketMarked(mids={"SPY": PX}))
    line = day.line("mm")
    assert (line.count["shares"], line.notional, line.fees - before) == (given_qty, given_qty * given_px, -7)
    assert line.paper.holdings["SPY"].qty == side.sign * given_qty
    assert line.paper.pnl == side.sign * given_qty * (PX - given_px)


@pytest.mark.parametrize(("given_qty", "given_px", "pnl"), [(0, 0, 0), (60, PX, 6_000), (100, DEARER_PX, -490_000)])
def test_every_book_has_what_the_venue_books_anew_and_no_gap_comes_of_it(
    given_qty: int, given_px: int, pnl: int
) -> None:
    market = held()
    market.tell(5, amended(given_qty, given_px))
    market.mark(6, PX + 100)
    honest = market.session().honest
    account = honest.account("mm")
    assert [book.holdings["SPY"].qty for book in account.all_books()] == [given_qty] * 4
    assert [book.pnl for book in account.all_books()] == [pnl] * 4
    assert {reason for reason in honest.gaps("mm") if reason != "fee"} == set()


def test_the_reasons_still_add_up_where_only_paper_had_the_fill() -> None:
    market = Market()
    market.mark(0, PX)
    market.quote(0, PX - 200, PX + 200)
    market.order(1, "a", PX - 200)  # joins a queue that nothing eats
    market.fill(1.05, "a", PX - 200, 100)
    market.done(1.10, "a", OrdStatus.FILLED)
    market.tell(40, amended(0, 0))
    market.mark(41, PX + 100)
    honest = market.session().honest
    account = honest.account("mm")
    assert account.paper.holdings["SPY"].qty == 0
    assert account.paper.pnl - sum(honest.gaps("mm").values()) == pytest.approx(honest.interval("mm").mid)
