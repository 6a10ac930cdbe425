"""The way to flat without the router: the pure plan, and the loop against a small broker on loopback."""

from __future__ import annotations

from typing import Any

import pytest

from hft.errors import ConfigError
from hft.keys import Broker, Keys
from router import panic
from router.panic import Answer, Call, Plan
from tests.router.servers import Script, Server


class Account:
    """A broker with orders and positions, as far as a panic needs one."""

    def __init__(self, positions: dict[str, str], orders: list[str]) -> None:
        self.positions = dict(positions)
        self.orders = {name: {"id": name, "client_order_id": name, "side": "buy", "symbol": "SPY"} for name in orders}
        self.open = True
        self.broken = 0  # so many calls fail first
        self.calls: list[tuple[str, str]] = []

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any, dict[str, str]]:  # noqa: ANN401 JSON
        self.calls.append((method, path))
        if self.broken:
            self.broken -= 1
            return 503, {"message": "service unavailable"}, {}
        route = path.split("?", maxsplit=1)[0]
        if method == "DELETE" and route == "/v2/orders":
            self.orders.clear()
            return 207, [], {}
        if method == "DELETE" and route.startswith("/v2/orders/"):
            gone = self.orders.pop(route.rpartition("/")[2], None)
            return (204 if gone else 404), None, {}
        if method == "POST":
            sign = 1 if body["side"] == "buy" else -1
            left = int(self.positions[body["symbol"]]) + sign * int(body["qty"])
            self.positions[body["symbol"]] = str(left)
            return 200, {"id": "x"}, {}
        if route == "/v2/orders":
            return 200, list(self.orders.values()), {}
        if route == "/v2/clock":
            return 200, {"is_open": self.open}, {}
        held = [{"symbol": symbol, "qty": qty} for symbol, qty in self.positions.items() if qty != "0"]
        return 200, held, {}


def carried_out(plan: Plan, account: Account, rounds: int = 20) -> int:
    """Carry a plan out without a network; return how many rounds it took."""
    for number in range(rounds):
        if plan.done or plan.stuck:
            return number
        for call in plan.round(now_ms=250 * number):
            status, body, _ = account.answer(call.method, call.path, call.body)
            plan.told(call, Answer(status, body))
    return rounds


def test_it_cancels_closes_and_looks_twice() -> None:
    account, plan = Account({"SPY": "10", "QQQ": "-4"}, ["a", "b"]), Plan((), close=True, run="r")
    assert carried_out(plan, account) < 10
    assert plan.result() == panic.PanicResult(ok=True, text="flat", left=())
    assert account.positions == {"SPY": "0", "QQQ": "0"}
    assert account.calls[0] == ("DELETE", "/v2/orders")


def test_its_orders_carry_a_name_that_the_router_knows() -> None:
    plan = Plan((), close=True, run="abc")
    plan.told(Call("GET", "/v2/orders"), Answer(200, []))
    plan.told(Call("GET", "/v2/positions"), Answer(200, [{"symbol": "SPY", "qty": "-3"}]))
    order = next(call.body for call in plan.round(0) if call.method == "POST")
    assert order == {
        "symbol": "SPY",
        "qty": "3",
        "side": "buy",
        "type": "market",
        "time_in_force": "day",
        "client_order_id": "h1-panic-abc-1",
    }


def test_some_symbols_only() -> None:
    account, plan = Account({"SPY": "10", "QQQ": "-4"}, []), Plan(("QQQ",), close=True, run="r")
    carried_out(plan, account)
    assert plan.done
    assert account.positions == {"SPY": "10", "QQQ": "0"}
    assert ("DELETE", "/v2/orders") not in account.calls


def test_a_guardian_only_cancels() -> None:
    account, plan = Account({"SPY": "10"}, ["a"]), Plan((), close=False, run="r")
    carried_out(plan, account)
    assert plan.result().ok
    assert account.positions == {"SPY": "10"}
    assert {method for method, _ in account.calls} == {"DELETE", "GET"}


def test_an_error_is_never_flat() -> None:
    account, plan = Account({}, []), Plan((), close=True, run="r")
    account.broken = 1_000
    assert carried_out(plan, account) == 20
    assert not plan.result().ok
    assert "503" in plan.result().left[-1]


def test_it_goes_on_after_errors() -> None:
    account, plan = Account({"SPY": "10"}, ["a"]), Plan((), close=True, run="r")
    account.broken = 7
    carried_out(plan, account)
    assert plan.result().ok


def test_a_closed_market_leaves_the_positions_and_says_so() -> None:
    account, plan = Account({"SPY": "10"}, ["a"]), Plan((), close=True, run="r")
    account.open = False
    carried_out(plan, account)
    assert plan.result().left == ("10 SPY", "the market is closed: run flatten again when it is open")
    assert account.orders == {}


def test_a_part_of_a_share_is_closed_by_the_venue() -> None:
    plan = Plan((), close=True, run="r")
    plan.told(Call("GET", "/v2/orders"), Answer(200, []))
    plan.told(
        Call("GET", "/v2/positions"), Answer(200, [{"symbol": "BRK.B", "qty": "0.5"}, {"symbol": "A", "qty": "2.0"}])
    )
    assert [(call.method, call.path) for call in plan.round(0)][:2] == [
        ("DELETE", "/v2/positions/BRK.B"),
        ("POST", "/v2/orders"),
    ]


def test_over_a_real_socket_it_ends_flat() -> None:
    account = Account({"SPY": "10"}, ["a"])
    with Server(Script(account.answer)) as server:
        assert panic.flatten(server.broker, (), 5_000).ok
        assert panic.flatten(server.broker, (), 5_000).ok, "twice is fine"
        assert panic.cancel_all(server.broker, 5_000).ok


def test_out_of_time_it_says_what_is_left() -> None:
    with Server(Script(lambda *_: None)) as server:
        result = panic.flatten(server.broker, (), 400)
    assert not result.ok
    assert result.left


@pytest.mark.parametrize("url", ["https://api.alpaca.markets", "https://example.com"])
def test_no_other_host_is_ever_reached(url: str) -> None:
    where = Broker(rest=url, data="", updates="", news="", keys=Keys(key_id="PKTEST", secret="secret-of-a-test"))
    with pytest.raises(ConfigError):
        panic.flatten(where, (), 1_000)
