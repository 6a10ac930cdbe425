"""What a core says of itself at each heartbeat: state, one line of reason, counters, gates, activity; no action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hft.words import Health, TradingState
from strategies.sdk.gates import BLACKOUT
from strategies.sdk.situation import gates_of

if TYPE_CHECKING:
    from hft.messages import Gate
    from strategies.sdk.desk import Desk
    from strategies.sdk.strategy import Strategy


class Standing(NamedTuple):
    """What the core says of itself at each heartbeat."""

    state: Health
    note: str
    counters: dict[str, int]
    gates: tuple[Gate, ...]
    activity: str


def standing_of(strategy: Strategy[Any], counted: dict[str, int]) -> Standing:
    """Return state, one line of reason, counters (those of the core, and the desk's), gates and activity."""
    desk = strategy.desk
    return Standing(
        state=Health.READY if desk.link.is_ready else Health.DEGRADED if desk.link.resyncs else Health.WARMING,
        note=_note(strategy),
        counters={**counted, **_counters(desk)},
        gates=(*strategy.gates(), *gates_of(desk, desk.symbols)),
        activity=_activity(strategy),
    )


def _counters(desk: Desk) -> dict[str, int]:
    return {
        "working": len(desk.orders),
        "refusals": desk.refusals,
        "resyncs": desk.link.resyncs,
        **{f"suppressed:{why}": count for why, count in sorted(desk.suppressed.items())},
    }


def _note(strategy: Strategy[Any]) -> str:
    desk = strategy.desk
    if desk.closed_because or desk.disabled_because:
        return desk.closed_because or f"disabled: {desk.disabled_because}"
    if desk.unwatched and not desk.symbols:
        return f"{', '.join(desk.unwatched)}: not among the fleet's symbols"
    if desk.state is not TradingState.ACTIVE:
        return f"{desk.state.lower()}: {desk.state_reason}"
    why = strategy.why()
    dark = desk.blackout.told(desk.symbols, desk.now_ns)
    if dark:
        why = f"{dark}; {why}" if why else dark
    if desk.silence:
        why = f"{desk.silence}; {why}"
    elif _is_worth_saying(desk, why) and not (dark and desk.in_the_way.startswith(BLACKOUT)):
        why = f"held back by {desk.in_the_way}; {why}"  # what it would quote is not why nothing rests
    return why if desk.phase.takes_entries else f"{desk.phase}; {why}"


def _is_worth_saying(desk: Desk, why: str) -> bool:
    """Return whether something holds the last wish back, nothing rests, and the family has not said so itself."""
    return bool(desk.in_the_way) and not len(desk.orders) and desk.in_the_way not in why


def _activity(strategy: Strategy[Any]) -> str:
    desk = strategy.desk
    if desk.disabled_because or desk.state is TradingState.HALTED or desk.link.fenced:
        return "disabled"
    if desk.state is TradingState.REDUCING:
        return "paused"
    if not desk.link.synced or not strategy.is_warm or desk.settling_s:
        return "warming"
    busy = len(desk.orders) or any(desk.orders.positions.values())
    return "trading" if busy else "idle"
