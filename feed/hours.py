"""When silence is suspicious: the regular session, 09:30 to 16:00 New York time on weekdays.

Holidays are not known here, on purpose: the cost of being wrong is a reconnect that the core's growing patience bounds.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hft.clock import NS_PER_S

NEW_YORK = ZoneInfo("America/New_York")
OPEN = dt.time(9, 30)
CLOSE = dt.time(16, 0)
SATURDAY = 5


def in_session(now_ns: int) -> bool:
    """Return whether the regular session is on at market time `now_ns`."""
    here = dt.datetime.fromtimestamp(now_ns // NS_PER_S, NEW_YORK)
    return here.weekday() < SATURDAY and OPEN <= here.time() < CLOSE
