"""Sub-ledgers: what each strategy holds, what it cost, what it made. Exact integers of 1e-4 dollar.

Average cost. The cost of a position is kept as a sum, so the average is only ever derived and never rounded back in.
Rule: `realised == cash + cost` holds exactly after every booking; where a part of the cost is released, it is the
nearest whole 1e-4 dollar (ties to even), and at zero shares nothing of it is left.
"""

from __future__ import annotations

import msgspec


def portion(total: int, part: int, whole: int) -> int:
    """Return total × part / whole as the nearest integer, ties to even; `whole` must be positive."""
    quotient, rest = divmod(total * part, whole)
    twice = 2 * rest
    if twice > whole or (twice == whole and quotient % 2):
        quotient += 1
    return quotient


class Position(msgspec.Struct):
    """One ledger's holding in one symbol. `qty` signed shares; `cost` signed like qty; all money 1e-4 dollar."""

    qty: int = 0
    cost: int = 0
    realised: int = 0
    cash: int = 0
    fees: int = 0

    @property
    def avg_px(self) -> float:
        """Return the average cost of a share in 1e-4 dollar, 0 when flat."""
        return self.cost / self.qty if self.qty else 0.0

    def book(self, signed_qty: int, notional: int) -> None:
        """Book a fill of `signed_qty` shares that moved `notional` money (positive); it may cross zero."""
        sign = 1 if signed_qty > 0 else -1
        self.cash -= sign * notional
        size = abs(signed_qty)
        closing = min(size, abs(self.qty)) if self.qty * signed_qty < 0 else 0
        if closing:
            closed_notional = portion(notional, closing, size)
            released = portion(self.cost, closing, abs(self.qty))
            self.realised -= sign * closed_notional + released
            self.cost -= released
            self.qty += sign * closing
            notional -= closed_notional
            size -= closing
        self.qty += sign * size
        self.cost += sign * notional
        assert self.realised == self.cash + self.cost

    def hold_instead(self, qty: int) -> None:
        """Hold another number of shares for the same cost (a split); with none left, what they cost is lost."""
        self.qty = qty
        if not qty:
            self.realised, self.cost = self.realised - self.cost, 0
        assert self.realised == self.cash + self.cost

    def unrealised(self, mark_px: float) -> int:
        """Return what closing at `mark_px` would add, in 1e-4 dollar."""
        return round(self.qty * mark_px) - self.cost


Ledger = dict[str, Position]


def position_of(ledgers: dict[str, Ledger], name: str, symbol: str) -> Position:
    """Return the position, made empty if it is not there yet."""
    ledger = ledgers.setdefault(name, {})
    found = ledger.get(symbol)
    if found is None:
        found = ledger[symbol] = Position()
    return found


def net_qty(ledgers: dict[str, Ledger], symbol: str) -> int:
    """Return the sum of all ledgers in a symbol: what the broker must hold."""
    return sum(ledger[symbol].qty for ledger in ledgers.values() if symbol in ledger)
