"""How slow and how busy this machine is: seconds are promised on idle cores of the machine they were measured on."""

from __future__ import annotations

import os
from functools import cache

from bench.yardstick import STEP_NS, step_ns

SLACK_MAX = 12.0


def slack() -> float:
    """Return 1 on an idle machine of that pace, else by how much all takes longer, at most SLACK_MAX."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(SLACK_MAX, max(1.0, busy) * max(1.0, _step_ns() / STEP_NS))


@cache
def _step_ns() -> float:
    return step_ns()
