"""What a real broker would have charged: the regulatory fees by date (paper charges none).

Sources: SEC Section 31 fee rate advisories, FINRA TAF (Section 1 of Schedule A), Alpaca's CAT schedule of 2026-09-17.
Rule: rates stand in dated tables, newest last; before a table's first row nothing is charged, because we do not know.
Alpaca sums each kind per day and rounds up to the cent; here each fill is rounded to the nearest 1e-4 dollar.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from typing import TYPE_CHECKING, TypeVar

from hft.words import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

Date = dt.date
T = TypeVar("T")

# Dollars per million dollars sold.
SEC_PER_MILLION: Sequence[tuple[Date, float]] = (
    (Date(2016, 2, 16), 21.80),
    (Date(2017, 7, 4), 23.10),
    (Date(2018, 5, 22), 13.00),
    (Date(2019, 4, 16), 20.70),
    (Date(2020, 2, 18), 22.10),
    (Date(2021, 2, 25), 5.10),
    (Date(2022, 5, 14), 22.90),
    (Date(2023, 2, 27), 8.00),
    (Date(2024, 5, 22), 27.80),
    (Date(2025, 5, 14), 0.00),
    (Date(2026, 4, 4), 20.60),
)
# Dollars per share sold, and the most per trade. The holiday of 2026-10-01 to 12-31 is not taken: whether a broker
# passes it on is not known, and a cost is better over- than understated.
TAF_PER_SHARE: Sequence[tuple[Date, tuple[float, float]]] = (
    (Date(2023, 1, 1), (0.000145, 7.27)),
    (Date(2024, 1, 1), (0.000166, 8.30)),
    (Date(2026, 1, 1), (0.000195, 9.79)),
)
# Dollars per share bought or sold.
CAT_PER_SHARE: Sequence[tuple[Date, float]] = ((Date(2026, 9, 17), 0.000003),)

UNITS_PER_USD = 10_000


def fee(day: dt.date, side: Side, qty: int, notional: int) -> int:
    """Return the regulatory fees of one fill on `day`, in 1e-4 dollar; `notional` in 1e-4 dollar."""
    usd = _rate(CAT_PER_SHARE, day, 0.0) * qty
    if side is Side.SELL:
        per_share, most = _rate(TAF_PER_SHARE, day, (0.0, 0.0))
        usd += min(per_share * qty, most)
        usd += _rate(SEC_PER_MILLION, day, 0.0) * notional / UNITS_PER_USD / 1_000_000
    return round(usd * UNITS_PER_USD)


def _rate(table: Sequence[tuple[dt.date, T]], day: dt.date, before: T) -> T:
    at = bisect_right(table, day, key=lambda row: row[0])
    return table[at - 1][1] if at else before
