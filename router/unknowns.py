"""Orders whose fate is not known: asked for by name, at growing intervals, until the venue has or surely has not one.

Rule: nothing is ever sent again. "Not found" is no proof before the longest time that a request of ours can still be on
its way, and three such answers; then the order is presumed absent, and if it turns up after all it is cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.words import OrdStatus
from router.orders import Order, OrdEvent

if TYPE_CHECKING:
    from router.desk import Desk

ASK_AT_MS = (300, 1_000, 3_000, 10_000)
ASK_EVERY_MS = 5_000
ABSENT_ANSWERS_MIN = 3
ABSENT_GRACE_MS = 10_000


class _Search:
    def __init__(self, began_ns: int) -> None:
        self.began_ns = began_ns
        self.asked = self.absent = 0


class Unknowns:
    """The search for each order in doubt."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._searches: dict[str, _Search] = {}

    def wake(self) -> None:
        """Ask for what is due."""
        desk = self.desk
        orders = desk.book.unknown
        for gone in self._searches.keys() - orders.keys():
            del self._searches[gone]
        for name, order in list(orders.items()):
            search = self._search(name)
            if desk.steady_ns >= search.began_ns + desk.config.ns(_ask_at_ms(search.asked)):
                search.asked += 1
                desk.query(order)

    def was_away(self, away_ns: int) -> None:
        """Count a leap of the clock as no time at all: it was set ahead, and a request may be on its way as before."""
        for search in self._searches.values():
            search.began_ns += away_ns

    def not_found(self, order: Order) -> None:
        """Count a "not found"; presume the order absent once that is proof."""
        desk = self.desk
        if order.status is not OrdStatus.UNKNOWN:
            desk.move(order, OrdEvent.LOST, text="the venue does not find it")
            return
        search = self._search(order.client_order_id)
        search.absent += 1
        proof_ms = desk.config.read_timeout_ms + ABSENT_GRACE_MS
        late = desk.steady_ns >= search.began_ns + desk.config.ns(proof_ms)
        if late and search.absent >= ABSENT_ANSWERS_MIN:
            desk.move(order, OrdEvent.ABSENT, text=f"presumed absent: not found {search.absent} times")

    def _search(self, name: str) -> _Search:
        return self._searches.setdefault(name, _Search(self.desk.steady_ns))


def _ask_at_ms(asked: int) -> int:
    if asked < len(ASK_AT_MS):
        return ASK_AT_MS[asked]
    return ASK_AT_MS[-1] + (asked - len(ASK_AT_MS) + 1) * ASK_EVERY_MS
