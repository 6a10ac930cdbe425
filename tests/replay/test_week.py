"""A week through one process: the last day leaves no more in memory than the second."""

from __future__ import annotations

import gc
import resource
from pathlib import Path

import pytest

from replay.play import play
from tests.replay.plans import generated, plan

DAYS, SECONDS = 7, 60
SPARE_MIB = 2.0


def memory_mib() -> float:
    """Return what this process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


@pytest.mark.e2e
@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_week_of_days_leaves_no_more_behind_than_two() -> None:
    held = []
    for day in range(DAYS):
        play(plan(seed=day), generated(seed=day), for_s=SECONDS)
        held.append(memory_mib())
    assert held[-1] < held[1] + SPARE_MIB, held
