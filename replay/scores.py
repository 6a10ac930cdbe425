"""A sweep's results in one table: the honest book first, with intervals, beside a market where nobody can earn.

An interval is Student's, two-sided; with many cells tried, the level is shared among them (Bonferroni, 1936), because
the best of twenty lucky ones always looks good. What is counted are markets: seeds on one recorded day differ in
latencies and chance fills only, so a day's runs are one number, their mean; each seed of the generator is a market.
"""

from __future__ import annotations

import math
from statistics import NormalDist, fmean, stdev
from typing import TYPE_CHECKING, Any

import msgspec

from replay.sources import GENERATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from replay.play import Result

LEVEL = 0.05
ALL = "ALL"
BOOKS = ("pnl_honest_mid", "pnl_honest_low", "pnl_honest_high", "pnl_paper")


class Estimate(msgspec.Struct, frozen=True):
    """A mean over markets, and the half width of its interval (None from a single one, or when all said the same)."""

    mean: float
    half: float | None
    runs: int  # so many independent numbers

    @property
    def excludes_zero(self) -> bool:
        """Return whether zero lies outside of the interval."""
        return self.half is not None and abs(self.mean) > self.half


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One cell. Dollars a run; an estimate is None where no run told that number."""

    cell: dict[str, Any]
    runs: int
    books: dict[str, Estimate | None]
    control: Estimate | None
    orders: float
    fills: float
    sharpe: float | None  # mean over standard deviation of the markets, honest where there is one

    @property
    def headline(self) -> Estimate | None:
        """Return the honest estimate, or the paper one where the honest book is silent."""
        return self.books["pnl_honest_mid"] or self.books["pnl_paper"]


def score(cell: dict[str, Any], results: Sequence[Result], controls: Sequence[Result], *, cells: int) -> Score:
    """Return the score of a cell from its runs, and from those on the null market."""
    level = LEVEL / max(1, cells)
    books = {name: estimate(_values(results, name), level) for name in BOOKS}
    honest = _values(controls, "pnl_honest_mid") or _values(controls, "pnl_paper")
    values = _values(results, "pnl_honest_mid") or _values(results, "pnl_paper")
    return Score(
        cell=cell,
        runs=len(results),
        books=books,
        control=estimate(honest, level),
        orders=_mean(_values(results, "orders")),
        fills=_mean(_values(results, "fills")),
        sharpe=_sharpe(values),
    )


def estimate(values: Sequence[float], level: float) -> Estimate | None:
    """Return mean and half width at a level; None without values."""
    if not values:
        return None
    if len(set(values)) == 1:
        return Estimate(values[0], None, len(values))
    half = student(1 - level / 2, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Estimate(fmean(values), half, len(values))


def student(p: float, freedom: int) -> float:
    """Return the quantile of Student's t, exact for 1 and 2 degrees of freedom, else within 1 % (Hill 1970)."""
    if freedom == 1:
        return math.tan(math.pi * (p - 0.5))
    if freedom == 2:  # noqa: PLR2004 the second closed form
        return (2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p)))
    return _hill(2 * (1 - p), freedom)


def _hill(both_tails: float, n: int) -> float:
    """Return the t with this probability in both tails (Hill, "Algorithm 396: Student's t-quantiles", CACM 1970)."""
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * both_tails) ** (2 / n)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(both_tails / 2)
        y = x * x
        if n < 5:  # noqa: PLR2004 as published
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        y = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * (n + 1) / (n + 2)
        y += 1 / ((d * both_tails) ** (2 / n))
    return math.sqrt(n * y)


def are_of_one_day(results: Iterable[Result]) -> bool:
    """Return whether all runs are of one recorded market: their intervals then tell of chance, not of other days."""
    sources = {result.source for result in results}
    return len(sources) == 1 and sources != {GENERATED}


def _values(results: Iterable[Result], column: str) -> list[float]:
    """Return a column of the ALL rows, a number for each market (of a single one: for each run), where it is told."""
    found: dict[tuple[str, int], list[float]] = {}
    results = list(results)
    one_day = are_of_one_day(results)
    for result in results:
        market = result.source, result.seed if one_day or result.source == GENERATED else 0
        told = [float(row[column]) for row in result.rows if row["strategy"] == ALL and row.get(column)]
        found.setdefault(market, []).extend(told)
    return [fmean(values) for values in found.values() if values]


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


def _sharpe(values: Sequence[float]) -> float | None:
    spread = stdev(values) if len(values) > 1 else 0.0
    return fmean(values) / spread if spread else None
