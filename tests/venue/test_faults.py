"""The fault menu without a network: orders, updates, quotes, market; scope, count, time, seed. One test a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.venue.desk import KEY, Desk, px, ticket
from venue.fault_menu import MENU
from venue.fault_rest import Plan, plan, spoiled
from venue.fault_updates import UpdateFaults
from venue.faults import Fault, Faults
from venue.rows import CancelError, Correction, Luld, Quote, Status
from venue.updates import update_json

if TYPE_CHECKING:
    from venue.fault_updates import Frame

SECOND = 1_000_000_000


def faulty(kind: str, desk: Desk | None = None, **more: Any) -> Desk:  # noqa: ANN401 any setting of a fault
    desk = desk or Desk()
    desk.nbbo(25.00, 25.02)
    desk.exchange.order_fault(Fault(kind=kind, **more), desk.now_ns)
    return desk


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


def test_rest_429_bare_has_no_rate_headers() -> None:
    faults = Faults()
    faults.order(Fault(kind="rest-429-bare"), 0)
    found = spoiled(plan(faults, 0, (), "GET"), Desk().call("GET", "/clock"), {"X-RateLimit-Limit": "1"})
    assert "X-RateLimit-Limit" not in found.headers


def test_stale_get_tells_an_old_state_for_a_while() -> None:
    desk = faulty("stale-get", ms=500)
    assert desk.get("/orders") == []
    order = desk.order("buy", 1, 24)
    assert desk.get("/orders") == []
    assert desk.refused("GET", f"/orders/{order['id']}")[0] == 404
    desk.wait(501)
    assert [row["id"] for row in desk.get("/orders")] == [order["id"]]


# --- orders ---


def test_reject_after_200() -> None:
    desk = faulty("reject-after-200")
    desk.order("buy", 10, 24)
    assert desk.events() == ["pending_new", "rejected"]
    assert desk.book.held_money == 0


@pytest.mark.parametrize("kind", ["deny-wash", "deny-qty", "deny-buying-power"])
def test_deny_on_demand(kind: str) -> None:
    desk = faulty(kind, account=KEY)
    assert desk.refused("POST", "/orders", ticket("buy", 1))[:2] == (403, 40310000)
    desk.order("buy", 1)


def test_stuck_pending_cancel() -> None:
    desk = faulty("stuck-pending-cancel", ms=60_000)
    order = desk.order("buy", 10, 24)
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    desk.wait(59_000)
    assert desk.get(f"/orders/{order['id']}")["status"] == "pending_cancel"
    desk.wait(2_000)
    assert desk.get(f"/orders/{order['id']}")["status"] == "canceled"


def test_cancel_loses() -> None:
    desk = faulty("cancel-loses")
    order = desk.order("buy", 10, 24)
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    assert desk.events() == ["pending_cancel", "fill"]


def test_cancel_rejected() -> None:
    desk = faulty("cancel-rejected")
    order = desk.order("buy", 10, 24)
    desk.events()
    path = f"/orders/{order['id']}"
    desk.call("DELETE", path)
    assert desk.events() == ["pending_cancel", "order_cancel_rejected"]
    assert desk.get(path)["status"] == "new"
    assert desk.call("DELETE", path).status == 204


def test_replace_loses() -> None:
    desk = faulty("replace-loses")
    order = desk.order("buy", 10, 24)
    desk.events()
    desk.call("PATCH", f"/orders/{order['id']}", {"limit_price": 23})
    assert desk.events() == ["pending_replace", "fill", "order_replace_rejected", "rejected"]


def test_replace_rejected() -> None:
    desk = faulty("replace-rejected")
    order = desk.order("buy", 10, 24)
    desk.events()
    desk.call("PATCH", f"/orders/{order['id']}", {"limit_price": 23})
    assert desk.events() == ["pending_replace", "order_replace_rejected", "rejected"]
    assert desk.get(f"/orders/{order['id']}")["status"] == "new"


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


# --- updates ---


def told(desk: Desk, kind: str, **more: Any) -> list[Frame]:  # noqa: ANN401 any setting of a fault
    """Return the frames that tell of an order's life under a fault."""
    faults = Faults()
    faults.order(Fault(kind=kind, **more), 0)
    bent = UpdateFaults(faults)
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.wait(10)
    return [frame for update in desk.updates for frame in bent.frames(update, update_json(update), (), 0)]


def events(frames: list[Frame]) -> list[str]:
    return [msgspec.json.decode(frame.body)["data"]["event"] for frame in frames]


def test_updates_lost() -> None:
    assert events(told(Desk(), "updates-lost")) == ["new", "fill"]


def test_updates_duplicated() -> None:
    frames = told(Desk(), "updates-duplicated", count=3)
    assert events(frames) == ["pending_new", "pending_new", "new", "new", "fill", "fill"]
    assert frames[4].body == frames[5].body


def test_updates_reordered() -> None:
    assert events(told(Desk(), "updates-reordered")) == ["new", "pending_new", "fill"]


def test_updates_delayed() -> None:
    assert [frame.delay_ms for frame in told(Desk(), "updates-delayed", ms=30_000)] == [30_000, 0, 0]


def test_updates_replay() -> None:
    life = ["pending_new", "new", "fill"]
    assert events(told(Desk(), "updates-replay")) == life + life


def test_updates_null() -> None:
    assert told(Desk(), "updates-null")[0].body == b'{"stream":"trade_updates","data":null}'


def test_updates_garbage() -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(told(Desk(), "updates-garbage")[0].body)


def test_updates_unknown_event() -> None:
    assert events(told(Desk(), "updates-unknown-event"))[0] == "quantum_leap"


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [("updates-unknown-status", "status", "quantum_state"), ("updates-null-submitted", "submitted_at", None)],
)
def test_updates_with_a_strange_order(kind: str, field: str, value: object) -> None:
    order = msgspec.json.decode(told(Desk(), kind)[0].body)["data"]["order"]
    assert order[field] == value


def test_updates_foreign() -> None:
    desk = Desk()
    frames = told(desk, "updates-foreign")
    order = msgspec.json.decode(frames[0].body)["data"]["order"]
    assert order["id"] not in desk.book.orders
    assert len(frames) == 4


def test_updates_cut_at_fill() -> None:
    assert [frame.cut for frame in told(Desk(), "updates-cut-at-fill")] == [False, False, True]


# --- quotes ---


def shown(kind: str, **more: Any) -> list[Quote]:  # noqa: ANN401 any setting of a fault
    """Return what two quotes become under a fault that comes between them."""
    desk = Desk()
    desk.exchange.order_fault(Fault(kind="quote-skew", ms=0, for_s=100), desk.now_ns)
    desk.quote(25.00, 25.02)
    desk.exchange.order_fault(Fault(kind=kind, **more), desk.now_ns)
    desk.rows.clear()
    desk.wait(1_000)
    desk.quote(26.00, 26.02)
    return [row for row in desk.rows if isinstance(row, Quote)]


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("quote-stale", {}, [(25.00, 25.02)]),
        ("quote-one-sided", {}, [(26.00, 0)]),
        ("quote-zero", {}, [(0, 0)]),
        ("quote-locked", {}, [(26.02, 26.02)]),
        ("quote-crossed", {"size": 3}, [(26.05, 26.02)]),
        ("quote-wide", {"size": 2}, [(25.00, 27.02)]),
        ("quote-fat-finger", {"size": 10}, [(260.0, 260.2)]),
        ("quote-burst", {"size": 3}, [(26.00, 26.02)] * 3),
        ("quote-duplicate", {}, [(26.00, 26.02)] * 2),
        ("quote-silence", {}, []),
        ("quote-late", {"ms": 500}, []),
    ],
)
def test_a_quote_is_bent_on_the_stream(kind: str, more: dict[str, Any], expected: list[tuple[float, float]]) -> None:
    assert [(row.bid_px, row.ask_px) for row in shown(kind, **more)] == [(px(bid), px(ask)) for bid, ask in expected]


def test_quote_size_zero() -> None:
    assert [(row.bid_qty, row.ask_qty) for row in shown("quote-size-zero")] == [(0, 0)]


@pytest.mark.parametrize(
    ("kind", "ms", "offset_ms"),
    [("quote-out-of-order", 5.0, -1_005), ("quote-equal-time", 0.0, -1_000), ("quote-skew", -70.0, -70)],
)
def test_a_quote_is_stamped_wrong(kind: str, ms: float, offset_ms: int) -> None:
    desk = Desk()
    desk.exchange.order_fault(Fault(kind="quote-locked", for_s=100, share=0.0), desk.now_ns)
    desk.quote(25.00, 25.02)
    desk.wait(1_000)
    desk.exchange.order_fault(Fault(kind=kind, ms=ms), desk.now_ns)
    desk.quote(26.00, 26.02)
    last = desk.rows[-1]
    assert isinstance(last, Quote)
    assert last.t_ns - desk.now_ns == offset_ms * 1_000_000


def test_quote_late_comes_later() -> None:
    desk = faulty("quote-late", ms=500)
    desk.quote(25.00, 25.02)
    assert desk.rows == []
    desk.wait(499)
    assert desk.rows == []
    desk.wait(1)
    assert len(desk.rows) == 1


def test_a_bent_quote_does_not_bend_the_fills() -> None:
    desk = faulty("quote-fat-finger", size=10)
    desk.quote(25.00, 25.02)
    desk.order("buy", 1)
    desk.events()
    assert desk.book.fills[0].px == px(25.02)


# --- market ---


@pytest.mark.parametrize("kind", ["halt", "luld-pause", "market-halt"])
def test_a_halt_stops_fills_and_ends(kind: str) -> None:
    desk = faulty(kind, for_s=300)
    desk.wait(0)
    desk.order("buy", 10)
    assert desk.events() == ["pending_new", "new"]
    desk.wait(300_000)
    desk.nbbo(25.00, 25.02)
    assert desk.events() == ["fill"]
    told_of = [row for row in desk.rows if isinstance(row, Status) and row.symbol == "AAA"]
    assert [row.halted for row in told_of] == [True, False]
    assert any(isinstance(row, Luld) for row in desk.rows) is (kind == "luld-pause")


def test_cancels_work_in_a_halt() -> None:
    desk = faulty("halt", symbol="AAA", for_s=300)
    order = desk.order("buy", 10)
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    assert desk.events() == ["pending_cancel", "canceled"]


def test_trade_correction_and_cancel() -> None:
    desk = Desk()
    desk.trade(25.00)
    for kind in ("trade-correction", "trade-cancel"):
        desk.exchange.order_fault(Fault(kind=kind), desk.now_ns)
    desk.wait(1)
    correction, cancel = desk.rows[-2:]
    assert isinstance(correction, Correction)
    assert (correction.original.px, correction.px) == (px(25.00), px(24.99))
    assert isinstance(cancel, CancelError)


def test_hard_to_borrow() -> None:
    desk = faulty("hard-to-borrow", symbol="AAA")
    assert desk.refused("POST", "/orders", ticket("sell", 1)) == (422, 42210000, 'asset "AAA" cannot be sold short')
    assert desk.get("/assets/AAA")["borrow_status"] == "hard_to_borrow"


def test_untradable() -> None:
    desk = faulty("untradable", symbol="AAA")
    assert desk.refused("POST", "/orders", ticket("buy", 1)) == (422, 42210000, 'asset "AAA" is not tradable')
    assert desk.get("/assets/AAA")["tradable"] is False
