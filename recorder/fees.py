"""The regulatory fees of one fill by its trading day, from the dated table that risk keeps."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING

from hft.words import Side
from risk import fees

if TYPE_CHECKING:
    from risk.fees import Charge, Rates


@lru_cache(maxsize=4_096)
def charge_of(day: str, signed_qty: int, px: int) -> Charge:
    """Return the exact fees of shares at `px` (1e-4 dollar) on `day` (`2026-11-23`); `signed_qty` negative: sold."""
    side, qty = (Side.BUY, signed_qty) if signed_qty > 0 else (Side.SELL, -signed_qty)
    return rates_of(day).of(side, qty, qty * px)


@lru_cache(maxsize=8)
def rates_of(day: str) -> Rates:
    """Return what is charged on `day`."""
    return fees.rates_of(dt.date.fromisoformat(day))
