"""Stops that wait for a price: stop, stop-limit, trailing stop. A print at or through the stop price pulls them.

Assumption: prints of the whole market pull stops, not quotes. A triggered buy stop is a limit some percent above its
stop price, as Alpaca's order page says; a triggered sell stop is a market order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue.prices import tick_px

if TYPE_CHECKING:
    from venue.orders import Order

Key = tuple[str, str]


class Triggers:
    """The waiting stops of all symbols."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[Key, Order]] = {}

    def add(self, order: Order) -> None:
        """Let a stop wait."""
        self._waiting.setdefault(order.symbol, {})[order.account, order.id] = order

    def remove(self, order: Order) -> None:
        """Take a stop out; nothing happens if it does not wait here."""
        self._waiting.get(order.symbol, {}).pop((order.account, order.id), None)

    def begin_trail(self, order: Order, px: int) -> None:
        """Let a trailing stop start from a price."""
        if order.hwm_px is None and px:
            order.hwm_px = px
            order.stop_px = trailed(order)

    def pulled(self, symbol: str, px: int) -> list[Key]:
        """Move the trailing stops of a symbol after a price; return and forget the stops that it pulls, in turn."""
        waiting = self._waiting.get(symbol)
        if not waiting or not px:
            return []
        for order in waiting.values():
            if order.type == "trailing_stop":
                self._trail(order, px)
        found = [key for key, order in waiting.items() if order.stop_px and order.sign * (px - order.stop_px) >= 0]
        for key in found:
            del waiting[key]
        return found

    def _trail(self, order: Order, px: int) -> None:
        if order.hwm_px is None or order.sign * (order.hwm_px - px) > 0:
            order.hwm_px = px
            order.stop_px = trailed(order)


def trailed(order: Order) -> int:
    """Return the stop price of a trailing stop at its high-water mark (low-water for a buy), on a tick."""
    assert order.hwm_px is not None, "the trail has begun"
    distance = order.trail_px or round(order.hwm_px * (order.trail_percent or 0.0) / 100)
    stop_px = order.hwm_px + order.sign * distance
    return max(stop_px - stop_px % tick_px(stop_px), 1)
