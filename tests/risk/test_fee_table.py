"""The fees of a day, worked by hand: every change of a rate, the day before it, caps, the holiday, every rounding.

Dollars by kind as a broker books them: each kind summed over the day, then rounded up to the cent (Alpaca's regulatory
fees page). The embedded exchange has tables of its own; both must say what the hand said.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pytest

from hft.words import Side
from risk.fees import Fees, charge_of, fee
from venue import fees as venue_fees
from venue.ledger import Fill
from venue.units import PX_PER_USD, SHARE, USD

PX = 10_000  # 1e-4 dollars to the dollar


class Trade(NamedTuple):
    """Shares (negative: sold) at so many cents."""

    qty: int
    cents: int


SOLD = Trade(-1_000, 10_000)  # $100,000
MILLION = Trade(-10_000, 10_000)  # $1,000,000

# Day, trades, cents of SEC, TAF, CAT. A rate is that of the New York day of the trade.
BY_HAND = [
    # SEC: dollars for a million, so $100,000 costs a tenth. Before the first rate nothing is known.
    ("2016-02-12", [SOLD], 0, 0, 0),
    ("2016-02-16", [SOLD], 218, 0, 0),
    ("2017-07-03", [SOLD], 218, 0, 0),
    ("2017-07-05", [SOLD], 231, 0, 0),  # the 4th is a holiday
    ("2018-05-21", [SOLD], 231, 0, 0),
    ("2018-05-22", [SOLD], 130, 0, 0),
    ("2019-04-15", [SOLD], 130, 0, 0),
    ("2019-04-16", [SOLD], 207, 0, 0),
    ("2020-02-14", [SOLD], 207, 0, 0),  # a Friday; Monday is a holiday, Tuesday the 18th has the new rate
    ("2020-02-18", [SOLD], 221, 0, 0),
    ("2021-02-24", [SOLD], 221, 0, 0),
    ("2021-02-25", [SOLD], 51, 0, 0),
    ("2022-05-13", [SOLD], 51, 0, 0),  # the change is on a Saturday
    ("2022-05-16", [SOLD], 229, 0, 0),
    ("2022-12-30", [SOLD], 229, 0, 0),
    # TAF: 1,000 shares cost 14.5 cents from 2023, rounded up
    ("2023-01-03", [SOLD], 229, 15, 0),
    ("2023-02-24", [SOLD], 229, 15, 0),
    ("2023-02-27", [SOLD], 80, 15, 0),
    ("2023-12-29", [SOLD], 80, 15, 0),
    ("2024-01-02", [SOLD], 80, 17, 0),  # 16.6
    ("2024-05-21", [SOLD], 80, 17, 0),
    ("2024-05-22", [SOLD], 278, 17, 0),
    ("2025-05-13", [SOLD], 278, 17, 0),
    ("2025-05-14", [SOLD], 0, 17, 0),
    ("2025-12-31", [SOLD], 0, 17, 0),
    ("2026-01-02", [SOLD], 0, 20, 0),  # 19.5
    ("2026-04-02", [SOLD], 0, 20, 0),  # the 3rd is Good Friday, the change is on a Saturday
    ("2026-04-06", [SOLD], 206, 20, 0),
    ("2026-09-16", [SOLD], 206, 20, 0),
    # CAT: three millionths a share, both sides
    ("2026-09-17", [SOLD], 206, 20, 1),  # 0.3
    ("2026-09-30", [SOLD], 206, 20, 1),
    ("2026-09-30", [Trade(1_000, 10_000)], 0, 0, 1),  # a purchase
    # caps of the TAF: of each trade, not of the day
    ("2023-06-01", [Trade(-50_137, 100)], 41, 727, 0),  # $50,137 × 8.00 per million = 40.1096; 726.99 cents
    ("2023-06-01", [Trade(-60_000, 100)], 48, 727, 0),  # 870 without the cap
    ("2024-06-03", [Trade(-60_000, 100)], 167, 830, 0),  # 996 without; 166.8
    ("2026-02-02", [Trade(-60_000, 100)], 0, 979, 0),  # 1,170 without
    ("2026-02-02", [Trade(-60_000, 100), Trade(-60_000, 100)], 0, 1_958, 0),
    ("2026-02-02", [Trade(-50_205, 100)], 0, 979, 0),  # 978.9975 is not capped, only rounded
    # rounding: the day's sum goes up to the cent, not each trade
    ("2026-09-17", [Trade(-1, 1)], 1, 1, 1),  # a share at a cent
    ("2026-09-17", [Trade(-1, 10_000)] * 10, 3, 1, 1),  # 2.06, 0.195, 0.003
    ("2026-09-17", [Trade(-1, 10_000)] * 100, 21, 2, 1),  # 20.6, 1.95, 0.03
    ("2026-09-17", [Trade(4, 10_000)] * 1_000, 0, 0, 2),  # 1.2 cents in purchases too small to see one by one
    ("2026-09-17", [MILLION], 2_060, 195, 3),  # nothing to round
    ("2026-09-17", [MILLION, Trade(-1, 1)], 2_061, 196, 4),
    ("2026-09-17", [], 0, 0, 0),
]  # fmt: skip
IN_THE_HOLIDAY = [  # with the TAF, and where a broker passes the holiday on
    ("2026-09-30", [SOLD], 20, 20),
    ("2026-10-01", [SOLD], 20, 0),
    ("2026-12-31", [SOLD], 20, 0),
    ("2027-01-04", [SOLD], 20, 20),
]


def ours(day: str, trades: list[Trade]) -> tuple[int, ...]:
    """Return cents of each kind as our own book charges them."""
    fees = Fees()
    for trade in trades:
        side, qty = (Side.BUY, trade.qty) if trade.qty > 0 else (Side.SELL, -trade.qty)
        fees.add(charge_of(dt.date.fromisoformat(day), side, qty, qty * trade.cents * PX // 100))
    assert fees.total == sum(fees.kinds)
    return tuple(money * 100 // PX for money in fees.kinds)


def theirs(day: str, trades: list[Trade], *, taf_holiday: bool = False) -> tuple[int, ...]:
    """Return cents of each kind as the embedded exchange books them."""
    fills = [
        Fill(
            number=number, account="a", order_id="o", symbol="AAA", side="buy" if trade.qty > 0 else "sell", t_ns=1,
            px=trade.cents * PX_PER_USD // 100, qty=abs(trade.qty) * SHARE, cum_qty=0, leaves_qty=0, type="fill",
            order_status="filled",
        )
        for number, trade in enumerate(trades)
    ]  # fmt: skip
    found = venue_fees.charges(fills, dt.date.fromisoformat(day), taf_holiday=taf_holiday)
    return tuple(found.get(kind, 0) * 100 // USD for kind in ("REG", "TAF", "CAT"))


@pytest.mark.parametrize(("day", "trades", "sec", "taf", "cat"), BY_HAND)
def test_a_day_costs_what_the_hand_worked_out(day: str, trades: list[Trade], sec: int, taf: int, cat: int) -> None:
    assert ours(day, trades) == (sec, taf, cat)
    assert theirs(day, trades) == (sec, taf, cat)


@pytest.mark.parametrize(("day", "trades", "charged", "passed_on"), IN_THE_HOLIDAY)
def test_our_book_takes_no_holiday_the_exchange_does_when_it_is_passed_on(
    day: str, trades: list[Trade], charged: int, passed_on: int
) -> None:
    assert ours(day, trades)[1] == theirs(day, trades)[1] == charged
    assert theirs(day, trades, taf_holiday=True)[1] == passed_on


def test_every_row_of_both_tables_is_worked_by_hand() -> None:
    known = {dt.date.fromisoformat(day) for day, *_ in BY_HAND}
    for since in {since for since, *_ in (*venue_fees.SEC_CENTS_PER_MILLION, *venue_fees.TAF, *venue_fees.CAT)}:
        assert any(since <= day < since + dt.timedelta(days=4) for day in known), since
        assert any(since - dt.timedelta(days=5) < day < since for day in known), since


def test_one_fill_alone_is_rounded_up_to_a_ten_thousandth() -> None:
    day = dt.date(2026, 9, 17)
    assert fee(day, Side.BUY, 4, 0) == 1  # 0.12 of it
    assert fee(day, Side.SELL, 4, 4 * 100 * PX) == 91  # $400 × 20.60 / 1e6 + 4 × 0.000198 = 0.009032
    assert fee(day, Side.BUY, 0, 0) == 0
