"""The trading day by arithmetic agrees with the zone database, and the phases follow the table."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from strategies.sdk.session import Phase, Session, close_min, minute_of_day, new_york_offset_s

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> int:
    """Return ns UTC of a New York time."""
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * 10**9


@pytest.mark.parametrize("year", [2007, 2012, 2018, 2026, 2027])
def test_the_offset_is_that_of_the_zone_database_at_every_hour_of_the_year(year: int) -> None:
    start = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    for hour in range(365 * 24):
        moment = start + dt.timedelta(hours=hour)
        expected = moment.astimezone(NEW_YORK).utcoffset()
        assert expected is not None
        assert new_york_offset_s(int(moment.timestamp())) == expected.total_seconds(), moment


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01", "2026-11-23"])
def test_the_minute_of_the_day_is_the_wall_clocks_also_when_it_changes(day: str) -> None:
    for minute in range(24 * 60):
        moment = dt.datetime.fromtimestamp(at(f"{day} 00:00:00") / 1e9 + 60 * minute, dt.UTC)
        wall = moment.astimezone(NEW_YORK)
        assert minute_of_day(round(moment.timestamp()) * 10**9) == wall.hour * 60 + wall.minute


@pytest.mark.parametrize(
    ("time", "phase"),
    [
        ("2026-11-23 09:29:59", Phase.CLOSED),
        ("2026-11-23 09:30:00", Phase.OBSERVE),
        ("2026-11-23 09:39:59", Phase.OBSERVE),
        ("2026-11-23 09:40:00", Phase.NORMAL),
        ("2026-11-23 11:30:00", Phase.LUNCH),
        ("2026-11-23 13:30:00", Phase.NORMAL),
        ("2026-11-23 15:45:00", Phase.EXITS),
        ("2026-11-23 15:50:00", Phase.FLATTEN),
        ("2026-11-23 15:55:00", Phase.FLATTEN_NOW),
        ("2026-11-23 16:00:00", Phase.CLOSED),
        ("2026-11-22 11:00:00", Phase.CLOSED),
        ("2012-06-21 10:00:00", Phase.NORMAL),
        ("2026-11-27 12:44:59", Phase.LUNCH),
        ("2026-11-27 12:45:00", Phase.EXITS),
        ("2026-11-27 12:55:00", Phase.FLATTEN_NOW),
        ("2026-11-27 13:00:00", Phase.CLOSED),
        ("2026-11-27 15:00:00", Phase.CLOSED),
    ],
)
def test_each_time_of_the_day_has_its_phase(time: str, phase: Phase) -> None:
    assert Session().phase(at(time)) is phase


@pytest.mark.parametrize(
    ("day", "early"),
    [
        ("2026-11-27", True),  # after Thanksgiving
        ("2026-11-20", False),
        ("2023-11-24", True),
        ("2026-12-24", True),
        ("2021-12-24", False),  # a Friday: Christmas itself was kept on it
        ("2025-07-03", True),
        ("2026-07-02", False),
        ("2026-07-03", False),  # a Friday: the Fourth itself is kept on it
    ],
)
def test_half_days_are_known_by_rule(day: str, *, early: bool) -> None:
    assert (close_min(dt.date.fromisoformat(day)) == 13 * 60) is early


def test_a_session_that_observes_nothing_trades_at_the_opening() -> None:
    assert Session(0).phase(at("2012-06-21 09:30:00")) is Phase.NORMAL


@pytest.mark.parametrize(
    ("observe_min", "time", "phase"),
    [
        (120, "2026-11-23 11:29:59", Phase.OBSERVE),
        (120, "2026-11-23 11:30:00", Phase.LUNCH),
        (180, "2026-11-23 11:31:00", Phase.OBSERVE),
        (180, "2026-11-23 12:29:59", Phase.OBSERVE),
        (180, "2026-11-23 12:30:00", Phase.LUNCH),
        (180, "2026-11-23 13:30:00", Phase.NORMAL),
        (300, "2026-11-23 14:29:00", Phase.OBSERVE),
        (300, "2026-11-23 14:30:00", Phase.NORMAL),
        (380, "2026-11-23 15:44:59", Phase.OBSERVE),
        (380, "2026-11-23 15:45:00", Phase.EXITS),
        (380, "2026-11-23 15:51:00", Phase.FLATTEN),
        (900, "2026-11-23 15:56:00", Phase.FLATTEN_NOW),
        (900, "2026-11-23 16:00:00", Phase.CLOSED),
        (180, "2026-11-27 12:29:59", Phase.OBSERVE),
        (180, "2026-11-27 12:30:00", Phase.LUNCH),
        (240, "2026-11-27 12:46:00", Phase.EXITS),
    ],
)
def test_while_it_only_watches_nothing_that_takes_entries_begins(observe_min: float, time: str, phase: Phase) -> None:
    assert Session(observe_min).phase(at(time)) is phase


def test_the_phase_follows_a_clock_that_moves_on_and_one_that_is_set_back() -> None:
    session = Session()
    seen = [session.phase(at(f"2026-11-23 {time}:00")) for time in ("09:35", "10:00", "12:00", "09:35", "17:00")]
    assert seen == [Phase.OBSERVE, Phase.NORMAL, Phase.LUNCH, Phase.OBSERVE, Phase.CLOSED]


def test_only_normal_and_lunch_take_entries_and_lunch_asks_for_more() -> None:
    assert {phase for phase in Phase if phase.takes_entries} == {Phase.NORMAL, Phase.LUNCH}
    assert {phase for phase in Phase if not phase.takes_orders} == {Phase.CLOSED, Phase.OBSERVE}
    assert Phase.LUNCH.caution > Phase.NORMAL.caution


def test_minutes_count_from_new_yorks_midnight() -> None:
    assert minute_of_day(at("2026-07-01 09:30:00")) == 570
