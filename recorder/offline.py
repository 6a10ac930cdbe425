"""A day from the files: the very folds that ran live, so the very numbers. Also the whole summary anew.

What is read: the events of the day (put away or live) and its tick tape.
"""

from __future__ import annotations

from itertools import chain
from operator import add, attrgetter
from typing import TYPE_CHECKING

from hft import eventline
from hft.clock import NS_PER_S
from hft.codec import UNREADABLE
from hft.events import DayPlayed
from recorder import archive, summary, tapebatches
from recorder.alerts import tag_of
from recorder.day import Day
from recorder.days import LINE_TS_CHARS, ns_of, second_of
from recorder.fillmodels import WHOLE, Scale
from recorder.recovery import day_of_file
from recorder.session import Session, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hft.eventline import Stamp
    from hft.events import AnyEvent
    from hft.home import Home
    from hft.schema import Settings


NAME = b'"event":"'  # inside a text it would have backslashes; a line that was made otherwise is decoded to be sure
PLAYED = NAME + b'day.played"'
# What IEX shows of the whole market, measured on a consolidated tape: the national touch was 5.5 times as deep, and
# IEX printed 2.3 % of all volume (reference: one stock, two days; settings may say otherwise).
IEX_DEPTH_SCALE = 5.5
IEX_FLOW_SCALE = 43.0
IEX = Scale(IEX_DEPTH_SCALE, IEX_FLOW_SCALE)
# The same of the embedded exchange's generated market, whose whole book is known (all symbols, calm).
GENERATED = Scale(depth=3.0, flow=10.0)
Told = tuple["Stamp", "AnyEvent", int]
_ts = attrgetter("ts")


def scale_of(settings: Settings, usual: Scale | None = None) -> Scale:
    """Return how much larger the market is than what the feed shows: as set, else `usual`, else by mode.

    A tape shows all: 1.
    """
    simulated = WHOLE if settings.sim.tape else GENERATED
    usual = usual or (IEX if settings.fleet.mode == "paper" else simulated)
    told = settings.recorder
    return Scale(told.depth_scale or usual.depth, told.flow_scale or usual.flow)


def played_of(home: Home, day: str) -> DayPlayed | None:
    """Return what a day was played with as its own record says; None of a day from before that was recorded."""
    told = told_of(day_lines(home, day, PLAYED))
    found = [event for _, event, _ in told if isinstance(event, DayPlayed)]
    return found[-1] if found else None


def scale_of_day(home: Home, day: str, usual: Scale) -> Scale:
    """Return the scale that a day was played with, `usual` where its record does not say."""
    played = played_of(home, day)
    return Scale(played.depth_scale, played.flow_scale) if played else usual


def day_lines(home: Home, day: str, having: bytes = b"") -> Iterator[bytes]:
    """Return the lines of a day, also of one that is not put away yet; all, or those that have some bytes."""
    live = archive.lines_of(archive.live_file(home), having) if day == live_day(home) else ()
    return chain(archive.lines_of_day(home, day, having), live)


def live_day(home: Home) -> str:
    """Return the day that is being recorded, or was last and is not put away; empty when there is none."""
    live = archive.live_file(home)
    return day_of_file(archive.tail_of(live)) if live.is_file() else ""


def day_events(home: Home, day: str) -> Iterator[tuple[Stamp, AnyEvent, int]]:
    """Return the events of a day with their times in ns, in the order of the file; unreadable lines are left out."""
    return told_of(day_lines(home, day))


def lines_with(lines: Iterable[bytes], names: frozenset[bytes]) -> Iterator[bytes]:
    """Return the lines of events with these names, told by their bytes: what need not be decoded costs a tenth."""
    for raw in lines:
        at = raw.find(NAME)
        if at < 0 or raw[at + len(NAME) : raw.find(b'"', at + len(NAME))] in names:
            yield raw


def told_of(lines: Iterable[bytes]) -> Iterator[Told]:
    """Return the events of these lines with their times in ns; unreadable lines are left out."""
    return chain.from_iterable(told_together(lines))


def told_together(lines: Iterable[bytes]) -> Iterator[list[Told]]:
    """Return the same, as many at a time as are decoded together."""
    return map(_told_together, eventline.bundles(lines))


def _told_together(lines: list[bytes]) -> list[Told]:
    try:
        stamps, happened = eventline.read_all(lines)
    except UNREADABLE:
        return list(_told_singly(lines))
    times = list(map(_ts, stamps))
    are_ours = set(map(len, times)) == {LINE_TS_CHARS}
    return list(zip(stamps, happened, _together_ns(times) if are_ours else map(ns_of, times), strict=True))


def _together_ns(times: list[str]) -> Iterator[int]:
    """Return ns_of each of these times of LINE_TS_CHARS; what many have in common is looked up once."""
    wholes = [ts[:19] for ts in times]
    begins_ns = {whole: second_of(whole) * NS_PER_S for whole in set(wholes)}
    return map(add, map(begins_ns.__getitem__, wholes), map(int, [ts[20:29] for ts in times]))


def _told_singly(lines: list[bytes]) -> Iterator[Told]:
    for raw in lines:
        try:
            stamp, event = eventline.read(raw)
        except UNREADABLE:
            continue
        yield stamp, event, ns_of(stamp.ts)


def session_of(home: Home, day: str, scale: Scale) -> Session:
    """Return the day's honest book and mark-outs so far; what came last still waits its turn."""
    return in_order(lambda ahead_s: _loaded(home, day, scale, ahead_s), lambda session: session.late)


def _loaded(home: Home, day: str, scale: Scale, ahead_s: int) -> Session:
    session = Session(day, scale)
    told = told_of(lines_with(day_lines(home, day), frozenset(tag_of(kind).encode() for kind in session.kinds)))
    session.load(told, tapebatches.batches(home.data / day), ahead_s)
    return session


def fold_of(home: Home, day: str) -> Day:
    """Return the day's counts and paper book."""
    fold = Day(day)
    for _, event, _ in day_events(home, day):
        fold.add(event)
    return fold


def days(home: Home) -> list[str]:
    """Return every day of which there are events, the live one last."""
    return sorted({*archive.days(home), *filter(None, [live_day(home)])})


def last_day(home: Home) -> str:
    """Return the day that was recorded last, which is not the latest where an old recording plays; empty: none."""
    return live_day(home) or max(archive.days(home), default="")


def rebuild_summary(home: Home, scale: Scale, kept: Iterable[summary.Row] = ()) -> bytes:
    """Return daily_summary.csv as the files tell it; of days that they do not have, the rows that were kept.

    `scale` is for days that do not say what they were played with.
    """
    rows: list[summary.Row] = []
    for day in days(home):
        taped = (home.data / day).is_dir()
        session = session_of(home, day, scale_of_day(home, day, scale)) if taped else None
        if session is not None:
            session.finish()
        rows += summary.rows_of(fold_of(home, day), session)
    return summary.encode(summary.merge(kept, rows))
