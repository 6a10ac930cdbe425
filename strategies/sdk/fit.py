"""From settings to a family at its desk: the one way in which a strategy process, a replay or a test makes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strategies.sdk import hand
from strategies.sdk.blackout import Blackout
from strategies.sdk.desk import Desk
from strategies.sdk.memory import recall
from strategies.sdk.params import OWN_LIMITS, Params, parse
from strategies.sdk.rules import PX_PER_USD, Rules
from strategies.sdk.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strategies.sdk.strategy import Strategy


def made(
    family: type[Strategy[Any]],
    *,
    name: str,
    epoch: int,
    symbols: tuple[str, ...],
    given: Mapping[str, Any],
    limits: Mapping[str, Any],
    intent_ttl_ms: int = 500,
    replace: tuple[bool, int, int] = (False, 1, 500),
    demo: bool = False,
    memory: bytes | None = None,
) -> Strategy[Any]:
    """Return the family with its parameters and its desk; raise ConfigError for a wrong parameter.

    `replace`: whether the router moves resting orders, its least step in ticks and least life in ms.
    `memory`: what an earlier run wrote down (b"" for nothing yet); with None, this run writes nothing down either.
    """
    params = parse(family.params_type(), given, name=name, demo=demo)
    wanted = family.watches(params, symbols)
    desk = Desk(
        name=name,
        epoch=epoch,
        rules=rules({**limits, **given.get(OWN_LIMITS, {})}, params, intent_ttl_ms, replace),
        session=Session(params.observe_min),
        symbols=tuple(symbol for symbol in wanted if symbol in symbols),
    )
    desk.unwatched = tuple(symbol for symbol in wanted if symbol not in symbols)
    desk.blackout = Blackout(news_s=params.news_blackout_s, scheduled_s=params.scheduled_blackout_s)
    desk.freezes = family.freezes
    strategy = family(params, desk)
    strategy.is_keeping = memory is not None
    known = recall(memory, strategy.memory()) if memory else None
    if known:
        desk.known_ns = known.at_ns
    held = hand.decode(known.hand) if known else None
    if held:
        hand.take_up(desk, held)
    elif known:
        strategy.begin_anew()
    return strategy


def rules(limits: Mapping[str, Any], params: Params, intent_ttl_ms: int, replace: tuple[bool, int, int]) -> Rules:
    """Return the fleet's limits ([limits] in hft.toml: dollars, shares, ms, bps) in the units of a family."""
    return Rules(
        order_qty_max=limits["order_qty_max"],
        order_notional_max=round(limits["order_usd_max"] * PX_PER_USD),
        position_notional_max=round(limits["position_usd_max"] * PX_PER_USD),
        working_orders_max=limits["strategy_working_orders_max"],
        orders_per_min_max=min(params.orders_per_min_max, limits["strategy_orders_per_min_max"]),
        stale_after_ms=limits["stale_after_ms"],
        spread_bps_max=limits["spread_bps_max"],
        collar_bps=limits["collar_bps"],
        passive_bps_max=limits["passive_bps_max"],
        intent_ttl_ms=intent_ttl_ms,
        replaces=replace[0],
        replace_ticks_min=replace[1],
        replace_life_ms_min=replace[2],
    )
