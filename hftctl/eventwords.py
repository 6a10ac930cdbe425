"""Events of the record as a person reads them: one line each, dollars, New York time. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hft.schema import PX_PER_USD
from hftctl.screen import clock_time

if TYPE_CHECKING:
    from collections.abc import Callable

EVENT_CHARS = 22  # order.cancel_requested
STAMP = frozenset({"ts", "producer", "epoch", "seq", "event", "mark"})
SIDES = {1: "buy", -1: "sell"}


def event_line(event: dict[str, Any]) -> str:
    """Return one event in one line: New York time, what, in words where there are some. One we do not know is shown."""
    try:
        text = WORDS[event["event"]](event)
    except (KeyError, TypeError):  # a kind without words, or of another version
        text = " ".join(f"{name}={_plain(value)}" for name, value in event.items() if name not in STAMP and value != "")
    return f"{clock_time(event['ts'])} {event['event']:<{EVENT_CHARS}} {text}"


def _plain(value: object) -> str:
    """Return a value of the record as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items()) or "none"
    return (", ".join(map(_plain, value)) or "none") if isinstance(value, list) else str(value)


def _order(event: dict[str, Any]) -> str:
    side, px = SIDES.get(event["side"], "?"), event["px"] / PX_PER_USD
    return f"{event['strategy']} {side} {event['qty']} {event['symbol']} at {px:.2f}"


def _filled(event: dict[str, Any]) -> str:
    side, px = SIDES.get(event["side"], "?"), event["last_px"] / PX_PER_USD
    holds = f"{event['position']:+d}" if event["position"] else "flat"
    return f"{event['strategy']} {side} {event['last_qty']} {event['symbol']} at {px:.2f}, now {holds}"


def _marked(event: dict[str, Any]) -> str:
    equity, day = event["equity"] / PX_PER_USD, event["day_pnl"] / PX_PER_USD
    return f"equity ${equity:,.2f}, the limits count {day:+,.2f} today"


def _values(event: dict[str, Any]) -> str:
    return ", ".join(f"{symbol} {px / PX_PER_USD:.2f}" for symbol, px in event["mids"].items())


def _registered(event: dict[str, Any]) -> str:
    held = ", ".join(f"{qty:+d} {symbol}" for symbol, qty in event["positions"].items()) or "flat"
    return f"{event['strategy']} is there, run {event['strategy_epoch']}: {held}, {event['working_orders']} orders work"


def _state(event: dict[str, Any]) -> str:
    return f"{_whose(event)} is {event['state']}{': ' if event['reason'] else ''}{event['reason']}"


def _flattened(event: dict[str, Any]) -> str:
    left = "" if event["ok"] else f": {', '.join(event['left'])}"
    return f"{event['scope']} is {'flat' if event['ok'] else 'NOT flat'}{left}"


def _whose(event: dict[str, Any]) -> str:
    return str(event["strategy"] or "the account")


WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "order.sent": _order,
    "order.filled": _filled,
    "order.refused": lambda event: f"{_order(event) if event['symbol'] else event['strategy']}: {event['text']}",
    "order.done": lambda event: f"{_order(event)}: {event['text'] or event['status']}",
    "order.accepted": lambda event: f"{event['strategy']}: the venue has it after {event['ack_ms']:.0f} ms",
    "account.marked": _marked,
    "market.marked": _values,
    "day.played": lambda event: f"{event['day']} is played with {event['market']}, settings {event['config_hash']}",
    "strategy.registered": _registered,
    "position.claimed": lambda event: f"{event['strategy']} was given {event['qty']:+d} {event['symbol']} by hand",
    "shares.crossed": lambda event: (
        f"{event['seller']} to {event['buyer']}: {event['qty']} {event['symbol']} at {event['px'] / PX_PER_USD:.2f}"
        f" past the venue{': ' if event['reason'] else ''}{event['reason']}"
    ),
    "asset.noted": lambda event: event["text"] or f"{event['symbol']} may be traded and sold short again",
    "trade.amended": lambda event: f"{event['strategy']}: {event['text']}",
    "trade.corrected": lambda event: f"{event['strategy']}: {event['text']}",
    "freeze.lifted": lambda event: f"{event['symbol']} may trade again: a person has looked and resumed",
    "split.suspected": lambda event: str(event["text"]),
    "shares.split": lambda event: (
        f"{event['symbol']}: {event['new']} shares for {event['old']}, taken over by a person"
    ),
    "halt.set": _state,
    "state.changed": _state,
    "flatten.done": _flattened,
    "halt.cleared": lambda event: f"{_whose(event)} may trade again",
    "process.started": lambda event: f"{event['process']} (pid {event['pid']})",
    "process.stopping": lambda event: f"{event['process']}: {event['reason']}",
    "order.cancel_requested": lambda event: f"{event['strategy']}: {event['reason']}",
}
