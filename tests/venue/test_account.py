"""Money: account, positions, margins, activities, configurations."""

from __future__ import annotations

import msgspec
import pytest

from tests.venue.desk import Desk, ticket
from venue import margin
from venue.units import PX_PER_USD, SHARE, USD

ACCOUNT_KEYS = {
    *("id account_number status crypto_status currency cash equity last_equity portfolio_value buying_power").split(),
    *("regt_buying_power non_marginable_buying_power options_buying_power multiplier initial_margin").split(),
    *("maintenance_margin last_maintenance_margin long_market_value short_market_value position_market_value").split(),
    *("sma shorting_enabled trading_blocked account_blocked transfers_blocked trade_suspended_by_user").split(),
    *("accrued_fees pending_reg_taf_fees intraday_adjustments balance_asof created_at").split(),
    *("options_approved_level options_trading_level").split(),
}
POSITION_KEYS = {
    *("asset_id symbol exchange asset_class asset_marginable qty qty_available side avg_entry_price").split(),
    *("market_value cost_basis unrealized_pl unrealized_plpc unrealized_intraday_pl unrealized_intraday_plpc").split(),
    *("current_price lastday_price change_today").split(),
}


def test_the_account_has_the_keys_of_the_contract_and_none_of_the_removed() -> None:
    found = Desk().get("/account")
    assert set(found) == ACCOUNT_KEYS
    assert not {"pattern_day_trader", "daytrade_count", "daytrading_buying_power"} & set(found)


def test_a_fresh_account_has_its_cash_and_four_times_the_buying_power() -> None:
    found = Desk().get("/account")
    assert (found["cash"], found["equity"], found["buying_power"]) == ("100000", "100000", "400000")
    assert (found["multiplier"], found["status"], found["currency"]) == ("4", "ACTIVE", "USD")


def test_a_position_shows_both_sides_of_its_arithmetic() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.trade(25.00)
    desk.order("buy", 100)
    desk.events()
    desk.order("sell", 40, 26)
    desk.events()
    desk.trade(25.10)
    found = desk.get("/positions/AAA")
    assert set(found) == POSITION_KEYS
    assert (found["qty"], found["qty_available"], found["side"]) == ("100", "60", "long")
    assert (found["cost_basis"], found["market_value"], found["unrealized_pl"]) == ("2502", "2510", "8")
    assert (found["current_price"], found["lastday_price"], found["change_today"]) == ("25.1", "25.01", "0.0035985606")


def test_a_short_has_negative_quantity_value_and_cost() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.trade(25.00)
    desk.order("sell", 100)
    desk.events()
    desk.trade(24.00)
    found = desk.get("/positions")[0]
    assert (found["qty"], found["side"], found["market_value"]) == ("-100", "short", "-2400")
    assert (found["cost_basis"], found["unrealized_pl"], found["avg_entry_price"]) == ("-2500", "100", "25")
    account = desk.get("/account")
    assert (account["cash"], account["equity"], account["short_market_value"]) == ("102500", "100100", "-2400")


def test_a_position_is_found_by_its_asset_id_too() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 1)
    desk.events()
    found = desk.get("/positions/AAA")
    assert desk.get(f"/positions/{found['asset_id']}") == found
    assert desk.get("/assets/AAA")["id"] == found["asset_id"]


@pytest.mark.row("3.2/DELETE /positions/{symbol}")
def test_closing_a_part_by_quantity_and_by_percentage() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 100)
    desk.events()
    first = msgspec.json.decode(desk.call("DELETE", "/positions/AAA?qty=10").body)
    assert (first["side"], first["type"], first["qty"]) == ("sell", "market", "10")
    desk.events()
    second = msgspec.json.decode(desk.call("DELETE", "/positions/AAA?percentage=50").body)
    assert second["qty"] == "45"
    assert desk.refused("DELETE", "/positions/AAA?qty=1000")[:2] == (403, 40310000)
    assert desk.refused("DELETE", "/positions/AAA?percentage=101")[:2] == (422, 40010001)


def test_a_percentage_of_less_than_a_share_sells_nothing() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 5)
    desk.events()
    assert desk.refused("DELETE", "/positions/AAA?percentage=10") == (422, 40010001, "qty must be > 0")
    assert desk.get("/positions/AAA")["qty_available"] == "5"


@pytest.mark.row("3.2/DELETE /positions")
def test_closing_everything_cancels_what_rests_first_when_asked() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 100)
    desk.events()
    desk.order("sell", 100, 26)
    desk.events()
    refused = msgspec.json.decode(desk.call("DELETE", "/positions").body)
    assert [(row["symbol"], row["status"]) for row in refused] == [("AAA", 403)]
    done = desk.call("DELETE", "/positions?cancel_orders=True")
    assert done.status == 207
    assert [row["status"] for row in msgspec.json.decode(done.body)] == [200]
    desk.events()
    assert desk.get("/positions") == []
    assert desk.get("/orders") == []


@pytest.mark.row("3.2/GET /account/activities")
def test_activities_tell_each_execution_and_page_by_token() -> None:
    desk = Desk(partial_fill_pct=100.0)
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 100)
    desk.wait(300)
    fills = desk.get("/account/activities/FILL?direction=asc")
    assert [(fill["type"], fill["order_status"]) for fill in fills] == [
        ("partial_fill", "partially_filled"),
        ("fill", "filled"),
    ]
    assert sum(int(fill["qty"]) for fill in fills) == 100
    assert (fills[1]["cum_qty"], fills[1]["leaves_qty"], fills[1]["order_id"]) == ("100", "0", order["id"])
    assert fills[0]["id"].startswith("20261123094500")
    after = desk.get(f"/account/activities?page_size=1&direction=asc&page_token={fills[0]['id']}")
    assert [fill["id"] for fill in after] == [fills[1]["id"]]
    assert desk.get("/account/activities?activity_types=FEE,DIV") == []
    assert len(desk.get("/account/activities?date=2026-11-23")) == 2
    assert desk.get("/account/activities?date=2026-11-20") == []
    assert desk.refused("GET", "/account/activities/NONSENSE")[0] == 422


@pytest.mark.row("3.2/GET, PATCH /account/configurations")
def test_configurations_are_kept_and_act() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    changed = msgspec.json.decode(desk.call("PATCH", "/account/configurations", {"no_shorting": True}).body)
    assert changed["no_shorting"] is True
    assert desk.refused("POST", "/orders", ticket("sell", 1))[2] == "account is not allowed to short"
    assert desk.refused("PATCH", "/account/configurations", {"no_shorting": "yes"})[0] == 422
    desk.call("PATCH", "/account/configurations", {"suspend_trade": True, "max_margin_multiplier": "1"})
    assert desk.refused("POST", "/orders", ticket("buy", 1))[2] == "account is not authorized to trade"
    assert desk.get("/account")["multiplier"] == "1"


def test_the_close_moves_last_equity() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 100)
    desk.events()
    desk.trade(26.02)
    assert desk.get("/account")["last_equity"] == "100000"
    desk.until("2026-11-23T21:00:01Z")
    found = desk.get("/account")
    assert (found["last_equity"], found["last_maintenance_margin"]) == ("100100", "780.6")
    desk.trade(27.02)
    assert desk.get("/positions")[0]["unrealized_intraday_pl"] == "100"


@pytest.mark.parametrize(
    ("qty", "px", "expected"),
    [
        (100, 2.00, 200.0),
        (100, 5.00, 250.0),
        (100, 100.00, 3_000.0),
        (-100, 2.00, 250.0),
        (-100, 100.00, 3_000.0),
        (-100, 6.00, 500.0),
    ],
)
def test_maintenance_follows_the_table(qty: int, px: float, expected: float) -> None:
    assert margin.maintenance(qty * SHARE, round(px * PX_PER_USD)) == round(expected) * USD


@pytest.mark.row("3.5/403 not allowed to short")
def test_below_2000_dollars_there_is_no_margin_and_no_short() -> None:
    desk = Desk(cash_usd=1_999.0)
    desk.nbbo(25.00, 25.02)
    assert desk.get("/account")["multiplier"] == "1"
    assert desk.get("/account")["buying_power"] == "1999"
    assert desk.refused("POST", "/orders", ticket("sell", 1))[2] == "account is not allowed to short"
