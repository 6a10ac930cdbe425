"""Orders that wait a moment: for a request to be free, or for others' quotes to leave the way of an exit.

At most one for each strategy, symbol and side: the newest wish wins, the older is answered. Nothing waits longer than
its own expiry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hft.messages import NewOrder
    from hft.words import Side
    from risk.limits import Denied
    from router.links import Intent


class WaitingRoom:
    """The orders that wait, in the order in which they came."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, Side], tuple[NewOrder, Denied]] = {}

    def hold(self, message: NewOrder, denied: Denied) -> NewOrder | None:
        """Let an order wait; return the older one whose place it took."""
        key = (message.strategy, message.symbol, message.side)
        older = self._held.pop(key, None)
        self._held[key] = (message, denied)
        return older[0] if older else None

    def holds(self, message: Intent) -> bool:
        """Return whether this very intent waits."""
        return any(
            (held.strategy, held.epoch, held.seq) == (message.strategy, message.epoch, message.seq)
            for held, _ in self._held.values()
        )

    def each(self) -> list[tuple[NewOrder, Denied]]:
        """Return what waits, with what stood in its way when it came."""
        return list(self._held.values())

    def drop(self, message: NewOrder) -> None:
        """Let an order go, if it (and no newer one) is there."""
        key = (message.strategy, message.symbol, message.side)
        if key in self._held and self._held[key][0].seq == message.seq:
            del self._held[key]

    def exits_first(self, marked: dict[str, str]) -> dict[str, str]:
        """Return the marks (symbol → whose exit goes first) whose exit still waits."""
        waiting = {(held.symbol, held.strategy) for held, _ in self._held.values()}
        return {symbol: whose for symbol, whose in marked.items() if (symbol, whose) in waiting}
