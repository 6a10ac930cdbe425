"""Reading logs: the processes' own lines, merged by time, and the record (logs/events.jsonl).

A line that is not JSON (a traceback) belongs to the line before it. Only the ends of the files are read.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from hft.clock import NS_PER_S, WallClock
from hft.errors import UsageError
from hft.schema import PROCESS_NAMES
from hft.settings import read_launch
from hftctl import daemonlog
from hftctl.eventwords import event_line
from hftctl.screen import clock_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hft.clock import Clock
    from hft.home import Home

EVENTS, RECORD = "events", "events.jsonl"
READ_BYTES_MAX = 4 << 20
FOLLOW_EVERY_S = 0.25
LEVELS = ("debug", "info", "warning", "error", "critical")
RANKS = {name: rank for rank, name in enumerate(LEVELS)} | {"warn": 2, "fatal": 4}  # others' words for ours
SPAN = re.compile(r"\A(\d+)([smhd])\Z")
SPAN_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
STAMP_CHARS = 19
PAINTS = {"warning": "yellow", "error": "red", "critical": "red"}
HIDDEN = frozenset({"ts", "level", "event", "process", "producer"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A line with what follows it, and what is known of it."""

    stamp: str
    text: str
    fields: dict[str, Any]


class Filter:
    """Which entries are wanted."""

    def __init__(
        self, *, level: str | None, pattern: str | None, since: str | None, clock: Clock | None = None
    ) -> None:
        self._rank = LEVELS.index(level) if level else 0
        self._pattern = pattern
        self._newer_than = _moment(since, (clock or WallClock()).now_ns()) if since else ""
        asked = ((level, f"at level {level} or above"), (pattern, f"named {pattern}"), (since, f"since {since}"))
        self._words = [text for given, text in asked if given]

    @property
    def in_words(self) -> str:
        """Return what is asked for, as in ` at level warning or above, since 10m`; nothing when all is."""
        return f" {', '.join(self._words)}" if self._words else ""

    def wants(self, entry: Entry) -> bool:
        """Return whether to show an entry. Without a level that we know it counts as info; it may have no name."""
        rank = RANKS.get(str(entry.fields.get("level")).lower(), RANKS["info"])
        named = self._pattern is None or fnmatch.fnmatchcase(str(entry.fields.get("event", "")), self._pattern)
        return rank >= self._rank and named and entry.stamp >= self._newer_than


def clock_of(home: Home, process: str | None) -> Clock:
    """Return the clock of a log's stamps: this machine's, and of the record that of the market, which may be played."""
    launch = read_launch(home.launch_file) if process == EVENTS else None
    return launch.clock() if launch else WallClock()


def other_time(home: Home, process: str | None) -> str:
    """Return a word on the time where the market of this home has another than its logs; empty where it is the same."""
    launch = read_launch(home.launch_file)
    if process == EVENTS or launch is None or not launch.anchor_utc_ns:
        return ""
    return "these times are this machine's; the market's, which is played, is in hftctl status and hftctl logs events"


def _moment(since: str, now_ns: int) -> str:
    found = SPAN.match(since)
    if found is None:
        raise UsageError(f"--since {since} is not a length of time.", "", "Write it like 30s, 10m, 2h or 1d.")
    second = now_ns / NS_PER_S - int(found[1]) * SPAN_S[found[2]]
    return dt.datetime.fromtimestamp(second, dt.UTC).isoformat()[:STAMP_CHARS]


def sources(home: Home, process: str | None) -> list[Path]:
    """Return the files to read; raise UsageError for a process that never wrote a log here."""
    if process == EVENTS:
        return [home.logs / RECORD]
    files = sorted(home.logs.glob("*.log")) if home.logs.is_dir() else []
    known = [file.stem for file in files if file.stem != "supervisord"]
    if process is None:
        return [file for file in files if file.stem in known]
    if process not in {*known, *PROCESS_NAMES, "supervisord"}:
        there = ", ".join((*known, EVENTS)) or "none yet"
        raise UsageError(f"There is no log of {process}.", f"In {home.logs}: {there}.", "hftctl logs shows all.")
    return [home.logs / f"{process}.log"]


def newest_lines(files: list[Path], kept: Filter, count: int) -> list[str]:
    """Return the newest `count` wanted entries of all files in the order of time."""
    entries = [entry for file in files for entry in _entries(_end_of(file)) if kept.wants(entry)]
    entries.sort(key=lambda entry: entry.stamp)
    return [entry.text for entry in entries[-count:]] if count else []


def nothing_to_show(files: list[Path], kept: Filter) -> str:
    """Return why there is no line to show."""
    if not any(file.is_file() and file.stat().st_size for file in files):
        return "nothing is written yet; hftctl start starts a fleet"
    is_record = [file.name for file in files] == [RECORD]
    where = "docs/events.md has every name" if is_record else "hftctl logs events has every order and fill"
    return f"no line{kept.in_words}; {where}"


def follow_lines(files: list[Path], kept: Filter) -> Iterator[str]:
    """Yield wanted entries as they are written, until interrupted."""
    at = {file: file.stat().st_size if file.is_file() else 0 for file in files}
    while True:
        for file in files:
            size = file.stat().st_size if file.is_file() else 0
            if size > at[file]:
                with file.open("rb") as stream:
                    stream.seek(at[file])
                    text = stream.read(READ_BYTES_MAX)
                whole = text[: text.rfind(b"\n") + 1]
                at[file] += len(whole)
                yield from (entry.text for entry in _entries(whole.decode("utf-8", "replace")) if kept.wants(entry))
            elif size < at[file]:
                at[file] = 0  # rotated
        time.sleep(FOLLOW_EVERY_S)


def _end_of(file: Path) -> str:
    if not file.is_file():
        return ""
    with file.open("rb") as stream:
        size = file.stat().st_size
        stream.seek(max(0, size - READ_BYTES_MAX))
        text = stream.read().decode("utf-8", "replace")
    return text if size <= READ_BYTES_MAX else text.partition("\n")[2]


def _entries(text: str) -> Iterator[Entry]:
    held: Entry | None = None
    for line in text.splitlines():
        fields = _fields(line)
        if fields is None and held is not None:
            held = Entry(held.stamp, f"{held.text}\n{line}", held.fields)
            continue
        if held is not None:
            yield held
        held = Entry(str((fields or {}).get("ts", "")), line, fields or {})
    if held is not None:
        yield held


def _fields(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return daemonlog.fields_of(line)
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def pretty(text: str) -> str:
    """Return an entry for a person: New York time, who, what, then the fields; an event of the record in words."""
    first, _, rest = text.partition("\n")
    fields = _fields(first)
    if fields is None:
        return text
    level = str(fields.get("level", "info"))
    who = str(fields.get("process") or "")
    stamp = _time_of_day(fields.get("ts"))
    if stamp and "producer" in fields and "event" in fields:
        return event_line(fields)
    what = click.style(str(fields.get("event", "")), fg=PAINTS.get(level), bold=level in PAINTS or None)
    hidden = HIDDEN if stamp or not fields.get("ts") else HIDDEN - {"ts"}
    more = " ".join(f"{name}={value}" for name, value in fields.items() if name not in hidden)
    return f"{click.style(stamp, dim=True)} {who:<9} {what} {more}" + (f"\n{rest}" if rest else "")


def _time_of_day(stamp: object) -> str:
    """Return the New York time of day of a stamp; nothing where it is none as ours are: a family may log its own."""
    try:
        return clock_time(str(stamp or ""))
    except (ValueError, OverflowError):
        return ""
