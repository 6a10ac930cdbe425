"""Foresight: what the router or the venue would refuse is not asked for. A table of named checks, in order.

Each check is given the situation and the proposed order and returns why not, in words with the numbers, or "".
Entries meet all of them; an exit (it only makes the position smaller) passes the size and session checks.
The venue's rules: one netted position per symbol, no order crosses zero, no two opposite opening orders, no own buy at
or above an own sell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from hft.clock import NS_PER_MS, NS_PER_S
from hft.words import Side, TradingState
from strategies.sdk.gates import BLACKOUT, SETTLING
from strategies.sdk.rules import PX_PER_USD, tick_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from strategies.sdk.situation import Situation

MINUTE_NS = 60 * NS_PER_S
OWN_SPREAD_TICKS_MIN = 2
ENTRIES_SHARE = 0.8  # of the orders of a minute; the rest is kept for exits


class Proposal(NamedTuple):
    """An order before anyone has agreed to it."""

    symbol: str
    side: Side
    qty: int
    px: int
    basis_ns: int
    is_entry: bool
    freed: int = 0  # shares of the resting order whose place it is to take

    @property
    def key(self) -> tuple[str, Side]:
        """Return symbol and side."""
        return self.symbol, self.side


def why_not(at: Situation, order: Proposal) -> str:
    """Return the first reason against the order, or "" when there is none."""
    for name, check in CHECKS:
        reason = check(at, order)
        if reason:
            return f"{name}: {reason}"
    return ""


def _standing(at: Situation, _: Proposal) -> str:
    return at.closed_because


def _state(at: Situation, order: Proposal) -> str:
    if at.state is TradingState.HALTED:
        return f"halted, {at.state_reason}"
    if order.is_entry and at.state is TradingState.REDUCING:
        return f"reducing, {at.state_reason}"
    return f"no entries, {at.disabled_because}" if order.is_entry and at.disabled_because else ""


def _session(at: Situation, order: Proposal) -> str:
    phase = at.phase
    allowed = phase.takes_entries if order.is_entry else phase.takes_orders
    return "" if allowed else f"{phase}"


def _fresh(at: Situation, order: Proposal) -> str:
    age_ms = (at.now_ns - order.basis_ns) // NS_PER_MS
    if not at.acting:
        return "the tick came late"
    return f"{age_ms:,} ms, {at.rules.stale_after_ms:,} allowed" if age_ms > at.rules.stale_after_ms else ""


def _halted(at: Situation, order: Proposal) -> str:
    return f"in {order.symbol}, until the exchange lifts it" if order.symbol in at.halted else ""


def _blackout(at: Situation, order: Proposal) -> str:
    if not at.phase.takes_entries:
        return ""
    if not order.is_entry and (not at.freezes or _reaches(at, order)):
        return ""
    return at.blackout.why(order.symbol, at.now_ns)


def _reaches(at: Situation, order: Proposal) -> bool:
    """Return whether the order reaches the far side of the quote: it leaves, it does not rest."""
    quote = at.quotes.get(order.symbol)
    if quote is None:
        return False
    far = quote.ask_px if order.side is Side.BUY else quote.bid_px
    return far > 0 and order.side.sign * (order.px - far) >= 0


def _settling(at: Situation, order: Proposal) -> str:
    left_s = at.settling_s if order.is_entry else 0.0
    return f"{math.ceil(left_s)} s more after a restart" if left_s else ""


def _cooldown(at: Situation, order: Proposal) -> str:
    left_ns = at.resting_until.get(order.key, 0) - at.now_ns
    return f"tries again in {-(-left_ns // NS_PER_S)} s, because {at.last_refusal}" if left_ns > 0 else ""


def _quote(at: Situation, order: Proposal) -> str:
    quote = at.quotes.get(order.symbol)
    if quote is None or not quote.is_two_sided:
        return "none with two sides"
    spread_bps = (quote.ask_px - quote.bid_px) / quote.mid * 1e4
    if order.is_entry and spread_bps > at.rules.spread_bps_max:
        return f"its spread is {spread_bps:.0f} bps, {at.rules.spread_bps_max:.0f} allowed"
    through_bps = order.side.sign * (order.px - quote.mid) / quote.mid * 1e4
    if through_bps > at.rules.collar_bps and order.is_entry:
        return f"the order would go {through_bps:.0f} bps through the mid, {at.rules.collar_bps:.0f} allowed"
    return "the order would rest too far behind the mid" if -through_bps > at.rules.passive_bps_max else ""


def _size(at: Situation, order: Proposal) -> str:
    if order.qty < 1 or order.px < 1:
        return "nothing to send"
    if order.qty > at.rules.order_qty_max:
        return f"{order.qty} shares, {at.rules.order_qty_max} allowed (limits.order_qty_max)"
    notional = order.qty * order.px
    return _over(notional, at.rules.order_notional_max, "limits.order_usd_max") if order.is_entry else ""


def _position(at: Situation, order: Proposal) -> str:
    if not order.is_entry:
        return ""
    held = order.side.sign * at.position(order.symbol)
    worst = held + at.orders.leaves(order.symbol, order.side) + order.qty
    return _over(worst * order.px, at.rules.position_notional_max, "limits.position_usd_max")


def _zero(at: Situation, order: Proposal) -> str:
    if order.is_entry:
        return ""
    free = abs(at.position(order.symbol)) - at.orders.leaves(order.symbol, order.side) + order.freed
    return f"{order.qty} shares, {free} free to close" if order.qty > free else ""


def _opposite(at: Situation, order: Proposal) -> str:
    others = at.orders.at(order.symbol, order.side.opposite)
    if others and order.is_entry and not at.position(order.symbol):
        return f"a {order.side.opposite.word} that opens a position is working"
    apart = OWN_SPREAD_TICKS_MIN * tick_size(order.px)
    near = [other for other in others if order.side.sign * (other.px - order.px) < apart]
    return f"its {order.side.opposite.word} at {near[0].px / PX_PER_USD:.2f}" if near else ""


def _working(at: Situation, order: Proposal) -> str:
    count = len(at.orders) - bool(order.freed)
    return f"{count} working, {at.rules.working_orders_max} allowed" if count >= at.rules.working_orders_max else ""


def _rate(at: Situation, order: Proposal) -> str:
    sent = at.sent_ns
    while sent and sent[0] <= at.now_ns - MINUTE_NS:
        sent.popleft()
    limit, rest = at.rules.orders_per_min_max, ""
    if order.is_entry:
        limit, rest = int(limit * ENTRIES_SHARE), ", the rest is kept for exits"
    return f"{len(sent)} in the last, {limit} allowed{rest}" if len(sent) >= limit else ""


def _over(notional: int, limit: int, name: str) -> str:
    return f"${notional // PX_PER_USD:,}, ${limit // PX_PER_USD:,} allowed ({name})" if notional > limit else ""


CHECKS: tuple[tuple[str, Callable[[Situation, Proposal], str]], ...] = (
    ("its link", _standing),
    ("its state", _state),
    ("the time of day", _session),
    ("the age of the price", _fresh),
    ("a trading halt", _halted),
    (BLACKOUT, _blackout),
    (SETTLING, _settling),
    ("a refusal", _cooldown),
    ("the quote", _quote),
    ("the size of the order", _size),
    ("the size of the position", _position),
    ("what is left to close", _zero),
    ("its own order on the other side", _opposite),
    ("the number of working orders", _working),
    ("the number of orders a minute", _rate),
)
