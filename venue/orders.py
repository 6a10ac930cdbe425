"""An order and its life: the record, the status table, and Alpaca's JSON of it (table 3.3).

Rule kept: an order changes status only along `NEXT`; anything else is a broken assumption and ends the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from venue.ids import asset_id
from venue.units import avg_px_text, money_text, px_text, qty_text, time_text, time_text_or_none

if TYPE_CHECKING:
    from collections.abc import Callable

SIGN = {"buy": 1, "sell": -1}
OPPOSITE = {"buy": "sell", "sell": "buy"}
# A triggered buy stop is a limit this far above its stop: 4 % below $50, 2.5 % from there.
STOP_COLLAR_BREAK_PX, STOP_COLLAR_LOW, STOP_COLLAR_HIGH = 500_000, 1.04, 1.025

TERMINAL = frozenset({"filled", "canceled", "expired", "replaced", "rejected"})
# Not at the venue yet: such an order can be canceled but not replaced, and does not fill.
UNSENT = frozenset({"accepted", "pending_new", "held"})
WORKING = frozenset({"new", "partially_filled", "pending_cancel", "pending_replace", "done_for_day"})

_LIVE_ENDS = {"filled", "canceled", "expired", "partially_filled", "pending_cancel", "pending_replace", "replaced"}
NEXT: dict[str, frozenset[str]] = {
    "": frozenset({"pending_new", "accepted", "held"}),
    "held": frozenset({"pending_new", "new", "accepted", "canceled", "expired", "rejected", "replaced"}),
    "accepted": frozenset({"pending_new", "new", "canceled", "expired", "rejected", "pending_cancel"}),
    "pending_new": frozenset({"accepted", "new", "canceled", "expired", "rejected", "pending_cancel"}),
    "new": frozenset(_LIVE_ENDS | {"done_for_day", "rejected"}),
    "partially_filled": frozenset(_LIVE_ENDS | {"done_for_day"}),
    "done_for_day": frozenset({"new", "partially_filled", "canceled", "expired", "pending_cancel"}),
    # A fill can cross a cancel or a replace under way.
    "pending_cancel": frozenset({"filled", "canceled", "expired", "partially_filled", "new", "replaced"}),
    "pending_replace": frozenset(
        {"filled", "canceled", "expired", "partially_filled", "new", "replaced", "pending_cancel"},
    ),
    **{status: frozenset() for status in TERMINAL},
}


class Order(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One order. Times are ns, 0 for never; quantities 1e-9 share; prices 1e-4 dollar, None when it has none."""

    id: str
    account: str
    client_order_id: str
    seq: int
    symbol: str
    side: str
    type: str
    tif: str
    qty: int | None
    status: str = ""
    notional: int | None = None  # money; the quantity follows at the fill
    limit_px: int | None = None
    stop_px: int | None = None
    trail_px: int | None = None
    trail_percent: float | None = None
    hwm_px: int | None = None
    triggered: bool = False
    extended_hours: bool = False
    order_class: str = ""
    position_intent: str = ""
    filled_qty: int = 0
    filled_money: int = 0
    fills: int = 0
    hold_qty: int = 0  # a notional closing order: how much of the position it may close
    hold_px: int = 0  # buying power that each open share of an opening order holds
    held_money: int = 0
    is_unpriced: bool = False  # an opening order of which nobody knew what it costs: asked before its first fill
    is_queued: bool = False  # waits for a session in which it may trade
    is_stuck: bool = False  # a fault: its rest never fills
    created_ns: int = 0
    updated_ns: int = 0
    submitted_ns: int = 0
    filled_ns: int = 0
    expired_ns: int = 0
    expires_ns: int = 0
    canceled_ns: int = 0
    failed_ns: int = 0
    replaced_ns: int = 0
    cancel_requested_ns: int = 0
    replaced_by: str | None = None
    replaces: str | None = None
    replaces_filled_qty: int = 0  # what the replaced order had filled when the replace was asked for
    parent: str | None = None
    sibling: str | None = None  # the other exit of a pair
    legs: tuple[str, ...] = ()

    @property
    def sign(self) -> int:
        """Return +1 for a buy, -1 for a sell."""
        return SIGN[self.side]

    @property
    def leaves_qty(self) -> int:
        """Return what is still to be filled; 0 when only the notional is known."""
        return 0 if self.qty is None else self.qty - self.filled_qty

    @property
    def has_stop(self) -> bool:
        """Return whether it waits for a stop price first."""
        return self.type in {"stop", "stop_limit", "trailing_stop"}

    @property
    def reach_px(self) -> int | None:
        """Return the worst price at which it fills, None for any. A triggered buy stop reaches only so far."""
        if self.type != "stop" or self.side != "buy" or self.stop_px is None:
            return self.limit_px
        collar = STOP_COLLAR_LOW if self.stop_px < STOP_COLLAR_BREAK_PX else STOP_COLLAR_HIGH
        return round(self.stop_px * collar)

    @property
    def is_open(self) -> bool:
        """Return whether it can still change."""
        return self.status not in TERMINAL

    @property
    def is_opening(self) -> bool:
        """Return whether it opens or adds to a position."""
        return self.position_intent.endswith("open")

    def become(self, status: str, now_ns: int) -> None:
        """Change the status, stamp the time; the table must allow it."""
        assert status in NEXT[self.status], f"{self.id}: {self.status} -> {status}"
        self.status = status
        self.updated_ns = now_ns
        stamp = STAMPS.get(status)
        if stamp is not None:
            setattr(self, stamp, now_ns)


STAMPS = {
    "filled": "filled_ns",
    "canceled": "canceled_ns",
    "expired": "expired_ns",
    "replaced": "replaced_ns",
    "rejected": "failed_ns",
}


def _px_or_none(px: int | None) -> str | None:
    return None if px is None else px_text(px)


def order_json(order: Order, find: Callable[[str], Order] | None = None) -> dict[str, Any]:
    """Return Alpaca's Order object: all 36 keys, decimals as strings. With `find`, the legs are nested in it."""
    legs = [order_json(find(leg)) for leg in order.legs] if find and order.legs else None
    return {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "created_at": time_text(order.created_ns),
        "updated_at": time_text(order.updated_ns),
        "submitted_at": time_text(order.submitted_ns),
        "filled_at": time_text_or_none(order.filled_ns),
        "expired_at": time_text_or_none(order.expired_ns),
        "expires_at": time_text_or_none(order.expires_ns),
        "canceled_at": time_text_or_none(order.canceled_ns),
        "failed_at": time_text_or_none(order.failed_ns),
        "replaced_at": time_text_or_none(order.replaced_ns),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": asset_id(order.symbol),
        "symbol": order.symbol,
        "asset_class": "us_equity",
        "notional": None if order.notional is None else money_text(order.notional),
        "qty": None if order.qty is None else qty_text(order.qty),
        "filled_qty": qty_text(order.filled_qty),
        "filled_avg_price": avg_px_text(order.filled_money, order.filled_qty) if order.filled_qty else None,
        "order_class": order.order_class,
        "order_type": order.type,
        "type": order.type,
        "side": order.side,
        "position_intent": order.position_intent,
        "time_in_force": order.tif,
        "limit_price": _px_or_none(order.limit_px),
        "stop_price": _px_or_none(order.stop_px),
        "status": order.status,
        "extended_hours": order.extended_hours,
        "legs": legs,
        "trail_percent": None if order.trail_percent is None else f"{order.trail_percent:g}",
        "trail_price": _px_or_none(order.trail_px),
        "hwm": _px_or_none(order.hwm_px),
        "subtag": None,
        "source": None,
    }
