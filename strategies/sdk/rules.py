"""The router's limits as a family sees them, so that it never asks for what must be refused.

Only foresight: the router checks everything again, and it is the router that is right.
"""

from __future__ import annotations

from dataclasses import dataclass

PX_PER_USD = 10_000
CENT = 100  # 1e-4 dollar


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Limits in whole shares, 1e-4 dollar, basis points and milliseconds; the defaults are those of hft.toml."""

    order_qty_max: int = 200
    order_notional_max: int = 5_000 * PX_PER_USD
    position_notional_max: int = 10_000 * PX_PER_USD
    working_orders_max: int = 10
    orders_per_min_max: int = 40
    stale_after_ms: int = 2_000
    spread_bps_max: float = 50.0
    collar_bps: float = 25.0
    passive_bps_max: float = 200.0
    intent_ttl_ms: int = 500
    replaces: bool = False  # whether the router moves a resting order in one request
    replace_ticks_min: int = 1
    replace_life_ms_min: int = 500


def tick_size(px: float) -> int:
    """Return the price step in 1e-4 dollar: a cent, below one dollar a hundredth of it (Rule 612)."""
    return CENT if px >= PX_PER_USD else 1
