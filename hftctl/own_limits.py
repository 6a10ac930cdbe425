"""A strategy's own limits in words: what each means beside the fleet's, and which of them binds now. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from hft.words import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.schema import Settings

MEANS = {
    "order_qty_max": "{:,} shares in one order",
    "order_usd_max": "${:,.2f} in one order",
    "position_usd_max": "${:,.2f} in one symbol",
    "strategy_daily_loss_usd_max": "${:,.2f} of loss in a day",
    "collar_bps": "{:g} bps through the mid",
    "passive_bps_max": "{:g} bps behind the mid",
    "spread_bps_max": "{:g} bps of spread",
    "stale_after_ms": "{:,} ms since the quote",
    "strategy_working_orders_max": "{:,} working orders",
    "strategy_orders_per_min_max": "{:,} orders a minute",
}
REFUSED_BY = {
    Refusal.ORDER_QTY: ("order_qty_max",),
    Refusal.ORDER_NOTIONAL: ("order_usd_max",),
    Refusal.POSITION: ("position_usd_max",),
    Refusal.DAILY_LOSS: ("strategy_daily_loss_usd_max",),
    Refusal.PRICE_COLLAR: ("collar_bps", "passive_bps_max"),
    Refusal.WIDE_QUOTE: ("spread_bps_max",),
    Refusal.STALE_QUOTE: ("stale_after_ms",),
    Refusal.WORKING_ORDERS: ("strategy_working_orders_max",),
    Refusal.ORDER_RATE: ("strategy_orders_per_min_max",),
}
BY_ACCOUNT = ("the account", "of the account")  # a refusal that says so was by the fleet's limit, not the strategy's
LOST = "the strategy lost"


def described(settings: Settings, name: str) -> dict[str, str]:
    """Return each own limit of a strategy in words beside the fleet's: `at most $500.00 in one order (fleet: …)`."""
    fleet = msgspec.structs.asdict(settings.limits)
    return {key: _words(key, value, fleet[key]) for key, value in settings.own_limits(name).items()}


def binding(described: dict[str, str], why: str, held: str, last_refusal: str) -> tuple[str, ...]:
    """Return the words of the own limits that hold the strategy back: by its why, a halt, a refusal."""
    hit = {*_named(why), *_refusing(last_refusal), *(("strategy_daily_loss_usd_max",) if LOST in held else ())}
    return tuple(words for key, words in described.items() if key in hit)


def _words(key: str, own: Any, fleet: Any) -> str:  # noqa: ANN401 a whole number or not, as the limit is
    return f"at most {MEANS[key].format(own)} (fleet: {MEANS[key].format(fleet).split(' ')[0]})"


def _named(why: str) -> Iterator[str]:
    """Yield the limits that a family names in its own why, as `(limits.order_usd_max)`."""
    yield from re.findall(r"\blimits\.(\w+)", why)


def _refusing(last_refusal: str) -> tuple[str, ...]:
    word, _, numbers = last_refusal.partition(": ")
    if word not in set(Refusal) or any(whose in numbers for whose in BY_ACCOUNT):
        return ()
    return REFUSED_BY.get(Refusal(word), ())
