"""A day's fills cut by symbol and by hour: where, and when, the market paid. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from recorder.days import NEW_YORK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from recorder.report.collect import Fill

PX_PER_USD = 10_000
Json = dict[str, Any]


def by_symbol(fills: Iterable[Fill]) -> list[Json]:
    """Return one row for each symbol, by name."""
    return _rows(fills, lambda fill: fill.symbol)


def by_hour(fills: Iterable[Fill]) -> list[Json]:
    """Return one row for each hour in New York, in order."""
    return _rows(fills, lambda fill: _hour(int(fill.at_s // 3_600)))


def _hour(number: int) -> str:
    begins = dt.datetime.fromtimestamp(number * 3_600, NEW_YORK)
    return f"{begins:%H:00}"


def _rows(fills: Iterable[Fill], key: Callable[[Fill], str]) -> list[Json]:
    parts: defaultdict[str, list[Fill]] = defaultdict(list)
    for fill in fills:
        parts[key(fill)].append(fill)
    return [_row(name, part) for name, part in sorted(parts.items())]


def _row(name: str, fills: Sequence[Fill]) -> Json:
    return {
        "name": name,
        "fills": len(fills),
        "shares": sum(fill.qty for fill in fills),
        "traded": sum(fill.qty * fill.px for fill in fills) / PX_PER_USD,
        "capture_bps": capture_bps(fills),
    }


def capture_bps(fills: Sequence[Fill]) -> float | None:
    """Return the share-weighted distance from the value at which we traded, in basis points; good is positive."""
    known = [(fill.capture_bps, fill.qty) for fill in fills if fill.capture_bps is not None]
    weight = sum(qty for _, qty in known)
    return sum(bps * qty for bps, qty in known) / weight if weight else None
