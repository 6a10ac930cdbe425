"""Who belongs to a fleet: names, start and stop order, how long each may take to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.process import holder
from hft.schema import PROCESS_NAMES

if TYPE_CHECKING:
    from hft.home import Home
    from hft.schema import Settings

STRATEGIES = "strategies"  # the one group in supervisord; a settings rule keeps families from being called like it
SUPERVISOR = "supervisord"
STOP_ORDER = (STRATEGIES, "feed", "guardian", "router", "recorder", "venue")
LEAVE_S_MAX = {STRATEGIES: 5.0, "feed": 5.0, "guardian": 4.0, "router": 25.0, "recorder": 10.0, "venue": 10.0}


def services(settings: Settings) -> tuple[str, ...]:
    """Return the processes beside the strategies, in start order; the exchange only in sim mode."""
    return tuple(name for name in PROCESS_NAMES if name != "venue" or settings.fleet.mode == "sim")


def everyone(settings: Settings) -> tuple[str, ...]:
    """Return every process of the fleet, in start order."""
    return (*services(settings), *settings.fleet.strategies)


def alive(home: Home, names: tuple[str, ...]) -> dict[str, int]:
    """Return the pids of those that hold their lock."""
    return {name: pid for name in names if (pid := holder(home, name))}


def lock_names(home: Home) -> tuple[str, ...]:
    """Return every name that ever took a lock in this home: also strategies of earlier launches."""
    return tuple(sorted(path.stem for path in home.run.glob("*.lock"))) if home.run.is_dir() else ()


def anyone(home: Home) -> dict[str, int]:
    """Return name and pid of every process that holds a lock in this home, hftctl's own start lock left out."""
    return alive(home, tuple(name for name in lock_names(home) if name != START_LOCK))


START_LOCK = "hftctl-start"  # a hyphen: no strategy can have this name
