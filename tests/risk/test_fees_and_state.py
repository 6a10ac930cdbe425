"""Regulatory fees by date, and which of two standings wins."""

from __future__ import annotations

import datetime as dt

import pytest

from hft.words import Side, TradingState
from risk.fees import fee
from risk.state import ACTIVE, halted, reducing, stricter

TODAY = dt.date(2026, 11, 23)
NOTIONAL = 100 * 1_000_000  # 100 shares at 100 dollars


def test_a_sale_today_costs_sec_taf_and_cat() -> None:
    # 10,000 × 20.60 / 1e6 + 100 × 0.000195 + 100 × 0.000003 = 0.206 + 0.0195 + 0.0003 dollars
    assert fee(TODAY, Side.SELL, 100, NOTIONAL) == 2_258


def test_a_purchase_costs_cat_only() -> None:
    assert fee(TODAY, Side.BUY, 100, NOTIONAL) == 3


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 4, 3), 195),  # SEC fee still zero; TAF 0.000195
        (dt.date(2026, 4, 4), 2_255),  # 20.60 per million
        (dt.date(2025, 5, 13), 2_780 + 166),
        (dt.date(2024, 5, 21), 800 + 166),
        (dt.date(2012, 6, 21), 0),  # before the table: not known, nothing charged
    ],
)
def test_the_rate_is_the_one_of_the_day(day: dt.date, expected: int) -> None:
    assert fee(day, Side.SELL, 100, NOTIONAL) == expected


def test_the_trading_activity_fee_has_a_cap() -> None:
    assert fee(dt.date(2026, 1, 2), Side.SELL, 1_000_000, 0) == 97_900


def test_the_stricter_standing_wins_and_keeps_its_reason() -> None:
    assert stricter(ACTIVE, reducing("closed"), halted("kill switch")) == halted("kill switch")
    assert stricter(reducing("first"), reducing("second")).reason == "first"
    assert stricter(ACTIVE, ACTIVE).state is TradingState.ACTIVE
