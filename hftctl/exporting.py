"""A recorded day for other tools: one CSV or Parquet file per kind of tick, and the day's orders and trades.

Prices in dollars, times ns UTC, so that a spreadsheet, pandas or DuckDB reads them without a manual.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from hft.errors import ConfigError, NotRunning
from hft.schema import PX_PER_USD
from hftctl import listing, record
from recorder.offline import days
from recorder.tapeformat import FIELDS, FILES
from recorder.tapereader import array, symbols

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import msgspec

    from hft.home import Home

PRICE_ENDING = "_px"
HIDDEN = frozenset({"epoch", "seq", "index"})  # where a tick stood in its batch: of use to replay only


def check_parquet() -> None:
    """Raise ConfigError when duckdb, which writes Parquet, is not installed."""
    if importlib.util.find_spec("duckdb") is None:
        raise ConfigError(
            "--parquet needs duckdb, which is not installed.",
            "CSV needs nothing more.",
            "Use --csv, or: .venv/bin/pip install duckdb (the extra `research`).",
        )


def export(home: Home, day: str, folder: Path, *, parquet: bool) -> list[Path]:
    """Write a day's files into `folder` and return them; raise NotRunning when nothing of that day is there."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [*_ticks(home.data / day, day, folder), *(_events(home, day, folder) if day in days(home) else ())]
    if not written:
        raise NotRunning(f"Nothing was recorded on {day}.", f"{home.data} has no such day.", "hftctl data list")
    return [_as_parquet(path) for path in written] if parquet else written


def _ticks(tape: Path, day: str, folder: Path) -> Iterator[Path]:
    names = symbols(tape)
    for kind, file in FILES.items():
        rows = array(tape, kind)
        if len(rows):
            fields = [name for name, _ in FIELDS[kind] if name not in HIDDEN]
            columns = [_column(rows[name].tolist(), name, names) for name in fields]
            yield _write(folder / f"{day}-{file.removesuffix('.tape')}.csv", fields, zip(*columns, strict=True))


def _column(values: list[Any], name: str, names: Sequence[str]) -> list[Any]:
    if name == "symbol":
        return [names[value] if value < len(names) else "" for value in values]
    if name.endswith(PRICE_ENDING) or name == "px":
        return [value / PX_PER_USD for value in values]
    return [value.decode("ascii") if isinstance(value, bytes) else value for value in values]


def _events(home: Home, day: str, folder: Path) -> Iterator[Path]:
    tables: tuple[tuple[str, Sequence[msgspec.Struct], type[msgspec.Struct]], ...] = (
        ("orders", record.orders(home, day), record.RecordedOrder),
        ("fills", record.trades(home, day), record.TradeRow),
    )
    for name, rows, kind in tables:
        if rows:
            path = folder / f"{day}-{name}.csv"
            path.write_text(listing.csv_text(rows, kind) + "\n", encoding="utf-8")
            yield path


def _write(path: Path, header: Sequence[str], rows: Any) -> Path:  # noqa: ANN401 an iterator of tuples
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _as_parquet(path: Path) -> Path:
    """Turn a CSV file into a Parquet file beside it; the CSV file goes."""
    duckdb: Any = importlib.import_module("duckdb")
    fresh = path.with_suffix(".parquet")
    duckdb.read_csv(str(path), header=True).write_parquet(str(fresh))
    path.unlink()
    return fresh
