"""TradingClient, unmodified: every method that the venue's table 3.2 names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, OrderStatus, PositionSide, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
)

from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alpaca.trading.models import Order, Position

    from venue.serve import Place

pytestmark = pytest.mark.e2e


@pytest.fixture
def client(account: Callable[[], Place]) -> Iterator[TradingClient]:
    place = account()
    client = TradingClient(place.key, place.secret, paper=True, url_override=place.rest)
    client._retry = 0
    yield client
    client._session.close()


def buy(client: TradingClient, qty: float = 10, symbol: str = "SPY") -> Order:
    """Buy at the market and wait for the fill."""
    request = MarketOrderRequest(symbol=symbol, qty=qty, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
    return filled(client, cast("Order", client.submit_order(request)))


def filled(client: TradingClient, order: Order) -> Order:
    def done() -> Order | None:
        found = cast("Order", client.get_order_by_id(order.id))
        return found if found.status is OrderStatus.FILLED else None

    return cast("Order", until(done, within_s=5, what="the order fills"))


def resting(client: TradingClient, price: float = 100.0, **more: Any) -> Order:  # noqa: ANN401 any field
    """Let a buy rest far below the market, and wait until it works."""
    request = LimitOrderRequest(
        symbol="SPY", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, limit_price=price, **more
    )
    order = cast("Order", client.submit_order(request))
    return status(client, order, OrderStatus.NEW)


def status(client: TradingClient, order: Order, wanted: OrderStatus) -> Order:
    def reached() -> Order | None:
        found = cast("Order", client.get_order_by_id(order.id))
        return found if found.status is wanted else None

    return cast("Order", until(reached, within_s=5, what=f"the order becomes {wanted}"))


@pytest.mark.row("3.2/POST /orders", "3.2/GET /orders/{id}")
def test_submit_order_and_get_order_by_id(client: TradingClient) -> None:
    order = buy(client)
    assert (order.symbol, order.filled_qty, order.side) == ("SPY", "10", OrderSide.BUY)
    assert float(cast("str", order.filled_avg_price)) > 0


@pytest.mark.row("3.2/GET /orders:by_client_order_id")
def test_get_order_by_client_id(client: TradingClient) -> None:
    mine = f"mm-{uuid4().hex}"
    order = resting(client, client_order_id=mine)
    assert cast("Order", client.get_order_by_client_id(mine)).id == order.id


@pytest.mark.row("3.2/GET /orders")
def test_get_orders_with_filters(client: TradingClient) -> None:
    ids = [resting(client, 100 + n).id for n in range(3)]
    newest_first = cast("list[Order]", client.get_orders())
    assert [order.id for order in newest_first] == ids[::-1]
    request = GetOrdersRequest(status=QueryOrderStatus.ALL, symbols=["SPY"], limit=2, nested=True, side=OrderSide.BUY)
    assert len(cast("list[Order]", client.get_orders(request))) == 2
    assert client.get_orders(GetOrdersRequest(status=QueryOrderStatus.CLOSED)) == []


@pytest.mark.row("3.2/PATCH /orders/{id}")
def test_replace_order_by_id(client: TradingClient) -> None:
    old = resting(client)
    new = cast("Order", client.replace_order_by_id(old.id, ReplaceOrderRequest(limit_price=99.5, qty=2)))
    assert new.replaces == old.id
    done = status(client, new, OrderStatus.NEW)
    assert (done.limit_price, done.qty) == ("99.5", "2")
    assert status(client, old, OrderStatus.REPLACED).replaced_by == new.id


@pytest.mark.row("3.2/DELETE /orders/{id}")
def test_cancel_order_by_id(client: TradingClient) -> None:
    order = resting(client)
    client.cancel_order_by_id(order.id)
    assert status(client, order, OrderStatus.CANCELED).canceled_at is not None


@pytest.mark.row("3.2/DELETE /orders")
def test_cancel_orders(client: TradingClient) -> None:
    order = resting(client)
    answers: Any = client.cancel_orders()
    assert [(answer.id, answer.status) for answer in answers] == [(order.id, 200)]


@pytest.mark.row("3.2/GET /positions", "3.2/GET /positions/{symbol or asset_id}")
def test_get_all_positions_and_get_open_position(client: TradingClient) -> None:
    buy(client)
    position = cast("Position", client.get_open_position("SPY"))
    assert (position.qty, position.side, position.qty_available) == ("10", PositionSide.LONG, "10")
    assert [found.symbol for found in cast("list[Position]", client.get_all_positions())] == ["SPY"]
    assert cast("Position", client.get_open_position(position.asset_id)).symbol == "SPY"


@pytest.mark.row("3.2/DELETE /positions/{symbol}", "3.5/404 position")
def test_close_position(client: TradingClient) -> None:
    buy(client)
    part = cast("Order", client.close_position("SPY", ClosePositionRequest(qty="4")))
    assert (part.side, part.qty) == (OrderSide.SELL, "4")
    filled(client, part)
    filled(client, cast("Order", client.close_position("SPY")))
    with pytest.raises(APIError, match="position does not exist"):
        client.get_open_position("SPY")


@pytest.mark.row("3.2/DELETE /positions")
def test_close_all_positions(client: TradingClient) -> None:
    buy(client)
    buy(client, symbol="KO")
    answers: Any = client.close_all_positions(cancel_orders=True)
    assert sorted((answer.symbol, answer.status) for answer in answers) == [("KO", 200), ("SPY", 200)]
    until(lambda: client.get_all_positions() == [], within_s=5, what="everything is closed")


def test_a_fraction_of_a_share_and_dollars_worth(client: TradingClient) -> None:
    assert buy(client, 0.5).filled_qty == "0.5"
    request = MarketOrderRequest(symbol="KO", notional=100, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
    order = filled(client, cast("Order", client.submit_order(request)))
    spent = float(cast("str", order.filled_qty)) * float(cast("str", order.filled_avg_price))
    assert abs(spent - 100) < 0.01


@pytest.mark.row("3.2/GET /account", "3.2/GET, PATCH /account/configurations")
def test_get_account_and_configurations(client: TradingClient) -> None:
    account: Any = client.get_account()
    assert (account.cash, account.multiplier) == ("100000", "4")
    configuration: Any = client.get_account_configurations()
    configuration.no_shorting = True
    changed: Any = client.set_account_configurations(configuration)
    assert changed.no_shorting is True


@pytest.mark.row("3.2/GET /clock", "3.2/GET /calendar")
def test_get_clock_and_calendar(client: TradingClient) -> None:
    clock: Any = client.get_clock()
    assert clock.is_open is True
    days: Any = client.get_calendar(GetCalendarRequest(start=clock.timestamp.date(), end=clock.timestamp.date()))
    assert [day.date for day in days] == [clock.timestamp.date()]


@pytest.mark.row("3.2/GET /assets", "3.2/GET /assets/{symbol}", "3.5/404 asset")
def test_get_all_assets_and_get_asset(client: TradingClient) -> None:
    assets: Any = client.get_all_assets()
    assert [asset.symbol for asset in assets] == ["AAPL", "KO", "SPY"]
    asset: Any = client.get_asset("KO")
    assert asset.exchange == "NYSE"
    with pytest.raises(APIError, match="asset not found"):
        client.get_asset("NOPE")


@pytest.mark.row("3.2/GET /account/activities")
def test_activities_by_the_clients_plain_get(client: TradingClient) -> None:
    order = buy(client)
    fills = cast("list[dict[str, Any]]", client.get("/account/activities/FILL", {"page_size": 100}))
    assert [fill["order_id"] for fill in fills if fill["type"] == "fill"] == [str(order.id)]


def test_raw_mode_gives_the_json_as_it_is(account: Callable[[], Place]) -> None:
    place = account()
    client = TradingClient(place.key, place.secret, raw_data=True, url_override=place.rest)
    found = cast("dict[str, Any]", client.get_account())
    assert found["equity"] == "100000"
    client._session.close()


@pytest.mark.row("3.5/422 sub-penny limit_price")
def test_an_api_error_has_status_code_and_message(client: TradingClient) -> None:
    request = LimitOrderRequest(
        symbol="SPY", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, limit_price=100.001
    )
    with pytest.raises(APIError) as caught:
        client.submit_order(request)
    assert (caught.value.status_code, caught.value.code) == (422, 42210000)


@pytest.mark.row("3.5/401 unauthorized", "3.5/403 forbidden")
def test_a_wrong_secret_is_a_401_without_a_code(exchange: Place) -> None:
    headers = {"APCA-API-KEY-ID": exchange.key, "APCA-API-SECRET-KEY": "wrong"}
    answer = requests.get(f"{exchange.rest}/v2/account", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()) == (401, {"message": "unauthorized."})
    assert requests.get(f"{exchange.rest}/v2/account", timeout=5).status_code == 403


@pytest.mark.row("3.5/429 rate limit exceeded")
def test_the_429_comes_with_rate_headers(account: Callable[[], Place]) -> None:
    place = account()
    headers = {"APCA-API-KEY-ID": place.key, "APCA-API-SECRET-KEY": place.secret}
    with requests.Session() as session:
        session.headers.update(headers)
        answers = [session.get(f"{place.rest}/v2/clock", timeout=5) for _ in range(201)]
    assert answers[0].headers["X-RateLimit-Limit"] == "200"
    refused = [answer for answer in answers if answer.status_code == 429]
    # The window is a calendar minute: one that begins in between lets more through.
    reset = {answer.headers["X-RateLimit-Reset"] for answer in answers}
    assert refused or len(reset) == 2
