"""REST: positions. List, one, close, close all (table 3.2, rows /positions; keys of 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venue import rest_orders
from venue.assets import exchange_of
from venue.entry import NewOrder
from venue.ids import asset_id
from venue.refusals import Refusal, forbidden, not_found, parameter
from venue.units import QTY_DECIMALS, SHARE, avg_px_text, money_text, px_text, qty_text, scaled

if TYPE_CHECKING:
    from venue.call import Call
    from venue.ledger import Position

PERCENT_DECIMALS = 9


def listing(call: Call) -> tuple[int, Any] | Refusal:
    """GET /positions."""
    return 200, [position_json(call, position) for position in call.book.held()]


def one(call: Call) -> tuple[int, Any] | Refusal:
    """GET /positions/{symbol or asset id}."""
    position = _find(call)
    return position if isinstance(position, Refusal) else (200, position_json(call, position))


def close(call: Call) -> tuple[int, Any] | Refusal:
    """DELETE /positions/{symbol}: 200 and the market order that closes it, or a part of it."""
    position = _find(call)
    if isinstance(position, Refusal):
        return position
    qty = _closing_qty(call, position)
    if isinstance(qty, Refusal):
        return qty
    order = _close(call, position, qty)
    return order if isinstance(order, Refusal) else (200, order)


def close_all(call: Call) -> tuple[int, Any] | Refusal:
    """DELETE /positions: 207, one row for each position; with cancel_orders, open orders are cancelled first."""
    if call.flag("cancel_orders"):
        rest_orders.cancel_all(call)
        call.engine.finish_cancels(call.book, call.now_ns)
    return 207, [_close_row(call, position) for position in call.book.held()]


def _close_row(call: Call, position: Position) -> dict[str, Any]:
    answer = _close(call, position, abs(position.qty))
    if isinstance(answer, Refusal):
        return {"symbol": position.symbol, "status": answer.status, "body": answer.body()}
    return {"symbol": position.symbol, "status": 200, "body": answer}


def _find(call: Call) -> Position | Refusal:
    for position in call.book.held():
        if call.part in {position.symbol, asset_id(position.symbol)}:
            return position
    return not_found("position does not exist")


def _closing_qty(call: Call, position: Position) -> int | Refusal:
    held = abs(position.qty)
    if asked := call.query.get("qty"):
        qty = scaled(asked, QTY_DECIMALS)
        if qty is None or qty <= 0:
            return parameter("qty must be > 0")
        return qty
    if asked := call.query.get("percentage"):
        percent = scaled(asked, PERCENT_DECIMALS)
        if percent is None or not 0 < percent <= 100 * 10**PERCENT_DECIMALS:
            return parameter("percentage must be between 0 and 100")
        part = held * percent // (100 * 10**PERCENT_DECIMALS)
        qty = part if position.qty > 0 and held % SHARE else part // SHARE * SHARE
        return qty or parameter("qty must be > 0")
    return held


def _close(call: Call, position: Position, qty: int) -> dict[str, Any] | Refusal:
    if qty > abs(position.qty):
        available = qty_text(call.book.available_qty(position.symbol))
        return forbidden(
            f"insufficient qty available for order (requested: {qty_text(qty)}, available: {available})",
            symbol=position.symbol,
            existing_qty=qty_text(abs(position.qty)),
            available=available,
        )
    side = "sell" if position.qty > 0 else "buy"
    return rest_orders.enter(call, NewOrder(symbol=position.symbol, side=side, type="market", tif="day", qty=qty))


def position_json(call: Call, position: Position) -> dict[str, Any]:
    """Return Alpaca's Position object; money and quantities as strings."""
    level = call.engine.level(position.symbol)
    mark_px, last_day_px = level.mark_px, level.prior_close_px or level.mark_px
    value = position.qty * mark_px
    gain = value - position.cost
    since_close = position.overnight_qty * (mark_px - position.overnight_px)
    day_gain = since_close if position.overnight_qty == position.qty else gain
    available = call.book.available_qty(position.symbol) * position.sign
    return {
        "asset_id": asset_id(position.symbol),
        "symbol": position.symbol,
        "exchange": exchange_of(position.symbol),
        "asset_class": "us_equity",
        "asset_marginable": True,
        "qty": qty_text(position.qty),
        "avg_entry_price": avg_px_text(position.cost, position.qty),
        "side": "long" if position.qty > 0 else "short",
        "market_value": money_text(value),
        "cost_basis": money_text(position.cost),
        "unrealized_pl": money_text(gain),
        "unrealized_plpc": _ratio(gain, position.cost),
        "unrealized_intraday_pl": money_text(day_gain),
        "unrealized_intraday_plpc": _ratio(day_gain, position.cost),
        "current_price": px_text(mark_px),
        "lastday_price": px_text(last_day_px),
        "change_today": _ratio(mark_px - last_day_px, last_day_px),
        "qty_available": qty_text(available),
    }


def _ratio(part: int, whole: int) -> str:
    return f"{part / abs(whole):.10f}".rstrip("0").rstrip(".") if whole else "0"
