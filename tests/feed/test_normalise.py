"""From floats and letters to whole numbers and words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.frames import decode
from feed.normalise import TICKS, BadValue, px_of, qty_of
from hft.messages import Bar, Quote, Status, Trade
from tests.feed.server import pack, quote, stamp, trade

if TYPE_CHECKING:
    from hft.messages import Tick


def translated(message: dict[str, object], *, was_halted: bool = False) -> Tick:
    (part,) = decode(pack(message)).parts
    return TICKS[type(part)](part, 77, was_halted)


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_every_price_of_whole_ten_thousandths_survives_the_float(px: int) -> None:
    assert px_of(px / 10_000) == px


@pytest.mark.parametrize(("dollars", "px"), [(0.0, 0), (1.00005, 10_001), (1.00004, 10_000), (100.00015, 1_000_002)])
def test_prices_round_half_up(dollars: float, px: int) -> None:
    assert px_of(dollars) == px


@pytest.mark.parametrize("dollars", [-0.01, math.nan, math.inf, 1e8])
def test_what_cannot_be_a_price_is_refused(dollars: float) -> None:
    with pytest.raises(BadValue):
        px_of(dollars)


@pytest.mark.parametrize("shares", [-1.0, math.nan, 1e10])
def test_what_cannot_be_a_size_is_refused(shares: float) -> None:
    with pytest.raises(BadValue):
        qty_of(shares)


def test_a_quote_becomes_integers_and_an_empty_side_stays_zero() -> None:
    assert translated({**quote("SPY", 500.01, 0.0, ns=5), "as": 0}) == Quote(
        symbol="SPY", exch_ns=5, recv_ns=77, bid_px=5_000_100, bid_qty=100, ask_px=0, ask_qty=0
    )


def test_a_print_keeps_its_conditions() -> None:
    assert translated(trade("SPY", 500.0, 3, ns=9)) == Trade(
        symbol="SPY", exch_ns=9, recv_ns=77, px=5_000_000, qty=3, conditions="@I"
    )


def test_a_print_at_zero_is_refused() -> None:
    with pytest.raises(BadValue):
        translated(trade("SPY", 0.0, 3))


def test_a_bar_is_stamped_with_its_minute() -> None:
    bar = {"T": "b", "S": "SPY", "o": 1, "h": 2, "l": 0.5, "c": 1.5, "v": 10, "n": 3, "vw": 1.23456, "t": stamp(60)}
    assert translated(bar) == Bar(
        symbol="SPY", start_ns=60, recv_ns=77, open_px=10_000, high_px=20_000, low_px=5_000, close_px=15_000,
        qty=10, trades=3, vwap_px=12_346,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("H", False, True), ("2", False, True), ("P", False, True), ("Q", True, True),
        ("T", True, False), ("3", True, False), ("5", True, True), ("E", False, False),
    ],
)  # fmt: skip
def test_a_status_halts_frees_or_only_informs(code: str, *, before: bool, after: bool) -> None:
    message = {"T": "s", "S": "SPY", "sc": code, "sm": "words", "rc": "T1", "rm": "news", "t": stamp(3)}
    status = translated(message, was_halted=before)
    assert isinstance(status, Status)
    assert (status.halted, status.code, status.reason) == (after, code, "T1")
