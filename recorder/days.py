"""Which trading day a moment belongs to: the calendar day in New York. Files, tapes and summary rows are kept by it."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

from hft.clock import NS_PER_S

NEW_YORK = ZoneInfo("America/New_York")
HOUR_S = 3_600
LINE_TS_CHARS = 30


def day_of(now_ns: int) -> str:
    """Return the New York date of market time `now_ns`, as in `2026-11-23`."""
    return _day_of_hour(now_ns // (NS_PER_S * HOUR_S))


def next_hour_ns(now_ns: int) -> int:
    """Return when the next full hour begins; no day begins before it."""
    return (now_ns // (NS_PER_S * HOUR_S) + 1) * NS_PER_S * HOUR_S


@lru_cache(maxsize=64)
def _day_of_hour(hour: int) -> str:
    # New York's midnight is always on a full hour of UTC, so an hour belongs to one day.
    return dt.datetime.fromtimestamp(hour * HOUR_S, NEW_YORK).date().isoformat()


def ns_of(ts: str) -> int:
    """Return an event's `ts` (RFC 3339 in UTC with nine digits) as ns; raise ValueError when it is not one."""
    if len(ts) == LINE_TS_CHARS:  # as our own lines have it: 2026-11-23T14:30:00.123456789Z
        return second_of(ts[:19]) * NS_PER_S + int(ts[20:29])
    whole, _, fraction = ts.removesuffix("Z").partition(".")
    return second_of(whole) * NS_PER_S + int(fraction.ljust(9, "0")[:9] or 0)


@lru_cache(maxsize=1_024)
def second_of(whole: str) -> int:
    """Return the seconds since 1970 of `2026-11-23T14:30:00` in UTC; raise ValueError when it is no time."""
    minute, colon, second = whole[:16], whole[16:17], whole[17:]
    if colon != ":" or len(second) != len("00") or not second.isdecimal() or second >= "60":
        raise ValueError(f"no time: {whole!r}")
    return _minute_of(minute) + int(second)


@lru_cache(maxsize=64)
def _minute_of(minute: str) -> int:
    return int(dt.datetime.fromisoformat(minute).replace(tzinfo=dt.UTC).timestamp())
