"""A price that jumps while shares of it are held: perhaps the market, perhaps a split that nobody has told of.

Inside a session the exchange's own bands stop a price before it goes so far in one step. So the positions are looked at
first, and for as long as that takes no loss limit acts on what may be no loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from router.desk import Desk
    from router.reconcile import Reconciler

JUMP_RATIO = 1.25
LOOKED_AT_MS = 10_000  # three looks take two seconds; the honest book hears of it two seconds later


class Jumps:
    """The last price of each symbol that is held."""

    def __init__(self, desk: Desk, reconciler: Reconciler) -> None:
        self.desk, self.reconciler = desk, reconciler
        self._marks: dict[str, float] = {}
        self._until_ns = 0

    @property
    def is_open(self) -> bool:
        """Return whether a price has just jumped, and the positions are being looked at."""
        desk = self.desk
        for symbol in desk.book.held():
            mark = desk.market.mark_px(symbol)
            before, self._marks[symbol] = self._marks.get(symbol, mark), mark
            if not before * mark or max(mark / before, before / mark) < JUMP_RATIO or symbol in desk.splits:
                continue
            self._until_ns = desk.steady_ns + desk.config.ns(LOOKED_AT_MS)
            self.reconciler.look_soon()
        return desk.steady_ns < self._until_ns
