"""Which events a process also says in its own log, and how loudly: what a person looks for when something is wrong.

The record has every event; the log has the few that tell how the process fares, so that `hftctl logs` reads as a story
and still tells it when the recorder is down. What comes with each order, tick or poll stays in the record alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from hft import events
from hft.words import TradingState

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.events import Event
    from hft.log import Logger

Level = Literal["info", "warning", "error"]

LEVELS: Final[dict[type[Event], Callable[[Any], Level]]] = {
    events.FeedConnected: lambda _: "info",
    events.FeedDisconnected: lambda _: "warning",
    events.NewsUnavailable: lambda _: "warning",
    events.SymbolHalted: lambda event: "warning" if event.halted else "info",
    events.StrategyRegistered: lambda _: "info",
    events.StrategyLost: lambda _: "warning",
    events.StrategyDisabled: lambda _: "error",
    events.HaltSet: lambda _: "error",
    events.HaltCleared: lambda _: "info",
    events.StateNoted: lambda event: "info" if event.state is TradingState.ACTIVE else "warning",
    events.DiskStalled: lambda _: "warning",
    events.ReconcileBroken: lambda _: "error",
    events.TradeAmended: lambda _: "error",
    events.TradeCorrected: lambda _: "warning",
    events.FreezeLifted: lambda _: "info",
    events.PositionUnclaimed: lambda _: "warning",
    events.PositionClaimed: lambda _: "info",
    events.GuardianActed: lambda _: "error",
    events.JournalMissing: lambda _: "error",
    events.AccessLost: lambda _: "error",
    events.AccessRestored: lambda _: "info",
    events.FillsUnheard: lambda _: "warning",
    events.FlattenDone: lambda event: "info" if event.ok else "error",
    events.RecordGap: lambda _: "warning",
}


def note(event: Event, log: Logger) -> None:
    """Say the event in the log, if it is one of the few; a field that is empty is left out."""
    level = LEVELS.get(type(event))
    if level is None:
        return
    fields = {name: value for name, value in msgspec.to_builtins(event).items() if value not in ("", None)}
    del fields["mark"]
    getattr(log, level(event))(fields.pop("event"), **fields)
