"""Regulatory fees by date: SEC Section 31, FINRA TAF with cap and holiday, CAT. Paper charges none; only when asked.

Each kind is summed per account and day, rounded up to the cent, and booked as a FEE activity the next day
(section 4.8). Before the first line of a table the fee is taken as zero.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from venue.units import USD

if TYPE_CHECKING:
    from venue.ledger import Fill

# From this day on: hundredths of a dollar per million dollars sold.
SEC_CENTS_PER_MILLION = (
    (date(2016, 2, 16), 2_180),
    (date(2017, 7, 4), 2_310),
    (date(2018, 5, 22), 1_300),
    (date(2019, 4, 16), 2_070),
    (date(2020, 2, 18), 2_210),
    (date(2021, 2, 25), 510),
    (date(2022, 5, 14), 2_290),
    (date(2023, 2, 27), 800),
    (date(2024, 5, 22), 2_780),
    (date(2025, 5, 14), 0),
    (date(2026, 4, 4), 2_060),
)
# From this day on: millionths of a dollar per share sold, and the cap of one trade in cents.
TAF = ((date(2023, 1, 1), 145, 727), (date(2024, 1, 1), 166, 830), (date(2026, 1, 1), 195, 979))
TAF_HOLIDAY = (date(2026, 10, 1), date(2026, 12, 31))
CAT = ((date(2026, 9, 17), 3),)  # from this day on: millionths of a dollar per share
CENT = USD // 100
QTY_MICRO_PER_MONEY = 100  # 1e-9 share x 1e-6 dollar is 1e-15 dollar, a hundredth of our 1e-13


def sec(fill: Fill, day: date) -> int:
    """Return the SEC fee of a sale as money."""
    rate = next((cents for since, cents in reversed(SEC_CENTS_PER_MILLION) if day >= since), 0)
    return fill.px * fill.qty * rate // 100_000_000 if fill.side == "sell" else 0


def taf(fill: Fill, day: date, *, holiday: bool) -> int:
    """Return the trading activity fee of a sale as money; none in the holiday if it is passed on."""
    if fill.side != "sell" or (holiday and TAF_HOLIDAY[0] <= day <= TAF_HOLIDAY[1]):
        return 0
    found = next(((rate, cap) for since, rate, cap in reversed(TAF) if day >= since), None)
    return min(fill.qty * found[0] // QTY_MICRO_PER_MONEY, found[1] * CENT) if found else 0


def cat(fill: Fill, day: date) -> int:
    """Return the consolidated audit trail fee as money; both sides pay."""
    rate = next((micro for since, micro in reversed(CAT) if day >= since), 0)
    return fill.qty * rate // QTY_MICRO_PER_MONEY


def charges(fills: list[Fill], day: date, *, taf_holiday: bool) -> dict[str, int]:
    """Return a day's fees by kind (REG, TAF, CAT) as money, each rounded up to the cent; zero ones are left out."""
    sums = {
        "REG": sum(sec(fill, day) for fill in fills),
        "TAF": sum(taf(fill, day, holiday=taf_holiday) for fill in fills),
        "CAT": sum(cat(fill, day) for fill in fills),
    }
    return {kind: -(-money // CENT) * CENT for kind, money in sums.items() if money}
