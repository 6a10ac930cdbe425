"""The reports of a day or of several: the pages, their pictures, and the daily returns for other tools.

The recorder's own report makes the pages; here is only which days, where to, and what else is wanted.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
from typing import TYPE_CHECKING, Any

from hft.errors import ConfigError, NotRunning, UsageError
from hft.events import AccountMarked
from hft.schema import PX_PER_USD
from hftctl.record import day_of_record
from recorder.atomic import replace
from recorder.day import ALL
from recorder.offline import day_events, days
from recorder.report import numbers
from recorder.report.write import Written, write_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hft.home import Home
    from hft.settings import Loaded

BETWEEN = ".."
PNG_DPI = 120
RETURN_COLUMNS = (
    "date",
    "equity_start",
    "pnl_paper",
    "pnl_honest_low",
    "pnl_honest_mid",
    "pnl_honest_high",
    "return_paper",
    "return_honest_mid",
)


def days_meant(home: Home, which: str | None) -> list[str]:
    """Return the recorded days of a day, of `FIRST..LAST`, or the last one; raise NotRunning when there is none."""
    if which is None or BETWEEN not in which:
        return [day_of_record(home, which)]
    first, _, last = which.partition(BETWEEN)
    found = [day for day in days(home) if (first or day) <= day <= (last or day)]
    if not found:
        raise NotRunning(
            f"Nothing was recorded from {first or 'the beginning'} to {last or 'today'}.",
            f"{home.logs} has {', '.join(days(home)) or 'no day'}.",
            "hftctl data list shows the days.",
        )
    return found


def write_reports(loaded: Loaded, chosen: Sequence[str], out: Path | None) -> list[Written]:
    """Write a page for each day, `out` being the file of a single day or the folder of several; return them."""
    if out is None or len(chosen) == 1:
        target = out / f"{chosen[0]}.html" if out is not None and out.is_dir() else out
        return [write_report(loaded, day, target) for day in chosen]
    if out.suffix:
        raise UsageError(f"{out} is one file for {len(chosen)} days.", "Each day has its page.", "Name a folder.")
    out.mkdir(parents=True, exist_ok=True)
    return [write_report(loaded, day, out / f"{day}.html") for day in chosen]


def check_plots() -> None:
    """Raise ConfigError when matplotlib, which draws the pictures, is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigError(
            "--png needs matplotlib, which is not installed.",
            "The page itself needs nothing and has every chart.",
            "Leave --png away, or: .venv/bin/pip install matplotlib (the extra `plots`).",
        )


def draw(written: Written) -> Path:
    """Write the day's profit, paper and honest, as a PNG beside the page; return it."""
    importlib.import_module("matplotlib").use("Agg")
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    points = written.found.profits.of(ALL)
    hours = [(point[0] - points[0][0]) / 3_600 for point in points]
    paper, low, mid, high = ([numbers.usd(point[column]) for point in points] for column in range(1, 5))
    figure, axes = pyplot.subplots(figsize=(9, 4.5))
    axes.fill_between(hours, low, high, alpha=0.25, label="honest, from pessimistic to optimistic")
    axes.plot(hours, mid, label="honest, expected")
    axes.plot(hours, paper, label="paper")
    axes.set(title=f"{written.found.day}: profit in dollars", xlabel="hours since the first fill", ylabel="$")
    axes.legend()
    path = written.path.with_suffix(".png")
    figure.savefig(path, dpi=PNG_DPI, bbox_inches="tight")
    pyplot.close(figure)
    return path


def write_returns(home: Home, reports: Sequence[Written], path: Path) -> None:
    """Write one row per day: what the day began with, what it made in both books, and both as a share of it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(RETURN_COLUMNS)
    writer.writerows(_returns(home, report) for report in reports)
    replace(path, text.getvalue().encode())


def _returns(home: Home, report: Written) -> Iterator[object]:
    row = report.table[ALL]
    equity = equity_start(home, report.found.day)
    yield from (report.found.day, "" if equity is None else f"{equity:.2f}")
    yield from (f"{row[name]:.4f}" for name in ("paper", "low", "mid", "high"))
    yield from ("" if not equity else f"{row[name] / equity:.8f}" for name in ("paper", "mid"))


def equity_start(home: Home, day: str) -> float | None:
    """Return the account's equity in dollars when the day began, None when it was never read on that day."""
    for _, event, _ in day_events(home, day):
        if isinstance(event, AccountMarked):
            return (event.equity - event.day_pnl) / PX_PER_USD
    return None


def rows_of(written: Written) -> dict[str, Any]:
    """Return one day for `--json`: where its page is, and the row of each strategy and of ALL, in dollars."""
    return {
        "day": written.found.day,
        "path": str(written.path),
        "strategies": list(written.table.values()),
    }
