"""daily_summary.csv: one row per day and strategy, and one for ALL, written from the day's fold (recorder/day.py).

Pure: days in, bytes out, always the same bytes for the same events. Dollars have four decimals because that is what is
known exactly. A cell is empty when the number is not known; nothing is guessed here.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import TYPE_CHECKING

from recorder.counts import Line
from recorder.day import ALL, Day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from recorder.account import Interval
    from recorder.session import Session

PX_PER_USD = 10_000
COLUMNS = (
    "date",
    "strategy",
    "orders",
    "fills",
    "shares",
    "notional",
    "fill_ratio",
    "gross_pnl",
    "fees",
    "pnl_paper",
    "pnl_honest_low",
    "pnl_honest_mid",
    "pnl_honest_high",
    "max_drawdown",
    "markout_1s_bps",
    "markout_5s_bps",
    "markout_30s_bps",
    "rejects",
    "denials",
    "cancels",
    "requests",
    "restarts",
    "end_position_shares",
    "moves",
)
Row = dict[str, str]
MARKOUTS_S = (1, 5, 30)
FORMULA_SIGNS = ("=", "+", "-", "@")


def rows_of(day: Day, session: Session | None = None) -> list[Row]:
    """Return the day's rows, strategies by name, ALL last. Without ticks there is no honest book to tell of."""
    rows = [
        {**_row(day, name, line), **(_honest_row(session, name) if session else {})}
        for name, line in sorted(day.lines.items())
    ]
    return [*rows, {**_row_of_all(day), **(_honest_row_of_all(session) if session else {})}]


def merge(kept: Iterable[Row], fresh: Iterable[Row]) -> list[Row]:
    """Return all rows by date: of a day that is in `fresh`, only those."""
    fresh = list(fresh)
    days = {row["date"] for row in fresh}
    merged = [row for row in kept if row["date"] not in days] + fresh
    return sorted(merged, key=lambda row: (row["date"], row["strategy"] == ALL, row["strategy"]))


def encode(rows: Iterable[Row]) -> bytes:
    """Return the CSV file. A name that a spreadsheet would take for a formula gets a quote in front."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        name = row["strategy"]
        writer.writerow({**row, "strategy": f"'{name}" if name.startswith(FORMULA_SIGNS) else name})
    return text.getvalue().encode()


def decode(data: bytes) -> list[Row]:
    """Return the rows of a CSV file that `encode` wrote; columns that are new since then are empty.

    Raises ValueError for one that something else wrote: a spreadsheet changes letters, commas and dates as it likes.
    """
    try:
        rows = csv.DictReader(io.StringIO(data.decode(), newline=""))
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    header = rows.fieldnames or ()
    if header[:2] != [*COLUMNS[:2]] or not set(header) <= set(COLUMNS):
        raise ValueError(f"its first line is {','.join(header)[:60]!r}")
    found = [{column: row.get(column) or "" for column in COLUMNS} for row in rows]
    for row in found:
        dt.date.fromisoformat(row["date"])
    return found


def dollars(money: int) -> str:
    """Return money (1e-4 dollar) as dollars with four decimals, exactly."""
    whole, rest = divmod(abs(money), PX_PER_USD)
    return f"{'-' if money < 0 else ''}{whole}.{rest:04d}"


def _row(day: Day, name: str, line: Line) -> Row:
    book = line.paper
    return {
        "date": day.day,
        "strategy": name,
        **_counts(line),
        "notional": dollars(line.notional),
        "fill_ratio": f"{line.fill_ratio:.4f}",
        "gross_pnl": dollars(book.pnl),
        "fees": dollars(line.fees),
        "pnl_paper": dollars(book.pnl),
        "max_drawdown": dollars(book.drawdown_max),
        "restarts": str(day.restarts[name]),
        "end_position_shares": str(sum(map(abs, book.positions.values()))),
    }


def _row_of_all(day: Day) -> Row:
    total = Line()
    for line in day.lines.values():
        total.add(line)
    total.count["requests"] = day.total.count["requests"]
    return {
        "date": day.day,
        "strategy": ALL,
        **_counts(total),
        "notional": dollars(total.notional),
        "fill_ratio": f"{total.fill_ratio:.4f}",
        "gross_pnl": dollars(day.pnl),
        "fees": dollars(total.fees),
        "pnl_paper": dollars(day.pnl),
        "max_drawdown": dollars(day.drawdown_max),
        "restarts": str(sum(day.restarts.values())),
        "end_position_shares": str(sum(map(abs, day.account_positions().values()))),
    }


def _honest_row(session: Session, name: str) -> Row:
    interval = session.honest.interval(name)
    return {**_interval(interval), **_markouts(lambda horizon_s: session.markouts.of(name, horizon_s))}


def _honest_row_of_all(session: Session) -> Row:
    return {**_interval(session.honest.interval_of_all()), **_markouts(session.markouts.of_all)}


def _interval(interval: Interval) -> Row:
    return {
        "pnl_honest_low": dollars(interval.low),
        "pnl_honest_mid": dollars(interval.mid),
        "pnl_honest_high": dollars(interval.high),
    }


def _markouts(of: Callable[[int], float | None]) -> Row:
    found = {f"markout_{horizon_s}s_bps": of(horizon_s) for horizon_s in MARKOUTS_S}
    return {name: "" if value is None else f"{value:.3f}" for name, value in found.items()}


def _counts(line: Line) -> Row:
    names = ("orders", "fills", "shares", "rejects", "denials", "cancels", "requests", "moves")
    return {name: str(line.count[name]) for name in names}
