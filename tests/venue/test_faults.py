"""The fault menu without a network: scope, count, time, seed; REST plans; orders. One test for each row."""

from __future__ import annotations

import pytest

from tests.venue.desk import KEY, Desk, faulty, ticket
from venue.fault_menu import MENU
from venue.fault_rest import Plan, plan, spoiled
from venue.faults import Fault, Faults

SECOND = 1_000_000_000


# --- scope, time, count, seed ---


def test_a_fault_begins_and_ends_when_it_was_told() -> None:
    faults = Faults()
    faults.order(Fault(kind="quote-stale", start_s=1, for_s=2), 0)
    hits = [faults.hit("quote-stale", at * SECOND) is not None for at in range(5)]
    assert hits == [False, True, True, False, False]


def test_a_fault_acts_as_often_as_it_was_told() -> None:
    faults = Faults()
    faults.order(Fault(kind="rest-500", count=2), 0)
    assert [faults.hit("rest-500", 0) is not None for _ in range(3)] == [True, True, False]


def test_what_acts_once_has_a_count_of_one_unless_told_otherwise() -> None:
    faults = Faults()
    assert faults.order(Fault(kind="rest-500"), 0).count == 1
    assert faults.order(Fault(kind="rest-500", for_s=5), 0).count is None
    assert faults.order(Fault(kind="quote-stale"), 0).count is None


def test_a_fault_keeps_to_its_account_symbol_stream_and_method() -> None:
    faults = Faults()
    faults.order(Fault(kind="no-fills", account="A", symbol="X", stream="data", method="GET"), 0)
    fits = {"accounts": ("A", "key"), "symbol": "X", "stream": "data", "method": "GET"}
    assert faults.hit("no-fills", 0, **fits) is not None  # type: ignore[arg-type]  # a table of arguments
    for name, other in (("accounts", ("B",)), ("symbol", "Y"), ("stream", "news"), ("method", "POST")):
        assert faults.hit("no-fills", 0, **{**fits, name: other}) is None  # type: ignore[arg-type]  # a table of arguments


def test_a_share_of_the_chances_is_taken_by_the_faults_own_seed() -> None:
    def pattern(seed: int) -> list[bool]:
        faults = Faults()
        faults.order(Fault(kind="no-fills", share=0.5, seed=seed), 0)
        return [faults.hit("no-fills", 0) is not None for _ in range(64)]

    assert pattern(1) == pattern(1) != pattern(2)
    assert 16 < sum(pattern(1)) < 48


def test_faults_are_listed_with_their_hits_and_can_be_ended() -> None:
    faults = Faults()
    first = faults.order(Fault(kind="no-fills"), 0)
    faults.order(Fault(kind="rest-500", count=2), 0)
    faults.hit("rest-500", 0)
    assert [(row["kind"], row["hits"], row["left"]) for row in faults.listing(0)] == [
        ("no-fills", 0, None),
        ("rest-500", 1, 1),
    ]
    assert faults.cancel(first.id) == 1
    assert faults.cancel() == 1
    assert not faults


def test_every_row_of_the_menu_says_where_it_acts_and_what_it_does() -> None:
    areas = {"rest", "orders", "updates", "sockets", "quotes", "market"}
    assert {entry.area for entry in MENU.values()} == areas
    assert all(entry.what for entry in MENU.values())


# --- REST plans ---


@pytest.mark.parametrize(
    ("kind", "executed", "status"),
    [
        ("rest-429", False, 429),
        ("rest-429-bare", False, 429),
        ("rest-401", False, 401),
        ("rest-500", False, 500),
        ("rest-502", False, 502),
        ("rest-503", False, 503),
        ("rest-504", False, 504),
        ("rest-no-code", False, 422),
        ("accept-then-500", True, 500),
        ("accept-then-504", True, 504),
        ("rest-html", True, 200),
        ("rest-empty", True, 200),
    ],
)
def test_a_rest_fault_decides_whether_the_call_is_executed_and_what_is_answered(
    kind: str, status: int, *, executed: bool
) -> None:
    faults = Faults()
    faults.order(Fault(kind=kind, method="POST"), 0)
    assert plan(faults, 0, (), "GET") == Plan()
    found = plan(faults, 0, (), "POST")
    assert found.execute is executed
    assert spoiled(found, Desk().call("GET", "/clock"), {}).status == status
    assert plan(faults, 0, (), "POST") == Plan()


def test_rest_faults_that_act_on_the_connection() -> None:
    for kind, expected in (
        ("rest-hang", Plan(execute=False, hang=True)),
        ("rest-drop", Plan(execute=False, drop=True)),
        ("accept-then-drop", Plan(drop=True)),
        ("accept-then-slow", Plan(after_ms=50)),
        ("slow-then-accept", Plan(before_ms=50)),
        ("rest-drip", Plan(drip_ms=50)),
        ("rest-latency", Plan(after_ms=50)),
        ("rest-truncated", Plan(truncate=True)),
    ):
        faults = Faults()
        faults.order(Fault(kind=kind, ms=50, count=1), 0)
        assert plan(faults, 0, (), "POST") == expected


def test_rest_truncated_cuts_the_json_in_half() -> None:
    answer = Desk().call("GET", "/clock")
    assert spoiled(Plan(truncate=True), answer, {}).body == answer.body[: len(answer.body) // 2]


@pytest.mark.row("6.4 REST/429 burst with headers", "6.4 REST/429 burst without headers")
@pytest.mark.parametrize(("kind", "has_headers"), [("rest-429", True), ("rest-429-bare", False)])
def test_a_burst_of_429_is_as_long_as_it_was_told(kind: str, *, has_headers: bool) -> None:
    faults = Faults()
    faults.order(Fault(kind=kind, count=3), 0)
    plans = [plan(faults, 0, (), "GET") for _ in range(4)]
    answers = [spoiled(found, Desk().call("GET", "/clock"), {"X-RateLimit-Limit": "1"}) for found in plans]
    assert [answer.status for answer in answers] == [429, 429, 429, 200]
    assert all(("X-RateLimit-Limit" in answer.headers) is has_headers for answer in answers[:3])


@pytest.mark.row("6.4 REST/429 burst without headers")
def test_rest_429_bare_has_no_rate_headers() -> None:
    faults = Faults()
    faults.order(Fault(kind="rest-429-bare"), 0)
    found = spoiled(plan(faults, 0, (), "GET"), Desk().call("GET", "/clock"), {"X-RateLimit-Limit": "1"})
    assert "X-RateLimit-Limit" not in found.headers


@pytest.mark.row("6.4 REST/stale GET")
def test_stale_get_tells_an_old_state_for_a_while() -> None:
    desk = faulty("stale-get", ms=500)
    assert desk.get("/orders") == []
    order = desk.order("buy", 1, 24)
    assert desk.get("/orders") == []
    assert desk.refused("GET", f"/orders/{order['id']}")[0] == 404
    desk.wait(501)
    assert [row["id"] for row in desk.get("/orders")] == [order["id"]]


# --- orders ---


@pytest.mark.row("6.4 REST/reject after 200")
def test_reject_after_200() -> None:
    desk = faulty("reject-after-200")
    desk.order("buy", 10, 24)
    assert desk.events() == ["pending_new", "rejected"]
    assert desk.book.held_money == 0


@pytest.mark.parametrize("kind", ["deny-wash", "deny-qty", "deny-buying-power"])
@pytest.mark.row(
    "6.4 orders/403 wash on demand",
    "6.4 orders/403 insufficient qty on demand",
    "6.4 orders/403 buying power on demand",
)
def test_deny_on_demand(kind: str) -> None:
    desk = faulty(kind, account=KEY)
    assert desk.refused("POST", "/orders", ticket("buy", 1))[:2] == (403, 40310000)
    desk.order("buy", 1)


@pytest.mark.row("6.4 orders/stuck pending_cancel")
def test_stuck_pending_cancel() -> None:
    desk = faulty("stuck-pending-cancel", ms=60_000)
    order = desk.order("buy", 10, 24)
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    desk.wait(59_000)
    assert desk.get(f"/orders/{order['id']}")["status"] == "pending_cancel"
    desk.wait(2_000)
    assert desk.get(f"/orders/{order['id']}")["status"] == "canceled"


@pytest.mark.row("6.4 orders/cancel loses to fill")
def test_cancel_loses() -> None:
    desk = faulty("cancel-loses")
    order = desk.order("buy", 10, 24)
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    assert desk.events() == ["pending_cancel", "fill"]


@pytest.mark.row("6.4 orders/order_cancel_rejected")
def test_cancel_rejected() -> None:
    desk = faulty("cancel-rejected")
    order = desk.order("buy", 10, 24)
    desk.events()
    path = f"/orders/{order['id']}"
    desk.call("DELETE", path)
    assert desk.events() == ["pending_cancel", "order_cancel_rejected"]
    assert desk.get(path)["status"] == "new"
    assert desk.call("DELETE", path).status == 204


@pytest.mark.row("6.4 orders/replace loses to fill")
def test_replace_loses() -> None:
    desk = faulty("replace-loses")
    order = desk.order("buy", 10, 24)
    desk.events()
    desk.call("PATCH", f"/orders/{order['id']}", {"limit_price": 23})
    assert desk.events() == ["pending_replace", "fill", "order_replace_rejected", "rejected"]


@pytest.mark.row("6.4 orders/order_replace_rejected")
def test_replace_rejected() -> None:
    desk = faulty("replace-rejected")
    order = desk.order("buy", 10, 24)
    desk.events()
    desk.call("PATCH", f"/orders/{order['id']}", {"limit_price": 23})
    assert desk.events() == ["pending_replace", "order_replace_rejected", "rejected"]
    assert desk.get(f"/orders/{order['id']}")["status"] == "new"


@pytest.mark.row("6.4 orders/partial then nothing")
def test_partial_then_nothing() -> None:
    desk = faulty("partial-then-nothing")
    order = desk.order("buy", 10)
    desk.wait(10_000)
    desk.nbbo(25.00, 25.01)
    assert desk.events() == ["pending_new", "new", "partial_fill"]
    desk.call("DELETE", f"/orders/{order['id']}")
    assert desk.events() == ["pending_cancel", "canceled"]


def test_no_fills() -> None:
    desk = faulty("no-fills", for_s=1)
    desk.order("buy", 10)
    assert desk.events() == ["pending_new", "new"]
    desk.wait(1_000)
    desk.nbbo(25.00, 25.02)
    assert desk.events() == ["fill"]


def test_broker_cancel() -> None:
    desk = Desk()
    desk.order("buy", 10, 24)
    desk.events()
    faulty("broker-cancel", desk)
    assert desk.events() == ["canceled"]


def test_foreign_order() -> None:
    desk = faulty("foreign-order", symbol="AAA", size=3)
    desk.events()
    found = desk.get("/orders")
    assert [(row["qty"], row["limit_price"]) for row in found] == [("3", "22.5")]


def test_foreign_fill() -> None:
    desk = faulty("foreign-fill", symbol="AAA", size=3)
    assert desk.events() == ["pending_new"]
    assert desk.events() == ["new", "fill"]
    assert desk.get("/positions/AAA")["qty"] == "3"


@pytest.mark.parametrize("word", ["done_for_day", "stopped", "calculated", "suspended", "restated"])
def test_broker_event(word: str) -> None:
    desk = Desk()
    order = desk.order("buy", 10, 24)
    desk.events()
    faulty("broker-event", desk, word=word)
    assert desk.events() == [word]
    assert desk.get(f"/orders/{order['id']}")["status"] == "new"


def test_trade_bust() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    order = desk.order("buy", 10)
    desk.events()
    faulty("trade-bust", desk)
    assert desk.events() == ["trade_bust"]
    assert desk.get("/positions") == []
    assert desk.get("/account")["cash"] == "100000"
    assert desk.get(f"/orders/{order['id']}")["filled_qty"] == "0"


def test_a_bust_leaves_no_closing_order_without_its_shares() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    for qty in (5, 10):
        desk.order("buy", qty)
        desk.events()
    small, large = desk.order("sell", 5, 26), desk.order("sell", 10, 26.5)
    desk.events()
    faulty("trade-bust", desk)
    assert desk.events() == ["trade_bust", "canceled"]
    assert [row["id"] for row in desk.get("/orders")] == [small["id"]]
    assert desk.get(f"/orders/{large['id']}")["status"] == "canceled"
    desk.nbbo(27.00, 27.02)
    assert desk.get("/positions") == []


def test_a_bust_under_a_whole_group_ends_the_group() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    desk.order("buy", 10, order_class="bracket", take_profit={"limit_price": 26}, stop_loss={"stop_price": 24})
    desk.events()
    faulty("trade-bust", desk)
    assert desk.events() == ["trade_bust", "canceled", "canceled"]
    desk.nbbo(27.00, 27.02)
    assert desk.get("/positions") == []


def test_a_bust_ends_both_orders_of_a_replace_under_way() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.events()
    order = desk.order("sell", 10, 26)
    desk.events()
    desk.call("PATCH", f"/orders/{order['id']}", {"limit_price": 26.5})
    faulty("trade-bust", desk)
    desk.events()
    assert (desk.get("/orders"), desk.get("/positions")) == ([], [])


@pytest.mark.row("3.5/403 not authorized to trade")
def test_account_blocked() -> None:
    desk = faulty("account-blocked", account=KEY)
    assert desk.refused("POST", "/orders", ticket()) == (403, 40310000, "account is not authorized to trade")
    assert desk.get("/account")["trading_blocked"] is True


@pytest.mark.row("3.5/403 liquidation only")
def test_liquidation_only() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.events()
    faulty("liquidation-only", desk)
    message = "account is restricted to liquidation only"
    assert desk.refused("POST", "/orders", ticket()) == (403, 40310000, message)
    assert desk.order("sell", 10)["status"] == "pending_new"
