"""One launch: what the command line decided, and where the market clock stands. Pure; the caller writes it.

A recorded day begins at its first row, each time. A generated day begins at `sim.open_at` New York time of today, or of
the last trading day, and *goes on* through stops and starts of the same home: orders, fills and ledgers of the morning
stay in the past.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from hft.clock import NS_PER_S
from hft.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date

    from hft.schema import Sim
    from hft.settings import Launch

NEW_YORK = ZoneInfo("America/New_York")
LAST_ENTRY_BEFORE_CLOSE_NS = 30 * 60 * NS_PER_S  # a day with less left is not worth going on with
DAYS_SEARCHED_MAX = 14
OPEN_AT = re.compile(r"\A([01]?\d|2[0-3]):([0-5]\d)\Z")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What `hftctl start` was told on its command line; None: not told."""

    mode: str | None = None
    strategies: tuple[str, ...] | None = None
    symbols: tuple[str, ...] | None = None
    tape: str | None = None
    seed: int | None = None
    scenario: str | None = None
    demo: bool = False

    @property
    def says_where(self) -> bool:
        """Return whether it says which venue is meant; a tape, a seed and a scenario are the embedded exchange's."""
        return self.demo or any(told is not None for told in (self.mode, self.tape, self.seed, self.scenario))

    def overrides(self) -> dict[str, Any]:
        """Return dotted setting names with the values that were told."""
        told = {
            "fleet.mode": self.mode,
            "fleet.strategies": self.strategies,
            "fleet.symbols": self.symbols,
            "sim.tape": self.tape,
            "sim.seed": self.seed,
            "sim.scenario": self.scenario,
            "fleet.profile": "demo" if self.demo else None,
        }
        return {name: value for name, value in told.items() if value is not None}


def market_anchor_ns(sim: Sim, *, wall_ns: int, mono_ns: int, tape_first_ns: int, before: Launch | None) -> int:
    """Return the market time of this moment, ns UTC, for a fleet on the embedded exchange.

    `before` is the launch that this home saw last. Raises ConfigError for an `open_at` that is no time of day.
    """
    if tape_first_ns:
        return tape_first_ns
    fresh_ns = _opening_ns(_newest_trading_day(_new_york(wall_ns).date()), sim.open_at)
    if before is None or before.overrides.get("sim.tape") or not before.anchor_utc_ns:
        return fresh_ns
    gone_on_ns = before.anchor_utc_ns + int((mono_ns - before.anchor_mono_ns) * before.rate)
    if mono_ns < before.anchor_mono_ns or gone_on_ns < fresh_ns:
        return fresh_ns  # the machine was restarted, or that was another day
    return gone_on_ns if _minutes_are_left(gone_on_ns) else _opening_ns(_day_after(gone_on_ns), sim.open_at)


def _new_york(ns: int) -> datetime:
    return datetime.fromtimestamp(ns // NS_PER_S, NEW_YORK)


def _newest_trading_day(day: date) -> date:
    from venue import sessions

    for back in range(DAYS_SEARCHED_MAX):
        if sessions.is_trading_day(day - timedelta(days=back)):
            return day - timedelta(days=back)
    raise AssertionError(f"no trading day in the {DAYS_SEARCHED_MAX} days before {day}")


def _day_after(ns: int) -> date:
    from venue import sessions

    return sessions.next_day(_new_york(ns).date()).date


def _minutes_are_left(ns: int) -> bool:
    from venue import sessions

    day = sessions.day_of(_new_york(ns).date())
    return day is not None and ns < day.close_ns - LAST_ENTRY_BEFORE_CLOSE_NS


def _opening_ns(day: date, open_at: str) -> int:
    found = OPEN_AT.match(open_at)
    if found is None:
        raise ConfigError(
            "sim.open_at has a wrong value.", f"{open_at!r} is not a time of day.", 'Write it like "09:45".'
        )
    local = datetime.combine(day, time(int(found[1]), int(found[2])), NEW_YORK)
    return int(local.timestamp()) * NS_PER_S
