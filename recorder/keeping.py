"""Looking after what was recorded: which days there are, whether they are whole, taking them out, letting old ones go.

For `hftctl data list|verify|export|prune`. Nothing here touches the day that is being recorded, but to read it.
Rule: what is pruned is the tape and the events of a day, never daily_summary.csv, and never today.
"""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from hft.errors import ConfigError, NotRunning
from recorder import archive, offline, tapebatches
from recorder.lines import Unfit, head_of
from recorder.tapeformat import FIELDS, FILES, LETTERS, STRUCTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hft.home import Home

TROUBLES_MAX = 20
FORMATS = ("csv", "parquet")


class DayKept(NamedTuple):
    """One day: bytes of its events, ticks of its tape by kind, bytes of its tape, whether it is still being written."""

    day: str
    event_bytes: int
    ticks: dict[str, int]
    tape_bytes: int
    is_live: bool


def inventory(home: Home) -> list[DayKept]:
    """Return every day of which anything is there, oldest first."""
    taped = {path.name for path in home.data.iterdir() if path.is_dir()} if home.data.is_dir() else set()
    recorded = offline.days(home)
    put_away = set(archive.days(home))
    return [_kept(home, day, is_live=day in recorded and day not in put_away) for day in sorted({*taped, *recorded})]


def _kept(home: Home, day: str, *, is_live: bool) -> DayKept:
    files = [path for path in home.logs.glob(f"events-{day}.jsonl*") if not path.name.endswith(".new")]
    if is_live:
        files.append(archive.live_file(home))
    sizes = {kind: _size(home.data / day / name) for kind, name in FILES.items()}
    ticks = {kind.__name__.lower(): size // STRUCTS[kind].size for kind, size in sizes.items()}
    return DayKept(day, sum(map(_size, files)), ticks, sum(sizes.values()), is_live)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def verify(home: Home, day: str) -> list[str]:
    """Return what is wrong with a day's files, in words; nothing when they are whole. Raise NotRunning without it."""
    _must_exist(home, day)
    return [*_event_troubles(home, day), *_tape_troubles(home.data / day)][:TROUBLES_MAX]


def _event_troubles(home: Home, day: str) -> Iterator[str]:
    last: dict[tuple[str, int], int] = {}
    for number, raw in enumerate(offline.day_lines(home, day), 1):
        try:
            head = head_of(raw)
        except Unfit as error:
            yield f"events line {number}: {error}"
            continue
        before = last.get((head.producer, head.epoch))
        if before is not None and head.seq != before + 1:
            what = "comes again" if head.seq <= before else f"follows {before}"
            yield f"events line {number}: {head.producer}/{head.epoch}/{head.seq} {what}"
        last[head.producer, head.epoch] = max(head.seq, before or 0)


def _tape_troubles(folder: Path) -> Iterator[str]:
    names = tapebatches.symbols(folder)
    for kind, name in FILES.items():
        torn = _size(folder / name) % STRUCTS[kind].size
        if torn:
            yield f"{name}: {torn} bytes of a torn record at the end"
    highest = max((number for number, _, _ in _batch_numbers(folder)), default=-1)
    if highest >= len(names):
        yield f"symbols.txt names {len(names)} symbols, the tape uses number {highest}"
        return
    last: dict[tuple[int, int], int] = {}
    missing: Counter[int] = Counter()
    for symbol, epoch, seq in sorted(set(_batch_numbers(folder))):
        before = last.get((symbol, epoch))
        missing[symbol] += seq - before - 1 if before is not None else 0
        last[symbol, epoch] = seq
    for symbol, count in sorted(missing.items()):
        if count:
            yield f"{names[symbol]}: {count} batches are not on the tape"


def _batch_numbers(folder: Path) -> Iterator[tuple[int, int, int]]:
    for kind, name in FILES.items():
        width = STRUCTS[kind].size
        data = (folder / name).read_bytes() if (folder / name).is_file() else b""
        for row in STRUCTS[kind].iter_unpack(memoryview(data)[: len(data) - len(data) % width]):
            yield row[4], row[2], row[3]


def export(home: Home, day: str, out: Path, kind: str = "csv") -> list[Path]:
    """Write a day's tape as one file for each kind of tick into `out`; return the files.

    Raises NotRunning without the day, ConfigError when Parquet is asked for and the extra `research` is not installed.
    """
    _must_exist(home, day)
    assert kind in FORMATS, kind
    out.mkdir(parents=True, exist_ok=True)
    written = [_export_csv(home.data / day, tick, out) for tick in FILES]
    if kind == "csv":
        return written
    return [_to_parquet(path) for path in written]


def _export_csv(folder: Path, kind: type, out: Path) -> Path:
    names = tapebatches.symbols(folder)
    columns = [name for name, _ in FIELDS[kind]]
    at = columns.index("symbol")
    path, source = out / FILES[kind].replace(".tape", ".csv"), folder / FILES[kind]
    data = source.read_bytes() if source.is_file() else b""
    whole = memoryview(data)[: len(data) - len(data) % STRUCTS[kind].size]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in STRUCTS[kind].iter_unpack(whole):
            cells = [_text(cell) if isinstance(cell, bytes) else cell for cell in row]
            cells[at] = names[row[at]]
            writer.writerow(cells)
    return path


def _text(letters: bytes) -> str:
    return letters[:LETTERS].rstrip(b"\0").decode("ascii")


def _to_parquet(path: Path) -> Path:
    try:
        duckdb: Any = import_module("duckdb")  # of the extra `research`
    except ImportError:
        raise ConfigError(
            "Parquet needs DuckDB.",
            "The extra `research` is not installed.",
            "pip install '.[research]', or use --csv.",
        ) from None
    target = path.with_suffix(".parquet")
    source, goal = (str(each).replace("'", "''") for each in (path, target))
    with duckdb.connect() as connection:
        read = f"SELECT * FROM read_csv('{source}', header = true, all_varchar = false)"  # noqa: S608 our own paths
        connection.execute(f"COPY ({read}) TO '{goal}' (FORMAT parquet)")
    path.unlink()
    return target


def prune(home: Home, keep_days: int, today: str) -> list[Path]:
    """Remove tape and events of days more than `keep_days` before `today`; return what went. The summary stays."""
    assert keep_days >= 1, "at least today is kept"
    oldest = (dt.date.fromisoformat(today) - dt.timedelta(days=keep_days)).isoformat()
    live = {kept.day for kept in inventory(home) if kept.is_live}
    gone: list[Path] = []
    for kept in inventory(home):
        if kept.day < oldest and kept.day not in live:
            gone += _remove(home, kept.day)
    return gone


def _remove(home: Home, day: str) -> Iterator[Path]:
    for path in (home.data / day, *sorted(home.logs.glob(f"events-{day}.jsonl*"))):
        if path.is_dir():
            shutil.rmtree(path)
            yield path
        elif path.is_file():
            path.unlink()
            yield path


def _must_exist(home: Home, day: str) -> None:
    known = [kept.day for kept in inventory(home)]
    if day not in known:
        raise NotRunning(
            f"Nothing was recorded on {day}.", f"There is {', '.join(known) or 'no day'}.", "hftctl data list"
        )
