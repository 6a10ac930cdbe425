"""The cancels that we want: asked for once the venue's name of an order is known, and again until the order has ended.

Rule: a cancel is wanted until the order is terminal. Nothing but the venue's word ends an order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from router import broker
from router.blotter import Cancel
from router.broker import Priority
from router.orders import OrdEvent

if TYPE_CHECKING:
    from router.blotter import Blotter
    from router.orders import Order

TOGETHER_MIN = 4  # from so many on, one request cancels them all
ASKED_AGAIN_MS = 5_000
TRIES_COUNTED_MAX = 6  # from then on the time between two does not grow


class Cancels(dict[str, Cancel]):
    """By our names of the orders."""

    def __init__(self, desk: Blotter) -> None:
        super().__init__()
        self._desk = desk

    def want(self, order: Order, reason: str) -> None:
        """Want an order cancelled: at once if the venue's name for it is known, else as soon as it is."""
        if order.is_done or order.client_order_id in self:
            return
        self._note(order, reason)
        self.pursue(order)

    def want_each(self, orders: list[Order], reason: str) -> None:
        """Want these orders cancelled: with one request if they are many and all that work, else one by one."""
        desk = self._desk
        named = [order for order in orders if order.order_id and order.client_order_id not in self]
        if len(named) >= TOGETHER_MIN and len(orders) == len(desk.book.working):
            for order in named:
                wanted = self._note(order, reason)
                wanted.asked_ns, wanted.tries = desk.steady_ns, 1
                desk.move(order, OrdEvent.CANCEL_ASKED)
            desk.ask(broker.CancelEverything, Priority.PANIC)
        for order in orders:
            self.want(order, reason)

    def _note(self, order: Order, reason: str) -> Cancel:
        wanted = self[order.client_order_id] = Cancel(reason)
        self._desk.tell(
            events.CancelRequested(strategy=order.ledger, client_order_id=order.client_order_id, reason=reason)
        )
        return wanted

    def pursue(self, order: Order, *, again: bool = False) -> None:
        """Send the cancel of an order that we want cancelled, once its venue name is known."""
        desk, wanted = self._desk, self.get(order.client_order_id)
        if wanted is None or order.is_done or not order.order_id or (wanted.asked_ns and not again):
            return
        wanted.asked_ns, wanted.tries = desk.steady_ns, wanted.tries + 1
        desk.move(order, OrdEvent.CANCEL_ASKED)
        desk.link(order.ledger).requests += 1
        desk.ask(
            broker.CancelRequest,
            Priority.CANCEL,
            client_order_id=order.client_order_id,
            order_id=order.order_id,
        )

    def chase(self) -> None:
        """Ask again for those that have not led to an end, at growing intervals; and look at the order itself."""
        desk = self._desk
        for name, wanted in list(self.items()):
            order = desk.book.orders.get(name)
            if order is None or order.is_done:
                del self[name]
                continue
            wait_ms = ASKED_AGAIN_MS * min(wanted.tries, TRIES_COUNTED_MAX)
            if wanted.asked_ns and desk.steady_ns - wanted.asked_ns >= desk.config.ns(wait_ms):
                desk.query(order)
                self.pursue(order, again=True)
