"""Equity, margins and buying power of an account (sections 3.4 and 4.2). All money is int 1e-13 dollar.

Assumption (no formula is published for the running figure): what is open now, beyond what was open at the last
close, and what opening orders hold, is taken off the day's buying power; a loss of the day shrinks its base, a gain
does not grow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from venue.units import PX_PER_USD, USD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from venue.ledger import Account, Position

MARGIN_EQUITY_MIN = 2_000 * USD
INTRADAY, OVERNIGHT, CASH_ONLY = 4, 2, 1
INITIAL_PCT = 50
SHORT_ASK_PCT = 103  # an opening short holds at least 103 % of the ask
# Maintenance (page of 2026-09-17): below this price (dollars), this share of the value.
LONG_MAINTENANCE = ((2.50, 100), (6.00, 50), (float("inf"), 30))
SHORT_BREAK_PX = 5 * PX_PER_USD
SHORT_MIN_BELOW, SHORT_MIN_ABOVE = 25_000, 50_000  # $2.50 and $5.00 a share


class Figures(msgspec.Struct, frozen=True):
    """The derived money of an account at one instant."""

    equity: int
    long_value: int
    short_value: int
    initial: int
    maintenance: int
    held: int
    multiplier: int
    buying_power: int
    regt_buying_power: int
    cash_buying_power: int


def maintenance(qty: int, px: int) -> int:
    """Return the maintenance margin of a position."""
    value = abs(qty) * px
    if qty >= 0:
        pct = next(share for below, share in LONG_MAINTENANCE if px < below * PX_PER_USD)
        return value * pct // 100
    if px < SHORT_BREAK_PX:
        return max(abs(qty) * SHORT_MIN_BELOW, value)
    return max(abs(qty) * SHORT_MIN_ABOVE, value * 30 // 100)


def figures(account: Account, marked: Iterable[tuple[Position, int]], held: int, multiplier_max: int) -> Figures:
    """Return the account's figures; `marked` pairs each position with its mark price, `held` is what orders hold."""
    long_value = short_value = kept = 0
    for position, px in marked:
        value = position.qty * px
        long_value += max(value, 0)
        short_value += min(value, 0)
        kept += maintenance(position.qty, px)
    equity = account.cash + long_value + short_value
    gross = long_value - short_value
    initial = gross * INITIAL_PCT // 100
    multiplier = min(INTRADAY if equity >= MARGIN_EQUITY_MIN else CASH_ONLY, multiplier_max)
    regt = max(equity - initial, 0) * OVERNIGHT - held
    cash_power = account.cash + short_value * 2 - held  # the proceeds of a short do not buy
    base = min(account.last_equity, equity) - account.last_maintenance
    intraday = base * INTRADAY - max(gross - account.last_gross, 0) - held
    power = {INTRADAY: intraday, OVERNIGHT: regt, CASH_ONLY: cash_power}[multiplier]
    return Figures(
        equity=equity,
        long_value=long_value,
        short_value=short_value,
        initial=initial,
        maintenance=kept,
        held=held,
        multiplier=multiplier,
        buying_power=max(power, 0),
        regt_buying_power=max(regt, 0),
        cash_buying_power=max(cash_power, 0),
    )


def cost_per_share(sign: int, limit_px: int | None, bid_px: int, ask_px: int, mark_px: int, *, core: bool) -> int:
    """Return the price that a share of an opening order holds: its limit, else the far side, the middle, the last."""
    middle = (bid_px + ask_px) // 2 if bid_px and ask_px else mark_px
    if sign > 0:
        return limit_px if limit_px is not None else ((ask_px or mark_px) if core else middle)
    ask = (ask_px or mark_px) * SHORT_ASK_PCT // 100
    return max(limit_px or 0, ask)


def shares_for(notional: int, px: int) -> int:
    """Return how many 1e-9 shares a notional buys at a price, rounded down."""
    return notional // px if px else 0
