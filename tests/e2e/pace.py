"""How busy this machine is: promises of seconds hold on idle cores, and stretch with what else waits for one."""

from __future__ import annotations

import os

SLACK_MAX = 6.0


def slack() -> float:
    """Return 1 on an idle machine, else how many runnable processes there are per core, at most SLACK_MAX."""
    return max(1.0, min(SLACK_MAX, os.getloadavg()[0] / (os.cpu_count() or 1)))
