"""What a replace may change, and what is checked of its result: an order that could not be entered comes of none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.venue.desk import Desk


def working(desk: Desk, *told: Any, **more: Any) -> str:  # noqa: ANN401 any field of an order
    """Return the path of an order that works."""
    desk.nbbo(25.00, 25.02)
    desk.trade(25.00)
    path = f"/orders/{desk.order(*told, **more)['id']}"
    desk.events()
    return path


def trailing(desk: Desk, **more: Any) -> str:  # noqa: ANN401 any field of an order
    return working(desk, "sell", type="trailing_stop", **(more or {"trail_price": "1"}))


def patched(desk: Desk, path: str, **changes: Any) -> Any:  # noqa: ANN401 any JSON
    """Make a change that must be taken; return the successor once it works."""
    response = desk.call("PATCH", path, changes)
    assert response.status == 200, response
    desk.events()
    return desk.get(f"/orders/{msgspec.json.decode(response.body)['id']}")


def test_the_distance_of_a_trailing_stop_can_be_changed() -> None:
    desk = Desk()
    found = patched(desk, trailing(desk), trail="0.5")
    assert (found["trail_price"], found["trail_percent"], found["stop_price"]) == ("0.5", None, "24.5")


def test_a_trail_in_percent_stays_one_in_percent() -> None:
    desk = Desk()
    found = patched(desk, trailing(desk, trail_percent="2"), trail=4)
    assert (found["trail_price"], found["trail_percent"], found["stop_price"]) == (None, "4", "24")


def test_the_same_trail_is_no_change() -> None:
    desk = Desk()
    message = "order parameters are not changed"
    assert desk.refused("PATCH", trailing(desk), {"trail": "1.00"}) == (422, 42210000, message)


@pytest.mark.parametrize("trail", [0, "-1", "near", True, [1]])
def test_a_trail_that_is_no_distance_is_refused(trail: object) -> None:
    desk = Desk()
    assert desk.refused("PATCH", trailing(desk), {"trail": trail})[:2] == (422, 40010001)


@pytest.mark.parametrize("changes", [{"trail": 1}, {"stop_price": 24}])
def test_a_price_of_another_order_type_is_refused(changes: dict[str, Any]) -> None:
    desk = Desk()
    path = working(desk, "buy", 10, 24)
    assert desk.refused("PATCH", path, changes) == (422, 40010001, "price does not belong to this order type")


def test_the_stop_price_of_a_trailing_stop_follows_the_market_only() -> None:
    desk = Desk()
    message = "price does not belong to this order type"
    assert desk.refused("PATCH", trailing(desk), {"stop_price": 24.5}) == (422, 40010001, message)


def test_a_fraction_stays_a_day_order() -> None:
    desk = Desk()
    path = working(desk, "buy", "1.5", 24)
    message = "fractional orders must be DAY orders"
    assert desk.refused("PATCH", path, {"time_in_force": "gtc"}) == (422, 42210000, message)


def test_an_extended_hours_order_stays_a_day_or_gtc_limit() -> None:
    desk = Desk()
    path = working(desk, "buy", 10, 24, extended_hours=True)
    message = "extended hours order must be DAY or GTC limit orders"
    assert desk.refused("PATCH", path, {"time_in_force": "ioc"}) == (422, 42210000, message)
    assert patched(desk, path, time_in_force="gtc")["time_in_force"] == "gtc"


def test_a_trailing_stop_stays_day_or_gtc() -> None:
    desk = Desk()
    message = "trailing stop orders must be DAY or GTC orders"
    assert desk.refused("PATCH", trailing(desk), {"time_in_force": "ioc"}) == (422, 42210000, message)


def test_a_bracket_stays_day_or_gtc() -> None:
    desk = Desk()
    exits = {"take_profit": {"limit_price": 26}, "stop_loss": {"stop_price": 23}}
    path = working(desk, "buy", 10, 24, order_class="bracket", **exits)
    message = "complex orders must be DAY or GTC orders"
    assert desk.refused("PATCH", path, {"time_in_force": "fok"}) == (422, 42210000, message)


@pytest.mark.parametrize("tif", ["gtd", 5, ["day"], {"day": 1}])
def test_a_time_in_force_that_is_none_is_refused(tif: object) -> None:
    desk = Desk()
    path = working(desk, "buy", 10, 24)
    assert desk.refused("PATCH", path, {"time_in_force": tif}) == (422, 40010001, "invalid time_in_force")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("x" * 129, "client_order_id must be no more than 128 characters"),
        ({"a": 1}, "request body format is invalid"),
        (7, "request body format is invalid"),
    ],
)
def test_the_clients_id_of_a_successor_is_checked_as_that_of_an_entry(given: object, message: str) -> None:
    desk = Desk()
    path = working(desk, "buy", 10, 24)
    body = {"limit_price": 24.01, "client_order_id": given}
    assert desk.refused("PATCH", path, body) == (422, 40010001, message)


def test_a_successor_for_the_close_waits_for_it() -> None:
    desk = Desk()
    found = patched(desk, working(desk, "buy", 10, 24), time_in_force="cls")
    assert found["status"] == "accepted"
    desk.nbbo(23.90, 23.92)
    assert desk.events() == []
    desk.until("2026-11-23T21:00:00Z")
    assert desk.events() == ["new", "fill"]


def test_cancelling_a_successor_for_the_close_before_it_is_one_ends_it() -> None:
    desk = Desk()
    path = working(desk, "buy", 10, 24)
    new = msgspec.json.decode(desk.call("PATCH", path, {"time_in_force": "cls"}).body)
    desk.call("DELETE", f"/orders/{new['id']}")
    desk.events()
    assert desk.get("/orders") == []
