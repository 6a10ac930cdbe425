"""What a real broker would have charged: the regulatory fees by date (paper charges none).

Sources: SEC Section 31 fee rate advisories, FINRA TAF (Section 1 of Schedule A), Alpaca's CAT schedule of 2026-09-17.
Rule: rates stand in dated tables, newest last, and hold from the New York day of the trade on (the SEC charges by the
day of settlement, so the last day or two before a change may cost the new rate); before a table's first row nothing is
charged, because we do not know. Everything is exact in 1e-12 dollar until it is rounded: as Alpaca does it, each kind
is summed per day and rounded up to the cent (`Fees`); a single fill looked at alone is rounded up to 1e-4 dollar.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from hft.words import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

Date = dt.date
T = TypeVar("T")

# Cents per million dollars sold.
SEC_CENTS_PER_MILLION: Sequence[tuple[Date, int]] = (
    (Date(2016, 2, 16), 2_180),
    (Date(2017, 7, 4), 2_310),
    (Date(2018, 5, 22), 1_300),
    (Date(2019, 4, 16), 2_070),
    (Date(2020, 2, 18), 2_210),
    (Date(2021, 2, 25), 510),
    (Date(2022, 5, 14), 2_290),
    (Date(2023, 2, 27), 800),
    (Date(2024, 5, 22), 2_780),
    (Date(2025, 5, 14), 0),
    (Date(2026, 4, 4), 2_060),
)
# Millionths of a dollar per share sold, and the most per trade in cents. The holiday of 2026-10-01 to 12-31 is not
# taken: whether a broker passes it on is not known, and a cost is better over- than understated.
TAF: Sequence[tuple[Date, tuple[int, int]]] = (
    (Date(2023, 1, 1), (145, 727)),
    (Date(2024, 1, 1), (166, 830)),
    (Date(2026, 1, 1), (195, 979)),
)
# Millionths of a dollar per share bought or sold.
CAT: Sequence[tuple[Date, int]] = ((Date(2026, 9, 17), 3),)

MICRO = 1_000_000  # 1e-12 dollar to a millionth of a dollar
CENT = 10_000 * MICRO
UNIT = 100 * MICRO  # 1e-4 dollar
UNITS_PER_CENT = CENT // UNIT


class Charge(NamedTuple):
    """The fees of one fill by kind, exact, in 1e-12 dollar."""

    sec: int
    taf: int
    cat: int


class Rates(NamedTuple):
    """What is charged on one day, in the units of the tables."""

    sec_cents_per_million: int
    taf_per_share: int
    taf_cents_max: int
    cat_per_share: int

    def of(self, side: Side, qty: int, notional: int) -> Charge:
        """Return the fees of one fill; `notional` in 1e-4 dollar."""
        sec, per_share, most, cat = self
        if side is not Side.SELL:
            return Charge(0, 0, cat * qty * MICRO)
        # 1e-4 dollar × 1e-2 dollar / 1e6 dollar = 1e-12 dollar
        return Charge(sec * notional, min(per_share * qty * MICRO, most * CENT), cat * qty * MICRO)

    def rounded(self, side: Side, qty: int, notional: int) -> int:
        """Return the fees of one fill alone in 1e-4 dollar, rounded up; `notional` in 1e-4 dollar."""
        return -(-sum(self.of(side, qty, notional)) // UNIT)


class Fees:
    """What an account owes for one day."""

    __slots__ = ("_cat", "_sec", "_taf")

    def __init__(self) -> None:
        self._sec = self._taf = self._cat = 0

    def add(self, charge: Charge) -> None:
        """Take the fees of one fill."""
        sec, taf, cat = charge
        self._sec += sec
        self._taf += taf
        self._cat += cat

    @property
    def kinds(self) -> tuple[int, int, int]:
        """Return SEC, TAF and CAT in 1e-4 dollar, each rounded up to the cent."""
        return (
            -(-self._sec // CENT) * UNITS_PER_CENT,
            -(-self._taf // CENT) * UNITS_PER_CENT,
            -(-self._cat // CENT) * UNITS_PER_CENT,
        )

    @property
    def total(self) -> int:
        """Return all of it in 1e-4 dollar."""
        return (-(-self._sec // CENT) - (-self._taf // CENT) - (-self._cat // CENT)) * UNITS_PER_CENT


@lru_cache(maxsize=64)
def rates_of(day: dt.date) -> Rates:
    """Return the rates of one New York day."""
    return Rates(_rate(SEC_CENTS_PER_MILLION, day, 0), *_rate(TAF, day, (0, 0)), _rate(CAT, day, 0))


def charge_of(day: dt.date, side: Side, qty: int, notional: int) -> Charge:
    """Return the regulatory fees of one fill on `day`; `notional` in 1e-4 dollar."""
    return rates_of(day).of(side, qty, notional)


def fee(day: dt.date, side: Side, qty: int, notional: int) -> int:
    """Return the fees of one fill alone in 1e-4 dollar, rounded up; `notional` in 1e-4 dollar."""
    return rates_of(day).rounded(side, qty, notional)


def _rate(table: Sequence[tuple[dt.date, T]], day: dt.date, before: T) -> T:
    at = bisect_right(table, day, key=lambda row: row[0])
    return table[at - 1][1] if at else before
