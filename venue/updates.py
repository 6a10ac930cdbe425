"""Trade updates: what happened to an order, and its JSON on the stream (section 2.2 of the contract)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from venue.ids import execution_id, ulid
from venue.orders import Order, order_json
from venue.units import NS_PER_MS, px_text, qty_text, time_text, time_text_or_none

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLISH_DELAY_NS = NS_PER_MS // 5


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """One event; `order` is a copy as it stood right after."""

    account: str
    event: str
    t_ns: int
    number: int  # counts the account's events
    order: Order
    mark: str = ""  # what of the order this execution is: its n-th fill, or a status; empty for none
    px: int | None = None
    qty: int | None = None
    position_qty: int | None = None
    previous_mark: str = ""  # the execution that a bust or a correction is about

    @property
    def event_id(self) -> str:
        """Return a ULID that grows with time and count."""
        return ulid(self.t_ns, self.number)

    @property
    def execution_id(self) -> str | None:
        """Return the execution's UUID; the same fact has the same one whenever it is told."""
        return execution_id(self.order.id, self.mark) if self.mark else None


def update_json(update: Update, find: Callable[[str], Order] | None = None) -> dict[str, Any]:
    """Return the frame's object: stream, and data with the full order."""
    order = order_json(update.order, find)
    order["cancel_requested_at"] = time_text_or_none(update.order.cancel_requested_ns)
    data: dict[str, Any] = {
        "at": time_text(update.t_ns + PUBLISH_DELAY_NS),
        "event_id": update.event_id,
        "event": update.event,
        "timestamp": time_text(update.t_ns),
        "execution_id": update.execution_id,
        "order": order,
    }
    if update.px is not None and update.qty is not None:
        data |= {"price": px_text(update.px), "qty": qty_text(update.qty)}
    if update.previous_mark:
        data["previous_execution_id"] = execution_id(update.order.id, update.previous_mark)
    if update.position_qty is not None:
        data["position_qty"] = qty_text(update.position_qty)
    return {"stream": "trade_updates", "data": data}
