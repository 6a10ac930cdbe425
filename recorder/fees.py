"""The regulatory fees of one fill by its trading day, from the dated table that risk keeps."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING

from risk import fees

if TYPE_CHECKING:
    from hft.words import Side
    from risk.fees import Charge


@lru_cache(maxsize=4_096)
def charge_of(day: str, side: Side, qty: int, px: int) -> Charge:
    """Return the exact fees of `qty` shares at `px` (1e-4 dollar) on `day` (`2026-11-23`)."""
    return fees.charge_of(_date(day), side, qty, qty * px)


@lru_cache(maxsize=4_096)
def fee_of(day: str, side: Side, qty: int, px: int) -> int:
    """Return the same in 1e-4 dollar, rounded up."""
    return fees.fee(_date(day), side, qty, qty * px)


@lru_cache(maxsize=8)
def _date(day: str) -> dt.date:
    return dt.date.fromisoformat(day)
