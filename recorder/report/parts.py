"""A day's fills cut by symbol and by hour: where, and when, the market paid. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from math import isnan
from operator import mul
from typing import TYPE_CHECKING, Any

from recorder.days import NEW_YORK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from recorder.report.fills import Fill

PX_PER_USD = 10_000
Json = dict[str, Any]
Moves = Mapping[int, Sequence[float]]


def by_symbol(fills: Iterable[Fill], moves: Moves) -> list[Json]:
    """Return one row for each symbol, by name; `moves` has each fill's mark-outs, by horizon."""
    return _rows(fills, moves, lambda fill: fill.symbol)


def by_hour(fills: Iterable[Fill], moves: Moves) -> list[Json]:
    """Return one row for each hour in New York, in order."""
    return _rows(fills, moves, lambda fill: _hour(int(fill.at_s // 3_600)))


@cache
def _hour(number: int) -> str:
    begins = dt.datetime.fromtimestamp(number * 3_600, NEW_YORK)
    return f"{begins:%H:00}"


def _rows(fills: Iterable[Fill], moves: Moves, key: Callable[[Fill], str]) -> list[Json]:
    parts: defaultdict[str, list[Fill]] = defaultdict(list)
    for fill in fills:
        parts[key(fill)].append(fill)
    return [_row(name, part, moves) for name, part in sorted(parts.items())]


def _row(name: str, fills: Sequence[Fill], moves: Moves) -> Json:
    qtys, numbers = [fill.qty for fill in fills], [fill.number for fill in fills]
    return {
        "name": name,
        "fills": len(fills),
        "shares": sum(qtys),
        "traded": sum([fill.qty * fill.px for fill in fills]) / PX_PER_USD,
        "capture_bps": capture_bps(fills),
        "markouts": {str(horizon_s): _mean([found[at] for at in numbers], qtys) for horizon_s, found in moves.items()},
    }


def capture_bps(fills: Sequence[Fill]) -> float | None:
    """Return the share-weighted distance from the value at which we traded, in basis points; good is positive."""
    return _mean([fill.capture_bps for fill in fills], [fill.qty for fill in fills])


def _mean(bps: Sequence[float], qtys: Sequence[int]) -> float | None:
    """Return the share-weighted mean of what is known, None where nothing is."""
    total, weight = sum(map(mul, bps, qtys)), sum(qtys)
    if isnan(total):
        known = [(each, qty) for each, qty in zip(bps, qtys, strict=True) if not isnan(each)]
        total, weight = sum([each * qty for each, qty in known]), sum([qty for _, qty in known])
    return total / weight if weight else None
