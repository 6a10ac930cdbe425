"""Positions and exact profit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recorder.book import Book
from risk.fees import UNIT, Charge


def test_profit_is_cash_plus_shares_at_their_mark() -> None:
    book = Book()
    book.fill("SPY", 10, 5_000_000)
    book.mark("SPY", 5_001_000)
    assert (book.pnl, book.positions) == (10_000, {"SPY": 10})
    book.fill("SPY", -10, 5_002_000, Charge(150 * UNIT, 0, 0))
    assert (book.pnl, book.net, book.positions) == (20_000, 19_800, {})  # 1.5 cents of fees cost 2


def test_a_position_brought_into_the_day_has_earned_nothing_yet() -> None:
    book = Book()
    book.carry("SPY", -5, 100)
    assert book.pnl == 0
    book.mark("SPY", 90)
    assert book.pnl == 50


def test_a_position_that_another_book_knows_is_taken_over_at_its_mark() -> None:
    book = Book()
    book.fill("SPY", 10, 100)
    book.mark("SPY", 110)
    book.agree("SPY", 0, 120)
    assert (book.pnl, book.positions) == (100, {})


def test_the_deepest_fall_is_kept() -> None:
    book = Book()
    book.fill("SPY", 1, 100)
    for px in (150, 120, 160, 90, 155):
        book.mark("SPY", px)
        book.look()
    assert book.drawdown_max == 70


fills = st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 10_000)), max_size=30)


@given(fills, st.integers(1, 10_000))
def test_a_book_closed_at_the_mark_earned_what_it_showed(trades: list[tuple[int, int]], mark: int) -> None:
    book = Book()
    for qty, px in trades:
        book.fill("SPY", qty, px)
    book.mark("SPY", mark)
    shown = book.pnl
    assert shown == sum(holding.pnl for holding in book.holdings.values())
    book.fill("SPY", -book.positions.get("SPY", 0), mark)
    assert (book.pnl, book.positions) == (shown, {})
    assert book.pnl == -sum(qty * px for qty, px in trades) + sum(qty for qty, _ in trades) * mark
