"""A split over night: twice the shares at half the price, and not a cent gained or lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.venue.desk import Desk, faulty, px
from venue.rows import Luld, Nbbo, News, Print, Quote
from venue.splits import RATIO_MAX, ratio_of, split_row

NEXT_OPEN = "2026-11-24T14:30:00Z"


@pytest.mark.row("6.4 market/split over night")
def test_over_night_the_shares_double_and_the_price_halves() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.events()
    gtc = desk.order("buy", 10, 24, time_in_force="gtc")
    desk.events()
    faulty("split", desk, symbol="AAA")
    assert desk.get("/positions/AAA")["qty"] == "10"
    desk.until("2026-11-24T08:59:59Z")
    assert desk.get("/positions/AAA")["qty"] == "10"
    before = desk.get("/account")["equity"]
    desk.until("2026-11-24T09:00:00Z")
    found = desk.get("/positions/AAA")
    assert (found["qty"], found["cost_basis"], found["avg_entry_price"]) == ("20", "250.2", "12.51")
    assert desk.get(f"/orders/{gtc['id']}")["status"] == "canceled"
    assert desk.get("/account")["equity"] == before


def test_from_then_on_the_market_speaks_of_the_new_share() -> None:
    desk = faulty("split", symbol="AAA", size=5)
    desk.until(NEXT_OPEN)
    desk.rows.clear()
    desk.quote(25.00, 25.02)
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.wait(10)
    quote = desk.rows[-1]
    assert isinstance(quote, Quote)
    assert (quote.bid_px, quote.bid_qty, quote.ask_px) == (px(5.00), 500, px(5.01))
    assert desk.book.fills[-1].px == px(5.01)


def test_another_symbol_is_left_alone() -> None:
    desk = faulty("split", symbol="BBB")
    desk.until(NEXT_OPEN)
    desk.quote(25.00, 25.02)
    quote = desk.rows[-1]
    assert isinstance(quote, Quote)
    assert quote.bid_px == px(25.00)


@given(bid=st.integers(0, 10**8), wide=st.integers(0, 10**6), ratio=st.integers(2, RATIO_MAX))
def test_a_split_quote_never_crosses_and_an_empty_side_stays_empty(bid: int, wide: int, ratio: int) -> None:
    ask = bid + wide
    row = split_row(Nbbo(1, "AAA", bid, 1, ask, 1), ratio)
    assert isinstance(row, Nbbo)
    assert (row.bid_px == 0) is (bid == 0)
    assert (row.ask_px == 0) is (ask == 0)
    assert row.bid_px <= row.ask_px


def test_prints_and_bands_follow_and_headlines_do_not() -> None:
    assert split_row(Print(1, "AAA", px(25.01), 10, published=True), 2) == Print(
        1, "AAA", px(12.50), 20, published=True
    )
    assert split_row(Luld(1, "AAA", px(26.01), px(24.01)), 2) == Luld(1, "AAA", px(13.01), px(12.00))
    news = News(1, 1, "Up", "", ("AAA",))
    assert split_row(news, 2) is news


@pytest.mark.parametrize(("size", "ratio"), [(0.0, 2), (1.0, 2), (3.0, 3), (1e6, RATIO_MAX)])
def test_a_ratio_is_a_whole_number_within_bounds(size: float, ratio: int) -> None:
    assert ratio_of(size) == ratio
