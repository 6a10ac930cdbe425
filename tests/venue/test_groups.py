"""Brackets, OCO, OTO: who waits for whom, and what ends with what."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.venue.desk import Desk, ticket
from venue.faults import Fault

EXITS: dict[str, Any] = {"take_profit": {"limit_price": "26"}, "stop_loss": {"stop_price": "24"}}


def bracket(desk: Desk, **more: Any) -> Any:  # noqa: ANN401 any JSON
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    return desk.order("buy", 100, order_class="bracket", **{**EXITS, **more})


def replaced(desk: Desk, order_id: str, **changes: Any) -> str:  # noqa: ANN401 any JSON
    """Change an order that must be taken; return the id of its successor."""
    response = desk.call("PATCH", f"/orders/{order_id}", changes)
    assert response.status == 200, response
    return str(msgspec.json.decode(response.body)["id"])


def oco(desk: Desk) -> Any:  # noqa: ANN401 any JSON
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    desk.order("buy", 100)
    desk.events()
    order = desk.order("sell", 100, type="limit", order_class="oco", **EXITS)
    desk.events()
    return order


def statuses(desk: Desk) -> list[tuple[str, str]]:
    return [(order.type, order.status) for order in desk.book.orders.values()]


def test_the_exits_of_a_bracket_are_held_until_the_entry_is_filled() -> None:
    desk = Desk()
    order = bracket(desk, limit_price=24.90, type="limit")
    assert [(leg["type"], leg["side"], leg["status"]) for leg in order["legs"]] == [
        ("limit", "sell", "held"),
        ("stop", "sell", "held"),
    ]
    assert desk.events() == ["pending_new", "held", "held", "new"]
    desk.nbbo(24.88, 24.90)
    assert desk.events() == ["fill", "new", "new"]
    assert statuses(desk) == [("limit", "filled"), ("limit", "new"), ("stop", "new")]


def test_the_exits_hold_the_position_once_not_twice() -> None:
    desk = Desk()
    bracket(desk)
    desk.events()
    assert desk.get("/positions/AAA")["qty_available"] == "0"
    assert desk.book.closing_held_qty("AAA") == desk.book.qty("AAA")


def test_the_take_profit_ends_the_stop_loss() -> None:
    desk = Desk()
    bracket(desk)
    desk.events()
    desk.nbbo(26.00, 26.02)
    assert desk.events() == ["fill", "canceled"]
    assert desk.get("/positions") == []
    assert desk.get("/orders") == []


def test_the_stop_loss_ends_the_take_profit() -> None:
    desk = Desk()
    bracket(desk)
    desk.events()
    desk.nbbo(23.90, 23.95)
    desk.trade(23.95)
    assert desk.events() == ["fill", "canceled"]
    assert desk.get("/positions") == []


def test_cancelling_the_entry_cancels_its_exits() -> None:
    desk = Desk()
    order = bracket(desk, limit_price=24.00, type="limit", stop_loss={"stop_price": "23"})
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    assert desk.events() == ["pending_cancel", "canceled", "canceled", "canceled"]
    assert desk.get("/orders") == []


def test_cancelling_one_exit_cancels_the_other() -> None:
    desk = Desk()
    order = bracket(desk)
    desk.events()
    desk.call("DELETE", f"/orders/{order['legs'][0]['id']}")
    assert desk.events() == ["pending_cancel", "canceled", "canceled"]
    assert desk.get("/positions/AAA")["qty_available"] == "100"


def test_a_part_of_the_take_profit_shrinks_the_stop_loss() -> None:
    desk = Desk()
    order = bracket(desk)
    desk.events()
    desk.exchange.engine.config = desk.exchange.engine.config.__class__(partial_fill_pct=100.0)
    desk.nbbo(26.00, 26.02)
    profit, loss = (desk.book.orders[leg["id"]] for leg in order["legs"])
    assert profit.status == "partially_filled"
    assert loss.qty == profit.leaves_qty == desk.book.qty("AAA")


def test_an_oco_closes_a_position_with_two_prices() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    desk.order("buy", 100)
    desk.events()
    order = desk.order("sell", 100, type="limit", order_class="oco", **EXITS)
    assert (order["limit_price"], len(order["legs"])) == ("26", 1)
    desk.events()
    assert desk.book.closing_held_qty("AAA") == desk.book.qty("AAA")


def test_the_leg_of_an_oco_works_beside_it_and_ends_it() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    desk.order("buy", 100)
    desk.events()
    desk.order("sell", 100, type="limit", order_class="oco", **EXITS)
    assert desk.events() == ["pending_new", "held", "new", "new"]
    desk.nbbo(23.90, 23.95)
    desk.trade(23.95)
    assert desk.events() == ["fill", "canceled"]


def test_the_exits_of_a_bracket_can_be_repriced() -> None:
    desk = Desk()
    order = bracket(desk)
    desk.events()
    profit, loss = (leg["id"] for leg in order["legs"])
    replaced(desk, profit, limit_price="26.5")
    assert desk.events() == ["pending_replace", "replaced", "new"]
    replaced(desk, loss, stop_price="23.5")
    assert desk.events() == ["pending_replace", "replaced", "new"]
    assert desk.get("/positions/AAA")["qty_available"] == "0"
    desk.trade(23.95)
    desk.nbbo(26.00, 26.02)
    assert desk.events() == []
    desk.nbbo(26.50, 26.52)
    assert desk.events() == ["fill", "canceled"]
    assert desk.get("/positions") == []


def test_a_repriced_exit_stays_inside_its_entry() -> None:
    desk = Desk()
    order = bracket(desk)
    desk.events()
    profit, loss = (leg["id"] for leg in order["legs"])
    profit = replaced(desk, profit, limit_price="26.5")
    desk.events()
    assert [leg["id"] for leg in desk.get(f"/orders/{order['id']}?nested=true")["legs"]] == [profit, loss]


def test_a_replaced_entry_takes_its_exits_along() -> None:
    desk = Desk()
    order = bracket(desk, limit_price=24.90, type="limit")
    desk.events()
    entry = replaced(desk, order["id"], limit_price="24.80")
    desk.events()
    assert [row["id"] for row in desk.get("/orders?nested=true")] == [entry]
    desk.nbbo(24.78, 24.80)
    assert desk.events() == ["fill", "new", "new"]


@pytest.mark.parametrize("wait_ms", [0, 1, 10])
def test_cancelling_a_replaced_entry_cancels_its_exits(wait_ms: float) -> None:
    desk = Desk()
    order = bracket(desk, limit_price=24.90, type="limit")
    desk.events()
    entry = replaced(desk, order["id"], limit_price="24.80")
    desk.wait(wait_ms)
    desk.call("DELETE", f"/orders/{entry}")
    desk.events()
    assert desk.get("/orders") == []


def test_closing_everything_while_an_entry_is_replaced_leaves_no_exit() -> None:
    desk = Desk()
    order = bracket(desk, limit_price=24.90, type="limit")
    desk.events()
    replaced(desk, order["id"], limit_price="24.80")
    desk.call("DELETE", "/positions?cancel_orders=true")
    desk.events()
    assert desk.get("/orders") == []


@pytest.mark.parametrize("wait_ms", [0, 1, 10])
def test_cancelling_a_replaced_take_profit_cancels_the_stop_loss(wait_ms: float) -> None:
    desk = Desk()
    order = oco(desk)
    profit = replaced(desk, order["id"], limit_price="26.5")
    desk.wait(wait_ms)
    desk.call("DELETE", f"/orders/{profit}")
    desk.events()
    assert desk.get("/orders") == []


def test_a_refused_replace_leaves_the_group_as_it_was() -> None:
    desk = Desk()
    order = oco(desk)
    desk.exchange.order_fault(Fault(kind="replace-rejected"), desk.now_ns)
    replaced(desk, order["id"], limit_price="26.5")
    assert desk.events() == ["pending_replace", "order_replace_rejected", "rejected"]
    desk.nbbo(26.00, 26.02)
    assert desk.events() == ["fill", "canceled"]


def test_cancelling_an_exit_that_is_held_cancels_the_whole_group() -> None:
    desk = Desk()
    order = bracket(desk, limit_price=24.90, type="limit")
    desk.events()
    desk.call("DELETE", f"/orders/{order['legs'][1]['id']}")
    assert desk.events() == ["canceled", "canceled", "pending_cancel", "canceled"]
    assert desk.get("/orders") == []


def test_an_oto_has_one_exit() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    order = desk.order("buy", 10, order_class="oto", stop_loss={"stop_price": 24, "limit_price": 23.9})
    assert [leg["type"] for leg in order["legs"]] == ["stop_limit"]
    assert desk.events() == ["pending_new", "held", "new", "fill", "new"]


def test_nested_lists_show_legs_inside_their_parent() -> None:
    desk = Desk()
    order = bracket(desk, limit_price=24.90, type="limit")
    desk.events()
    assert len(desk.get("/orders")) == 3
    nested = desk.get("/orders?nested=true")
    assert [row["id"] for row in nested] == [order["id"]]
    assert len(nested[0]["legs"]) == 2


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_a_page_of_nested_orders_counts_whole_groups(direction: str) -> None:
    desk = Desk()
    ids = [bracket(desk, limit_price=24.90, type="limit")["id"] for _ in range(3)]
    wanted = ids if direction == "asc" else ids[::-1]
    cursor = "after_order_id" if direction == "asc" else "before_order_id"
    path = f"/orders?nested=true&limit=1&direction={direction}"
    found = [desk.get(path)[0]["id"]]
    while rows := desk.get(f"{path}&{cursor}={found[-1]}"):
        found += [row["id"] for row in rows]
    assert found == wanted


def test_exits_that_work_are_in_a_nested_list_of_open_orders_without_their_entry() -> None:
    desk = Desk()
    order = bracket(desk)
    desk.events()
    exits = {leg["id"] for leg in order["legs"]}
    assert {row["id"] for row in desk.get("/orders?status=open&nested=true")} == exits
    assert [row["id"] for row in desk.get("/orders?status=all&nested=true")] == [order["id"]]


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"order_class": "bracket", "take_profit": {"limit_price": 26}}, 40010001, "bracket orders require"),
        ({"order_class": "oto", **EXITS}, 40010001, "oto orders require one of"),
        ({"take_profit": {"limit_price": 26}}, 40010001, "take_profit and stop_loss require an order_class"),
        (
            {"order_class": "bracket", **EXITS, "take_profit": {"limit_price": 25}},
            42210000,
            "take_profit.limit_price must",
        ),
        ({"order_class": "bracket", **EXITS, "stop_loss": {"stop_price": 25.5}}, 42210000, "stop_loss.stop_price must"),
        ({"order_class": "bracket", **EXITS, "time_in_force": "ioc"}, 42210000, "complex orders must be DAY or GTC"),
        ({"order_class": "oco", "type": "limit", **EXITS}, 42210000, "oco orders must be exit orders"),
        ({"order_class": "bracket", **EXITS, "qty": "1.5"}, 42210000, "fractional orders must be simple orders"),
        ({"order_class": "bracket", **EXITS, "stop_loss": {"stop_price": 24.001}}, 42210000, "invalid stop_loss.stop"),
        ({"order_class": "bracket", **EXITS, "stop_loss": 5}, 40010001, "request body format is invalid"),
    ],
)
def test_a_wrong_group_is_refused(body: dict[str, Any], code: int, message: str) -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    found = desk.refused("POST", "/orders", {**ticket("buy", 10), **body})
    assert found[:2] == (422, code)
    assert found[2].startswith(message)
    assert desk.get("/orders?status=all") == []
