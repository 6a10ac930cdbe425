"""The body of POST /v2/orders, read and checked for itself: table 3.5, the parameter rows. Knows no account, no market.

Rule kept: numbers and strings are both accepted, and a price is taken exactly as it is written, never rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from venue.prices import tick_px
from venue.refusals import BAD_BODY, Refusal, forbidden, parameter, unprocessable
from venue.units import (
    MONEY_DECIMALS,
    PX_DECIMALS,
    PX_MAX,
    QTY_DECIMALS,
    QTY_MAX,
    SHARE,
    USD,
    exact,
    is_number,
    scaled,
    times_ten_to,
)

SIDES = frozenset({"buy", "sell"})
TYPES = frozenset({"market", "limit", "stop", "stop_limit", "trailing_stop"})
TIFS = frozenset({"day", "gtc", "opg", "cls", "ioc", "fok"})
CLASSES = frozenset({"", "simple", "bracket", "oco", "oto"})
INTENTS = frozenset({"buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"})
CLIENT_ID_CHARS_MAX = 128
NOTIONAL_MIN = USD
SYMBOL_CHARS_MAX = 24


class Exit(msgspec.Struct, frozen=True):
    """The take-profit or stop-loss part of an advanced order; prices in 1e-4 dollar."""

    limit_px: int | None = None
    stop_px: int | None = None


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed order request."""

    symbol: str
    side: str
    type: str
    tif: str
    qty: int | None = None
    notional: int | None = None
    limit_px: int | None = None
    stop_px: int | None = None
    trail_px: int | None = None
    trail_percent: float | None = None
    extended_hours: bool = False
    client_order_id: str = ""
    order_class: str = ""
    position_intent: str = ""
    take_profit: Exit | None = None
    stop_loss: Exit | None = None

    @property
    def is_fractional(self) -> bool:
        """Return whether it asks for a part of a share, or for dollars' worth."""
        return self.notional is not None or (self.qty or 0) % SHARE != 0


def decode(body: bytes) -> dict[str, Any] | Refusal:
    """Return the JSON object of a body, or the refusal of a body that is none."""
    try:
        tree = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return BAD_BODY
    return tree if isinstance(tree, dict) else BAD_BODY


def parse(tree: dict[str, Any]) -> NewOrder | Refusal:
    """Return the order request in a JSON object, or the first thing that is wrong with it."""
    words = _words(tree)
    if isinstance(words, Refusal):
        return words
    amounts = numbers(tree)
    if isinstance(amounts, Refusal):
        return amounts
    exits = {name: _exit(tree.get(name), name) for name in ("take_profit", "stop_loss")}
    for part in exits.values():
        if isinstance(part, Refusal):
            return part
    try:
        order = _with_oco_limit(msgspec.convert({**words, **amounts, **exits}, NewOrder))
    except msgspec.ValidationError:
        return BAD_BODY
    return broken_rule(order, RULES) or order


def _with_oco_limit(order: NewOrder) -> NewOrder:
    """Return the order; an OCO without a limit price of its own takes that of its take-profit."""
    profit = order.take_profit
    if order.order_class != "oco" or order.limit_px is not None or profit is None or profit.limit_px is None:
        return order
    return msgspec.structs.replace(order, limit_px=profit.limit_px)


def _words(tree: dict[str, Any]) -> dict[str, Any] | Refusal:
    symbol = tree.get("symbol")
    if not isinstance(symbol, str) or not symbol:
        return parameter("symbol is required")
    if len(symbol) > SYMBOL_CHARS_MAX:
        return unprocessable(f'asset "{symbol[:SYMBOL_CHARS_MAX]}" not found')
    for key, known, message in WORDS:
        value = tree.get(key)
        if key in REQUIRED and value is None:
            return parameter(f"{key} is required")
        if value is not None and (not isinstance(value, str) or value not in known):
            return parameter(message)
    extended = tree.get("extended_hours")
    if extended is not None and not isinstance(extended, bool):
        return BAD_BODY
    client_id = given_id(tree)
    if isinstance(client_id, Refusal):
        return client_id
    order_class = tree.get("order_class") or ""
    return {
        "symbol": symbol,
        "side": tree["side"],
        "type": tree["type"],
        "tif": tree["time_in_force"],
        "extended_hours": bool(extended),
        "client_order_id": client_id,
        "order_class": "" if order_class == "simple" else order_class,
        "position_intent": tree.get("position_intent") or "",
    }


def given_id(tree: dict[str, Any]) -> str | Refusal:
    """Return the client order id that a request gives, empty if it gives none, or what is wrong with it."""
    client_id = tree.get("client_order_id") or ""
    if not isinstance(client_id, str):
        return BAD_BODY
    if len(client_id) > CLIENT_ID_CHARS_MAX:
        return parameter(f"client_order_id must be no more than {CLIENT_ID_CHARS_MAX} characters")
    return client_id


REQUIRED = frozenset({"side", "type", "time_in_force"})
WORDS = (
    ("side", SIDES, "invalid side"),
    ("type", TYPES, "invalid order type"),
    ("time_in_force", TIFS, "invalid time_in_force"),
    ("order_class", CLASSES, "invalid order_class"),
    ("position_intent", INTENTS | {""}, "invalid position_intent"),
)


def numbers(tree: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Return the numbers of a request in the exchange's units, or the first one that is none."""
    found: dict[str, Any] = {}
    for key, name, decimals, limit in NUMBERS:
        raw = tree.get(key)
        if raw is None:
            continue
        number = exact(raw)
        if number is None:
            return parameter(f"invalid {key.replace('_', ' ')}")
        if number <= 0:
            return parameter(f"{key.replace('_', ' ')} must be > 0")
        value = times_ten_to(number, decimals)
        if value is None:
            return _too_fine(key, raw)
        if value > limit:
            return parameter(f"{key.replace('_', ' ')} is too large")
        found[name] = value
    percent = found.pop("trail_percent_e4", None)
    return found if percent is None else {**found, "trail_percent": percent / 10_000}


NUMBERS = (
    ("qty", "qty", QTY_DECIMALS, QTY_MAX),
    ("notional", "notional", MONEY_DECIMALS, QTY_MAX * 10_000),
    ("limit_price", "limit_px", PX_DECIMALS, PX_MAX),
    ("stop_price", "stop_px", PX_DECIMALS, PX_MAX),
    ("trail_price", "trail_px", PX_DECIMALS, PX_MAX),
    ("trail_percent", "trail_percent_e4", 4, 1_000_000),
)


def _too_fine(key: str, raw: object) -> Refusal:
    if key in {"limit_price", "stop_price", "trail_price"}:
        return sub_penny(key, raw)
    return parameter(f"invalid {key.replace('_', ' ')}: too many decimals")


def sub_penny(key: str, shown: object) -> Refusal:
    """Return the refusal of a price between two ticks."""
    return unprocessable(f"invalid {key} {shown}. sub-penny increment does not fulfill minimum pricing criteria")


def _exit(tree: object, name: str) -> Exit | Refusal | None:
    if tree is None:
        return None
    if not isinstance(tree, dict):
        return BAD_BODY
    found: dict[str, int] = {}
    for key, field in (("limit_price", "limit_px"), ("stop_price", "stop_px")):
        raw = tree.get(key)
        if raw is None:
            continue
        if not is_number(raw):
            return parameter(f"invalid {name}.{key}")
        px = scaled(raw, PX_DECIMALS)
        if px is None or px % tick_px(px):
            return sub_penny(f"{name}.{key}", raw)
        if not 0 < px <= PX_MAX:
            return parameter(f"{name}.{key} must be > 0")
        found[field] = px
    return Exit(**found)


def _amount(order: NewOrder) -> Refusal | None:
    if order.qty is not None and order.notional is not None:
        return parameter("only one of qty or notional is accepted")
    if order.qty is None and order.notional is None:
        return parameter("qty or notional is required")
    if order.notional is not None and order.notional < NOTIONAL_MIN:
        return parameter("notional must be >= 1.00")
    return None


def _prices(order: NewOrder) -> Refusal | None:
    limit, stop = order.limit_px is not None, order.stop_px is not None
    trail = order.trail_px is not None, order.trail_percent is not None
    if order.type == "trailing_stop":
        return (
            None if sum(trail) == 1 else parameter("trailing stop orders require one of trail_price or trail_percent")
        )
    needs_limit, needs_stop, message = PRICES_NEEDED[order.type]
    return None if (limit, stop) == (needs_limit, needs_stop) and not any(trail) else parameter(message)


PRICES_NEEDED = {
    "market": (False, False, "market orders require no stop or limit price"),
    "limit": (True, False, "limit orders require a limit price"),
    "stop": (False, True, "stop orders require a stop price"),
    "stop_limit": (True, True, "stop limit orders require both stop and limit price"),
}


def _session(order: NewOrder) -> Refusal | None:
    if order.extended_hours and (order.type != "limit" or order.tif not in {"day", "gtc"}):
        return unprocessable("extended hours order must be DAY or GTC limit orders")
    if order.type == "trailing_stop" and order.tif not in {"day", "gtc"}:
        return unprocessable("trailing stop orders must be DAY or GTC orders")
    if order.order_class and (order.tif not in {"day", "gtc"} or order.extended_hours):
        return unprocessable("complex orders must be DAY or GTC orders")
    return None


def _fraction(order: NewOrder) -> Refusal | None:
    if not order.is_fractional:
        return None
    if order.tif != "day":
        return unprocessable("fractional orders must be DAY orders")
    if order.order_class or order.type == "trailing_stop":
        return unprocessable("fractional orders must be simple orders")
    return None


def _ticks(order: NewOrder) -> Refusal | None:
    for name, px in (("limit_price", order.limit_px), ("stop_price", order.stop_px)):
        if px is not None and px % tick_px(px):
            return sub_penny(name, px / 10_000)
    return None


def _legs(order: NewOrder) -> Refusal | None:
    profit, loss = order.take_profit, order.stop_loss
    if not order.order_class:
        return parameter("take_profit and stop_loss require an order_class") if profit or loss else None
    if order.order_class == "oto":
        if (profit is None) == (loss is None):
            return parameter("oto orders require one of take_profit or stop_loss")
    elif profit is None or loss is None:
        return parameter(f"{order.order_class} orders require take_profit and stop_loss")
    if profit and profit.limit_px is None:
        return parameter("take_profit.limit_price is required")
    if loss and loss.stop_px is None:
        return parameter("stop_loss.stop_price is required")
    if order.order_class == "oco" and order.type != "limit":
        return parameter("oco orders must be limit orders")
    return None


Rule = Callable[[NewOrder], Refusal | None]
RULES: tuple[Rule, ...] = (_amount, _prices, _legs, _session, _fraction, _ticks)
SUCCESSOR_RULES: tuple[Rule, ...] = (_amount, _prices, _session, _fraction, _ticks)  # its legs are there already


def broken_rule(order: NewOrder, rules: tuple[Rule, ...]) -> Refusal | None:
    """Return the refusal of the first rule that an order breaks."""
    return next((wrong for rule in rules if (wrong := rule(order))), None)


def not_fractionable(symbol: str) -> Refusal:
    """Return the refusal of a fraction of an asset that has none."""
    return forbidden(f"asset {symbol} is not fractionable")
