"""The error table 3.5: what is refused, with which status, code and words, and that nothing changes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.venue.desk import Desk, faulty, ticket
from venue.fault_rest import PLANS

NAN = '{"symbol":"AAA","side":"buy","qty":"nan","type":"market","time_in_force":"day"}'

# What is sent, HTTP, code, the message's beginning: table 3.5 of the contract.
PARAMETER_ROWS: list[tuple[str, dict[str, Any] | bytes, int, int, str]] = [
    ("422 qty must be > 0", ticket(qty=0), 422, 40010001, "qty must be > 0"),
    ("qty negative", ticket(qty="-5"), 422, 40010001, "qty must be > 0"),
    ("qty no number", ticket(qty="ten"), 422, 40010001, "invalid qty"),
    ("qty nan", NAN.encode(), 422, 40010001, "invalid qty"),
    ("qty a truth value", ticket(qty=True), 422, 40010001, "invalid qty"),
    ("qty too small to be one", ticket(qty="1e-99999999"), 422, 40010001, "invalid qty"),
    ("qty that rounding would make whole", ticket(qty="1.00000000000000000000000000001"), 422, 40010001, "invalid qty"),
    ("limit too small to be one", ticket("sell", limit="1e-99999999"), 422, 40010001, "invalid limit price"),
    ("stop too small", ticket("sell", type="stop", stop_price="1e-99999999"), 422, 40010001, "invalid stop price"),
    (
        "trail too small",
        ticket("sell", type="trailing_stop", trail_price="1e-99999999"),
        422,
        40010001,
        "invalid trail price",
    ),
    ("qty zero in many digits", ticket(qty="0e-99999999"), 422, 40010001, "qty must be > 0"),
    ("422 limit price must be > 0", ticket(limit=0), 422, 40010001, "limit price must be > 0"),
    (
        "422 limit orders require a limit price",
        ticket(type="limit"),
        422,
        40010001,
        "limit orders require a limit price",
    ),
    ("422 stop orders require a stop price", ticket(type="stop"), 422, 40010001, "stop orders require a stop price"),
    (
        "422 stop limit orders require both",
        ticket(type="stop_limit", stop_price=24),
        422,
        40010001,
        "stop limit orders require both",
    ),
    (
        "422 market orders require no price",
        ticket(limit=25, type="market"),
        422,
        40010001,
        "market orders require no stop or limit",
    ),
    ("422 only one of qty or notional", ticket(notional=100), 422, 40010001, "only one of qty or notional is accepted"),
    ("422 qty or notional is required", {**ticket(), "qty": None}, 422, 40010001, "qty or notional is required"),
    (
        "422 notional must be >= 1.00",
        {**ticket(notional="0.99"), "qty": None},
        422,
        40010001,
        "notional must be >= 1.00",
    ),
    ("422 invalid time_in_force", ticket(time_in_force="gtd"), 422, 40010001, "invalid time_in_force"),
    ("422 invalid order type", ticket(type="iceberg"), 422, 40010001, "invalid order type"),
    ("side", ticket(side="hold"), 422, 40010001, "invalid side"),
    ("side missing", {**ticket(), "side": None}, 422, 40010001, "side is required"),
    ("symbol missing", {**ticket(), "symbol": ""}, 422, 40010001, "symbol is required"),
    (
        "422 client_order_id too long",
        ticket(client_order_id="x" * 129),
        422,
        40010001,
        "client_order_id must be no more than",
    ),
    ("not JSON", b"{", 422, 40010001, "request body format is invalid"),
    ("no object", b"[1]", 422, 40010001, "request body format is invalid"),
    (
        "422 sub-penny limit_price",
        ticket(limit=25.115),
        422,
        42210000,
        "invalid limit_price 25.115. sub-penny increment",
    ),
    ("422 sub-penny stop_price", ticket(type="stop", stop_price=26.001), 422, 42210000, "invalid stop_price 26.001"),
    ("float dust", ticket(limit=0.1 + 0.2), 422, 42210000, "invalid limit_price 0.30000000000000004. sub-penny"),
    ("422 asset not found", ticket(symbol="ZZZZ"), 422, 42210000, 'asset "ZZZZ" not found'),
    (
        "422 fractional orders must be DAY orders",
        ticket(qty="1.5", time_in_force="gtc"),
        422,
        42210000,
        "fractional orders must be DAY orders",
    ),
    ("422 extended hours", ticket(extended_hours=True), 422, 42210000, "extended hours order must be DAY or GTC limit"),
    (
        "422 position intent mismatch",
        ticket(position_intent="sell_to_open"),
        422,
        42210000,
        "position intent mismatch, inferred: buy_to_open",
    ),
]


@pytest.mark.row(
    "3.5/422 qty must be > 0",
    "3.5/422 limit price must be > 0",
    "3.5/422 limit orders require a limit price",
    "3.5/422 stop orders require a stop price",
    "3.5/422 stop limit orders require both",
    "3.5/422 market orders require no price",
    "3.5/422 only one of qty or notional",
    "3.5/422 qty or notional is required",
    "3.5/422 notional must be >= 1.00",
    "3.5/422 invalid time_in_force",
    "3.5/422 invalid order type",
    "3.5/422 client_order_id too long",
    "3.5/422 sub-penny limit_price",
    "3.5/422 asset not found",
    "3.5/422 fractional orders must be DAY orders",
    "3.5/422 extended hours",
    "3.5/422 position intent mismatch",
    "3.5/422 sub-penny stop_price",
)
@pytest.mark.parametrize(
    ("row", "body", "status", "code", "message"), PARAMETER_ROWS, ids=[row[0] for row in PARAMETER_ROWS]
)
def test_a_wrong_order_is_refused_as_the_error_table_says(
    row: str, body: dict[str, Any] | bytes, status: int, code: int, message: str
) -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    found = desk.refused("POST", "/orders", body)
    assert (found[0], found[1]) == (status, code), row
    assert found[2].startswith(message)
    assert desk.get("/orders?status=all") == []


def test_four_decimals_are_allowed_below_a_dollar() -> None:
    assert Desk().order("buy", 10, "0.1234")["limit_price"] == "0.1234"


def test_numbers_and_strings_are_both_accepted() -> None:
    desk = Desk()
    assert desk.order("buy", "10", "25.01")["qty"] == desk.order("buy", 10, 25.01)["qty"]


@pytest.mark.row("3.5/422 client_order_id must be unique")
def test_a_client_order_id_is_unique_for_ever() -> None:
    desk = Desk()
    order = desk.order("buy", 10, 24, client_order_id="once")
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    desk.events()
    body = ticket("buy", 10, 24, client_order_id="once")
    assert desk.refused("POST", "/orders", body) == (422, 40010001, "client_order_id must be unique")


@pytest.mark.row("3.5/403 insufficient qty")
def test_selling_more_than_is_held_never_flips_through_zero() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 100)
    desk.events()
    resting = desk.order("sell", 60, 26)
    desk.events()
    response = desk.call("POST", "/orders", ticket("sell", 50, 26))
    tree = msgspec.json.decode(response.body)
    assert (response.status, tree["code"]) == (403, 40310000)
    assert tree["message"] == "insufficient qty available for order (requested: 50, available: 40)"
    assert (tree["existing_qty"], tree["held_for_orders"], tree["available"]) == ("100", "60", "40")
    assert (tree["symbol"], tree["related_orders"]) == ("AAA", [resting["id"]])


def test_buying_back_more_than_the_short_is_refused() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("sell", 10)
    desk.events()
    assert desk.refused("POST", "/orders", ticket("buy", 11))[:2] == (403, 40310000)


@pytest.mark.row("3.5/403 short while a long buy is open, and the mirror")
def test_a_short_is_not_opened_while_a_long_buy_is_open_nor_the_other_way_round() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10, 24.00)
    message = desk.refused("POST", "/orders", ticket("sell", 10, 26))[2]
    assert message == "cannot open a short sell while a long buy order is open"
    desk.order("sell", 10, 26, symbol="BBB")
    message = desk.refused("POST", "/orders", ticket("buy", 10, 24, symbol="BBB"))[2]
    assert message == "cannot open a long buy while a short sell order is open"


@pytest.mark.row("3.5/403 insufficient buying power")
def test_more_than_the_buying_power_is_refused_with_both_figures() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    tree = msgspec.json.decode(desk.call("POST", "/orders", ticket("buy", 16_001, 25)).body)
    assert tree == {
        "code": 40310000,
        "message": "insufficient buying power",
        "buying_power": "400000",
        "cost_basis": "400025",
    }


def test_open_orders_hold_buying_power_until_they_end() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10_000, 25)
    assert desk.get("/account")["buying_power"] == "150000"
    assert desk.refused("POST", "/orders", ticket("buy", 6_001, 25))[0] == 403
    desk.call("DELETE", f"/orders/{order['id']}")
    desk.events()
    assert desk.get("/account")["buying_power"] == "400000"


def test_an_opening_short_holds_at_least_103_percent_of_the_ask() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.00)
    desk.order("sell", 100, 25)
    assert desk.get("/account")["buying_power"] == "397425"


@pytest.mark.parametrize(
    ("path", "message"),
    [("/orders/nobody", "order not found for nobody"), ("/positions/AAA", "position does not exist")],
)
@pytest.mark.row("3.5/404 order", "3.5/404 position")
def test_what_is_not_there_is_a_404(path: str, message: str) -> None:
    assert Desk().refused("GET", path) == (404, 40410000, message)


@pytest.mark.row("3.5/422 cancel of an ended order", "3.5/422 cancel of an order pending cancel")
def test_cancelling_twice_or_after_the_end_is_refused() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10, 24.00)
    desk.events()
    path = f"/orders/{order['id']}"
    desk.call("DELETE", path)
    assert desk.refused("DELETE", path) == (422, 42210000, "order pending cancel")
    desk.events()
    assert desk.refused("DELETE", path) == (422, 42210000, 'order is already in "canceled" state')


@pytest.mark.row(
    "3.5/422 replace in the wrong status",
    "3.5/422 replace of a replaced order",
    "3.5/422 replace without a change",
    "3.5/422 replace before it is sent",
)
def test_a_replace_is_refused_as_the_error_table_says() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10, 24.00)
    path = f"/orders/{order['id']}"
    assert desk.refused("PATCH", path, {"qty": 5})[2] == "unable to replace order, order isn't sent to exchange yet"
    desk.events()
    assert desk.refused("PATCH", path, {"limit_price": 24})[2] == "order parameters are not changed"
    assert desk.refused("PATCH", path, {})[2] == "order parameters are not changed"
    assert desk.refused("PATCH", path, {"qty": 0})[2] == "qty must be > 0"
    assert desk.refused("PATCH", path, {"limit_price": 24.005})[1] == 42210000
    assert desk.call("PATCH", path, {"limit_price": 24.01}).status == 200
    assert desk.refused("PATCH", path, {"limit_price": 24.02})[2].startswith("cannot replace order in pending_replace")
    desk.events()
    assert desk.refused("PATCH", path, {"limit_price": 24.02})[2] == "order already replaced"


@pytest.mark.row("3.5/429 rate limit exceeded")
def test_the_201st_call_of_a_minute_is_a_429_and_the_headers_count_down() -> None:
    desk = Desk(requests_per_min=200)
    answers = [desk.call("GET", "/clock") for _ in range(201)]
    assert [a.status for a in answers] == [200] * 200 + [429]
    assert answers[0].headers["X-RateLimit-Remaining"] == "199"
    assert answers[200].headers["X-RateLimit-Limit"] == "200"
    assert int(answers[200].headers["X-RateLimit-Reset"]) * 10**9 > desk.now_ns
    assert msgspec.json.decode(answers[200].body) == {"code": 42910000, "message": "rate limit exceeded"}
    desk.wait(60_000)
    assert desk.call("GET", "/clock").status == 200


def test_each_account_has_a_limit_of_its_own() -> None:
    desk = Desk(requests_per_min=1)
    other = desk.exchange.open_account("PKOTHER", "secret", desk.now_ns)
    assert [desk.call("GET", "/clock").status, desk.call("GET", "/clock").status] == [200, 429]
    assert desk.call("GET", "/clock", account=other).status == 200


def test_an_unknown_path_is_a_404() -> None:
    assert Desk().refused("GET", "/nothing")[0] == 404


def test_checks_come_in_their_order() -> None:
    desk = Desk(requests_per_min=1_000)
    desk.nbbo(25.00, 25.02)
    unknown = ticket("buy", 10, 25.001, symbol="ZZZZ")
    assert desk.refused("POST", "/orders", {**unknown, "qty": 0})[2] == "qty must be > 0"
    assert desk.refused("POST", "/orders", unknown)[2] == 'asset "ZZZZ" not found'
    desk.order("buy", 10, client_order_id="mine")
    desk.events()
    desk.order("sell", 10, 26)
    taken = ticket("sell", 10, 25.001, client_order_id="mine")
    assert desk.refused("POST", "/orders", taken)[2].startswith("invalid limit_price")
    assert desk.refused("POST", "/orders", {**taken, "limit_price": 25})[2] == "client_order_id must be unique"
    assert desk.refused("POST", "/orders", ticket("sell", 10, 25))[2].startswith("insufficient qty available")
    huge = ticket("buy", 100_000, 26)
    assert desk.refused("POST", "/orders", huge)[2].startswith("potential wash trade")
    assert desk.refused("POST", "/orders", {**huge, "limit_price": 25.5})[2] == "insufficient buying power"


@pytest.mark.row("3.5/422 replace to less than is filled")
def test_a_replace_to_no_more_than_is_filled_is_refused() -> None:
    desk = Desk(partial_fill_pct=100.0, partial_retry_ms=60_000)
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10, 25.02)
    desk.events()
    filled = desk.get(f"/orders/{order['id']}")["filled_qty"]
    found = desk.refused("PATCH", f"/orders/{order['id']}", {"qty": filled})
    assert found == (422, 42210000, f"qty must be > filled_qty ({filled})")


@pytest.mark.row("3.5/422 replace of an advanced order's qty")
def test_the_quantity_of_a_bracket_cannot_be_replaced() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    exits = {"take_profit": {"limit_price": 26}, "stop_loss": {"stop_price": 23}}
    order = desk.order("buy", 10, 24, order_class="bracket", **exits)
    desk.events()
    message = "qty cannot be changed for advanced orders"
    assert desk.refused("PATCH", f"/orders/{order['id']}", {"qty": 20}) == (422, 42210000, message)


@pytest.mark.row("3.5/403 fractional trading is disabled")
def test_fractions_may_be_switched_off_for_an_account() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.call("PATCH", "/account/configurations", {"fractional_trading": False})
    message = "fractional trading is disabled for this account"
    assert desk.refused("POST", "/orders", ticket(qty="1.5")) == (403, 40310000, message)
    assert desk.order("buy", 1)["status"] == "pending_new"


@pytest.mark.row("3.5/403 pattern day trading")
def test_the_refusal_of_the_old_day_trading_rule_can_be_had_on_demand() -> None:
    desk = faulty("deny-day-trade")
    message = "trade denied due to pattern day trading protection"
    assert desk.refused("POST", "/orders", ticket()) == (403, 40310100, message)


@pytest.mark.row("3.5/422 asset is not active")
def test_an_inactive_asset_takes_no_orders() -> None:
    desk = faulty("inactive", symbol="AAA")
    assert desk.refused("POST", "/orders", ticket()) == (422, 40010001, "asset AAA is not active")
    assert desk.get("/assets/AAA")["status"] == "inactive"


@pytest.mark.row("3.5/500 internal server error", "3.5/503 service unavailable", "3.5/504 gateway timeout")
@pytest.mark.parametrize(
    ("kind", "status", "start"),
    [
        ("rest-500", 500, b'{"code":50010000,"message":"internal server error"}'),
        ("rest-503", 503, b'{"message":"service unavailable"}'),
        ("rest-504", 504, b"<html>"),
    ],
)
def test_what_the_venue_says_when_it_is_ill(kind: str, status: int, start: bytes) -> None:
    answer = PLANS[kind].answer
    assert answer is not None
    assert answer.status == status
    assert answer.body.startswith(start)
