"""The life of an order: what it looks like, when it fills, how it ends."""

from __future__ import annotations

import msgspec
import pytest

from tests.venue.desk import Desk, at, ticket
from venue.orders import NEXT, TERMINAL, Order
from venue.units import SHARE

ORDER_KEYS = (
    "id client_order_id created_at updated_at submitted_at filled_at expired_at expires_at canceled_at "
    "failed_at replaced_at replaced_by replaces asset_id symbol asset_class notional qty filled_qty "
    "filled_avg_price order_class order_type type side position_intent time_in_force limit_price "
    "stop_price status extended_hours legs trail_percent trail_price hwm subtag source "
).split()


def test_an_order_has_exactly_the_keys_of_the_contract_in_their_order() -> None:
    desk = Desk()
    assert list(desk.order(limit=25.11)) == ORDER_KEYS


def test_decimals_are_strings_and_what_is_not_set_is_null() -> None:
    order = Desk().order("buy", 100, 25.1, client_order_id="mm1-1")
    assert (order["qty"], order["limit_price"], order["filled_qty"]) == ("100", "25.1", "0")
    assert (order["filled_avg_price"], order["legs"], order["stop_price"]) == (None, None, None)
    assert (order["client_order_id"], order["order_class"], order["position_intent"]) == ("mm1-1", "", "buy_to_open")
    assert (order["status"], order["expires_at"]) == ("pending_new", "2026-11-23T21:00:00Z")


def test_a_market_order_fills_at_the_far_side_whatever_its_size() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 1_000)
    assert desk.events() == ["pending_new", "new", "fill"]
    assert desk.get("/positions")[0]["avg_entry_price"] == "25.02"
    desk.order("sell", 1_000)
    desk.events()
    assert desk.get("/positions") == []
    assert desk.get("/account")["cash"] == "99980"


def test_a_limit_rests_until_the_opposite_side_reaches_it_and_fills_at_the_quote() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10, 25.01)
    assert desk.events() == ["pending_new", "new"]
    desk.nbbo(24.99, 25.01)
    assert [(u.event, u.px, u.position_qty) for u in desk.updates] == [("fill", 250_100, 10 * SHARE)]


def test_a_limit_through_the_market_gets_the_quote_and_not_its_limit() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10, 26)
    desk.events()
    assert desk.get(f"/orders/{order['id']}")["filled_avg_price"] == "25.02"


def test_an_empty_side_is_no_price() -> None:
    desk = Desk()
    desk.nbbo(25.00, 0)
    desk.order("buy", 10)
    assert desk.events() == ["pending_new", "new"]
    desk.nbbo(25.00, 25.02)
    assert desk.events() == ["fill"]


def test_a_tenth_of_the_orders_gets_a_random_part_first_and_the_rest_later() -> None:
    desk = Desk(partial_fill_pct=100.0)
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 100)
    assert desk.events() == ["pending_new", "new", "partial_fill"]
    first = desk.get(f"/orders/{order['id']}")
    assert first["status"] == "partially_filled"
    assert 0 < int(first["filled_qty"]) < 100
    desk.wait(250)
    assert desk.events() == ["fill"]


def test_an_ioc_that_reaches_nothing_is_canceled_at_once() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10, 25.00, time_in_force="ioc")
    assert desk.events() == ["pending_new", "new", "canceled"]


def test_an_ioc_that_gets_a_part_loses_the_rest() -> None:
    desk = Desk(partial_fill_pct=100.0)
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 100, 25.02, time_in_force="ioc")
    assert desk.events() == ["pending_new", "new", "partial_fill", "canceled"]


def test_a_fok_is_never_filled_in_part() -> None:
    desk = Desk(partial_fill_pct=100.0)
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 100, 25.02, time_in_force="fok")
    assert desk.events() == ["pending_new", "new", "fill"]


def test_a_cancel_is_a_request_that_a_fill_can_cross() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10, 25.00)
    desk.events()
    assert desk.call("DELETE", f"/orders/{order['id']}").status == 204
    desk.nbbo(24.98, 25.00)
    assert desk.events() == ["pending_cancel", "fill"]


def test_a_canceled_order_says_when_and_its_hold_is_released() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10, 25.00)
    desk.events()
    assert desk.book.held_money > 0
    desk.call("DELETE", f"/orders/{order['id']}")
    assert desk.events() == ["pending_cancel", "canceled"]
    assert desk.get(f"/orders/{order['id']}")["canceled_at"] is not None
    assert desk.book.held_money == 0


def test_a_replace_gives_a_new_order_and_the_old_one_tells_of_it() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    old = desk.order("buy", 10, 25.00)
    desk.events()
    new = msgspec.json.decode(desk.call("PATCH", f"/orders/{old['id']}", {"limit_price": "24.99"}).body)
    assert (new["replaces"], new["limit_price"], new["qty"]) == (old["id"], "24.99", "10")
    assert new["client_order_id"] != old["client_order_id"]
    assert desk.events() == ["pending_replace", "replaced", "new"]
    assert desk.get(f"/orders/{old['id']}")["replaced_by"] == new["id"]


def test_a_fill_before_the_replace_is_done_refuses_the_replace() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    old = desk.order("buy", 10, 25.00)
    desk.events()
    desk.call("PATCH", f"/orders/{old['id']}", {"limit_price": 24.99})
    desk.nbbo(24.99, 25.00)
    assert desk.events() == ["pending_replace", "fill", "order_replace_rejected", "rejected"]
    assert desk.book.held_money == 0
    assert [order.status for order in desk.book.orders.values()] == ["filled", "rejected"]


def test_cancelling_the_new_order_of_a_replace_under_way_ends_both() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    old = desk.order("buy", 10, 24.00)
    desk.events()
    new = msgspec.json.decode(desk.call("PATCH", f"/orders/{old['id']}", {"limit_price": 24.01}).body)
    desk.call("DELETE", f"/orders/{new['id']}")
    desk.events()
    assert [order.status for order in desk.book.orders.values()] == ["replaced", "canceled"]
    assert desk.book.held_money == 0


def test_cancelling_both_orders_of_a_replace_under_way_ends_both() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    old = desk.order("buy", 10, 24.00)
    desk.events()
    new = msgspec.json.decode(desk.call("PATCH", f"/orders/{old['id']}", {"limit_price": 24.01}).body)
    for order in (old, new):
        assert desk.call("DELETE", f"/orders/{order['id']}").status == 204
    desk.events()
    assert [order.status for order in desk.book.orders.values()] == ["canceled", "canceled"]


def test_closing_everything_in_the_middle_of_a_replace_leaves_nothing_open() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    old = desk.order("buy", 10, 24.00)
    desk.events()
    desk.call("PATCH", f"/orders/{old['id']}", {"limit_price": 24.01})
    desk.call("DELETE", "/positions?cancel_orders=true")
    desk.events()
    assert [order.status for order in desk.book.orders.values()] == ["canceled", "canceled"]
    assert desk.book.held_money == 0


@pytest.mark.row("6.4 market/session edges")
def test_a_day_order_expires_at_the_close() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10, 24.00)
    desk.events()
    desk.until("2026-11-23T21:00:00Z")
    assert desk.events() == ["expired"]


@pytest.mark.row("6.4 market/session edges")
def test_a_day_order_of_the_evening_waits_accepted_for_the_next_open() -> None:
    desk = Desk()
    desk.until("2026-11-23T21:30:00Z")
    assert desk.order("buy", 10, 26.00)["status"] == "accepted"
    assert desk.events() == ["accepted"]
    desk.until("2026-11-24T14:30:00Z")
    desk.nbbo(25.00, 25.02)
    assert desk.events() == ["new", "fill"]


def test_an_extended_hours_order_trades_in_the_evening() -> None:
    desk = Desk()
    desk.until("2026-11-23T21:30:00Z")
    desk.order("buy", 10, 26.00, extended_hours=True)
    desk.nbbo(25.00, 25.02)
    assert desk.events() == ["pending_new", "new", "fill"]


def test_an_extended_hours_order_waits_for_a_quote_of_the_evening() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.until("2026-11-23T21:30:00Z")
    desk.order("buy", 10, 26.00, extended_hours=True)
    assert desk.events() == ["pending_new", "new"]
    desk.nbbo(25.50, 25.52)
    assert desk.events() == ["fill"]


def test_what_waits_over_night_fills_at_the_first_quote_of_the_day_and_not_at_the_last_of_the_day_before() -> None:
    desk = Desk()
    desk.nbbo(9.98, 10.00)
    working = desk.order("buy", 10, 9.00, time_in_force="gtc")
    desk.until("2026-11-23T22:00:00Z")
    desk.order("buy", 10)
    desk.until("2026-11-24T14:30:00.5Z")
    assert desk.book.fills == []
    desk.nbbo(19.98, 20.00)
    assert [(fill.px, fill.t_ns) for fill in desk.book.fills] == [(200_000, desk.now_ns)]
    assert desk.get(f"/orders/{working['id']}")["status"] == "new"


def test_a_quote_before_the_open_is_none_of_the_session() -> None:
    desk = Desk()
    desk.until("2026-11-24T14:29:59Z")
    desk.nbbo(24.00, 24.02)
    desk.order("buy", 10)
    desk.until("2026-11-24T14:30:00Z")
    assert desk.events() == ["accepted", "new"]
    desk.nbbo(25.00, 25.02)
    assert desk.events() == ["fill"]


def test_a_market_that_never_closes_keeps_its_quotes() -> None:
    desk = Desk(hours="always")
    desk.nbbo(25.00, 25.02)
    desk.until("2026-11-24T14:29:59Z")
    desk.order("buy", 10)
    assert desk.events() == ["pending_new", "new", "fill"]


@pytest.mark.row("6.4 orders/over-night GTC")
def test_a_gtc_order_survives_the_night() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10, 24.00, time_in_force="gtc")
    desk.events()
    desk.until("2026-11-24T15:00:00Z")
    assert desk.get(f"/orders/{order['id']}")["status"] == "new"


def test_a_gtc_order_ends_on_its_ninetieth_day_at_a_quarter_past_four() -> None:
    desk = Desk()
    desk.until("2026-11-24T15:00:00Z")
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10, 24.00, time_in_force="gtc")
    assert order["expires_at"] == "2027-02-22T21:15:00Z"
    desk.events()
    desk.until("2027-02-22T21:14:59Z")
    assert desk.events() == []
    desk.until("2027-02-22T21:15:00Z")
    assert [(update.event, update.t_ns) for update in desk.updates] == [("expired", at("2027-02-22T21:15:00Z"))]


def test_the_ninetieth_day_counts_in_new_york_over_a_change_of_its_clocks() -> None:
    desk = Desk(now_ns=at("2026-09-01T00:30:00Z"))  # still August there
    assert desk.order("buy", 10, 24.00, time_in_force="gtc")["expires_at"] == "2026-11-29T21:15:00Z"


def test_an_extended_hours_day_order_of_the_evening_ends_with_it() -> None:
    desk = Desk()
    desk.until("2026-11-23T21:30:00Z")
    order = desk.order("buy", 10, 24.00, extended_hours=True)
    assert order["expires_at"] == "2026-11-24T01:00:00Z"
    desk.events()
    desk.until("2026-11-24T01:00:00Z")
    assert desk.events() == ["expired"]


@pytest.mark.parametrize(
    ("entered", "ends"),
    [
        ("2026-11-23T13:00:00Z", "2026-11-24T01:00:00Z"),
        ("2026-11-24T01:00:00Z", "2026-11-25T01:00:00Z"),
        ("2026-11-27T19:00:00Z", "2026-11-27T22:00:00Z"),
        ("2026-11-27T22:30:00Z", "2026-12-01T01:00:00Z"),
    ],
)
def test_an_extended_hours_day_order_ends_with_the_session_it_can_trade_in(entered: str, ends: str) -> None:
    desk = Desk(now_ns=at(entered))
    assert desk.order("buy", 10, 24.00, extended_hours=True)["expires_at"] == ends


def test_updates_copy_the_order_as_it_stood() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.wait(10)
    assert [update.order.status for update in desk.updates] == ["pending_new", "new", "filled"]
    ids = [update.event_id for update in desk.updates]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.row("3.2/GET /orders")
def test_listing_filters_sorts_and_pages() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    ids = []
    for n in range(5):
        desk.wait(1)
        ids.append(desk.order("buy", 10, 24 + n / 100)["id"])
    desk.events()
    assert [row["id"] for row in desk.get("/orders?limit=2")] == ids[:2:-1]
    assert [row["id"] for row in desk.get("/orders?direction=asc&limit=2")] == ids[:2]
    assert [row["id"] for row in desk.get(f"/orders?after_order_id={ids[2]}&direction=asc")] == ids[3:]
    assert [row["id"] for row in desk.get(f"/orders?before_order_id={ids[2]}&direction=asc")] == ids[:2]
    assert desk.get("/orders?status=closed") == []
    assert desk.get("/orders?symbols=BBB") == []
    assert desk.get("/orders?asset_class=crypto") == []
    assert len(desk.get("/orders?asset_class=us_equity")) == 5
    assert len(desk.get("/orders?symbols=AAA,BBB&side=buy&status=all")) == 5
    third = desk.get(f"/orders/{ids[2]}")["submitted_at"]
    assert [row["id"] for row in desk.get(f"/orders?after={third}&direction=asc")] == ids[3:]
    assert [row["id"] for row in desk.get(f"/orders?until={third}&direction=asc")] == ids[:2]


@pytest.mark.row("3.2/GET /orders/{id}", "3.2/GET /orders:by_client_order_id")
def test_an_order_is_found_by_the_clients_id_and_by_the_venues() -> None:
    desk = Desk()
    order = desk.order("buy", 10, 24, client_order_id="mine")
    assert desk.get("/orders:by_client_order_id?client_order_id=mine") == desk.get(f"/orders/{order['id']}")


@pytest.mark.row("3.2/DELETE /orders")
def test_cancel_all_answers_for_each_order() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    ids = {desk.order("buy", 10, 24 + n / 100)["id"] for n in range(3)}
    desk.events()
    response = desk.call("DELETE", "/orders")
    assert response.status == 207
    assert {(row["id"], row["status"]) for row in msgspec.json.decode(response.body)} == {(one, 200) for one in ids}
    desk.events()
    assert desk.get("/orders") == []


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_nothing_follows_a_terminal_status(status: str) -> None:
    order = Order(
        id="1", account="a", client_order_id="c", seq=1, symbol="AAA", side="buy", type="market", tif="day", qty=1
    )
    order.status = status
    for following in NEXT:
        with pytest.raises(AssertionError):
            order.become(following, 1)


def test_the_same_seed_gives_the_same_ids() -> None:
    first, second = Desk(), Desk()
    assert first.order("buy", 10, 24) == second.order("buy", 10, 24)


def test_a_ticket_without_a_limit_is_a_market_order() -> None:
    assert ticket()["type"] == "market"
