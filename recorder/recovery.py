"""What the recorder knows when it starts, read from its own files: start-up is recovery.

The live file is the truth. A torn last line is cut; every whole line moves its producer on and goes through the day's
fold again. What only the days that were put away can tell (producers that were silent since, launches already
announced, positions brought into the day) comes from the checkpoint, or where that is missing from those files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft import eventline, events
from hft.codec import UNREADABLE
from hft.eventline import Stamp
from hft.events import AnyEvent
from recorder import archive
from recorder.alerts import PROMISED
from recorder.day import Day
from recorder.days import day_of, ns_of
from recorder.lines import Unfit, head_of
from recorder.progress import Producer, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hft.home import Home
    from recorder.lines import Head

LAUNCHES_MAX = 1_000
Positions = dict[str, dict[str, tuple[int, int]]]


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when the file of `day` is put away."""

    day: str = ""
    producers: dict[str, Producer] = {}
    launches: tuple[str, ...] = ()
    positions: Positions = {}


class Recovered(msgspec.Struct, kw_only=True):
    """Everything that the core starts with."""

    day: str
    progress: Progress
    fold: Day
    brought: Positions
    launches: list[str]
    untold: dict[str, tuple[Stamp, AnyEvent]]
    lines: int = 0
    unreadable: int = 0
    torn_bytes: int = 0
    router_stopped: bool = True
    played: events.DayPlayed | None = None


def recover(home: Home, now_ns: int) -> Recovered:
    """Return what the files tell. `day` is the day of the live file, which may be another than that of `now_ns`."""
    live = archive.live_file(home)
    torn = archive.cut_torn_tail(live)
    live_day = day_of_file(archive.tail_of(live))
    before = _checkpoint(home)
    day = live_day or day_of(now_ns)
    found = Recovered(
        day=day,
        progress=Progress(dict(before.producers)),
        fold=Day(day),
        brought=before.positions if before.day != live_day else {},
        launches=list(before.launches),
        untold={},
        torn_bytes=torn,
    )
    if day in archive.days(home):
        read_into(found, archive.lines_of_day(home, day))  # this day was played before
    if live.is_file():
        read_into(found, archive.lines_of(live))
    return found


def read_into(found: Recovered, lines: Iterable[bytes]) -> None:
    """Let every line move its producer on, and go through the day's fold."""
    for raw in lines:
        found.lines += 1
        try:
            head = head_of(raw)
            found.progress.read(head)
            event = eventline.event_of(raw)
        except (Unfit, *UNREADABLE):
            found.unreadable += 1
            continue
        found.fold.add(event)
        _note(found, head, event)


def _note(found: Recovered, head: Head, event: AnyEvent) -> None:
    if isinstance(event, events.FleetStarted):
        found.launches = [*found.launches, event.launch_id][-LAUNCHES_MAX:]
    elif isinstance(event, events.AlertSent):
        found.untold.pop(event.about, None)
    elif isinstance(event, events.DayPlayed):
        found.played = msgspec.structs.replace(event, mark=0)
    elif isinstance(event, events.ProcessStarted | events.ProcessStopping) and event.process == "router":
        found.router_stopped = isinstance(event, events.ProcessStopping)
    if head.event in PROMISED:
        stamp = Stamp(ts=head.ts, producer=head.producer, epoch=head.epoch, seq=head.seq)
        found.untold[about(stamp)] = (stamp, event)


def about(stamp: Stamp) -> str:
    """Return the name of an event by its number."""
    return f"{stamp.producer}/{stamp.epoch}/{stamp.seq}"


def day_of_file(tail: bytes) -> str:
    """Return the trading day of the last readable line in a file's tail, empty when there is none."""
    for raw in reversed(tail.split(b"\n")):
        try:
            return day_of(ns_of(head_of(raw).ts))
        except (Unfit, ValueError):
            continue
    return ""


def _checkpoint(home: Home) -> Checkpoint:
    try:
        return msgspec.json.decode(archive.checkpoint_file(home).read_bytes(), type=Checkpoint)
    except (FileNotFoundError, *UNREADABLE):
        return _from_archive(home)


def _from_archive(home: Home) -> Checkpoint:
    """Return the checkpoint as the days that were put away tell it."""
    past = Checkpoint()
    for day in archive.days(home):
        found = Recovered(
            day=day,
            progress=Progress(past.producers),
            fold=Day(day),
            brought={},
            launches=list(past.launches),
            untold={},
        )
        read_into(found, archive.lines_of_day(home, day))
        past = checkpoint(found.fold, found.progress, found.launches)
    return past


def checkpoint(fold: Day, progress: Progress, launches: list[str]) -> Checkpoint:
    """Return what must be known after the day of `fold` was put away."""
    return Checkpoint(day=fold.day, producers=progress.producers, launches=tuple(launches), positions=fold.positions())
