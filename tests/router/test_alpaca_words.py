"""Alpaca's JSON in our words: exact, tolerant of words we do not know, never broken by nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hft.words import Side
from router import alpaca_words as words
from router.orders import OrdEvent
from venue.assets import asset_json

ORDER: dict[str, Any] = {
    "id": "61e69015-8549-4bfd-b9c3-01e75843f47d",
    "client_order_id": "h1-mm-tot2b2.1-r",
    "created_at": "2026-11-23T14:31:02.123456789Z",
    "symbol": "AAPL",
    "qty": "10",
    "filled_qty": "4",
    "filled_avg_price": "190.125",
    "side": "buy",
    "limit_price": "190.13",
    "status": "partially_filled",
    "replaces": None,
}
SPREAD: dict[str, Any] = {  # two options bought and sold at once: the whole has neither symbol nor side
    **{key: value for key, value in ORDER.items() if key not in {"symbol", "side"}},
    "id": "71e69015-8549-4bfd-b9c3-01e75843f47d",
    "client_order_id": "by-hand",
    "order_class": "mleg",
    "limit_price": "0.6",
    "legs": [],
}
OPTION, FILLED = "SPY261218C00600000", {"order_id": "o", "price": "1", "cum_qty": "1"}
HELD: dict[str, Any] = {"symbol": "SPY", "asset_class": "us_equity", "qty": "5", "avg_entry_price": "1"}


def test_an_order_becomes_exact_integers() -> None:
    seen = words.order(ORDER)
    assert (seen.side, seen.qty, seen.px, seen.cum_qty) == (Side.BUY, 10, 1_901_300, 4)
    assert seen.cum_notional == 4 * 1_901_250
    assert seen.event is OrdEvent.FILL
    assert seen.created_ns % 1_000_000_000 == 123_456_789


def test_a_status_that_we_do_not_know_is_kept_and_marked() -> None:
    seen = words.order({**ORDER, "status": "quantum_superposition"})
    assert (seen.event, seen.word) == (None, "quantum_superposition")


def test_every_status_of_the_venue_is_known() -> None:
    from alpaca.trading.enums import OrderStatus

    assert {status.value for status in OrderStatus} <= set(words.STATUSES)


def test_an_order_by_notional_has_at_least_the_shares_it_filled() -> None:
    assert words.order({**ORDER, "qty": None}).qty == 4


@pytest.mark.parametrize(
    "broken",
    [None, [], "order", {}, {**ORDER, "side": "up"}, {**ORDER, "id": None}, {**ORDER, "filled_qty": "NaN"}],
)
def test_what_is_no_order_is_refused(broken: Any) -> None:  # noqa: ANN401 anything may stand in the JSON
    with pytest.raises(words.Untranslatable):
        words.order(broken)


def test_an_order_of_ours_that_cannot_be_read_spoils_the_list_and_somebody_elses_does_not() -> None:
    assert [seen.symbol for seen in words.orders([SPREAD, ORDER], ticket=1).orders] == ["AAPL"]
    for name in ("h1-mm-tot2b2.1-r", "h1-panic-abc-1", None):
        with pytest.raises(words.Untranslatable):
            words.orders([ORDER, {**SPREAD, "client_order_id": name}], ticket=1)


def test_an_execution_that_cannot_be_read_spoils_the_list_where_it_is_of_a_stock() -> None:
    good = {**FILLED, "symbol": "SPY", "qty": "1"}
    for symbol in (OPTION, "BTC/USD", None):
        assert len(words.fills([{**FILLED, "symbol": symbol, "qty": "?"}, good], ticket=1).fills) == 1
    for symbol in ("SPY", "BRK.B"):
        with pytest.raises(words.Untranslatable):
            words.fills([good, {**FILLED, "symbol": symbol, "qty": "?"}], ticket=1)


def test_a_position_that_cannot_be_read_spoils_the_list_unless_it_is_said_to_be_of_no_stock() -> None:
    option = {**HELD, "symbol": OPTION, "asset_class": "us_option"}
    found = words.positions([HELD, {**option, "qty": None, "avg_entry_price": "?"}, option], ticket=1).positions
    assert [(held.symbol, held.qty) for held in found] == [("SPY", 5), (OPTION, 5)], "one that can be read is nobody's"
    for asset_class in ("us_equity", None):
        with pytest.raises(words.Untranslatable):
            words.positions([HELD, {**HELD, "asset_class": asset_class, "qty": "?"}], ticket=1)


@pytest.mark.parametrize("raw", [None, {}, [None], ["order"], [{}]])
def test_what_is_no_list_of_orders_or_positions_is_refused(raw: Any) -> None:  # noqa: ANN401 anything may stand in the JSON
    for read in (words.orders, words.positions):
        with pytest.raises(words.Untranslatable):
            read(raw, ticket=1)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:00.5Z", 500_000_000),
        ("1969-12-31T19:00:01.000000001-05:00", 1_000_000_001),
        ("2026-11-23T09:31:02.123456-05:00", 1_795_444_262_123_456_000),
        (None, 0),
        ("", 0),
    ],
)
def test_times_keep_all_their_digits(text: str | None, ns: int) -> None:
    assert words.time_ns(text) == ns


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01T00:00:00Z", "2026-11-23", 12])
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(words.Untranslatable):
        words.time_ns(text)


@given(st.integers(1, 10**10))
def test_a_price_leaves_as_its_shortest_exact_decimal(px: int) -> None:
    assert words.money(words.usd_text(px)) == px


def test_prices_leave_without_exponents() -> None:
    assert [words.usd_text(px) for px in (1_000_000, 4_500_150, 5_000, 1)] == ["100", "450.015", "0.5", "0.0001"]


def test_an_account_tells_why_it_may_not_trade() -> None:
    found = words.account(
        {"status": "ACTIVE", "equity": "100000.12", "cash": "1", "buying_power": "2", "trading_blocked": True}, ticket=1
    )
    assert (found.equity, found.blocked) == (1_000_001_200, "trading blocked")
    assert words.account({"status": "ONBOARDING"}, ticket=1).blocked == "status ONBOARDING"


@pytest.mark.parametrize(
    ("changes", "tradable", "shortable"),
    [
        ({}, True, True),
        ({"tradable": False}, False, True),
        ({"status": "inactive", "tradable": True}, False, True),
        ({"shortable": False}, True, False),
        ({"borrow_status": "hard_to_borrow"}, True, False),
        ({"borrow_status": None, "easy_to_borrow": True}, True, True),
        ({"borrow_status": None, "easy_to_borrow": False}, True, False),
    ],
)
def test_an_asset_tells_what_is_allowed(changes: dict[str, Any], *, tradable: bool, shortable: bool) -> None:
    found = words.asset({**asset_json("KO"), **changes}, ticket=1)
    assert (found.symbol, found.is_tradable, found.is_shortable) == ("KO", tradable, shortable)


def test_a_trade_update_carries_its_execution() -> None:
    update = words.trade_update(
        {
            "event": "partial_fill",
            "execution_id": "x1",
            "price": "190.1",
            "qty": "3",
            "position_qty": "-7",
            "timestamp": "2026-11-23T14:31:02Z",
            "order": ORDER,
        }
    )
    assert (update.exec_id, update.qty, update.px, update.position) == ("x1", 3, 1_901_000, -7)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(ORDER)), JSON))
def test_no_json_breaks_the_translation(changes: dict[str, Any]) -> None:
    try:
        words.trade_update({"event": "new", "order": {**ORDER, **changes}})
    except words.Untranslatable:
        return
