"""What is said of a family that does not run: that it can be started, or that the fleet here goes without it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.errors import NotRunning
from hft.home import Home
from hft.process import claim
from hft.settings import Launch, load
from hftctl.families import gates_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fleet(home: Path) -> Home:
    """A home whose last start was told mm and drift."""
    made = Home(home).make()
    launch = Launch(launch_id="L1", overrides={"fleet.strategies": ["mm", "drift"]})
    made.launch_file.write_bytes(msgspec.json.encode(launch))
    return made


def test_where_another_fleet_runs_the_way_to_this_family_goes_through_a_stop(fleet: Home) -> None:
    held = claim(fleet, "router")
    with pytest.raises(NotRunning, match="ml is not part of the fleet that runs here") as refused:
        gates_of(load(fleet), "ml")
    assert refused.value.next_step == "hftctl stop, then hftctl start mm drift ml"
    with pytest.raises(NotRunning, match="mm is not running"):
        gates_of(load(fleet), "mm")
    os.close(held.lock_fd)


def test_where_nothing_runs_it_is_started(fleet: Home) -> None:
    with pytest.raises(NotRunning, match="ml is not running") as refused:
        gates_of(load(fleet), "ml")
    assert refused.value.next_step == "hftctl start ml"
