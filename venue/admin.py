"""The admin URL `/sim`: how the exchange itself is doing, and further accounts. Not part of Alpaca's protocol."""

from __future__ import annotations

import difflib
import secrets
from typing import TYPE_CHECKING, Any

import msgspec

from venue.fault_menu import MENU
from venue.faults import Fault
from venue.units import money_text, px_text, qty_text, time_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.books import Book
    from venue.hub import Hub

KEY_CHARS, SECRET_CHARS = 18, 40
ACCOUNTS_MAX = 1_000
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def new_keys() -> tuple[str, str]:
    """Return a random key pair in Alpaca's shape."""
    key = "PK" + "".join(secrets.choice(ALPHABET) for _ in range(KEY_CHARS))
    return key, secrets.token_urlsafe(SECRET_CHARS)[:SECRET_CHARS]


def answer(hub: Hub, method: str, part: str, body: bytes) -> tuple[int, Any]:
    """Answer one admin call."""
    name, _, rest = part.strip("/").partition("/")
    if (method, name) == ("DELETE", "fault"):
        return 200, {"schema": 1, "ended": hub.exchange.engine.faults.cancel(rest)}
    handler = ROUTES.get((method, name))
    if handler is None:
        return 404, {"message": "there is " + ", ".join(f"{verb} /sim/{name}" for verb, name in ROUTES)}
    return handler(hub, body)


def _health(hub: Hub, _: bytes) -> tuple[int, Any]:
    engine, now_ns = hub.exchange.engine, hub.clock.now_ns()
    return 200, {
        "schema": 1,
        "time": time_text(now_ns),
        "phase": engine.phase(now_ns).value,
        "symbols": list(hub.exchange.source.symbols),
        "rows_published": hub.exchange.rows_published,
        "data_clients": [session.subscriptions for session, _ in hub.data.values()],
        "updates_clients": sum(session.listens for session, _ in hub.updates.values()),
        "quotes": {
            name: {"bid": px_text(level.bid_px), "ask": px_text(level.ask_px), "last": px_text(level.last_px)}
            for name, level in engine.levels.items()
        },
        "accounts": [_truth(hub, book) for book in engine.books.values()],
    }


def _truth(hub: Hub, book: Book) -> dict[str, Any]:
    return {
        "id": book.account.id,
        "number": book.account.number,
        "cash": money_text(book.account.cash),
        "equity": money_text(hub.exchange.engine.figures(book).equity),
        "positions": {position.symbol: qty_text(position.qty) for position in book.held()},
        "realised": money_text(sum(position.realised for position in book.positions.values())),
        "orders": len(book.orders),
        "open_orders": sum(1 for _ in book.open_orders()),
        "fills": len(book.fills),
        "held_money": money_text(book.held_money),
    }


def _account(hub: Hub, _: bytes) -> tuple[int, Any]:
    if len(hub.exchange.engine.books) >= ACCOUNTS_MAX:
        return 409, {"message": f"there are {ACCOUNTS_MAX} accounts already"}
    key, secret = new_keys()
    account_id = hub.exchange.open_account(key, secret, hub.clock.now_ns())
    return 200, {"id": account_id, "key": key, "secret": secret}


def _faults(hub: Hub, _: bytes) -> tuple[int, Any]:
    menu = [{"kind": kind, **msgspec.to_builtins(entry)} for kind, entry in MENU.items()]
    return 200, {"schema": 1, "faults": hub.exchange.engine.faults.listing(hub.clock.now_ns()), "menu": menu}


def _order_fault(hub: Hub, body: bytes) -> tuple[int, Any]:
    try:
        fault = msgspec.json.decode(body, type=Fault)
    except msgspec.DecodeError as error:
        return 422, {"message": f"this is no fault: {error}", "known": sorted(MENU)}
    if fault.kind not in MENU:
        near = difflib.get_close_matches(fault.kind, MENU, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "GET /sim/fault lists what there is"
        return 422, {"message": f"there is no fault {fault.kind!r}; {hint}", "known": sorted(MENU)}
    armed = hub.exchange.order_fault(fault, hub.clock.now_ns())
    return 200, {"schema": 1, **msgspec.to_builtins(armed), "what": MENU[armed.kind].what}


ROUTES: dict[tuple[str, str], Callable[[Hub, bytes], tuple[int, Any]]] = {
    ("GET", "health"): _health,
    ("POST", "accounts"): _account,
    ("GET", "fault"): _faults,
    ("POST", "fault"): _order_fault,
}
