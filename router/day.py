"""New York's calendar: which trading day a moment belongs to, and what time it is there."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hft.clock import NS_PER_S

NEW_YORK = ZoneInfo("America/New_York")


def day_of(ns: int) -> dt.date:
    """Return the New York date of a time in ns UTC."""
    return dt.datetime.fromtimestamp(ns // NS_PER_S, NEW_YORK).date()


def moment_of(ns: int) -> str:
    """Return a New York day and time as `Mon 2026-11-30 09:30`, for people."""
    return f"{dt.datetime.fromtimestamp(ns // NS_PER_S, NEW_YORK):%a %Y-%m-%d %H:%M}"


def time_of(ns: int) -> str:
    """Return the New York time of day as `HH:MM:SS`, for people."""
    return dt.datetime.fromtimestamp(ns // NS_PER_S, NEW_YORK).strftime("%H:%M:%S")
