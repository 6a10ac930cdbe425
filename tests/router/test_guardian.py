"""The guardian acts when the router is silent, and weighs little; the HALT file is read strictly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hft import settings
from hft.clock import NS_PER_S
from hft.events import GuardianActed
from hft.home import Home
from hft.messages import Beat
from hft.ports import Inbox
from hft.words import Health
from router.control import HaltLatch
from router.guardian import CancelAllEnded, CancelAllOrders, CancelEdge, GuardianCore
from router.latch import UNREADABLE, HaltFile, halt_text
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEAT = Beat(
    process="router",
    epoch=1,
    pid=1,
    seq=1,
    state=Health.READY,
    note="",
    started_ns=0,
    loop_delay_ms_max=0.0,
    counters={},
)
MEMORY_KB_MAX = 25 * 1024


def second(number: float) -> int:
    return round(number * NS_PER_S)


def test_a_router_that_beats_is_left_alone() -> None:
    guardian = GuardianCore(now_ns=0)
    for number in range(100):
        assert list(guardian.handle(BEAT, second(number))) == []
        assert list(guardian.wake(second(number + 0.9))) == []
    assert guardian.report(second(100)).state is Health.READY


def test_ten_seconds_of_silence_cancel_everything_once_and_again_while_it_lasts() -> None:
    guardian = GuardianCore(now_ns=0)
    guardian.handle(BEAT, second(1))
    assert list(guardian.wake(second(10.9))) == []
    assert list(guardian.wake(second(11))) == [CancelAllOrders()]
    assert list(guardian.wake(second(20))) == [], "one at a time"
    told = list(guardian.handle(CancelAllEnded(ok=True, text="no order works"), second(21)))
    assert told == [GuardianActed(silent_ms=20_000, ok=True, text="no order works")]
    assert list(guardian.wake(second(40))) == []
    assert list(guardian.wake(second(41))) == [CancelAllOrders()]
    assert guardian.report(second(41)).state is Health.DEGRADED


def test_a_router_that_comes_back_is_heard_again() -> None:
    guardian = GuardianCore(now_ns=0)
    guardian.wake(second(10))
    guardian.handle(CancelAllEnded(ok=False, text="no venue"), second(11))
    guardian.handle(BEAT, second(12))
    assert list(guardian.wake(second(21.9))) == []
    assert guardian.report(second(13)).state is Health.READY


def test_a_played_day_that_runs_faster_is_as_patient() -> None:
    guardian = GuardianCore(now_ns=0, rate=10.0)
    assert list(guardian.wake(second(99))) == []
    assert list(guardian.wake(second(100))) == [CancelAllOrders()]


def write_keys(fleet: Home, key_id: str) -> None:
    fleet.env_file.write_text(f"HFT_MODE=paper\nAPCA_API_KEY_ID={key_id}\nAPCA_API_SECRET_KEY=secretsecret\n")


def test_it_acts_with_the_keys_that_are_there_when_it_acts(home: Path) -> None:
    write_keys(Home(home), "PKOFTHESTART")
    edge = CancelEdge(settings.load(Home(home)), Inbox())
    write_keys(Home(home), "PKMADEANEW")
    assert edge.broker().keys.key_id == "PKMADEANEW"


@pytest.mark.parametrize("spoilt", [b"APCA_API_KEY_ID=PKALONE\n", b"\xff\xfe", b"no value\n", b""])
def test_spoilt_settings_leave_it_the_keys_of_its_start(home: Path, spoilt: bytes) -> None:
    write_keys(Home(home), "PKOFTHESTART")
    (home / "hft.toml").write_text("[fleet]\nmode = 'paper'\n")
    edge = CancelEdge(settings.load(Home(home)), Inbox())
    (home / ".env").write_bytes(spoilt)
    assert edge.broker().keys.key_id == "PKOFTHESTART"


def test_the_halt_file_is_read_strictly(home: Path) -> None:
    path = home / "HALT"
    jobs: list[Callable[[], None]] = []
    edge = HaltFile(path, also=jobs.append, on_failed=pytest.fail)
    assert halt_text(path) == ""
    edge.send(HaltLatch(text="09:31:02 lunch"))
    assert halt_text(path) == "09:31:02 lunch"
    path.write_bytes(b"\xff\xfe")
    assert halt_text(path) == UNREADABLE
    path.write_text("")
    assert halt_text(path) == "halted"
    edge.send(HaltLatch(text=""))
    edge.send(HaltLatch(text=""))
    assert halt_text(path) == ""
    for job in jobs:
        job()
    path.mkdir()
    assert halt_text(path) == UNREADABLE


def test_a_halt_file_that_cannot_be_written_is_told(home: Path) -> None:
    told: list[str] = []
    (home / "HALT").mkdir()
    HaltFile(home / "HALT", also=lambda _: None, on_failed=told.append).send(HaltLatch(text="enough"))
    assert told == ["the HALT file cannot be written: Is a directory"]


@pytest.mark.e2e
@pytest.mark.soak
def test_the_guardian_is_small_and_knows_no_heavy_library(home: Path) -> None:
    environ = {**os.environ, "HFT_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-m", "router.guardian"], cwd=ROOT, env=environ, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        assert b"process.started" in process.stderr.readline()
        status = ROOT.joinpath("/proc", str(process.pid), "status").read_text(encoding="utf-8")
        resident_kb = int(status.split("VmRSS:")[1].split()[0])
        assert resident_kb <= MEMORY_KB_MAX
        maps = ROOT.joinpath("/proc", str(process.pid), "maps").read_text(encoding="utf-8")
        assert "pandas" not in maps
        assert "_ssl" not in maps
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
