"""The life of an order, as a literal table {status: {event: status}}: FIX words, both directions of every race.

Rule: what is not in the table does not happen to our book; the caller asks `step` first and treats None as news that
is old or makes no sense here. `cum_qty + leaves_qty == qty` holds while an order works. docs/orders.md is drawn from
this table.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hft.messages import WorkingOrder
from hft.words import OrdStatus, Side, Tif

S = OrdStatus


class OrdEvent(StrEnum):
    """What can be heard about an order, from the venue's stream, from an answer, or from our own clock."""

    ACK = "ack"  # the venue has it, but it does not work yet
    NEW = "new"
    FILL = "fill"  # some more shares; some are left
    FILLED = "filled"  # the last share
    CANCEL_ASKED = "cancel_asked"  # we sent a cancel
    CANCEL_PENDING = "cancel_pending"  # the venue says that a cancel is under way
    CANCEL_REFUSED = "cancel_refused"
    REPLACE_ASKED = "replace_asked"  # we sent a replace; the order works on and may fill first
    REPLACE_REFUSED = "replace_refused"  # it keeps its place
    REPLACED = "replaced"  # another order took its place
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    LOST = "lost"  # no definite answer to our request, or the venue no longer knows it
    ABSENT = "absent"  # the venue does not have it, said often and late enough
    FOUND = "found"  # presumed absent, and there it is after all


E = OrdEvent

_TAKEN_BACK = frozenset({E.CANCEL_REFUSED, E.REPLACE_REFUSED})
_ENDS = {
    E.FILLED: S.FILLED,
    E.CANCELED: S.CANCELED,
    E.REJECTED: S.REJECTED,
    E.EXPIRED: S.EXPIRED,
    E.REPLACED: S.REPLACED,
}
_LATE = {E.FILL: S.CANCELED, E.FILLED: S.FILLED}  # a fill that crossed our cancel, told late

TABLE: dict[OrdStatus, dict[OrdEvent, OrdStatus]] = {
    S.PENDING_NEW: {
        E.ACK: S.PENDING_NEW,
        E.NEW: S.NEW,
        E.FILL: S.PARTIALLY_FILLED,
        E.CANCEL_ASKED: S.PENDING_CANCEL,
        E.CANCEL_PENDING: S.PENDING_CANCEL,
        E.LOST: S.UNKNOWN,
        **_ENDS,
    },
    S.UNKNOWN: {
        E.LOST: S.UNKNOWN,
        E.ACK: S.PENDING_NEW,
        E.NEW: S.NEW,
        E.FILL: S.PARTIALLY_FILLED,
        E.CANCEL_PENDING: S.PENDING_CANCEL,
        E.ABSENT: S.REJECTED,
        **_ENDS,
    },
    S.NEW: {
        E.FILL: S.PARTIALLY_FILLED,
        E.REPLACE_ASKED: S.PENDING_REPLACE,
        E.CANCEL_ASKED: S.PENDING_CANCEL,
        E.CANCEL_PENDING: S.PENDING_CANCEL,
        E.LOST: S.UNKNOWN,
        **_ENDS,
    },
    S.PARTIALLY_FILLED: {
        E.FILL: S.PARTIALLY_FILLED,
        E.CANCEL_ASKED: S.PENDING_CANCEL,
        E.CANCEL_PENDING: S.PENDING_CANCEL,
        E.LOST: S.UNKNOWN,
        **_ENDS,
    },
    S.PENDING_CANCEL: {
        E.ACK: S.PENDING_CANCEL,
        E.FILL: S.PENDING_CANCEL,
        E.CANCEL_REFUSED: S.NEW,
        E.LOST: S.UNKNOWN,
        **_ENDS,
    },
    S.PENDING_REPLACE: {
        E.FILL: S.PENDING_REPLACE,
        E.REPLACE_REFUSED: S.NEW,
        E.CANCEL_ASKED: S.PENDING_CANCEL,
        E.CANCEL_PENDING: S.PENDING_CANCEL,
        E.LOST: S.UNKNOWN,
        **_ENDS,
    },
    S.FILLED: {E.FILL: S.FILLED, E.FILLED: S.FILLED},  # only after the venue took a fill of it back
    S.CANCELED: _LATE,
    S.REJECTED: {E.FOUND: S.NEW, E.FILL: S.PARTIALLY_FILLED, E.FILLED: S.FILLED},
    S.EXPIRED: {E.FILL: S.EXPIRED, E.FILLED: S.FILLED},
    S.REPLACED: {E.FILL: S.REPLACED, E.FILLED: S.FILLED},
}


class Purpose(StrEnum):
    """Where an order comes from."""

    INTENT = "intent"  # a strategy wished it
    FLATTEN = "flatten"  # closing, asked by a person or a limit
    FOUND = "found"  # ours by its name, but the journal does not know it
    FOREIGN = "foreign"  # someone else's on the same account


class Order(msgspec.Struct, kw_only=True):
    """One order. Prices 1e-4 dollar, money 1e-4 dollar, ns UTC. `ledger`: whose book its fills go to."""

    client_order_id: str
    ledger: str
    symbol: str
    side: Side
    qty: int
    px: int
    tif: Tif
    created_ns: int
    purpose: Purpose = Purpose.INTENT
    epoch: int = 0  # the strategy's epoch and sequence number behind it
    seq: int = 0
    order_id: str = ""
    status: OrdStatus = OrdStatus.PENDING_NEW
    cum_qty: int = 0
    cum_notional: int = 0
    exec_ids: list[str] = []
    acked_ns: int = 0
    unknown_ns: int = 0
    done_ns: int = 0
    presumed_absent: bool = False
    text: str = ""
    replaces: str = ""  # our name of the order whose place it takes
    resized: bool = False  # the venue gave it another quantity than was asked
    amended_ns: int = 0  # when a fill of it was taken back or booked anew; 0: never

    @property
    def is_done(self) -> bool:
        """Return whether the order is terminal."""
        return self.status.is_terminal

    @property
    def leaves_qty(self) -> int:
        """Return how many shares may still fill: none once the order is terminal."""
        return 0 if self.status.is_terminal else self.qty - self.cum_qty

    def step(self, event: OrdEvent) -> OrdStatus | None:
        """Return the status after `event`, or None when the table does not know it here."""
        return TABLE[self.status].get(event)

    def move(self, event: OrdEvent) -> None:
        """Take the step; the caller has asked whether it is there."""
        status = TABLE[self.status].get(event)
        assert status is not None, f"{self.client_order_id}: {event} in {self.status}"
        if self.cum_qty and event in _TAKEN_BACK:
            status = S.PARTIALLY_FILLED
        self.status = status
        assert 0 <= self.cum_qty <= self.qty

    def line(self) -> WorkingOrder:
        """Return the order as snapshots and status show it."""
        return WorkingOrder(
            client_order_id=self.client_order_id,
            order_id=self.order_id,
            strategy=self.ledger,
            symbol=self.symbol,
            side=self.side,
            qty=self.qty,
            cum_qty=self.cum_qty,
            px=self.px,
            status=self.status,
            created_ns=self.created_ns,
        )


def diagram() -> str:
    """Return the table as a Mermaid state diagram, one arrow per (status, status), its events on it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for status, row in TABLE.items():
        for event, after in row.items():
            arrows.setdefault((status.value, after.value), []).append(event.value)
    lines = [f"    {start} --> {end}: {', '.join(events)}" for (start, end), events in arrows.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> pending_new", *lines])
