"""A live day, heard again: real processes over real sockets, one of them killed, and not one word differs.

`LIVE_S=600 pytest tests/replay/test_parity.py -m e2e` lets it live for ten minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from strategies.sdk.families import names
from tests.e2e.fleets import Fleet
from tests.e2e.pace import slack
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

LIVE_S = float(os.environ.get("LIVE_S", "0"))
pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(300 + 2 * LIVE_S)]


@pytest.fixture(scope="module")
def played() -> Iterator[Fleet]:
    """Give the home of a fleet of all families that ran for a while, lost a strategy, and was stopped."""
    fleet = Fleet(Path(tempfile.mkdtemp(prefix="hft-e2e-", dir="/tmp")))
    try:
        fleet.start(*names())
        fleet.wait_fills(3, within_s=40 * slack())
        fleet.kill("mm")
        fleet.wait_healthy(within_s=40 * slack())
        fleet.wait_fills(fleet.fills(), within_s=40 * slack())
        until(lambda: heard_s(fleet) >= LIVE_S, within_s=LIVE_S + 60, what=f"{LIVE_S} s heard")
        fleet.must("stop")
        yield fleet
    finally:
        fleet.clean_up()
        shutil.rmtree(fleet.root)


def heard_s(fleet: Fleet) -> float:
    """Return how many seconds lie between the fleet's start and what its strategies heard last."""
    written = [path.stat() for path in (fleet.home.data / "inputs").glob("*.heard")]
    started = (fleet.home.run / "supervisord.pid").stat().st_mtime
    return max(found.st_mtime for found in written) - started


def day_of(fleet: Fleet) -> str:
    (day,) = [path.name for path in fleet.home.data.glob("????-??-??")]
    return day


def test_every_family_decides_again_what_it_decided_live(played: Fleet) -> None:
    told = json.loads(played.must("replay", day_of(played), "--verify", "--json"))
    assert told["clean"], told
    runs = {(run["strategy"], run["epoch"]): run for run in told["runs"]}
    assert {name for name, _ in runs} == set(names())
    assert ("mm", 2) in runs
    assert all(run["inputs"] > 50 for run in runs.values())
    assert runs["mm", 1]["said"] > 1


def test_the_recorded_day_can_be_replayed_and_repeats(played: Fleet) -> None:
    one, two = (json.loads(played.must("replay", day_of(played), "--strategy", "mm", "--json")) for _ in range(2))
    assert one["hash"] == two["hash"]
    assert one["ticks"] > 50
