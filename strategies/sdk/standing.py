"""What a core says of itself at each heartbeat: state, one line of reason, counters, gates, activity; no action."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hft.words import Health, TradingState
from strategies.sdk.gates import BLACKOUT
from strategies.sdk.situation import gates_of

if TYPE_CHECKING:
    from hft.messages import Gate
    from strategies.sdk.core import StrategyCore


class Standing(NamedTuple):
    """What the core says of itself at each heartbeat."""

    state: Health
    note: str
    counters: dict[str, int]
    gates: tuple[Gate, ...]
    activity: str


def standing_of(core: StrategyCore) -> Standing:
    """Return state, one line of reason, counters, gates and activity."""
    return Standing(
        state=Health.READY if core.link.is_ready else Health.DEGRADED if core.link.resyncs else Health.WARMING,
        note=_note(core),
        counters=_counters(core),
        gates=(*core.strategy.gates(), *gates_of(core.desk, core.desk.symbols)),
        activity=_activity(core),
    )


def _counters(core: StrategyCore) -> dict[str, int]:
    return {
        "ticks": core.ticks,
        "ticks_late": core.late_ticks,
        "ticks_missed": core.missed_ticks,
        "headlines": core.headlines,
        "orders": core.orders,
        "fills": core.fills,
        "working": len(core.desk.orders),
        "refusals": core.desk.refusals,
        "resyncs": core.link.resyncs,
        **{f"suppressed:{why}": count for why, count in sorted(core.desk.suppressed.items())},
    }


def _note(core: StrategyCore) -> str:
    desk = core.desk
    if desk.closed_because or desk.disabled_because:
        return desk.closed_because or f"disabled: {desk.disabled_because}"
    if desk.unwatched and not desk.symbols:
        return f"{', '.join(desk.unwatched)}: not among the fleet's symbols"
    if desk.state is not TradingState.ACTIVE:
        return f"{desk.state.lower()}: {desk.state_reason}"
    why = core.strategy.why()
    dark = desk.blackout.told(desk.symbols, desk.now_ns)
    if dark:
        why = f"{dark}; {why}" if why else dark
    if desk.in_the_way and not len(desk.orders) and not (dark and desk.in_the_way.startswith(BLACKOUT)):
        why = f"held back by {desk.in_the_way}; {why}"  # what it would quote is not why nothing rests
    return why if desk.phase.takes_entries else f"{desk.phase}; {why}"


def _activity(core: StrategyCore) -> str:
    desk = core.desk
    if desk.disabled_because or desk.state is TradingState.HALTED or core.link.fenced:
        return "disabled"
    if desk.state is TradingState.REDUCING:
        return "paused"
    if not core.link.synced or not core.strategy.is_warm or desk.settling_s:
        return "warming"
    busy = len(desk.orders) or any(desk.orders.positions.values())
    return "trading" if busy else "idle"
