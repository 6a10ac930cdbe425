"""One process of a fleet is killed or stands still: what it held up ends in time, and the others go on as if nothing.

These tests share one fleet of two strategies and run in this order; the one that ends a strategy for good comes last.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from hftctl.supervisor import Supervisor
from tests.e2e.pace import slack
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.fleets import Fleet, Status

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(300)]
CANCELLED_S_MAX = 6.0  # five without a sign of life, and the way to the exchange and back
BACK_S_MAX = 15.0
AGREE_S_MAX = 10.0
TRADES_S_MAX = 30.0
KILLS = 4
GIVEN_UP_S_MAX = 300.0  # twenty starts, each a second later than the one before


@pytest.fixture(scope="module")
def fleet(homes: Callable[[], Fleet]) -> Fleet:
    found = homes()
    found.start("--strategies", "mm,drift", "--symbols", "SPY,QQQ,AAPL,MSFT")
    found.wait_fills(0, within_s=TRADES_S_MAX * slack())
    return found


def pass_time(seconds: float) -> None:
    """Let the process that stands still do so for as long as the test is about."""
    end_s = time.monotonic() + seconds
    until(lambda: time.monotonic() >= end_s, within_s=seconds + 5, what="the time")


def orders_of(fleet: Fleet, name: str) -> list[Any]:
    """Return what works for a strategy."""
    return [row for row in fleet.status()["orders"] if f"-{name}-" in row["client_order_id"]]


def fills_of(fleet: Fleet, name: str) -> int:
    return next(int(row["fills"]) for row in fleet.status()["strategies"] if row["name"] == name)


def until_rests(fleet: Fleet, name: str) -> None:
    until(lambda: orders_of(fleet, name), within_s=20 * slack(), what=f"a working order of {name}")


def until_trades(fleet: Fleet, name: str) -> None:
    """See new fills of a strategy."""
    before = fills_of(fleet, name)
    until(lambda: fills_of(fleet, name) > before, within_s=TRADES_S_MAX * slack(), what=f"a fill of {name}")


def until_gone(fleet: Fleet, name: str, pid: int) -> None:
    until(lambda: fleet.pids().get(name) != pid, within_s=5 * slack(), what="its end")


def agree(status: Status) -> bool:
    """Return whether the exchange's shares are the ledgers', and no order is in doubt."""
    rows = status["positions"]
    return status["unknown_orders"] == 0 and all(
        row["broker_qty"] == sum(row["ledgers"].values()) + row["unclaimed"] for row in rows
    )


def until_all_is_well(fleet: Fleet) -> None:
    status = fleet.wait_healthy(within_s=BACK_S_MAX * slack())
    assert status["reconciliation"]["state"] == "ok"
    until(lambda: agree(fleet.status()), within_s=AGREE_S_MAX * slack(), what="books that add up")


def test_a_feed_that_stands_still_costs_the_quotes_and_one_that_is_killed_then_comes_back(fleet: Fleet) -> None:
    until_rests(fleet, "mm")
    pid = fleet.kill("feed", signal.SIGSTOP)
    until(lambda: not fleet.status()["orders"], within_s=CANCELLED_S_MAX * slack(), what="no order without a price")
    assert any("the feed is down" in event["reason"] for event in fleet.events("state.changed"))
    os.kill(pid, signal.SIGKILL)
    until(lambda: fleet.pids().get("feed", pid) != pid, within_s=5 * slack(), what="the next feed")
    until_all_is_well(fleet)
    until_trades(fleet, "mm")


def test_what_a_feed_tells_after_three_seconds_asleep_is_old(fleet: Fleet) -> None:
    pid = fleet.kill("feed", signal.SIGSTOP)
    pass_time(3.0)
    os.kill(pid, signal.SIGCONT)
    until_all_is_well(fleet)
    assert fleet.pids()["feed"] == pid
    until_trades(fleet, "mm")


def test_a_strategy_that_stands_still_loses_its_orders_and_the_other_trades_on(fleet: Fleet) -> None:
    until_rests(fleet, "mm")
    others = {name: held for name, held in fleet.pids().items() if name != "mm"}
    pid = fleet.kill("mm", signal.SIGSTOP)
    until(lambda: not orders_of(fleet, "mm"), within_s=CANCELLED_S_MAX * slack(), what="no order of who is silent")
    until_trades(fleet, "drift")
    assert {name: held for name, held in fleet.pids().items() if name != "mm"} == others
    os.kill(pid, signal.SIGCONT)
    until_all_is_well(fleet)
    until_trades(fleet, "mm")


@pytest.mark.parametrize("away_s", [5.0, pytest.param(60.0, marks=pytest.mark.soak)])
def test_while_the_recorder_stands_still_all_trade_and_the_record_has_no_hole(fleet: Fleet, away_s: float) -> None:
    end_s = time.monotonic() + away_s
    pid = fleet.kill("recorder", signal.SIGSTOP)
    for name in ("mm", "drift"):
        until_trades(fleet, name)
    pass_time(max(0.0, end_s - time.monotonic()))
    os.kill(pid, signal.SIGCONT)
    until_all_is_well(fleet)
    assert fleet.pids()["recorder"] == pid
    assert fleet.gaps() == []


def test_an_exchange_that_is_killed_comes_back_with_its_book_and_the_fleet_agrees_and_trades(fleet: Fleet) -> None:
    pid = fleet.kill("venue")
    until(lambda: fleet.pids().get("venue", pid) != pid, within_s=10 * slack(), what="the next exchange")
    until_all_is_well(fleet)
    for name in ("mm", "drift"):
        until_trades(fleet, name)


def test_a_strategy_that_dies_again_and_again_leaves_the_other_alone(fleet: Fleet) -> None:
    others = {name: held for name, held in fleet.pids().items() if name != "mm"}
    for _ in range(KILLS):
        until(lambda: "mm" in fleet.pids(), within_s=BACK_S_MAX * slack(), what="the next process")
        until_gone(fleet, "mm", fleet.kill("mm"))
    until(lambda: not orders_of(fleet, "mm"), within_s=CANCELLED_S_MAX * slack(), what="no order of who is gone")
    until_trades(fleet, "drift")
    assert {name: held for name, held in fleet.pids().items() if name != "mm"} == others
    until_all_is_well(fleet)


@pytest.mark.soak
@pytest.mark.timeout(500)
def test_a_strategy_that_never_lives_is_given_up_and_the_other_trades_on(fleet: Fleet) -> None:
    others = {name: held for name, held in fleet.pids().items() if name != "mm"}
    supervisor = Supervisor(fleet.home)

    def given_up() -> bool:
        child = supervisor.processes()["mm"]
        if child.pid:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and its parent has not seen that yet
                os.kill(child.pid, signal.SIGKILL)
        return child.statename == "FATAL"

    until(given_up, within_s=GIVEN_UP_S_MAX * slack(), what="a strategy that is given up")
    (told,) = [row for row in fleet.status()["processes"] if row["name"] == "mm"]
    assert (told["state"], "is not started again" in told["note"]) == ("down", True), told
    until_trades(fleet, "drift")
    assert orders_of(fleet, "mm") == []
    assert {name: held for name, held in fleet.pids().items() if name != "mm"} == others
    assert fleet.status()["reconciliation"]["state"] == "ok"
    until(lambda: agree(fleet.status()), within_s=AGREE_S_MAX * slack(), what="books that add up")
