"""A live day, heard again: real processes over real sockets, one of them killed, and not one word differs."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from strategies.sdk.families import names
from tests.e2e.fleets import Fleet
from tests.e2e.pace import slack

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(300)]


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
        fleet.must("stop")
        yield fleet
    finally:
        fleet.clean_up()
        shutil.rmtree(fleet.root)


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
