"""The order of a stop, and a home in which nobody is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hft.home import Home
from hftctl import roll, supervisor
from hftctl.asking import RouterLine
from hftctl.beats import collect
from hftctl.stopping import _in_order, stop_fleet
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

STUBBORN = """
import signal, sys, threading
from pathlib import Path
from hft.home import Home
from hft.process import claim
signal.signal(signal.SIGTERM, signal.SIG_IGN)
held = claim(Home(Path(sys.argv[1])).make(), sys.argv[2])
threading.Event().wait(60)
"""

BY_HAND = """
import sys, threading
from pathlib import Path
from hft.home import Home
from hft.process import claim
held = claim(Home(Path(sys.argv[1])).make(), sys.argv[2])
threading.Event().wait(60)
"""
DAEMON = """
[unix_http_server]
file = {home}/run/supervisor
username = hft
password = hft
[supervisord]
logfile = {home}/logs/supervisord.log
pidfile = {home}/run/supervisord.pid
silent = true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:known]
command = /bin/true
autostart = false
"""


def test_strategies_go_first_and_together_the_exchange_last() -> None:
    names = ("drift", "feed", "guardian", "mm", "recorder", "router", "venue")
    assert _in_order(names) == [("drift", "mm"), ("feed",), ("guardian",), ("router",), ("recorder",), ("venue",)]


def test_who_is_not_there_is_not_waited_for() -> None:
    assert _in_order(("router",)) == [("router",)]


def test_an_empty_home_has_nothing_to_stop(home: Path) -> None:
    said: list[str] = []
    outcome = stop_fleet(Home(home), 5.0, said.append)
    assert not outcome.was_running
    assert said == []


def test_one_that_does_not_go_is_killed_by_the_pid_in_its_own_lock(home: Path) -> None:
    fleet = Home(home).make()
    stubborn = subprocess.Popen([sys.executable, "-c", STUBBORN, str(home), "mm"], cwd=ROOT)
    until(lambda: roll.alive(fleet, ("mm",)), within_s=20, what="mm holds its lock")
    outcome = stop_fleet(fleet, 1.0, lambda _: None)
    assert stubborn.wait(timeout=10) == -signal.SIGKILL
    assert outcome.forced == ["mm"]
    assert outcome.left == {}


@pytest.mark.parametrize("name", ["stranger", "known"])
def test_one_that_was_started_by_hand_is_asked_itself_and_supervisord_ends_in_its_turn(home: Path, name: str) -> None:
    fleet = Home(home).make()
    (home / "daemon.conf").write_text(DAEMON.format(home=home))
    daemon = subprocess.Popen([sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(home / "daemon.conf")])
    by_hand = subprocess.Popen([sys.executable, "-c", BY_HAND, str(home), name], cwd=ROOT)
    try:
        until(lambda: supervisor.pid_of(fleet) and roll.alive(fleet, (name,)), within_s=20, what="both are up")
        outcome = stop_fleet(fleet, 10.0, lambda _: None)
        assert (by_hand.wait(timeout=10), daemon.wait(timeout=10)) == (-signal.SIGTERM, 0)
    finally:
        by_hand.kill()
        daemon.kill()
    assert (outcome.forced, outcome.left) == ([], {})


def test_a_router_that_is_not_there_answers_nothing_and_holds_nobody_up(home: Path) -> None:
    with RouterLine(Home(home).make()) as line:
        assert line.status(0.05) is None


def test_a_silent_process_has_no_heartbeat(home: Path) -> None:
    assert collect(Home(home).make(), {"feed": os.getpid()}, 0.05) == {}
