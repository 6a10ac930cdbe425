"""Alpaca's JSON in our words: orders, positions, executions, account, clock, trade updates. Pure; no library needed.

Rule: exact. Decimals arrive as strings and become integers of 1e-4 dollar without passing through a float. A word that
we do not know is kept and marked (`event` None), never dropped: the core asks about that order.
Every function raises Untranslatable for JSON that is not what it says it is. In a list, only what cannot be read and is
surely none of the fleet's business is left out: a hand that trades options on the account must not blind the fleet.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

from hft.clock import NS_PER_S
from hft.words import Side
from router import broker
from router.ids import is_ours
from router.orders import OrdEvent

if TYPE_CHECKING:
    from collections.abc import Callable

PX_PER_USD = 10_000
SIDES = {"buy": Side.BUY, "sell": Side.SELL, "sell_short": Side.SELL}
STATUSES: dict[str, OrdEvent] = {
    "pending_new": OrdEvent.ACK,
    "accepted": OrdEvent.ACK,
    "accepted_for_bidding": OrdEvent.ACK,
    "pending_review": OrdEvent.ACK,
    "held": OrdEvent.ACK,
    "new": OrdEvent.NEW,
    "pending_replace": OrdEvent.NEW,
    "stopped": OrdEvent.NEW,
    "suspended": OrdEvent.NEW,
    "calculated": OrdEvent.NEW,
    "partially_filled": OrdEvent.FILL,
    "filled": OrdEvent.FILLED,
    "pending_cancel": OrdEvent.CANCEL_PENDING,
    "canceled": OrdEvent.CANCELED,
    "replaced": OrdEvent.REPLACED,
    "expired": OrdEvent.EXPIRED,
    "done_for_day": OrdEvent.EXPIRED,
    "rejected": OrdEvent.REJECTED,
}
BLOCKS = ("trading_blocked", "account_blocked", "trade_suspended_by_user")
STOCK = "us_equity"
_STOCK_SYMBOL = re.compile(r"[A-Z][A-Z0-9.]{0,9}\Z")  # as the settings take it; options' are longer, coins' have "/"
T = TypeVar("T")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\d*(Z|[+-]\d\d:?\d\d)?\Z")


class Untranslatable(ValueError):
    """JSON that is not what it should be."""


def number(value: Any) -> Decimal:  # noqa: ANN401 whatever stands in the JSON
    """Return a decimal of a JSON string or number; None and "" are 0."""
    if value is None or value == "":
        return Decimal(0)
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise Untranslatable(f"not a number: {value!r}") from None
    if not found.is_finite():
        raise Untranslatable(f"not a finite number: {value!r}")
    return found


def money(value: Any) -> int:  # noqa: ANN401 whatever stands in the JSON
    """Return dollars as an integer of 1e-4 dollar, rounded half to even."""
    return round(number(value) * PX_PER_USD)


def shares(value: Any) -> int:  # noqa: ANN401 whatever stands in the JSON
    """Return whole shares; a fraction of a share is cut off towards zero."""
    return int(number(value))


def time_ns(value: Any) -> int:  # noqa: ANN401 whatever stands in the JSON
    """Return an RFC 3339 time as ns UTC with all its digits; 0 for None."""
    if not value:
        return 0
    found = _STAMP.match(str(value))
    if found is None:
        raise Untranslatable(f"not a time: {value!r}")
    day, clock, fraction, zone = found.groups()
    offset = "+00:00" if zone in {"Z", None} else zone
    try:
        whole = dt.datetime.fromisoformat(f"{day}T{clock}{offset}")
    except ValueError:
        raise Untranslatable(f"not a time: {value!r}") from None
    return int(whole.timestamp()) * NS_PER_S + int((fraction or "").ljust(9, "0"))


def usd_text(px: int) -> str:
    """Return a price of 1e-4 dollar as the shortest exact decimal."""
    return format((Decimal(px) / PX_PER_USD).normalize(), "f")


def rfc3339(ns: int) -> str:
    """Return ns UTC as Alpaca's query parameters take it."""
    return dt.datetime.fromtimestamp(ns // NS_PER_S, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _object(raw: Any) -> dict[str, Any]:  # noqa: ANN401 whatever stands in the JSON
    if not isinstance(raw, dict):
        raise Untranslatable(f"expected an object, found {type(raw).__name__}")
    return raw


def _list(raw: Any) -> list[Any]:  # noqa: ANN401 whatever stands in the JSON
    if not isinstance(raw, list):
        raise Untranslatable(f"expected a list, found {type(raw).__name__}")
    return raw


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise Untranslatable(f"no {key}")
    return value


def _each(raw: Any, read: Callable[[Any], T], may_be_ours: Callable[[dict[str, Any]], bool]) -> tuple[T, ...]:  # noqa: ANN401 JSON
    """Return what `read` makes of a list; an item that it cannot read is left out if it cannot be the fleet's."""
    found: list[T] = []
    for item in _list(raw):
        try:
            found.append(read(item))
        except Untranslatable:
            if may_be_ours(_object(item)):
                raise
    return tuple(found)


def order(raw: Any) -> broker.BrokerOrder:  # noqa: ANN401 whatever stands in the JSON
    """Return an order."""
    found = _object(raw)
    side = SIDES.get(_text(found, "side"))
    if side is None:
        raise Untranslatable(f"side {found['side']!r}")
    cum_qty = shares(found.get("filled_qty"))
    word = _text(found, "status")
    return broker.BrokerOrder(
        order_id=_text(found, "id"),
        client_order_id=_text(found, "client_order_id"),
        symbol=_text(found, "symbol"),
        side=side,
        qty=max(shares(found.get("qty")), cum_qty),  # an order by notional has no quantity
        px=money(found.get("limit_price")),
        cum_qty=cum_qty,
        cum_notional=round(number(found.get("filled_avg_price")) * cum_qty * PX_PER_USD),
        event=STATUSES.get(word),
        word=word,
        created_ns=time_ns(found.get("created_at")),
        replaces=found.get("replaces") or "",
    )


def orders(raw: Any, *, ticket: int) -> broker.OrdersReply:  # noqa: ANN401 JSON
    """Return a list of orders."""
    return broker.OrdersReply(ticket=ticket, orders=_each(raw, order, _is_named_by_us))


def _is_named_by_us(item: dict[str, Any]) -> bool:
    name = item.get("client_order_id")
    return not isinstance(name, str) or is_ours(name)  # without a name, it may be


def positions(raw: Any, *, ticket: int) -> broker.PositionsReply:  # noqa: ANN401 whatever stands in the JSON
    """Return all positions; `qty` is signed."""
    found = _each(raw, _position, lambda item: (item.get("asset_class") or STOCK) == STOCK)
    return broker.PositionsReply(ticket=ticket, positions=found)


def _position(raw: Any) -> broker.BrokerPosition:  # noqa: ANN401 whatever stands in the JSON
    item = _object(raw)
    return broker.BrokerPosition(
        symbol=_text(item, "symbol"),
        qty=shares(item.get("qty")),
        avg_px=money(item.get("avg_entry_price")),
        px=money(item.get("current_price")),
    )


def fills(raw: Any, *, ticket: int) -> broker.FillsReply:  # noqa: ANN401 whatever stands in the JSON
    """Return executions of the account's history."""
    found = _each(raw, _fill, lambda item: _STOCK_SYMBOL.match(str(item.get("symbol") or "")) is not None)
    return broker.FillsReply(ticket=ticket, fills=found)


def _fill(raw: Any) -> broker.Fill:  # noqa: ANN401 whatever stands in the JSON
    item = _object(raw)
    return broker.Fill(
        order_id=_text(item, "order_id"),
        symbol=_text(item, "symbol"),
        qty=shares(item.get("qty")),
        px=money(item.get("price")),
        cum_qty=shares(item.get("cum_qty")),
    )


def account(raw: Any, *, ticket: int) -> broker.AccountReply:  # noqa: ANN401 whatever stands in the JSON
    """Return the account's money and whether it may trade."""
    found = _object(raw)
    _text(found, "status")
    blocked = [name.replace("_", " ") for name in BLOCKS if found.get(name) is True]
    if found["status"] != "ACTIVE":
        blocked.append(f"status {found['status']}")
    return broker.AccountReply(
        ticket=ticket,
        equity=money(found.get("equity")),
        cash=money(found.get("cash")),
        buying_power=money(found.get("buying_power")),
        last_equity=money(found.get("last_equity")),
        blocked=", ".join(blocked),
    )


def clock(raw: Any, *, ticket: int) -> broker.ClockReply:  # noqa: ANN401 whatever stands in the JSON
    """Return the market's hours."""
    found = _object(raw)
    return broker.ClockReply(
        ticket=ticket,
        is_open=found.get("is_open") is True,
        next_open_ns=time_ns(_text(found, "next_open")),
        next_close_ns=time_ns(_text(found, "next_close")),
        venue_ns=time_ns(_text(found, "timestamp")),
    )


def asset(raw: Any, *, ticket: int) -> broker.AssetReply:  # noqa: ANN401 whatever stands in the JSON
    """Return what is allowed in a symbol; `borrow_status` is the newer word for `easy_to_borrow`, both may be there."""
    found = _object(raw)
    status = _text(found, "status")
    borrow = found.get("borrow_status")
    easy = borrow == "easy_to_borrow" if borrow else found.get("easy_to_borrow") is True
    return broker.AssetReply(
        ticket=ticket,
        symbol=_text(found, "symbol"),
        status=status if found.get("tradable") is True or status != "active" else "active, but not tradable",
        is_tradable=status == "active" and found.get("tradable") is True,
        is_shortable=easy and found.get("shortable") is True,
        is_fractionable=found.get("fractionable") is True,
    )


def trade_update(raw: Any) -> broker.TradeUpdate:  # noqa: ANN401 whatever stands in the JSON
    """Return one event of the trade_updates stream (its `data`)."""
    found = _object(raw)
    position = found.get("position_qty")
    reject = found.get("reason") or found.get("reject_reason") or ""
    return broker.TradeUpdate(
        event=_text(found, "event"),
        order=order(found.get("order")),
        exec_id=found.get("execution_id") or "",
        qty=shares(found.get("qty")),
        px=money(found.get("price")),
        position=None if position is None else shares(position),
        exch_ns=time_ns(found.get("timestamp")),
        text=str(reject),
        previous_exec_id=found.get("previous_execution_id") or "",
    )
