"""The recorder as a process: killed, stopped, twice in one home, and with a webhook."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from array import array
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import WallClock, rfc3339
from hft.home import Home
from recorder import archive
from recorder.lines import head_of
from recorder.summaryfile import path_of
from recorder.tapeformat import SYMBOLS
from tests.e2e.pace import slack
from tests.hftctl.days import DAY, recorded
from tests.recorder.test_discord import Hook
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e
PRODUCERS = ("feed", "router", "mm", "pairs", "etf", "leadlag")
PER_S, ENDLESS = 5_000, 10**9
WAIT_MS_MAX = 5.0
STOPPED_MS_MIN = 100.0
GONE_WITHIN_S = 4
STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def nothing_lives_on() -> Iterator[None]:
    """End what a test that failed has left: producers without an end would load the machine of all tests after it."""
    yield
    for process in STARTED:
        if process.poll() is None:
            process.kill()
            process.wait()
    STARTED.clear()


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "HFT_HOME": str(home), **more}


def start(home: Path, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "recorder"]
    STARTED.append(
        subprocess.Popen(command, cwd=ROOT, env=environment(home, **more), stderr=subprocess.PIPE, text=True)
    )
    return STARTED[-1]


def producer(home: Path, name: str, per_s: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.recorder.producer", name, str(per_s), str(count)]
    STARTED.append(
        subprocess.Popen(
            command, cwd=ROOT, env=environment(home), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    )
    return STARTED[-1]


def lines(home: Path) -> list[dict[str, Any]]:
    """Return what is recorded; a line that is being written now is not yet one."""
    path = home / "logs" / "events.jsonl"
    return [json.loads(raw) for raw in path.read_bytes().split(b"\n")[:-1]] if path.is_file() else []


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("seed", "blows"), [(5, 4), *(pytest.param(seed, 10, marks=pytest.mark.soak) for seed in range(101, 107))]
)
def test_killed_and_stopped_under_six_producers_nothing_is_lost_doubled_or_out_of_order(
    home: Path, seed: int, blows: int
) -> None:
    """Kill it as often as a home's record stays that of a day: in the soak sixty times, in six homes."""
    chance, recorder = random.Random(seed), start(home)
    until((home / "logs" / "events.jsonl").exists, within_s=10 * slack(), what="the record")
    makers = [producer(home, name, PER_S // len(PRODUCERS), ENDLESS) for name in PRODUCERS]
    for number in range(blows):
        if number % 3 == 1:  # else while it still writes what was kept for it
            wait_until_caught_up(home)
        wait_until_grown(home, chance.randrange(100_000, 300_000))
        if number % 3 == 0:
            recorder.send_signal(signal.SIGSTOP)
            pass_time(chance.uniform(STOPPED_MS_MIN / 1_000, 0.6))
            recorder.send_signal(signal.SIGCONT)
            wait_until_grown(home, chance.randrange(100_000, 300_000))
        kill(recorder)
        recorder = start(home)
    wait_until_caught_up(home)
    for maker in makers:  # all at once: on a busy machine who goes on would keep the recorder from those who wait
        make_no_more(maker)
    told = [maker.communicate(timeout=120 * slack())[0].split() for maker in makers]
    kill(recorder)
    assert [lost for _, lost, _ in told] == ["0"] * len(PRODUCERS)
    waits_ms = sorted(float(longest_ms) for _, _, longest_ms in told)
    # Waiting for the recorder takes as long as it stands still, for all six; what the machine does hits one or two.
    assert (median(waits_ms) <= WAIT_MS_MAX, waits_ms[-1] <= WAIT_MS_MAX * slack()) == (True, True), waits_ms
    numbers = {name: array("q") for name in PRODUCERS}
    for head in map(head_of, archive.lines_of(home / "logs" / "events.jsonl")):
        if head.producer in numbers:
            numbers[head.producer].append(head.seq)
    for name, (count, _, _) in zip(PRODUCERS, told, strict=True):
        assert numbers[name] == array("q", range(1, int(count) + 1)), name


def make_no_more(maker: subprocess.Popen[str]) -> None:
    assert maker.stdin is not None
    maker.stdin.close()
    maker.stdin = None


def pass_time(seconds: float) -> None:
    began_s = time.monotonic()
    until(lambda: time.monotonic() - began_s > seconds, within_s=5 * slack(), what="the time to pass")


def wait_until_grown(home: Path, by_bytes: int) -> None:
    path = home / "logs" / "events.jsonl"
    enough = path.stat().st_size + by_bytes
    until(lambda: path.stat().st_size > enough, within_s=20 * slack(), what="the record growing")


def wait_until_caught_up(home: Path) -> None:
    """Wait until something is written that was made after now."""
    now, path = rfc3339(WallClock().now_ns()), home / "logs" / "events.jsonl"

    def caught_up() -> bool:
        heads = [head_of(raw) for raw in archive.tail_of(path).split(b"\n")[1:-1]]
        return any(head.ts > now for head in heads if head.producer in PRODUCERS)

    until(caught_up, within_s=60 * slack(), what="the record catching up")


def test_a_recorder_that_stands_still_loses_nothing(home: Path) -> None:
    recorder = start(home)
    until((home / "logs" / "events.jsonl").exists, within_s=10 * slack(), what="the record")
    maker = producer(home, "mm", 2_000, ENDLESS)
    until(lambda: len(lines(home)) > 200, within_s=10 * slack(), what="the first lines")
    recorder.send_signal(signal.SIGSTOP)
    pass_time(1.0)
    recorder.send_signal(signal.SIGCONT)
    count, lost, longest_ms = maker.communicate(timeout=30 * slack())[0].split()
    assert (lost, float(longest_ms) <= WAIT_MS_MAX * slack()) == ("0", True), longest_ms
    kill(recorder)
    assert [line["seq"] for line in lines(home) if line["producer"] == "mm"] == list(range(1, int(count) + 1))


def test_start_and_stop_are_recorded_and_told_to_discord(home: Path) -> None:
    hook = Hook()
    Home(home).make()
    (home / "run" / "launch.json").write_text(json.dumps({"launch_id": "L1"}))
    recorder = start(home, DISCORD_WEBHOOK_URL=hook.url)
    until(lambda: len(hook.got) == 1, within_s=10 * slack(), what="the start told")
    until(lambda: "alert.sent" in {line["event"] for line in lines(home)}, within_s=10 * slack(), what="that recorded")
    recorder.send_signal(signal.SIGTERM)
    assert recorder.wait(GONE_WITHIN_S * slack()) == 0
    _, errors = recorder.communicate()
    hook.stop()
    assert ["fleet.started" in hook.got[0]["content"], "fleet.stopping" in hook.got[1]["content"]] == [True, True]
    assert "secret-token" not in errors + (home / "logs" / "events.jsonl").read_text()
    names = [line["event"] for line in lines(home)]
    assert names == [
        "process.started", "fleet.started", "alert.sent", "process.stopping", "fleet.stopping", "alert.sent",
    ]  # fmt: skip
    assert (home / "logs" / "daily_summary.csv").read_text().count("ALL") == 1


def is_summary(path: Path) -> bool:
    return path.is_file() and path.read_bytes().startswith(b"date,")


def test_a_summary_and_a_table_of_symbols_that_are_spoilt_cost_no_start(home: Path) -> None:
    place, _ = recorded(home)
    path_of(place).write_bytes("Süd".encode("latin-1"))
    (place.data / DAY / SYMBOLS).write_bytes(b"")
    recorder = start(home)
    until(lambda: is_summary(path_of(place)), within_s=20 * slack(), what="a new summary")
    recorder.send_signal(signal.SIGTERM)
    assert recorder.wait(GONE_WITHIN_S * slack()) == 0
    assert "summary.unreadable" in recorder.communicate()[1]


def test_a_second_recorder_in_the_same_home_is_refused_with_75(home: Path) -> None:
    first = start(home)
    until((home / "logs" / "events.jsonl").exists, within_s=10 * slack(), what="the record")
    second = start(home)
    assert second.wait(10 * slack()) == 75
    assert "already running" in second.communicate()[1]
    kill(first)
