"""A strategy process: what it imports, what it weighs, how it starts and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
import zmq

from hft import codec, endpoints
from hft.clock import WallClock
from hft.home import Home
from hft.messages import Beat
from hft.words import Health
from strategies.sdk import memory
from strategies.sdk.families import names
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAVY = frozenset(
    "alpaca pandas requests structlog click rich starlette websockets asyncio inspect ast tokenize".split()
)
RSS_MIB_MAX, RSS_MIB_MAX_WITH_NUMPY = 22, 32


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "strategies", *arguments],
        cwd=ROOT,
        env={**os.environ, "HFT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("name", names())
def test_a_family_imports_nothing_heavy(name: str) -> None:
    code = "import sys, strategies.__main__ as main; main.load(sys.argv[1]); print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", code, name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & {module.partition(".")[0] for module in told.stdout.split()}


def test_what_is_put_off_is_there_for_a_family_that_needs_it() -> None:
    code = """
import strategies.__main__, sys
from dataclasses import dataclass
assert "inspect" not in sys.modules
@dataclass
class Bare:
    x: int
import inspect, typing_extensions
print(Bare.__doc__, inspect.signature(Bare))
"""
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == "Bare(x: int) (x: int) -> None\n"


@pytest.fixture(params=names())
def process(request: pytest.FixtureRequest, home: Path) -> Iterator[subprocess.Popen[str]]:
    """Start each family in a home of its own, without any other process."""
    made = subprocess.Popen(
        [sys.executable, "-m", "strategies", request.param],
        cwd=ROOT,
        env={**os.environ, "HFT_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    made_name = request.param
    until((home / "run" / f"health-{made_name}").exists, within_s=30, what="its health socket is there")
    yield made
    if made.poll() is None:
        made.kill()
    made.communicate()


def first_beat(home: Path) -> Beat:
    (socket_file,) = (home / "run").glob("health-*")
    name = socket_file.name.removeprefix("health-")
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = endpoints.connect(context, endpoints.health(name), Home(home), topics=(codec.topic(name),))
    assert socket.poll(20_000)
    beat = codec.decode(codec.split(socket.recv())[1])
    context.destroy(linger=0)
    assert isinstance(beat, Beat)
    return beat


@pytest.mark.e2e
def test_it_says_what_it_waits_for_weighs_little_and_ends_at_once(process: subprocess.Popen[str], home: Path) -> None:
    beat = first_beat(home)
    assert (beat.state, beat.activity) == (Health.WARMING, "warming")
    assert beat.note == "waiting for the router to register us"
    status = Path(f"/proc/{process.pid}/status").read_text()
    rss_mib = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    assert rss_mib <= (RSS_MIB_MAX_WITH_NUMPY if "numpy" in maps else RSS_MIB_MAX)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0


@pytest.mark.e2e
def test_an_unknown_name_ends_with_78_and_the_nearest_one(home: Path) -> None:
    ended = run("drfit", home=home)
    said = msgspec.json.decode(ended.stderr)
    assert ended.returncode == 78
    assert said["error"].startswith("There is no strategy called 'drfit'.")
    assert "Did you mean drift?" in said["error"]


@pytest.mark.e2e
def test_a_wrong_parameter_ends_with_78_and_names_it(home: Path) -> None:
    (home / "hft.toml").write_text("[strategy.mm]\nunit_max = 4\n")
    ended = run("mm", home=home)
    assert ended.returncode == 78
    assert "strategy.mm.unit_max is not a parameter of mm." in ended.stderr
    assert "Did you mean units_max?" in ended.stderr


@pytest.mark.e2e
def test_without_a_name_it_says_what_is_needed(home: Path) -> None:
    ended = run(home=home)
    assert ended.returncode == 2
    assert "One family's name is needed" in ended.stderr


@pytest.mark.e2e
def test_what_it_has_learnt_lies_in_the_home_when_it_ends(home: Path) -> None:
    made = subprocess.Popen(
        [sys.executable, "-m", "strategies", "mm"], cwd=ROOT, env={**os.environ, "HFT_HOME": str(home)}, text=True
    )
    until((home / "run" / "health-mm").exists, within_s=30, what="it is up")
    until(lambda: first_beat(home), within_s=30, what="it beats")
    made.send_signal(signal.SIGTERM)
    assert made.wait(timeout=20) == 0
    raw = (home / "run" / "mm.memory").read_bytes()
    assert memory.is_fresh(raw, WallClock().now_ns(), 60.0)
