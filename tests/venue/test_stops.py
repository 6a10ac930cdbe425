"""Stops, stop-limits, trailing stops, orders for the auctions: what pulls them, and how they fill."""

from __future__ import annotations

import msgspec
import pytest

from tests.venue.desk import Desk, ticket


def long_desk(qty: int = 100) -> Desk:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    desk.order("buy", qty)
    desk.events()
    return desk


def test_a_sell_stop_waits_and_a_print_at_its_price_makes_it_a_market_order() -> None:
    desk = long_desk()
    desk.order("sell", 100, type="stop", stop_price=24.90)
    desk.nbbo(24.85, 24.89)
    assert desk.events() == ["pending_new", "new"]
    desk.trade(24.90)
    assert desk.events() == ["fill"]
    assert desk.book.fills[-1].px == 248_500


def test_a_stop_limit_rests_at_its_limit_once_it_is_pulled() -> None:
    desk = long_desk()
    desk.order("sell", 100, 24.88, type="stop_limit", stop_price=24.90)
    desk.nbbo(24.85, 24.89)
    desk.trade(24.89)
    assert desk.events() == ["pending_new", "new"]
    desk.nbbo(24.88, 24.90)
    assert desk.events() == ["fill"]


def test_a_triggered_buy_stop_reaches_only_four_percent_above_its_stop() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    desk.order("buy", 10, type="stop", stop_price=25.50)
    desk.nbbo(27.00, 27.10)
    desk.trade(27.05)
    assert desk.events() == ["pending_new", "new"]
    desk.nbbo(26.40, 26.50)
    assert desk.events() == ["fill"]


@pytest.mark.row("3.5/422 stop price on the wrong side")
def test_error_stop_on_the_wrong_side_names_both_prices() -> None:
    desk = long_desk()
    response = desk.call("POST", "/orders", ticket("sell", 10, type="stop", stop_price=25.50))
    tree = msgspec.json.decode(response.body)
    assert (response.status, tree["code"], tree["message"]) == (
        422,
        42210000,
        "stop price must be less than current price",
    )
    assert (tree["market_price"], tree["stop_price"]) == (25.01, 25.5)


@pytest.mark.parametrize(
    ("trail", "first", "second"), [({"trail_price": 0.10}, 24.91, 25.40), ({"trail_percent": 1}, 24.75, 25.24)]
)
def test_a_trailing_stop_follows_the_high_water_mark_and_never_goes_back(
    trail: dict[str, float], first: float, second: float
) -> None:
    desk = long_desk()
    order = desk.order("sell", 100, type="trailing_stop", **trail)
    desk.events()
    found = desk.get(f"/orders/{order['id']}")
    assert (found["hwm"], float(found["stop_price"])) == ("25.01", first)
    desk.nbbo(25.45, 25.55)
    desk.trade(25.50)
    desk.trade(25.45)
    found = desk.get(f"/orders/{order['id']}")
    assert (found["hwm"], float(found["stop_price"])) == ("25.5", second)
    desk.trade(second)
    assert desk.events() == ["fill"]


def test_error_a_trailing_stop_needs_exactly_one_trail() -> None:
    desk = long_desk()
    both = ticket("sell", 1, type="trailing_stop", trail_price=1, trail_percent=1)
    assert desk.refused("POST", "/orders", both)[:2] == (422, 40010001)
    assert desk.refused("POST", "/orders", ticket("sell", 1, type="trailing_stop"))[:2] == (422, 40010001)


def test_a_stop_can_be_replaced_with_another_stop_price() -> None:
    desk = long_desk()
    order = desk.order("sell", 100, type="stop", stop_price=24.00)
    desk.events()
    new = msgspec.json.decode(desk.call("PATCH", f"/orders/{order['id']}", {"stop_price": 24.5}).body)
    assert new["stop_price"] == "24.5"
    assert desk.events() == ["pending_replace", "replaced", "new"]
    desk.trade(24.40)
    assert desk.events() == ["fill"]


def test_a_canceled_stop_is_not_pulled() -> None:
    desk = long_desk()
    order = desk.order("sell", 100, type="stop", stop_price=24.00)
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    desk.events()
    desk.trade(23.00)
    assert desk.events() == []


def test_stops_sleep_outside_the_core_session() -> None:
    desk = long_desk()
    desk.order("sell", 100, type="stop", stop_price=24.00, time_in_force="gtc")
    desk.events()
    desk.until("2026-11-23T21:30:00Z")
    desk.trade(23.00)
    assert desk.events() == []


def test_a_market_on_close_fills_at_the_last_quote_of_the_day() -> None:
    desk = long_desk()
    assert desk.order("sell", 100, time_in_force="cls")["status"] == "accepted"
    desk.nbbo(26.00, 26.02)
    assert desk.events() == ["accepted"]
    desk.until("2026-11-23T21:00:00Z")
    assert desk.events() == ["new", "fill"]
    assert desk.book.fills[-1].px == 260_000


@pytest.mark.row("3.5/403 cls out of hours")
def test_error_on_close_after_ten_to_four() -> None:
    desk = long_desk()
    desk.until("2026-11-23T20:51:00Z")
    refusal = desk.refused("POST", "/orders", ticket("sell", 1, time_in_force="cls"))
    assert refusal == (403, 40310000, "cls orders must be submitted after 7:00pm and before 3:50pm")


@pytest.mark.row("3.5/403 opg out of hours")
def test_error_on_open_in_the_middle_of_the_day() -> None:
    refusal = long_desk().refused("POST", "/orders", ticket("sell", 1, time_in_force="opg"))
    assert refusal == (403, 40310000, "opg orders must be submitted after 7:00pm and before 9:28am")


def test_a_market_on_open_of_the_evening_fills_at_the_next_open() -> None:
    desk = long_desk()
    desk.until("2026-11-24T01:00:00Z")
    assert desk.order("sell", 100, time_in_force="opg")["status"] == "accepted"
    desk.events()
    desk.until("2026-11-24T14:30:00Z")
    assert desk.events() == ["new"]
    desk.nbbo(30.00, 30.02)
    assert desk.events() == ["fill"]
    assert desk.book.fills[-1].px == 300_000


def test_a_market_on_close_without_a_quote_of_the_day_expires() -> None:
    desk = long_desk()
    desk.until("2026-11-24T15:00:00Z")
    desk.order("sell", 100, time_in_force="cls")
    desk.events()
    desk.until("2026-11-24T21:00:00Z")
    assert desk.events() == ["new", "expired"]


def test_a_limit_on_open_that_misses_the_open_is_canceled() -> None:
    desk = Desk()
    desk.until("2026-11-24T01:30:00Z")
    desk.order("buy", 10, 24, time_in_force="opg")
    desk.until("2026-11-24T14:30:00Z")
    desk.nbbo(25.00, 25.02)
    assert desk.events() == ["accepted", "new"]
    desk.until("2026-11-24T14:31:00Z")
    assert desk.events() == ["canceled"]


def test_a_notional_order_buys_its_dollars_worth() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.00)
    order = desk.order(qty=None, notional="100.10")  # type: ignore[arg-type]  # None drops the key
    assert (order["qty"], order["notional"]) == (None, "100.1")
    desk.events()
    assert desk.get("/positions/AAA")["qty"] == "4.004"


@pytest.mark.row("3.5/422 fractional orders cannot be sold short")
def test_error_a_fraction_is_never_sold_short() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    assert desk.refused("POST", "/orders", ticket("sell", "0.5"))[2] == "fractional orders cannot be sold short"
    desk.order("sell", 1)
    desk.events()
    assert desk.refused("POST", "/orders", ticket("buy", "0.5"))[2] == "fractional orders cannot be sold short"


@pytest.mark.row("3.5/403 not fractionable")
def test_error_an_asset_without_fractions() -> None:
    desk = Desk(whole_only=("AAA",))
    desk.nbbo(25.00, 25.02)
    assert desk.refused("POST", "/orders", ticket("buy", "0.5")) == (403, 40310000, "asset AAA is not fractionable")
    assert desk.get("/assets/AAA")["fractionable"] is False
