"""The router's settings in the units of its core: ns of market time, shares, 1e-4 dollar.

All waits are market time. Where the played day runs faster than the clock on the wall (`sim.rate`), each wait is that
much longer in market time, so that a heartbeat lost for three real seconds is three real seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.clock import NS_PER_MS
from hft.schema import usd
from risk.limits import Limits

if TYPE_CHECKING:
    from hft import schema


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What the router core was told at its start."""

    symbols: frozenset[str]
    strategies: tuple[str, ...]
    limits: Limits
    own_limits: dict[str, Limits] = {}  # of the strategies that have their own
    rate: float = 1.0
    requests_per_min_max: int = 200
    requests_reserved: int = 40
    read_timeout_ms: int = 5_000
    poll_orders_every_ms: int = 5_000
    reconcile_every_ms: int = 15_000
    strategy_silent_after_ms: int = 3_000
    intent_ttl_ms: int = 500
    flatten_orphans: bool = False
    no_new_risk_before_close_ms: int = 600_000
    flat_before_close_ms: int = 120_000
    order_age_ms_max: int = 300_000
    conflict: str = "hold-newer"
    replace: bool = True
    replace_ticks_min: int = 1
    replace_life_ms_min: int = 500

    def ns(self, ms: float) -> int:
        """Return a wait of `ms` real milliseconds as ns of market time."""
        return round(ms * NS_PER_MS * self.rate) if self.rate != 1.0 else round(ms * NS_PER_MS)

    def limits_of(self, strategy: str) -> Limits:
        """Return the limits that hold for a strategy."""
        return self.own_limits.get(strategy, self.limits)


def limits(settings: schema.Limits, rate: float) -> Limits:
    """Return the limits of hft.toml in exact units."""
    return Limits(
        order_qty_max=settings.order_qty_max,
        order_notional_max=usd(settings.order_usd_max),
        position_notional_max=usd(settings.position_usd_max),
        symbol_notional_max=usd(settings.symbol_usd_max),
        gross_notional_max=usd(settings.gross_usd_max),
        daily_loss_max=usd(settings.daily_loss_usd_max),
        strategy_daily_loss_max=usd(settings.strategy_daily_loss_usd_max),
        collar_bps=settings.collar_bps,
        passive_bps_max=settings.passive_bps_max,
        spread_bps_max=settings.spread_bps_max,
        stale_after_ns=round(settings.stale_after_ms * NS_PER_MS * rate),
        working_orders_max=settings.working_orders_max,
        strategy_working_orders_max=settings.strategy_working_orders_max,
        strategy_orders_per_min_max=settings.strategy_orders_per_min_max,
    )


def of(settings: schema.Settings, rate: float) -> Config:
    """Return the router's part of the settings."""
    router = settings.router
    return Config(
        symbols=frozenset(settings.fleet.symbols),
        strategies=settings.fleet.strategies,
        limits=limits(settings.limits, rate),
        own_limits={
            name: limits(settings.limits_of(name), rate) for name in settings.strategy if settings.own_limits(name)
        },
        rate=rate,
        requests_per_min_max=router.requests_per_min_max,
        requests_reserved=router.requests_reserved,
        read_timeout_ms=router.read_timeout_ms,
        poll_orders_every_ms=router.poll_orders_every_ms,
        reconcile_every_ms=router.reconcile_every_ms,
        strategy_silent_after_ms=router.strategy_silent_after_ms,
        intent_ttl_ms=router.intent_ttl_ms,
        flatten_orphans=router.orphans == "flatten",
        no_new_risk_before_close_ms=router.no_new_risk_before_close_ms,
        flat_before_close_ms=router.flat_before_close_ms,
        order_age_ms_max=router.order_age_ms_max,
        conflict=router.conflict,
        replace=router.replace,
        replace_ticks_min=router.replace_ticks_min,
        replace_life_ms_min=router.replace_life_ms_min,
    )
