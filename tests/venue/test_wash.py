"""The wash-trade table 4.6."""

from __future__ import annotations

import msgspec
import pytest

from tests.venue.desk import Desk, ticket
from venue.orders import Order
from venue.refusals import Refusal
from venue.wash import check

PRICES = {"market": (None, None), "stop": (None, 260_000), "limit": (250_000, None), "stop_limit": (250_000, 260_000)}


def existing(kind: str, side: str, limit_px: int | None = None) -> Order:
    limit, stop = PRICES[kind]
    return Order(
        id="1",
        account="a",
        client_order_id="c",
        seq=1,
        symbol="AAA",
        side=side,
        type=kind,
        tif="day",
        qty=1,
        limit_px=limit_px or limit,
        stop_px=stop,
        status="new",
    )


@pytest.mark.parametrize("new", ["market", "stop"])
@pytest.mark.parametrize("old", ["market", "stop", "limit", "stop_limit"])
@pytest.mark.row(
    "4.6/market against market",
    "4.6/market against stop",
    "4.6/market against limit or stop_limit",
    "4.6/stop against market",
    "4.6/stop against stop",
    "4.6/stop against limit or stop_limit",
)
def test_a_market_or_stop_order_is_refused_against_anything_opposite(new: str, old: str) -> None:
    assert isinstance(check(new, 1, PRICES[new][0], [existing(old, "sell")]), Refusal)


@pytest.mark.parametrize("new", ["limit", "stop_limit"])
@pytest.mark.parametrize("old", ["market", "stop"])
@pytest.mark.row("4.6/limit or stop_limit against market", "4.6/limit or stop_limit against stop")
def test_a_limit_order_is_refused_against_an_opposite_market_or_stop_order(new: str, old: str) -> None:
    assert isinstance(check(new, 1, 250_000, [existing(old, "sell")]), Refusal)


@pytest.mark.parametrize("new", ["limit", "stop_limit"])
@pytest.mark.parametrize("old", ["limit", "stop_limit"])
@pytest.mark.parametrize(("buy_px", "sell_px", "refused"), [(25, 25, True), (26, 25, True), (24, 25, False)])
@pytest.mark.row("4.6/limit or stop_limit against limit or stop_limit")
def test_two_limits_are_refused_only_when_they_would_cross(
    new: str, old: str, buy_px: int, sell_px: int, *, refused: bool
) -> None:
    buy, sell = buy_px * 10_000, sell_px * 10_000
    assert (check(new, 1, buy, [existing(old, "sell", sell)]) is not None) is refused
    assert (check(new, -1, sell, [existing(old, "buy", buy)]) is not None) is refused


def test_the_same_side_never_washes() -> None:
    assert check("market", 1, None, [existing("market", "buy")]) is None


@pytest.mark.parametrize("order_class", ["bracket", "oco", "oto"])
@pytest.mark.row("4.6/legs and trailing stops are exempt")
def test_legs_are_exempt(order_class: str) -> None:
    leg = existing("limit", "sell")
    leg.order_class = order_class
    assert check("market", 1, None, [leg]) is None


@pytest.mark.row("4.6/legs and trailing stops are exempt")
def test_a_trailing_stop_is_exempt_whichever_came_first() -> None:
    trailing = existing("limit", "sell")
    trailing.type = "trailing_stop"
    assert check("market", 1, None, [trailing]) is None
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.events()
    desk.order("buy", 10, 24.00)
    body = ticket("sell", 10, type="trailing_stop", trail_price=1)
    assert desk.call("POST", "/orders", body).status == 200


@pytest.mark.row("3.5/403 wash trade")
def test_the_refusal_names_the_order_and_the_reason() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.events()
    resting = desk.order("sell", 10, 26)
    desk.events()
    tree = msgspec.json.decode(desk.call("POST", "/orders", ticket("buy", 10, 26)).body)
    assert tree["code"] == 40310000
    assert tree["message"] == "potential wash trade detected. use complex orders"
    assert tree["existing_order_id"] == resting["id"]
    assert "26" in tree["reject_reason"]


@pytest.mark.row("4.6/a pending cancel counts as open")
def test_a_pending_cancel_still_counts_as_open() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.events()
    resting = desk.order("sell", 10, 26)
    desk.events()
    desk.call("DELETE", f"/orders/{resting['id']}")
    assert desk.refused("POST", "/orders", ticket("buy", 10, 26))[0] == 403
    desk.events()
    assert desk.call("POST", "/orders", ticket("buy", 10, 26)).status == 200
