"""Opening orders that come before any price is known: taken in, and asked for the buying power at their first price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.venue.desk import OPENING, Desk, at, ticket
from tests.venue.test_store import keep, reborn, stored

if TYPE_CHECKING:
    from pathlib import Path

BEFORE_THE_OPEN = at("2026-11-23T14:00:00Z")
BEYOND: dict[str, dict[str, Any]] = {
    "a market buy": ticket("buy", 1_000_000),
    "one for the open": ticket("buy", 1_000_000, time_in_force="opg"),
    "a market sale": ticket("sell", 1_000_000),
    "a sale with a low limit": ticket("sell", 100_000, 1.00),
    "a trailing stop": ticket("buy", 1_000_000, type="trailing_stop", trail_price=0.10),
}


@pytest.mark.parametrize("fill_model", ["paper", "strict"])
@pytest.mark.parametrize(
    ("name", "now_ns"),
    [*((name, BEFORE_THE_OPEN) for name in BEYOND), ("a market buy", OPENING), ("a trailing stop", OPENING)],
)
def test_an_order_whose_price_nobody_knew_is_rejected_when_it_is_known_and_too_much(
    name: str, now_ns: int, fill_model: str
) -> None:
    desk = Desk(now_ns=now_ns, fill_model=fill_model)
    order = desk.order(**{"limit": None, **BEYOND[name]})
    desk.until("2026-11-23T14:50:00Z")
    desk.nbbo(24.90, 24.92)
    desk.trade(25.10, 2_000_000)
    desk.trade(25.30, 2_000_000)
    assert desk.get(f"/orders/{order['id']}")["status"] == "rejected"
    assert (desk.book.fills, desk.book.held_money) == ([], 0)
    assert desk.get("/account")["cash"] == "100000"


def test_orders_whose_price_nobody_knew_are_filled_as_far_as_the_buying_power_goes() -> None:
    desk = Desk(now_ns=BEFORE_THE_OPEN)
    orders = [desk.order("buy", 7_000) for _ in range(3)]
    desk.until("2026-11-23T14:30:00Z")
    desk.nbbo(25.00, 25.00)
    assert [desk.get(f"/orders/{order['id']}")["status"] for order in orders] == ["filled", "filled", "rejected"]
    assert desk.get("/account")["buying_power"] == "50000"


def test_a_cancel_under_way_ends_an_order_that_would_be_rejected() -> None:
    desk = Desk()
    order = desk.order("buy", 1_000_000)
    desk.wait(10)
    desk.call("DELETE", f"/orders/{order['id']}")
    desk.nbbo(24.98, 25.00)
    assert desk.events() == ["pending_new", "new", "pending_cancel", "canceled"]


def test_an_order_whose_price_nobody_knew_is_asked_for_it_after_a_restart_too(tmp_path: Path) -> None:
    path, desk = tmp_path / "venue.state", Desk(now_ns=BEFORE_THE_OPEN)
    store = stored(desk, path)
    desk.order("buy", 1_000_000)
    keep(desk, store)
    store.close()
    again = reborn(path, BEFORE_THE_OPEN)
    again.until("2026-11-23T14:30:01Z")
    again.nbbo(24.98, 25.00)
    assert again.events() == ["new", "rejected"]
