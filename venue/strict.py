"""The strict fill model, beside the paper rule: size is capped, a resting order waits behind what was displayed.

Risk-averse queue (strategies.md 10.1): whoever cancels was behind us, until the displayed size says otherwise. An order
fills when prints at its price have eaten the queue ahead, when a print goes through it, or when the other side comes to
it; never more than what was printed or displayed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue.units import SHARE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from venue.orders import Order
    from venue.prices import Level
    from venue.rows import Print


class Queues:
    """How much stands before each resting order, in 1e-9 share."""

    def __init__(self) -> None:
        self._orders: dict[str, dict[str, Order]] = {}
        self._ahead: dict[str, int] = {}

    def join(self, order: Order, level: Level) -> None:
        """Let a limit order stand in line: behind the touch it joins, or first in a line of its own."""
        if order.limit_px is None or not order.is_open:
            return
        own_px, own_qty = (level.bid_px, level.bid_qty) if order.sign > 0 else (level.ask_px, level.ask_qty)
        improves = bool(own_px) and order.sign * (order.limit_px - own_px) > 0
        self._orders.setdefault(order.symbol, {})[order.id] = order
        self._ahead[order.id] = 0 if improves else own_qty * SHARE

    def leave(self, order: Order) -> None:
        """Take an order out of its line."""
        self._orders.get(order.symbol, {}).pop(order.id, None)
        self._ahead.pop(order.id, None)

    def seen(self, level: Level) -> None:
        """Shorten the lines to what is displayed at the touch."""
        for order in self._orders.get(level.symbol, {}).values():
            own_px, own_qty = (level.bid_px, level.bid_qty) if order.sign > 0 else (level.ask_px, level.ask_qty)
            if order.limit_px == own_px:
                self._ahead[order.id] = min(self._ahead[order.id], own_qty * SHARE)

    def printed(self, row: Print) -> Iterator[tuple[Order, int]]:
        """Yield the orders that a print fills, with how much; the earlier in line first."""
        left = row.qty * SHARE
        for order in list(self._orders.get(row.symbol, {}).values()):
            assert order.limit_px is not None, "only limits stand in line"
            beyond = order.sign * (order.limit_px - row.px)
            if beyond < 0 or left <= 0:
                continue
            if beyond == 0:
                self._ahead[order.id] -= left
                reach = -self._ahead[order.id]
                self._ahead[order.id] = max(self._ahead[order.id], 0)
            else:
                reach = left
            qty = min(reach, left, order.leaves_qty)
            if qty > 0:
                left -= qty
                yield order, qty
