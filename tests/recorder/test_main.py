"""The recorder as a process: killed, stopped, twice in one home, and with a webhook."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from hft.home import Home
from tests.e2e.pace import slack
from tests.recorder.test_discord import Hook
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e
PRODUCERS = ("feed", "mm", "router")
GONE_WITHIN_S = 4


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "HFT_HOME": str(home), **more}


def start(home: Path, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "recorder"]
    return subprocess.Popen(command, cwd=ROOT, env=environment(home, **more), stderr=subprocess.PIPE, text=True)


def producer(home: Path, name: str, per_s: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.recorder.producer", name, str(per_s), str(count)]
    return subprocess.Popen(command, cwd=ROOT, env=environment(home), stdout=subprocess.PIPE, text=True)


def lines(home: Path) -> list[dict[str, object]]:
    path = home / "logs" / "events.jsonl"
    return [json.loads(raw) for raw in path.read_bytes().splitlines()] if path.is_file() else []


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_killed_ten_times_under_three_producers_nothing_is_lost_doubled_or_out_of_order(home: Path) -> None:
    chance, count = random.Random(5), 6_000
    recorder = start(home)
    until((home / "logs" / "events.jsonl").exists, within_s=10 * slack(), what="the record")
    makers = [producer(home, name, 1_000, count) for name in PRODUCERS]
    for _ in range(10):
        wait_until_grown(home, chance.randrange(60_000, 160_000), makers)
        kill(recorder)
        recorder = start(home)
    told = [maker.communicate(timeout=40 * slack())[0] for maker in makers]
    kill(recorder)
    assert told == [f"{count} 0\n"] * 3
    for name in PRODUCERS:
        assert [line["seq"] for line in lines(home) if line["producer"] == name] == list(range(1, count + 1))


def wait_until_grown(home: Path, by_bytes: int, makers: list[subprocess.Popen[str]]) -> None:
    path = home / "logs" / "events.jsonl"
    enough = path.stat().st_size + by_bytes

    def grown() -> bool:
        return path.stat().st_size > enough or all(maker.poll() is not None for maker in makers)

    until(grown, within_s=20 * slack(), what="the record growing")


def test_a_recorder_that_stands_still_loses_nothing(home: Path) -> None:
    recorder = start(home)
    until((home / "logs" / "events.jsonl").exists, within_s=10 * slack(), what="the record")
    maker = producer(home, "mm", 2_000, 4_000)
    until(lambda: len(lines(home)) > 200, within_s=10 * slack(), what="the first lines")
    recorder.send_signal(signal.SIGSTOP)
    stopped_at_s = time.monotonic()
    until(lambda: time.monotonic() - stopped_at_s > 1.0, within_s=5, what="a second gone by")
    recorder.send_signal(signal.SIGCONT)
    assert maker.communicate(timeout=30 * slack())[0] == "4000 0\n"
    kill(recorder)
    assert [line["seq"] for line in lines(home) if line["producer"] == "mm"] == list(range(1, 4_001))


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


def test_a_second_recorder_in_the_same_home_is_refused_with_75(home: Path) -> None:
    first = start(home)
    until((home / "logs" / "events.jsonl").exists, within_s=10 * slack(), what="the record")
    second = start(home)
    assert second.wait(10 * slack()) == 75
    assert "already running" in second.communicate()[1]
    kill(first)
