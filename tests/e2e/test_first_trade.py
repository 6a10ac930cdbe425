"""The first trade: one command starts a fleet; it trades, its books agree, an Alpaca client sees the same.

These tests share one running fleet and run in this order: first those that look, then those that break, last the stop.
"""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft.settings import VenueFile
from tests.e2e.pace import slack
from tests.waiting import until

if TYPE_CHECKING:
    from tests.e2e.conftest import Running
    from tests.e2e.fleets import Fleet, Status

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

READY_S_MAX = 5.0
FIRST_FILL_S_MAX = 15.0
STATUS_MS_MAX = 400.0  # the goal is 300 of its own; this counts the start of the interpreter on a cold cache too
AGREE_S_MAX = 10.0


@pytest.fixture
def fleet(running: Running) -> Fleet:
    return running.fleet


def client(fleet: Fleet) -> Any:  # noqa: ANN401 alpaca-py is imported late: it is slow, and needed by few
    from alpaca.trading.client import TradingClient

    place = msgspec.json.decode(fleet.home.venue_file.read_bytes(), type=VenueFile)
    return TradingClient(place.key, place.secret, paper=True, url_override=place.rest)


def books_differ(status: Status) -> list[str]:
    """Return the symbols whose books do not add up."""
    return [
        row["symbol"]
        for row in status["positions"]
        if row["broker_qty"] != sum(row["ledgers"].values()) + row["unclaimed"]
    ]


def settled(fleet: Fleet) -> Status:
    """Return a status in which the books add up; the broker's number is read a moment after a fill is booked."""
    return (
        until(
            lambda: None if books_differ(status := fleet.status()) else status,
            within_s=AGREE_S_MAX * slack(),
            what="books add up",
        )
        or {}
    )


def test_it_is_ready_soon_and_trades_soon(running: Running) -> None:
    assert running.ready_s <= READY_S_MAX * running.slack
    assert running.first_fill_s <= FIRST_FILL_S_MAX * running.slack


def test_the_status_is_healthy_and_quick(fleet: Fleet) -> None:
    took_ms = []
    for _ in range(3):
        began = time.perf_counter()
        assert fleet.ctl("status", "--quiet").returncode == 0
        took_ms.append((time.perf_counter() - began) * 1_000)
    assert min(took_ms) <= STATUS_MS_MAX * slack(), took_ms


def test_broker_and_ledgers_agree(fleet: Fleet) -> None:
    until(lambda: settled(fleet)["positions"], within_s=20 * slack(), what="a position")
    status = settled(fleet)
    assert status["reconciliation"]["state"] == "ok"
    assert status["unknown_orders"] == 0


def test_the_command_shows_what_these_tests_look_at(fleet: Fleet) -> None:
    shown, looked = json.loads(fleet.must("status", "--json")), fleet.status()
    assert shown.keys() == looked.keys()
    for key in ("home", "mode"):
        assert shown[key] == looked[key]
    names = [[row["name"] for row in found["strategies"]] for found in (shown, looked)]
    assert names[0] == names[1] == ["mm", "drift"]


def test_every_strategy_says_why(fleet: Fleet) -> None:
    assert all(row["why"] for row in fleet.status()["strategies"])
    assert "mm is" in fleet.must("strategy", "why", "mm")


def test_a_second_start_is_harmless_and_another_fleet_is_refused(fleet: Fleet) -> None:
    before = fleet.pids()
    assert "already running" in fleet.must("start")
    refused = fleet.ctl("start", "--paper")
    assert refused.returncode == 75
    assert "it trades on sim" in refused.stderr
    assert fleet.pids() == before


def test_halt_cancels_and_holds_until_resume(fleet: Fleet) -> None:
    fleet.must("halt", "--reason", "tea")
    halted = fleet.ctl("status")
    assert halted.returncode == 4
    assert "tea" in halted.stdout
    until(lambda: not fleet.status()["orders"], within_s=5 * slack(), what="no working order while halted")
    fleet.must("resume")
    fleet.wait_healthy(within_s=5 * slack())


def test_a_strategy_is_paused_disabled_and_enabled_by_hand(fleet: Fleet) -> None:
    def state_of_mm() -> str:
        return next(str(row["state"]) for row in fleet.status()["strategies"] if row["name"] == "mm")

    fleet.must("strategy", "pause", "mm", "--reason", "tea")
    until(lambda: state_of_mm() == "paused", within_s=5 * slack(), what="mm is paused")
    assert fleet.ctl("status", "--quiet").returncode == 0, "one that a person paused is no trouble"
    fleet.must("strategy", "disable", "mm")
    until(lambda: state_of_mm() == "disabled", within_s=5 * slack(), what="mm is disabled")
    refused = fleet.ctl("strategy", "pause", "mm")
    assert (refused.returncode, "halted already" in refused.stderr) == (4, True), "a pause never loosens a halt"
    fleet.must("strategy", "enable", "mm")
    until(lambda: state_of_mm() not in {"paused", "disabled"}, within_s=5 * slack(), what="mm may trade again")


def test_the_honest_book_stands_beside_the_paper_one(fleet: Fleet) -> None:
    def honest() -> dict[str, float] | None:
        found: dict[str, float] = fleet.status()["account"]["day_pnl_honest"]
        return found if found["mid"] is not None else None

    interval = until(honest, within_s=10 * slack(), what="the recorder tells of the honest book") or {}
    assert interval["low"] <= interval["mid"] <= interval["high"]
    assert (fleet.home.reports / fleet.must("report").rpartition("/")[2].strip()).is_file()


def test_the_record_has_the_fills_that_the_router_counts(fleet: Fleet) -> None:
    counted = fleet.fills()
    told = until(
        lambda: len(rows) if len(rows := json.loads(fleet.must("trades", "--json"))["trades"]) >= counted else 0,
        within_s=5 * slack(),
        what="every fill in the record",
    )
    assert counted <= told <= fleet.fills()
    assert fleet.must("orders", "--day", "today").count("filled") >= 1
    assert "whole" in fleet.must("data", "verify")


def test_a_fault_is_ordered_at_the_homes_own_exchange(fleet: Fleet) -> None:
    fleet.must("sim", "fault", "rest-latency", "ms=5")
    assert "rest-latency" in fleet.must("sim", "fault", "--list")
    assert "ended: 1" in fleet.must("sim", "fault", "--clear")


def test_an_alpaca_client_sees_the_same_orders_positions_and_fills(fleet: Fleet) -> None:
    from alpaca.trading.enums import QueryOrderStatus
    from alpaca.trading.requests import GetOrdersRequest

    fleet.must("halt", "--reason", "hold still while we compare")
    until(lambda: not fleet.status()["orders"], within_s=5 * slack(), what="no working order")
    status, broker = settled(fleet), client(fleet)
    mine = {row["symbol"]: row["broker_qty"] for row in status["positions"] if row["broker_qty"]}
    assert {row.symbol: int(row.qty) for row in broker.get_all_positions()} == mine
    orders = {
        order.client_order_id: order
        for order in broker.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500))
    }
    told: dict[str, int] = {}
    for event in fleet.events("order.filled"):
        told[event["client_order_id"]] = max(told.get(event["client_order_id"], 0), event["cum_qty"])
    filled = {name: int(order.filled_qty) for name, order in orders.items() if int(order.filled_qty)}
    assert filled == told
    sent = {event["client_order_id"] for event in fleet.events("order.sent")}
    assert set(orders) == sent
    ways = [[event[at] for at in ("tick_ns", "decided_ns", "intent_ns")] for event in fleet.events("order.sent")]
    known = [way for way in ways if way[1]]
    assert known
    assert all(way[0] > 0 and way == sorted(way) for way in known), "tick, decision, journal: one clock, in this order"
    fleet.must("resume")
    fleet.wait_healthy(within_s=5 * slack())


def test_a_killed_strategy_comes_back_alone_and_gets_its_book_back(fleet: Fleet) -> None:
    before, held = fleet.pids(), fleet.status()["strategies"][0]["positions"]
    fleet.kill("mm")
    until(lambda: fleet.pids().get("mm", before["mm"]) != before["mm"], within_s=5 * slack(), what="mm is back")
    fleet.wait_healthy(within_s=5 * slack())
    after = fleet.pids()
    assert {name: pid for name, pid in after.items() if name != "mm"} == {
        name: pid for name, pid in before.items() if name != "mm"
    }
    registered = [event for event in fleet.events("strategy.registered") if event["strategy"] == "mm"]
    assert len(registered) >= 2
    assert set(held) <= {*registered[-1]["positions"], *fleet.status()["strategies"][0]["positions"]}


@pytest.mark.parametrize("name", ["router", "feed", "recorder"])
def test_a_killed_service_comes_back_reconciled_and_the_fleet_trades_again(fleet: Fleet, name: str) -> None:
    before = fleet.fills()
    killed = fleet.kill(name)
    until(lambda: fleet.pids().get(name, killed) != killed, within_s=5 * slack(), what=f"{name} is back")
    status = fleet.wait_healthy(within_s=15 * slack())
    assert status["reconciliation"]["state"] == "ok"
    fleet.wait_fills(before, within_s=20 * slack())
    assert settled(fleet)["unknown_orders"] == 0
    assert {row["name"]: row["restarts"] for row in status["processes"]}[name] >= 1


def test_after_all_that_no_order_was_doubled_and_the_record_has_no_hole(fleet: Fleet) -> None:
    from alpaca.trading.enums import QueryOrderStatus
    from alpaca.trading.requests import GetOrdersRequest

    orders = client(fleet).get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500))
    names = [order.client_order_id for order in orders]
    assert len(names) == len(set(names))
    sent = [event["client_order_id"] for event in fleet.events("order.sent")]
    assert len(sent) == len(set(sent))
    assert fleet.gaps() == []


def test_flatten_flattens_and_twice_is_harmless(fleet: Fleet) -> None:
    fleet.must("flatten", "--yes")
    fleet.must("halt", "--reason", "stay flat")
    fleet.must("flatten", "--yes")
    assert client(fleet).get_all_positions() == []
    fleet.must("resume")


def test_flatten_works_past_a_router_that_is_stopped(fleet: Fleet) -> None:
    fleet.wait_fills(fleet.fills(), within_s=20 * slack())
    pid = fleet.kill("router", signal.SIGSTOP)
    try:
        said = fleet.must("flatten", "--yes")
        assert "straight" in said
        assert client(fleet).get_all_positions() == []
        assert client(fleet).get_orders() == []
    finally:
        os.kill(pid, signal.SIGCONT)
    until(
        lambda: not books_differ(fleet.status()),
        within_s=20 * slack(),
        what="the router learned what was done behind it",
    )


def test_stop_leaves_no_process_and_twice_is_harmless(fleet: Fleet) -> None:
    said = fleet.must("stop")
    assert "no process is left" in said
    assert "killed" not in said
    assert fleet.pids() == {}
    assert fleet.supervisor_pid() == 0
    assert "already stopped" in fleet.must("stop")
    down = fleet.ctl("status")
    assert down.returncode == 3
    assert "No fleet is running" in down.stdout
    assert fleet.gaps() == []
