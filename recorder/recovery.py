"""What the recorder knows when it starts, read from its own files: start-up is recovery.

The live file is the truth. A torn last line is cut; every whole line moves its producer on and goes through the day's
fold again. What only the days that were put away can tell (producers that were silent since, launches already
announced, positions brought into the day) comes from the checkpoint, or where that is missing from those files.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

from hft import eventline, events
from hft.codec import UNREADABLE
from hft.eventline import Stamp
from hft.events import AnyEvent
from recorder import archive
from recorder.alerts import PROMISED_KINDS
from recorder.day import Day
from recorder.days import day_of, ns_of
from recorder.lines import Unfit, head_of
from recorder.progress import Producer, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hft.home import Home

LAUNCHES_MAX = 1_000
_whose, _seq, _mark = attrgetter("producer", "epoch"), attrgetter("seq"), attrgetter("mark")
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
    for bundle in eventline.bundles(lines):
        found.lines += len(bundle)
        try:
            told = eventline.read_all(bundle)
        except UNREADABLE:
            _read_singly(found, bundle)
        else:
            _move_on(found.progress, *told)
            _fold(found, *told)


def _read_singly(found: Recovered, lines: list[bytes]) -> None:
    """Read lines of which some cannot be read: also of an event of a later version the head moves its producer on."""
    for raw in lines:
        try:
            head = head_of(raw)
            found.progress.read(head.producer, head.epoch, head.seq, head.mark)
            stamp, event = eventline.read(raw)
        except (Unfit, *UNREADABLE):
            found.unreadable += 1
        else:
            _fold(found, [stamp], [event])


def _move_on(progress: Progress, stamps: list[Stamp], happened: list[AnyEvent]) -> None:
    """Note how far the producers are; the lines of one batch follow each other, and only the last of them tells."""
    told = zip(map(_whose, stamps), map(_seq, stamps), map(_mark, happened), strict=True)
    for (producer, epoch), run in groupby(told, itemgetter(0)):
        _, seqs, marks = zip(*run, strict=True)
        progress.read(producer, epoch, max(seqs), max(marks))


def _fold(found: Recovered, stamps: list[Stamp], happened: list[AnyEvent]) -> None:
    for stamp, event in zip(stamps, happened, strict=True):
        found.fold.add(event)
        if type(event) in _NOTED:
            _NOTED[type(event)](found, event)
        if type(event) in PROMISED_KINDS:
            found.untold[about(stamp)] = (stamp, event)


def _on_launch(found: Recovered, event: events.FleetStarted) -> None:
    found.launches = [*found.launches, event.launch_id][-LAUNCHES_MAX:]


def _on_told(found: Recovered, event: events.AlertSent) -> None:
    found.untold.pop(event.about, None)


def _on_played(found: Recovered, event: events.DayPlayed) -> None:
    found.played = msgspec.structs.replace(event, mark=0)


def _on_process(found: Recovered, event: events.ProcessStarted | events.ProcessStopping) -> None:
    if event.process == "router":
        found.router_stopped = isinstance(event, events.ProcessStopping)


_NOTED: dict[type, Callable[[Recovered, Any], None]] = {
    events.FleetStarted: _on_launch,
    events.AlertSent: _on_told,
    events.DayPlayed: _on_played,
    events.ProcessStarted: _on_process,
    events.ProcessStopping: _on_process,
}


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
