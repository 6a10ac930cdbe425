"""Fleets that must not touch one another, fleets whose supervisord dies, a recorded day, the demo."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.home import Home
from hft.settings import VenueFile
from hftctl import roll
from tests.e2e.pace import slack
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.fleets import Fleet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TAPE = "nasdaq-2012-06-21-AAPL-AMZN.csv.gz"


def open_orders_at_a_restarted_exchange(fleet: Fleet) -> list[object]:
    """Return what the exchange of this home remembers as working, asked of it alone."""
    from alpaca.trading.client import TradingClient

    before = fleet.home.venue_file.stat().st_mtime_ns
    exchange = subprocess.Popen(
        [sys.executable, "-m", "venue"], cwd=ROOT, env={**os.environ, "HFT_HOME": str(fleet.root)}
    )
    try:
        until(
            lambda: fleet.home.venue_file.stat().st_mtime_ns != before, within_s=10 * slack(), what="the exchange is up"
        )
        place = msgspec.json.decode(fleet.home.venue_file.read_bytes(), type=VenueFile)
        return list(TradingClient(place.key, place.secret, url_override=place.rest).get_orders())
    finally:
        exchange.terminate()
        exchange.wait(timeout=10 * slack())


def trades_again_as_a_clean_new_set(fleet: Fleet, left: dict[str, int]) -> None:
    """Start it anew after its supervisord was killed: no process of before, books that agree, and fills."""
    fleet.start("mm")
    assert not set(fleet.pids().values()) & set(left.values())
    assert fleet.pids().keys() == left.keys()
    status = fleet.wait_healthy(within_s=15 * slack())
    assert status["reconciliation"]["state"] == "ok"
    fleet.wait_fills(fleet.fills(), within_s=30 * slack())
    until(lambda: fleet.status()["unknown_orders"] == 0, within_s=10 * slack(), what="no order in doubt")
    assert fleet.gaps() == []
    fleet.must("stop", "--flatten")


def test_two_fleets_live_side_by_side_and_one_dies_with_its_supervisord(homes: Callable[[], Fleet]) -> None:
    one, other = homes(), homes()
    one.start("mm")
    other.start("drift", "--symbols", "KO,PEP", "--seed", "3")
    assert not set(one.pids().values()) & set(other.pids().values())
    assert {row["name"] for row in other.status()["strategies"]} == {"drift"}
    assert one.status()["venue"]["rest"] != other.status()["venue"]["rest"]
    one.wait_fills(0, within_s=30 * slack())
    untouched = other.pids()
    until(lambda: one.status()["orders"], within_s=20 * slack(), what="a working order")
    left = one.pids()
    os.kill(one.supervisor_pid(), signal.SIGKILL)
    until(lambda: not one.pids(), within_s=10 * slack(), what="no process left without its supervisord")
    assert open_orders_at_a_restarted_exchange(one) == []
    assert one.gaps() == []
    trades_again_as_a_clean_new_set(one, left)
    assert other.pids() == untouched
    other.wait_healthy(within_s=2 * slack())
    other.must("stop", "--flatten")
    assert other.pids() == {}


def test_a_recorded_day_is_traded_and_a_stop_gets_past_a_router_that_hangs(
    homes: Callable[[], Fleet], data_file: Callable[[str], Path]
) -> None:
    fleet = homes()
    (fleet.root / "hft.toml").write_text("[sim]\nrate = 4.0\n")  # the morning of 2012, four times as fast
    fleet.start("mm", "--sim", "--tape", str(data_file(TAPE)), "--symbols", "AAPL,AMZN")
    status = fleet.wait_fills(0, within_s=40 * slack())
    assert status["time"].startswith("2012-06-21")
    assert status["reconciliation"]["state"] == "ok"
    until(
        lambda: all(
            row["broker_qty"] == sum(row["ledgers"].values()) + row["unclaimed"] for row in fleet.status()["positions"]
        ),
        within_s=10 * slack(),
        what="books add up",
    )
    get_past_a_router_that_hangs(fleet)


def get_past_a_router_that_hangs(fleet: Fleet) -> None:
    until(lambda: fleet.status()["orders"], within_s=20 * slack(), what="a working order")
    fleet.kill("router", signal.SIGSTOP)
    said = fleet.must("stop", within_s=20 * slack())
    assert "did not go by itself: router" in said
    assert fleet.pids() == {}
    assert open_orders_at_a_restarted_exchange(fleet) == []


def test_the_demo_trades_sums_up_and_leaves_nothing_behind(home: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "hftctl", "demo", "--seconds", "7"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60 * slack(),
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for words in ("processes ready after", "first fill after", "flat at the end, no process left", "no sample"):
        assert words in run.stdout
    assert "\x1b" not in run.stdout
    page = Path(run.stdout.rpartition("Report: ")[2].strip())
    assert page.parent == home
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.soak
def test_a_demo_whose_terminal_closes_leaves_nothing_behind() -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "hftctl", "demo", "--seconds", "30"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert demo.stdout is not None
    with demo.stdout as said:
        until(
            lambda: "processes ready" in said.readline(), within_s=20 * slack(), what="the fleet of the demo is ready"
        )
        home = Home(home_of_a_child_of(demo.pid))
        pids = roll.anyone(home)
        demo.send_signal(signal.SIGHUP)
        assert demo.wait(timeout=40 * slack()) == 128 + signal.SIGHUP
    assert pids
    assert not home.root.exists()
    assert not [pid for pid in pids.values() if Path(f"/proc/{pid}").exists()]


def home_of_a_child_of(pid: int) -> Path:
    """Return the home that the supervisord of this very demo was given."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    given = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
    (home,) = (line.partition(b"=")[2] for line in given if line.startswith(b"HFT_HOME="))
    return Path(home.decode())
