"""New York trading days: holidays, early closes, session phases. Computed by rule, so any year works.

Rule kept: nothing here asks what time it is; every function is told.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache

import msgspec

from hft.errors import ConfigError
from venue.units import NEW_YORK, new_york, to_ns

PRE_OPEN, OPEN, CLOSE, EARLY_CLOSE = time(4), time(9, 30), time(16), time(13)
POST_HOURS = timedelta(hours=4)
GTC_FOR, GTC_END = timedelta(days=90), time(16, 15)
DAYS_SEARCHED_MAX = 14  # the market never stays closed for longer
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
JUNETEENTH_SINCE = 2022
# Days on which the exchanges stayed closed out of turn.
CLOSED_DAYS = frozenset(
    {date(2012, 10, 29), date(2012, 10, 30), date(2018, 12, 5), date(2025, 1, 9)},
)


class Phase(Enum):
    """Where in the trading day an instant lies."""

    CLOSED = "closed"
    PRE = "pre"
    CORE = "core"
    POST = "post"


class Day(msgspec.Struct, frozen=True):
    """One trading day: instants in ns UTC, and its date."""

    date: date
    pre_open_ns: int
    open_ns: int
    close_ns: int
    post_close_ns: int

    def phase(self, now_ns: int) -> Phase:
        """Return the phase of an instant of this day."""
        if self.open_ns <= now_ns < self.close_ns:
            return Phase.CORE
        if self.pre_open_ns <= now_ns < self.open_ns:
            return Phase.PRE
        return Phase.POST if self.close_ns <= now_ns < self.post_close_ns else Phase.CLOSED

    def edges_ns(self) -> tuple[int, int, int, int]:
        """Return the four instants at which the phase changes."""
        return self.pre_open_ns, self.open_ns, self.close_ns, self.post_close_ns


def _easter(year: int) -> date:
    """Return Easter Sunday (Gregorian; the anonymous algorithm of Nature, 1876)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap, skipped = century // 4, century % 4
    shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - shift + 15) % 30
    weekday = (32 + 2 * skipped + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _observed(day: date) -> date:
    return day + timedelta(days={SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0))


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """Return the full holidays of the NYSE in a year."""
    memorial = _nth(year, 6, 0, 1) - timedelta(days=7)
    days = [
        _nth(year, 1, 0, 3),
        _nth(year, 2, 0, 3),
        _easter(year) - timedelta(days=2),
        memorial,
        _observed(date(year, 7, 4)),
        _nth(year, 9, 0, 1),
        _nth(year, 11, 3, 4),
        _observed(date(year, 12, 25)),
    ]
    new_year = date(year, 1, 1)
    if new_year.weekday() != SATURDAY:  # a Saturday New Year is not moved into the old year
        days.append(_observed(new_year))
    if year >= JUNETEENTH_SINCE:
        days.append(_observed(date(year, 6, 19)))
    return frozenset(days)


def is_trading_day(day: date) -> bool:
    """Return whether the market opens on a date."""
    return day.weekday() < SATURDAY and day not in holidays(day.year) and day not in CLOSED_DAYS


def _closes_early(day: date) -> bool:
    thanksgiving = _nth(day.year, 11, 3, 4)
    eves = {date(day.year, 7, 3), date(day.year, 12, 24), thanksgiving + timedelta(days=1)}
    return day in eves and is_trading_day(day)


@lru_cache(maxsize=256)
def day_of(day: date) -> Day | None:
    """Return the trading day of a date, or None when the market stays closed."""
    if not is_trading_day(day):
        return None
    early = _closes_early(day)
    close = datetime.combine(day, EARLY_CLOSE if early else CLOSE, NEW_YORK)
    return Day(
        date=day,
        pre_open_ns=to_ns(datetime.combine(day, PRE_OPEN, NEW_YORK)),
        open_ns=to_ns(datetime.combine(day, OPEN, NEW_YORK)),
        close_ns=to_ns(close),
        post_close_ns=to_ns(close + POST_HOURS),
    )


def next_day(after: date) -> Day:
    """Return the first trading day after a date."""
    for ahead in range(1, DAYS_SEARCHED_MAX):
        if found := day_of(after + timedelta(days=ahead)):
            return found
    message = f"no trading day within {DAYS_SEARCHED_MAX} days of {after}"
    raise AssertionError(message)


def previous_day(before: date) -> Day:
    """Return the last trading day before a date."""
    for back in range(1, DAYS_SEARCHED_MAX):
        if found := day_of(before - timedelta(days=back)):
            return found
    message = f"no trading day within {DAYS_SEARCHED_MAX} days before {before}"
    raise AssertionError(message)


def days_between(first: date, last: date) -> list[Day]:
    """Return the trading days of a range, both ends in it."""
    span = (last - first).days + 1
    return [day for ahead in range(max(span, 0)) if (day := day_of(first + timedelta(days=ahead)))]


def phase_at(now_ns: int) -> Phase:
    """Return the session phase of an instant."""
    day = day_of(new_york(now_ns).date())
    return day.phase(now_ns) if day else Phase.CLOSED


def session_close_ns(now_ns: int) -> int:
    """Return the core close that ends a DAY order entered now."""
    today = new_york(now_ns).date()
    day = day_of(today)
    return day.close_ns if day and now_ns < day.close_ns else next_day(today).close_ns


def post_close_ns(now_ns: int) -> int:
    """Return the end of the evening that ends an extended-hours DAY order entered now."""
    today = new_york(now_ns).date()
    day = day_of(today)
    return day.post_close_ns if day and now_ns < day.post_close_ns else next_day(today).post_close_ns


def gtc_end_ns(now_ns: int) -> int:
    """Return when a GTC order entered now ends."""
    return to_ns(datetime.combine(new_york(now_ns).date() + GTC_FOR, GTC_END, NEW_YORK))


def next_open_ns(now_ns: int) -> int:
    """Return the next core open after now."""
    today = new_york(now_ns).date()
    day = day_of(today)
    return day.open_ns if day and now_ns < day.open_ns else next_day(today).open_ns


def last_edge_ns(now_ns: int) -> int:
    """Return the last instant up to now at which the phase changed: when the present session began."""
    today = new_york(now_ns).date()
    day = day_of(today)
    passed = [edge for edge in day.edges_ns() if edge <= now_ns] if day else []
    return passed[-1] if passed else previous_day(today).post_close_ns


def next_edge_ns(now_ns: int) -> int:
    """Return the next instant after now at which the phase changes."""
    today = new_york(now_ns).date()
    day = day_of(today)
    for edge in day.edges_ns() if day else ():
        if edge > now_ns:
            return edge
    return next_day(today).pre_open_ns


def opening_ns(now_ns: int, open_at: str) -> int:
    """Return a New York time of day on the trading day of an instant, or on the next one when there is none."""
    try:
        at = time.fromisoformat(open_at)
    except ValueError:
        raise ConfigError(f"sim.open_at={open_at!r} is not a time of day.", "", "Write it as 09:45.") from None
    today = new_york(now_ns).date()
    day = day_of(today) or next_day(today)
    return to_ns(datetime.combine(day.date, at, NEW_YORK))
