"""When an order left its strategy: the shell writes it on the intent on its way out; the core knows nothing of it.

Rule: a decision is what the core said. Tapes and replays compare and hash that, so no reading of a clock is in it, and
the time that the family's own reckoning took is on its side of the stamp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.messages import NewOrder, ReplaceOrder

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERS = (NewOrder, ReplaceOrder)
Order = NewOrder | ReplaceOrder


def stamped(order: Order, now_ns: int) -> Order:
    """Return an order's intent that leaves its strategy at a market time, ns UTC."""
    return msgspec.structs.replace(order, decided_ns=now_ns)


class Stamping:
    """The edge in front of the router's: an order that passes carries the time at which it did."""

    def __init__(self, send: Callable[[Order], None], now_ns: Callable[[], int]) -> None:
        self._send, self._now_ns = send, now_ns

    def send(self, order: Order) -> None:
        """Stamp an order and send it on."""
        self._send(stamped(order, self._now_ns()))

    def flush(self) -> None:
        """Nothing waits here."""
