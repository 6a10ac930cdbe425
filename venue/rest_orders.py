"""REST: orders. Submit, list, look up, replace, cancel (table 3.2, rows /orders)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from venue import checks, entry, exits
from venue.ids import uuid_of
from venue.orders import TERMINAL, UNSENT, Order, order_json
from venue.refusals import UNPROCESSABLE, Refusal, not_found, parameter, unprocessable
from venue.units import SHARE, parse_time, qty_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from venue.call import Call

LIST_DEFAULT, LIST_MAX = 50, 500
ASSET_CLASS = "us_equity"  # the only one served


def submit(call: Call) -> tuple[int, Any] | Refusal:
    """POST /orders: 200 and the order, pending_new or accepted."""
    tree = entry.decode(call.body)
    request = tree if isinstance(tree, Refusal) else entry.parse(tree)
    if isinstance(request, Refusal):
        return _asset_first(call, tree, request)
    order = enter(call, request)
    return order if isinstance(order, Refusal) else (200, order)


def _asset_first(call: Call, tree: dict[str, Any] | Refusal, refusal: Refusal) -> Refusal:
    """Return the refusal; an unknown asset goes before ticks and rules, and after wrong parameters."""
    symbol = tree.get("symbol") if isinstance(tree, dict) else None
    if refusal.code == UNPROCESSABLE and isinstance(symbol, str) and not call.lists(symbol):
        return unprocessable(f'asset "{symbol}" not found')
    return refusal


def enter(call: Call, request: entry.NewOrder) -> dict[str, Any] | Refusal:
    """Check a well-formed request against account and market and take it in; return its JSON or the refusal."""
    if not call.lists(request.symbol):
        return unprocessable(f'asset "{request.symbol}" not found')
    asked = checks.Entry(call.engine, call.book, request, call.now_ns)
    if refusal := checks.refused(asked):
        return refusal
    order = make(call, request, asked)
    legs = exits.make(call.engine.config.seed, call.book.account, order, request)
    call.engine.submit(call.book, order, call.now_ns, legs)
    return order_json(order, {leg.id: leg for leg in legs}.__getitem__ if legs else None)


def make(call: Call, request: entry.NewOrder, asked: checks.Entry) -> Order:
    """Return a fresh order for a request that passed its checks."""
    account = call.book.account
    account.orders_made += 1
    order_id = uuid_of(call.engine.config.seed, "order", account.id, account.orders_made)
    return Order(
        id=order_id,
        account=account.id,
        client_order_id=request.client_order_id or uuid_of("client", order_id),
        seq=account.orders_made,
        symbol=request.symbol,
        side=request.side,
        type=request.type,
        tif=request.tif,
        qty=request.qty,
        notional=request.notional,
        limit_px=request.limit_px,
        stop_px=request.stop_px,
        trail_px=request.trail_px,
        trail_percent=request.trail_percent,
        extended_hours=request.extended_hours,
        order_class=request.order_class,
        position_intent=asked.intent,
        hold_px=0 if asked.closes else asked.hold_px(),
        is_unpriced=asked.is_unpriced,
        hold_qty=asked.asked_qty() if asked.closes and request.qty is None else 0,
        created_ns=call.now_ns,
        updated_ns=call.now_ns,
        submitted_ns=call.now_ns,
    )


def listing(call: Call) -> tuple[int, Any] | Refusal:
    """GET /orders: filtered, newest first unless asked otherwise."""
    status = call.query.get("status", "open")
    if status not in {"open", "closed", "all"}:
        return parameter("invalid status")
    limit = call.number("limit", LIST_DEFAULT, LIST_MAX)
    if limit is None:
        return parameter(f"limit must be between 1 and {LIST_MAX}")
    find = call.book.orders.__getitem__ if call.flag("nested") else None
    orders = list(_matching(call, status))
    orders = _rolled_up(orders) if find else orders
    bounds = {name: parse_time(call.query[name]) for name in ("after", "until") if call.query.get(name)}
    if None in bounds.values():
        return parameter("invalid time, expected RFC 3339")
    after, until = bounds.get("after"), bounds.get("until")
    orders = [
        order
        for order in orders
        if (after is None or order.submitted_ns > after) and (until is None or order.submitted_ns < until)
    ]
    orders.sort(key=lambda order: order.seq, reverse=call.query.get("direction", "desc") != "asc")
    orders = _beside(call, orders)[:limit]
    return 200, [order_json(order, find) for order in orders]


def _rolled_up(orders: list[Order]) -> list[Order]:
    """Return the orders without the legs that are shown inside one of them."""
    shown = {leg_id for order in orders for leg_id in order.legs}
    return [order for order in orders if order.id not in shown]


def _matching(call: Call, status: str) -> Iterable[Order]:
    symbols, side, classes = call.words("symbols"), call.query.get("side"), call.words("asset_class")
    if classes and ASSET_CLASS not in classes:
        return
    pool = call.book.open_orders() if status == "open" else call.book.orders.values()
    for order in pool:
        if status == "closed" and order.is_open:
            continue
        if (not symbols or order.symbol in symbols) and (not side or order.side == side):
            yield order


def _beside(call: Call, orders: list[Order]) -> list[Order]:
    before, after = call.query.get("before_order_id"), call.query.get("after_order_id")
    if before and (found := call.book.find(before)):
        orders = [order for order in orders if order.seq < found.seq]
    if after and (found := call.book.find(after)):
        orders = [order for order in orders if order.seq > found.seq]
    return orders


def one(call: Call) -> tuple[int, Any] | Refusal:
    """GET /orders/{id}."""
    order = call.book.find(call.part)
    if order is None:
        return not_found(f"order not found for {call.part}")
    return 200, order_json(order, call.book.orders.__getitem__ if call.flag("nested") else None)


def by_client_id(call: Call) -> tuple[int, Any] | Refusal:
    """GET /orders:by_client_order_id."""
    wanted = call.query.get("client_order_id", "")
    order = call.book.find_client(wanted)
    return (200, order_json(order)) if order else not_found(f"order not found for {wanted}")


def cancel(call: Call) -> tuple[int, Any] | Refusal:
    """DELETE /orders/{id}: 204, the cancel has begun."""
    order = call.book.find(call.part)
    if order is None:
        return not_found(f"order not found for {call.part}")
    refusal = _cancel(call, order)
    return refusal or (204, None)


def _cancel(call: Call, order: Order) -> Refusal | None:
    if not order.is_open:
        return unprocessable(f'order is already in "{order.status}" state')
    if order.cancel_requested_ns:
        return unprocessable("order pending cancel")
    call.engine.request_cancel(call.book, order, call.now_ns)
    return None


def cancel_all(call: Call) -> tuple[int, Any] | Refusal:
    """DELETE /orders: 207, one row for each open order."""
    return 207, [_cancel_row(call, order) for order in list(call.book.open_orders())]


def _cancel_row(call: Call, order: Order) -> dict[str, Any]:
    refusal = _cancel(call, order)
    if refusal is None or order.cancel_requested_ns or order.status == "canceled":
        return {"id": order.id, "status": 200}
    return {"id": order.id, "status": 500, "body": refusal.body()}


def replace(call: Call) -> tuple[int, Any] | Refusal:
    """PATCH /orders/{id}: 200 and the new order; the old one works until it is replaced."""
    old = call.book.find(call.part)
    if old is None:
        return not_found(f"order not found for {call.part}")
    if refusal := _not_replaceable(old):
        return refusal
    tree = entry.decode(call.body)
    changed = tree if isinstance(tree, Refusal) else _changed(old, tree)
    if isinstance(changed, Refusal):
        return changed
    asked = checks.Entry(call.engine, call.book, changed, call.now_ns, but=old.id)
    if refusal := checks.refused(asked):
        return refusal
    new = make(call, changed, asked)
    new.replaces, new.replaces_filled_qty = old.id, old.filled_qty
    call.engine.request_replace(call.book, old, new, call.now_ns)
    return 200, order_json(new)


def _not_replaceable(old: Order) -> Refusal | None:
    if old.status == "replaced":
        return unprocessable("order already replaced")
    if old.status in UNSENT:
        return unprocessable("unable to replace order, order isn't sent to exchange yet")
    if old.status in TERMINAL or old.status not in {"new", "partially_filled"} or old.cancel_requested_ns:
        return unprocessable(f"cannot replace order in {old.status} status")
    return unprocessable("notional orders cannot be replaced") if old.notional is not None else None


PATCHED = ("qty", "limit_price", "stop_price")


def _changed(old: Order, tree: dict[str, Any]) -> entry.NewOrder | Refusal:
    """Return the order that the patch asks for: the open part of the old one with the named fields changed."""
    numbers, given, request = _numbers(old, tree), entry.given_id(tree), _as_request(old)
    if isinstance(numbers, Refusal):
        return numbers
    if isinstance(given, Refusal):
        return given
    tif = tree.get("time_in_force") or old.tif
    if not isinstance(tif, str) or tif not in entry.TIFS:
        return parameter("invalid time_in_force")
    if any(getattr(request, name) is None for name in numbers):
        return parameter("price does not belong to this order type")
    if refusal := _bad_qty(old, numbers.get("qty")):
        return refusal
    changed = msgspec.structs.replace(request, tif=tif, **numbers)
    if changed == request:
        return unprocessable("order parameters are not changed")
    assert changed.qty is not None, "notional orders are not replaceable"
    successor = msgspec.structs.replace(changed, qty=changed.qty - old.filled_qty, client_order_id=given)
    return entry.broken_rule(successor, entry.SUCCESSOR_RULES) or successor


def _numbers(old: Order, tree: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Return the numbers that a patch names; `trail` means the one of the two distances that the order has."""
    trail = "trail_price" if old.trail_percent is None else "trail_percent"
    return entry.numbers({**{key: tree.get(key) for key in PATCHED}, trail: tree.get("trail")})


def _bad_qty(old: Order, qty: int | None) -> Refusal | None:
    if qty is None:
        return None
    if qty % SHARE or (old.qty or 0) % SHARE:
        return unprocessable("qty of fractional orders cannot be replaced")
    if qty <= old.filled_qty:
        return unprocessable(f"qty must be > filled_qty ({qty_text(old.filled_qty)})")
    return unprocessable("qty cannot be changed for advanced orders") if old.order_class else None


def _as_request(old: Order) -> entry.NewOrder:
    return entry.NewOrder(
        symbol=old.symbol,
        side=old.side,
        type=old.type,
        tif=old.tif,
        qty=old.qty,
        limit_px=old.limit_px,
        stop_px=None if old.type == "trailing_stop" else old.stop_px,  # that one follows the market
        trail_px=old.trail_px,
        trail_percent=old.trail_percent,
        extended_hours=old.extended_hours,
        order_class=old.order_class,
    )
