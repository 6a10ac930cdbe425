"""The trading day in New York, by arithmetic: which phase it is, and what a family may do in it (no file, no clock).

The table is the same for all families; a family only says how many minutes after the opening it keeps watching.
Half days end at 13:00 and everything before the close moves with it.
US daylight saving: second Sunday of March to first Sunday of November (the rule since 2007).
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from functools import lru_cache

from hft.clock import NS_PER_S

NS_PER_MIN = 60 * NS_PER_S
NS_PER_HOUR = 60 * NS_PER_MIN
NS_PER_DAY = 24 * NS_PER_HOUR
SUNDAY = 6
SATURDAY = 5
FRIDAY = 4
NOVEMBER = 11
EVES = frozenset({(12, 24), (7, 3)})


class Phase(StrEnum):
    """What part of the day it is."""

    CLOSED = "outside the session"
    OBSERVE = "only watching after the opening"  # opening prints, widest spreads: look, learn, do not trade
    NORMAL = "normal"
    LUNCH = "lunch"  # thin: thresholds are wider
    EXITS = "only exits before the close"
    FLATTEN = "closing out before the close"  # close passively
    FLATTEN_NOW = "closing out at any price before the close"  # close with marketable limits

    @property
    def takes_entries(self) -> bool:
        """Return whether a position may be opened."""
        return self in {Phase.NORMAL, Phase.LUNCH}

    @property
    def takes_orders(self) -> bool:
        """Return whether any order may be sent."""
        return self not in {Phase.CLOSED, Phase.OBSERVE}

    @property
    def caution(self) -> float:
        """Return the factor on every threshold: midday carries half the volume of the first hour."""
        return 1.25 if self is Phase.LUNCH else 1.0


OPEN_MIN = 9 * 60 + 30
CLOSE_MIN = 16 * 60
EARLY_CLOSE_MIN = 13 * 60
MORNING = ((OPEN_MIN, Phase.NORMAL), (11 * 60 + 30, Phase.LUNCH))
AFTERNOON = ((13 * 60 + 30, Phase.NORMAL),)
BEFORE_CLOSE = ((15, Phase.EXITS), (10, Phase.FLATTEN), (5, Phase.FLATTEN_NOW), (0, Phase.CLOSED))  # minutes


def _bounds_until(close_min: int) -> tuple[tuple[int, Phase], ...]:
    """Return when each phase begins, in minutes of New York's day."""
    afternoon = AFTERNOON if close_min == CLOSE_MIN else ()
    return (*MORNING, *afternoon, *((close_min - minutes, phase) for minutes, phase in BEFORE_CLOSE))


BOUNDS = {close_min: _bounds_until(close_min) for close_min in (EARLY_CLOSE_MIN, CLOSE_MIN)}


class Session:
    """Tells the phase at a time; remembers until when that holds, so that asking on every tick is one comparison."""

    def __init__(self, observe_min: float = 10.0) -> None:
        self._observe_min = observe_min
        self._from_ns = self._until_ns = 0
        self._phase = Phase.CLOSED

    def phase(self, now_ns: int) -> Phase:
        """Return the phase at `now_ns` (market time, ns UTC)."""
        if not self._from_ns <= now_ns < self._until_ns:
            self._look_up(now_ns)
        return self._phase

    def _look_up(self, now_ns: int) -> None:
        midnight_ns = new_york_midnight_ns(now_ns)
        minute = (now_ns - midnight_ns) / NS_PER_MIN
        bounds = self._bounds(dt.datetime.fromtimestamp(midnight_ns // NS_PER_S + 12 * 3600, dt.UTC).date())
        start, self._phase = max((bound for bound in bounds if bound[0] <= minute), key=lambda bound: bound[0])
        end = min((bound[0] for bound in bounds if bound[0] > minute), default=24.0 * 60)
        self._from_ns = midnight_ns + round(start * NS_PER_MIN)
        self._until_ns = max(midnight_ns + round(end * NS_PER_MIN), now_ns + 1)

    def _bounds(self, day: dt.date) -> list[tuple[float, Phase]]:
        if day.weekday() in {SATURDAY, SUNDAY}:
            return [(0.0, Phase.CLOSED)]
        usual = BOUNDS[close_min(day)]
        if self._observe_min <= 0:
            return [(0.0, Phase.CLOSED), *usual]
        watched_min = OPEN_MIN + self._observe_min
        then = [phase for start, phase in usual if start <= watched_min][-1]
        later = [(start, phase) for start, phase in usual if start > watched_min or not phase.takes_entries]
        return [(0.0, Phase.CLOSED), (OPEN_MIN, Phase.OBSERVE), (watched_min, then), *later]


def new_york_midnight_ns(now_ns: int) -> int:
    """Return the last midnight of New York, ns UTC. The hour of a clock change is not in any session."""
    return _midnight_ns(now_ns // NS_PER_HOUR)


@lru_cache(maxsize=8)
def _midnight_ns(utc_hour: int) -> int:
    """Return the same for any moment of an hour: clocks change, and days begin, on the hour."""
    offset_ns = new_york_offset_s(utc_hour * 3600) * NS_PER_S
    return (utc_hour * NS_PER_HOUR + offset_ns) // NS_PER_DAY * NS_PER_DAY - offset_ns


def close_min(day: dt.date) -> int:
    """Return when the session of a weekday ends, in minutes: 13:00 after Thanksgiving, before Christmas and the Fourth.

    Whole holidays are not in here: on them there is no tick, and the router refuses everything.
    """
    early = (day.month, day.day) in EVES and day.weekday() < FRIDAY  # on a Friday it is the holiday itself
    after_thanksgiving = day.month == NOVEMBER and day.weekday() == FRIDAY and day.day in range(23, 30)
    return EARLY_CLOSE_MIN if early or after_thanksgiving else CLOSE_MIN


def minute_of_day(now_ns: int) -> float:
    """Return minutes since midnight in New York."""
    return (now_ns - _midnight_ns(now_ns // NS_PER_HOUR)) / NS_PER_MIN


def new_york_offset_s(utc_s: int) -> int:
    """Return New York's distance from UTC at `utc_s`, in seconds (negative: behind)."""
    year = dt.datetime.fromtimestamp(utc_s, dt.UTC).year
    start_s, end_s = _summer_s(year)
    return -4 * 3600 if start_s <= utc_s < end_s else -5 * 3600


@lru_cache(maxsize=8)
def _summer_s(year: int) -> tuple[int, int]:
    start = _sunday(year, 3, nth=2) + dt.timedelta(hours=7)  # 02:00 at UTC-5
    end = _sunday(year, 11, nth=1) + dt.timedelta(hours=6)  # 02:00 at UTC-4
    return int(start.timestamp()), int(end.timestamp())


def _sunday(year: int, month: int, *, nth: int) -> dt.datetime:
    first = dt.datetime(year, month, 1, tzinfo=dt.UTC)
    return first + dt.timedelta(days=(SUNDAY - first.weekday()) % 7 + 7 * (nth - 1))
