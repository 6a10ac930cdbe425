"""Fleets for the tests: one that many look at, and fresh homes for those that break things."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.fleets import Fleet
from tests.e2e.pace import slack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def homes() -> Iterator[Callable[[], Fleet]]:
    """Give a function that makes a fresh home with a short path; at the end nothing runs in any, and all are gone."""
    made: list[Fleet] = []

    def make() -> Fleet:
        made.append(Fleet(Path(tempfile.mkdtemp(prefix="hft-e2e-", dir="/tmp"))))
        return made[-1]

    yield make
    for fleet in made:
        fleet.clean_up()
        shutil.rmtree(fleet.root)


@pytest.fixture(scope="session")
def running(homes: Callable[[], Fleet]) -> Running:
    """Give a fleet on the generated market that was started once, with how long that took."""
    fleet = homes()
    began = time.monotonic()
    fleet.start("--strategies", "mm,drift", "--symbols", "SPY,QQQ,AAPL,MSFT")  # the two that act within seconds
    ready_s = time.monotonic() - began
    fleet.wait_fills(0, within_s=30 * slack())
    return Running(fleet, ready_s, time.monotonic() - began, slack())


class Running:
    """A started fleet, when it was ready, when its first fill was seen, and how busy the machine was then."""

    def __init__(self, fleet: Fleet, ready_s: float, first_fill_s: float, slack: float) -> None:
        self.fleet, self.ready_s, self.first_fill_s, self.slack = fleet, ready_s, first_fill_s, slack
