"""Table 2.2: each event of trade_updates, what it carries besides the envelope, and the order's status after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.venue.desk import Desk, faulty, ticket
from venue.faults import Fault
from venue.updates import update_json

if TYPE_CHECKING:
    from collections.abc import Callable

ENVELOPE = {"at", "event_id", "event", "timestamp", "execution_id", "order"}
EXECUTION = {"price", "qty", "position_qty"}
WITHOUT_ID = {
    *("pending_new", "accepted", "held", "pending_cancel", "pending_replace"),
    *("order_cancel_rejected", "order_replace_rejected"),
}


def desk_at_work(**switches: Any) -> Desk:  # noqa: ANN401 any switch
    desk = Desk(**switches)
    desk.nbbo(25.00, 25.02)
    return desk


def bought(**switches: Any) -> Desk:  # noqa: ANN401 any switch
    desk = desk_at_work(**switches)
    desk.order("buy", 10)
    desk.wait(10)
    return desk


def resting(kind: str = "", **more: Any) -> tuple[Desk, str]:  # noqa: ANN401 any setting of a fault
    """Return a desk with a buy that rests, and its path; then the fault is ordered."""
    desk = desk_at_work()
    path = f"/orders/{desk.order('buy', 10, 24)['id']}"
    desk.wait(10)
    if kind:
        desk.exchange.order_fault(Fault(kind=kind, **more), desk.now_ns)
        desk.wait(0)
    return desk, path


def canceled(kind: str = "") -> Desk:
    desk, path = resting(kind)
    desk.call("DELETE", path)
    desk.wait(10)
    return desk


def replaced(kind: str = "") -> Desk:
    desk, path = resting(kind)
    desk.call("PATCH", path, {"limit_price": 23})
    desk.wait(10)
    return desk


def in_the_evening() -> Desk:
    desk = desk_at_work()
    desk.until("2026-11-23T21:30:00Z")
    desk.order("buy", 10)
    return desk


def over_the_close() -> Desk:
    desk, _ = resting()
    desk.until("2026-11-23T21:00:00Z")
    return desk


def bracket() -> Desk:
    desk = desk_at_work()
    exits = {"take_profit": {"limit_price": 26}, "stop_loss": {"stop_price": 23}}
    desk.call("POST", "/orders", ticket("buy", 10, 24, order_class="bracket", **exits))
    desk.wait(10)
    return desk


def denied_late() -> Desk:
    desk = faulty("reject-after-200")
    desk.order("buy", 10, 24)
    desk.wait(10)
    return desk


def the(desk: Desk, event: str) -> dict[str, Any]:
    """Return the data of the first update with an event."""
    desk.wait(0)
    found = [data for update in desk.updates if (data := update_json(update)["data"])["event"] == event]
    assert found, [update.event for update in desk.updates]
    return dict(found[0])


# The event, how it comes about, the order's status after it, whether it is an execution.
EVENTS: list[tuple[str, Callable[[], Desk], str, bool]] = [
    ("pending_new", bought, "pending_new", False),
    ("accepted", in_the_evening, "accepted", False),
    ("new", bought, "new", False),
    ("partial_fill", lambda: bought(partial_fill_pct=100.0), "partially_filled", True),
    ("fill", bought, "filled", True),
    ("pending_cancel", canceled, "pending_cancel", False),
    ("canceled", canceled, "canceled", False),
    ("order_cancel_rejected", lambda: canceled("cancel-rejected"), "new", False),
    ("pending_replace", replaced, "pending_replace", False),
    ("replaced", replaced, "replaced", False),
    ("order_replace_rejected", lambda: replaced("replace-rejected"), "new", False),
    ("rejected", denied_late, "rejected", False),
    ("expired", over_the_close, "expired", False),
    ("held", bracket, "held", False),
    ("restated", lambda: resting("broker-event", word="restated")[0], "new", False),
]


@pytest.mark.row("2.2/pending_new", "2.2/accepted", "2.2/new", "2.2/partial_fill", "2.2/fill", "2.2/pending_cancel")
@pytest.mark.row("2.2/canceled", "2.2/order_cancel_rejected", "2.2/pending_replace", "2.2/replaced", "2.2/held")
@pytest.mark.row("2.2/order_replace_rejected", "2.2/rejected", "2.2/expired", "2.2/restated")
@pytest.mark.parametrize(("event", "life", "status", "executes"), EVENTS, ids=[row[0] for row in EVENTS])
def test_an_event_carries_what_the_table_says(
    event: str, life: Callable[[], Desk], status: str, *, executes: bool
) -> None:
    data = the(life(), event)
    assert set(data) == ENVELOPE | (EXECUTION if executes else set())
    assert data["order"]["status"] == status
    assert (data["execution_id"] is None) is (event in WITHOUT_ID)


@pytest.mark.row("2.2/done_for_day", "2.2/stopped", "2.2/calculated", "2.2/suspended")
@pytest.mark.parametrize("word", ["done_for_day", "stopped", "calculated", "suspended"])
def test_what_the_broker_says_unasked_is_in_the_status_too(word: str) -> None:
    data = the(resting("broker-event", word=word)[0], word)
    assert (set(data), data["order"]["status"]) == (ENVELOPE, word)


@pytest.mark.row("2.2/trade_bust")
def test_a_bust_names_the_execution_that_it_takes_back() -> None:
    desk = bought()
    faulty("trade-bust", desk)
    bust = the(desk, "trade_bust")
    assert bust["previous_execution_id"] == the(desk, "fill")["execution_id"] != bust["execution_id"]
    assert (bust["position_qty"], bust["order"]["filled_qty"]) == ("0", "0")


@pytest.mark.row("2.2/trade_correct")
def test_a_correction_books_the_execution_again_at_another_price() -> None:
    desk = bought()
    faulty("trade-correct", desk, size=3)
    told = the(desk, "trade_correct")
    assert told["previous_execution_id"] == the(desk, "fill")["execution_id"]
    assert (told["price"], told["qty"], told["position_qty"]) == ("25.05", "10", "10")
    assert (told["order"]["filled_qty"], told["order"]["filled_avg_price"]) == ("10", "25.05")
    assert desk.get("/account")["cash"] == "99749.5"
    assert desk.get("/positions/AAA")["cost_basis"] == "250.5"
