"""Cash and positions of one account: exact integers, one path for both sides.

Rule kept: cash + positions at cost = start + realised, to the last digit, after every fill.
"""

from __future__ import annotations

import msgspec

from venue.ids import uuid_of
from venue.units import new_york


class Position(msgspec.Struct, kw_only=True):
    """A netted position: signed quantity, signed cost (quantity x price at entry), realised money."""

    symbol: str
    qty: int = 0
    cost: int = 0
    realised: int = 0
    overnight_qty: int = 0  # what was held at the last close; today's change is measured against it
    overnight_px: int = 0

    @property
    def sign(self) -> int:
        """Return +1 long, -1 short, 0 flat."""
        return (self.qty > 0) - (self.qty < 0)

    def fill(self, signed_qty: int, px: int) -> int:
        """Book a fill; return the change of cash (money)."""
        cash = -signed_qty * px
        if self.qty * signed_qty >= 0:
            self.qty += signed_qty
            self.cost -= cash
            return cash
        closed = abs(signed_qty)
        assert closed <= abs(self.qty), "a fill never flips through zero"
        removed = self.cost if closed == abs(self.qty) else self.cost * closed // abs(self.qty)
        self.cost -= removed
        self.qty += signed_qty
        self.realised += cash - removed  # a short's cost is negative, so both sides share this line
        return cash


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution, as the FILL activity tells it."""

    number: int  # counts the order's executions
    account: str
    order_id: str
    symbol: str
    side: str
    t_ns: int
    px: int
    qty: int
    cum_qty: int
    leaves_qty: int
    type: str
    order_status: str

    @property
    def id(self) -> str:
        """Return the activity's id: a New York stamp to the millisecond, and a UUID that is not the execution's."""
        stamp = new_york(self.t_ns).strftime("%Y%m%d%H%M%S%f")[:17]
        return f"{stamp}::{uuid_of('activity', self.order_id, self.number)}"


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A fee, as the FEE activity tells it: REG, TAF or CAT of one day; money is positive."""

    account: str
    kind: str
    date: str
    money: int
    t_ns: int

    @property
    def id(self) -> str:
        """Return the activity's id."""
        stamp = new_york(self.t_ns).strftime("%Y%m%d%H%M%S%f")[:17]
        return f"{stamp}::{uuid_of('charge', self.account, self.kind, self.date)}"


class Account(msgspec.Struct, kw_only=True):
    """The durable part of an account. Money is int 1e-13 dollar."""

    id: str
    number: str
    key: str
    secret: str
    created_ns: int
    cash: int
    start_cash: int
    last_equity: int
    last_maintenance: int = 0
    last_gross: int = 0
    orders_made: int = 0
    events_made: int = 0
    fees: int = 0
    settings: dict[str, str | bool | int] = {}
