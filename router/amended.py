"""Executions that the venue took back (a bust) or booked anew (a correction), and the symbols frozen by them.

Rule: a freeze is of the book: it outlives the router, and nobody but a person's resume ends it. Each amendment has a
key, the venue's id of it; the same key again changes nothing, however often and late it is told.
"""

from __future__ import annotations

import msgspec

from risk.limits import usd

BUST, CORRECT = "trade_bust", "trade_correct"
AMENDED = frozenset({BUST, CORRECT})
UNHEARD = "unheard"
KEYS_MAX = 1_000
WAITS = "which its orders and positions do not show yet"
TO_DO_OPEN = "It is booked as soon as they do"
TO_DO = "Look at the strategy's position, then hftctl resume"


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """The venue's word on one execution. `qty` and `px` (1e-4 dollar) as it told them; `outcome`: how it was booked."""

    key: str
    event: str
    symbol: str
    client_order_id: str
    previous_exec_id: str = ""
    qty: int = 0
    px: int = 0
    told_ns: int = 0
    outcome: str = ""

    @property
    def is_open(self) -> bool:
        """Return whether the venue's orders and positions have yet to show it."""
        return not self.outcome

    def told(self) -> str:
        """Return in words what the venue sent, or what it shows without having sent a word."""
        if self.key.startswith(UNHEARD):
            return f"the venue shows other fills of order {self.client_order_id} than it told ({self.event} unheard)"
        shares = f" of {self.qty} {self.symbol} at {usd(self.px)}" if self.qty else ""
        return f"the venue sent {self.event}{shares} for order {self.client_order_id}"


def key_of(event: str, exec_id: str, previous_exec_id: str, order_id: str) -> str:
    """Return the key of an amendment: the venue's id of it, else one made of what it is about, always the same."""
    return exec_id or f"{event} of {previous_exec_id or order_id}"


def key_of_unheard(order_id: str, cum_qty: int, cum_notional: int) -> str:
    """Return the key of an amendment that only the venue's view of the order shows."""
    return f"{UNHEARD} {order_id} {cum_qty} {cum_notional}"


class Frozen:
    """Which symbols are frozen, and by what. Part of the book."""

    def __init__(self) -> None:
        self.symbols: dict[str, list[Amendment]] = {}
        self.keys: dict[str, None] = {}  # of all that were told, oldest first

    def __contains__(self, symbol: str) -> bool:
        return symbol in self.symbols

    def freeze(self, amendment: Amendment) -> None:
        """Freeze the symbol of an amendment."""
        self.symbols.setdefault(amendment.symbol, []).append(amendment)
        self.keys[amendment.key] = None
        if len(self.keys) > KEYS_MAX:
            del self.keys[next(iter(self.keys))]

    def settle(self, symbol: str, keys: tuple[str, ...], outcome: str) -> None:
        """Note how amendments were booked; the symbol stays frozen."""
        self.symbols[symbol] = [
            msgspec.structs.replace(each, outcome=outcome) if each.key in keys else each
            for each in self.symbols.get(symbol, [])
        ]

    def lift(self, symbol: str) -> None:
        """Let the symbol trade again."""
        self.symbols.pop(symbol, None)

    def open(self, symbol: str = "") -> list[Amendment]:
        """Return the amendments that are not booked yet, of one symbol or of all."""
        found = (self.symbols.get(symbol, []),) if symbol else self.symbols.values()
        return [each for amendments in found for each in amendments if each.is_open]

    def why(self, symbol: str) -> str:
        """Return in words what happened to a frozen symbol and what a person should do."""
        amendments = self.symbols[symbol]
        told = "; ".join(f"{each.told()}, {each.outcome or WAITS}" for each in amendments)
        return f"{told}. Only exits are taken. {TO_DO_OPEN if self.open(symbol) else TO_DO}"
