"""What a day is played with stands at the head of its file, and again where a start changed it."""

from __future__ import annotations

import msgspec

from hft import events
from recorder.parcels import Append, Rotate, Rotated
from tests.recorder.desk import Desk

PLAYED = events.DayPlayed(
    day="", launch_id="L", mode="sim", market="generated calm", seed=7, rate=1.0, config_hash="c0ffee00",
    depth_scale=3.0, flow_scale=10.0,
)  # fmt: skip
TODAY = msgspec.structs.replace(PLAYED, day="2026-11-23")
HOURS_MS = 3_600_000


def happened() -> events.AnyEvent:
    return events.TicksMissed(reader="router", missed=1, total=1)


def written(desk: Desk) -> list[bytes]:
    return [raw for append in desk.all(Append) for raw in append.data.splitlines()]


def test_nobody_is_written_before_it_is_said() -> None:
    desk = Desk(played=PLAYED)
    desk.wake()
    assert desk.all(events.DayPlayed) == []  # an idle recorder makes no file
    desk.producer("router", happened())
    assert desk.all(events.DayPlayed) == [TODAY]
    desk.producer("router", happened())  # sent again, as it was not acknowledged
    assert [b'"event":"day.played"' in raw for raw in written(desk)] == [True, False]


def test_it_is_said_again_in_the_next_days_file_and_not_before() -> None:
    desk = Desk(played=PLAYED)
    for _ in range(3):
        desk.producer("router", happened())
    desk.wake(24 * HOURS_MS)
    (rotate,) = desk.all(Rotate)
    desk.tell(Rotated(day=rotate.day))
    desk.producer("router", happened(), first_seq=2)
    assert desk.all(events.DayPlayed) == [TODAY, msgspec.structs.replace(PLAYED, day="2026-11-24")]


def test_a_restart_says_it_only_when_it_changed() -> None:
    same = Desk(played=PLAYED, played_in=TODAY, lines=5)
    other = Desk(played=msgspec.structs.replace(PLAYED, depth_scale=5.5), played_in=TODAY, lines=5)
    for desk in (same, other):
        desk.wake()
        desk.producer("router", happened())
    assert same.all(events.DayPlayed) == []
    assert [told.depth_scale for told in other.all(events.DayPlayed)] == [5.5]
