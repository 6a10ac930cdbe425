"""How slow and how busy this machine is: promises of seconds hold on idle cores of the machine they were measured on.

A loop of plain Python is the yardstick, so that a slower product cannot excuse itself.
"""

from __future__ import annotations

import os
import time
from functools import cache

SLACK_MAX = 12.0
STEP_NS = 35.0  # a step of the loop where a fleet was ready in 2.2 s; 108 where the same fleet took 6.8
STEPS, TIMES = 50_000, 7


def slack() -> float:
    """Return 1 on an idle machine of that pace, else by how much all takes longer, at most SLACK_MAX."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(SLACK_MAX, max(1.0, busy) * max(1.0, _step_ns() / STEP_NS))


@cache
def _step_ns() -> float:
    """Return what a step of the loop costs this processor, the best of some runs, whatever else it does."""
    return min(_run_ns() for _ in range(TIMES)) / STEPS


def _run_ns() -> int:
    mean, began_ns = 0.0, time.process_time_ns()
    for step in range(STEPS):
        mean += (step % 7 - mean) * 0.1
    return time.process_time_ns() - began_ns
