"""Makes the legs of a bracket, OCO or OTO from its request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue.ids import uuid_of
from venue.orders import OPPOSITE, Order

if TYPE_CHECKING:
    from venue.entry import NewOrder
    from venue.ledger import Account


def make(seed: int, account: Account, order: Order, request: NewOrder) -> tuple[Order, ...]:
    """Return the legs of an order, none for a simple one. An OCO is its own take-profit; its leg is the stop-loss."""
    profit, loss = request.take_profit, request.stop_loss
    if not request.order_class:
        return ()
    side = order.side if request.order_class == "oco" else OPPOSITE[order.side]
    found: list[Order] = []
    if profit and request.order_class != "oco":
        found.append(_leg(seed, account, order, side=side, kind="limit", limit_px=profit.limit_px, stop_px=None))
    if loss:
        kind = "stop" if loss.limit_px is None else "stop_limit"
        found.append(_leg(seed, account, order, side=side, kind=kind, limit_px=loss.limit_px, stop_px=loss.stop_px))
        found[-1].sibling = order.id if request.order_class == "oco" else (found[0].id if profit else None)
    return tuple(found)


def _leg(
    seed: int, account: Account, order: Order, *, side: str, kind: str, limit_px: int | None, stop_px: int | None
) -> Order:
    account.orders_made += 1
    leg_id = uuid_of(seed, "order", account.id, account.orders_made)
    return Order(
        id=leg_id,
        account=account.id,
        client_order_id=uuid_of("client", leg_id),
        seq=account.orders_made,
        symbol=order.symbol,
        side=side,
        type=kind,
        tif=order.tif,
        qty=order.qty,
        limit_px=limit_px,
        stop_px=stop_px,
        order_class=order.order_class,
        position_intent=f"{side}_to_close",
        parent=order.id,
        created_ns=order.created_ns,
        updated_ns=order.created_ns,
        submitted_ns=order.created_ns,
    )
