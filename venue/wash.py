"""The wash-trade check (table 4.6): an open order on the other side of the same symbol can forbid a new one.

Rule kept: the table decides. Bracket, OCO and OTO legs and trailing stops are exempt; pending_cancel is still open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue.refusals import Refusal, forbidden
from venue.units import px_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from venue.orders import Order

KIND = {"market": "market", "stop": "stop", "limit": "limit", "stop_limit": "limit"}
ALWAYS, CROSSING = "always", "crossing"
# (new, existing) -> when it is refused.
TABLE = {
    ("market", "market"): ALWAYS,
    ("market", "stop"): ALWAYS,
    ("market", "limit"): ALWAYS,
    ("stop", "market"): ALWAYS,
    ("stop", "stop"): ALWAYS,
    ("stop", "limit"): ALWAYS,
    ("limit", "market"): ALWAYS,
    ("limit", "stop"): ALWAYS,
    ("limit", "limit"): CROSSING,
}
MESSAGE = "potential wash trade detected. use complex orders"


def is_exempt(order_type: str, order_class: str) -> bool:
    """Return whether an order stands outside the check."""
    return bool(order_class) or order_type == "trailing_stop"


def check(order_type: str, sign: int, limit_px: int | None, existing: Iterable[Order]) -> Refusal | None:
    """Return the refusal of a simple order of this type, sign and limit, given the open orders of its symbol."""
    for other in existing:
        if other.sign == sign or is_exempt(other.type, other.order_class):
            continue
        rule = TABLE[KIND[order_type], KIND[other.type]]
        if rule is ALWAYS:
            kind = KIND[other.type]
            return _refusal(other, f"opposite side {kind} order exists")
        assert limit_px is not None and other.limit_px is not None  # noqa: PT018 both are limits by the table
        if sign * (limit_px - other.limit_px) >= 0:
            shown = f"(existing: {px_text(other.limit_px)}, new: {px_text(limit_px)})"
            return _refusal(other, f"opposite side limit order would be crossed {shown}")
    return None


def _refusal(other: Order, reason: str) -> Refusal:
    return forbidden(MESSAGE, existing_order_id=other.id, reject_reason=reason)
