"""The days that a home keeps: what is there, whether it is whole, and clearing out. Reads with the recorder's readers.

Rule: clearing takes ticks, and events only when told so; the last recorded day with what ran on it, the summary and the
reports stay.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from hft import eventline
from hft.clock import NS_PER_S
from hft.codec import UNREADABLE
from hft.errors import UsageError
from hft.messages import Quote, Trade
from recorder import archive
from recorder.days import NEW_YORK
from recorder.offline import day_lines, days, live_day
from recorder.tapeformat import FILES, STRUCTS
from recorder.tapereader import array, symbols
from replay import runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hft.home import Home

DAY = re.compile(r"\A\d{4}-\d\d-\d\d\Z")
AGE = re.compile(r"\A(\d{1,5})d\Z")
TOLD_MAX = 5  # findings of one kind that are named one by one
MIB = 1 << 20
INPUTS = "inputs"


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """One day: its ticks, who is in it, how large tape and events are, whether a report was written."""

    day: str
    symbols: tuple[str, ...]
    quotes: int
    trades: int
    tape_bytes: int
    events_bytes: int
    report: bool


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` says of one day: what was counted, and what is wrong with it."""

    day: str
    ticks: int
    events: int
    missed_batches: int
    problems: tuple[str, ...]


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that clearing takes."""

    path: str
    size_bytes: int


def known_days(home: Home) -> list[str]:
    """Return every day of which there are ticks or events, oldest first."""
    taped = [path.name for path in home.data.glob("*") if DAY.match(path.name)] if home.data.is_dir() else []
    return sorted({*taped, *days(home)})


def day_row(home: Home, day: str) -> DayRow:
    """Return what there is of a day."""
    tape = home.data / day
    packed, plain = home.logs / f"events-{day}.jsonl.gz", home.logs / f"events-{day}.jsonl"
    put_away = set(archive.days(home))
    files = [packed, plain] if day in put_away else []
    if day in set(days(home)) - put_away:
        files = [archive.live_file(home)]
    return DayRow(
        day=day,
        symbols=tuple(symbols(tape)),
        quotes=_records(tape, Quote),
        trades=_records(tape, Trade),
        tape_bytes=size_of(tape),
        events_bytes=sum(size_of(file) for file in files),
        report=(home.reports / f"{day}.html").is_file(),
    )


def _records(tape: Path, kind: type) -> int:
    return size_of(tape / FILES[kind]) // STRUCTS[kind].size


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder; 0 when it is not there."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.is_file() else 0


def verify(home: Home, day: str) -> Finding:
    """Read a whole day and return what is wrong with it. Batches that were missed are counted, not a problem."""
    ticks, missed, tape_problems = _verify_tape(home.data / day)
    count, event_problems = _verify_events(home, day)
    return Finding(
        day=day, ticks=ticks, events=count, missed_batches=missed, problems=(*tape_problems, *event_problems)
    )


def _verify_tape(tape: Path) -> tuple[int, int, list[str]]:
    names, ticks, problems = symbols(tape), 0, []
    batches: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for kind, file in FILES.items():
        torn = size_of(tape / file) % STRUCTS[kind].size
        if torn:
            problems.append(f"{file}: the last record is torn ({torn} bytes); readers leave it out")
        rows = array(tape, kind)
        ticks += len(rows)
        unnamed = sum(number >= len(names) or not names[number] for number in rows["symbol"].tolist())
        if unnamed:
            problems.append(f"{file}: {unnamed} records of a symbol that symbols.txt does not name; readers skip them")
        for epoch, symbol, seq in zip(*(rows[name].tolist() for name in ("epoch", "symbol", "seq")), strict=True):
            batches[epoch, symbol].add(seq)
    missed = sum(max(seqs) - min(seqs) + 1 - len(seqs) for seqs in batches.values())
    return ticks, missed, problems


def _verify_events(home: Home, day: str) -> tuple[int, list[str]]:
    last: dict[tuple[str, int], int] = {}
    count, problems = 0, list[str]()
    try:
        for raw in day_lines(home, day):
            count += 1
            problems += _verify_line(raw, count, last)
    except (EOFError, OSError, zlib.error) as error:
        problems.append(f"events: cannot be read after line {count}: {error}")
    more = len(problems) - TOLD_MAX
    return count, problems[:TOLD_MAX] + ([f"events: {more} findings more"] if more > 0 else [])


def _verify_line(raw: bytes, number: int, last: dict[tuple[str, int], int]) -> Iterator[str]:
    try:
        stamp, _ = eventline.read(raw)
    except UNREADABLE as error:
        yield f"events: line {number} is not an event of this version: {error}"
        return
    whose = (stamp.producer, stamp.epoch)
    before = last.get(whose)
    last[whose] = stamp.seq
    if before is not None and stamp.seq != before + 1:
        yield f"events: {stamp.producer} epoch {stamp.epoch} goes from number {before} to {stamp.seq}"


def removals(home: Home, keep: str, today_ns: int, *, events: bool) -> list[Removal]:
    """Return what is older than `keep` (as in 30d) and would go; raise UsageError for another form."""
    found = AGE.match(keep)
    if found is None:
        raise UsageError(f"--keep {keep} is not a number of days.", "", "Write it like 30d.")
    now = dt.datetime.fromtimestamp(today_ns // NS_PER_S, NEW_YORK)
    oldest = (now - dt.timedelta(days=int(found[1]))).date().isoformat()
    kept = _kept(home)
    paths = [
        path
        for day in known_days(home)
        if day < oldest and day not in kept
        for path in (home.data / day, *_archives(home, day, wanted=events))
        if path.exists()
    ]
    paths += _inputs_before(home, today_ns // NS_PER_S - int(found[1]) * 86_400)
    return [Removal(path=str(path), size_bytes=size_of(path)) for path in paths]


def _kept(home: Home) -> set[str]:
    """Return the days that always stay: the last, and the one that is being recorded (an old tape may be playing)."""
    return {*known_days(home)[-1:], live_day(home)} - {""}


def _archives(home: Home, day: str, *, wanted: bool) -> tuple[Path, ...]:
    return (home.logs / f"events-{day}.jsonl.gz", home.logs / f"events-{day}.jsonl") if wanted else ()


def _inputs_before(home: Home, oldest_s: int) -> list[Path]:
    """Return what strategies heard in runs that ended before `oldest_s`, but for those of the days that stay."""
    folder = home.data / INPUTS
    ended = [path for path in sorted(folder.glob("*")) if path.stat().st_mtime < oldest_s] if folder.is_dir() else []
    kept = {run.path for day in _kept(home) for run in runs.of_day(home.data, day)} if ended else set()
    return [path for path in ended if path not in kept]


def remove(found: list[Removal], home: Home) -> None:
    """Remove what `removals` named."""
    from pathlib import Path

    for removal in found:
        path = Path(removal.path)
        assert path.is_relative_to(home.root)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def mib(size_bytes: int) -> str:
    """Return a size as people read it."""
    return f"{size_bytes / MIB:.1f} MiB"
