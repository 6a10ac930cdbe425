"""A wish for another price or size where an order rests: one PATCH instead of a cancel and a new order.

Cheaper (one request for two) and without a moment in which nothing rests; Alpaca takes it only for an order that rests
untouched. The new order has its own name and record; until the venue has said which of the two it is, both count.
Rule: a wish that changes nothing, or too little, or too soon, costs nothing: it is counted and told to its strategy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.clock import NS_PER_MS
from hft.messages import Accepted, NewOrder
from hft.words import OrdStatus, Refusal, Tif
from risk.limits import PX_PER_USD, TICK_PX
from router.orders import Purpose

if TYPE_CHECKING:
    from hft.messages import ReplaceOrder
    from router.desk import Desk
    from router.judge import Judge
    from router.links import Answer, Link
    from router.orders import Order


class Replacing:
    """The way of a ReplaceOrder up to the journal."""

    def __init__(self, desk: Desk, judge: Judge) -> None:
        self.desk, self.judge = desk, judge

    def judge_replace(self, link: Link, message: ReplaceOrder) -> Answer:
        """Send the replace, or say why the order stays as it is."""
        order = self.desk.book.orders.get(message.client_order_id)
        if order is None or order.ledger != link.name:
            return link.refusal(message, Refusal.UNKNOWN_ORDER, f"no order {message.client_order_id!r} of yours")
        if not order.is_done and (message.px, message.qty) == (order.px, order.leaves_qty):
            link.suppress("equal")
            return _accepted(link, message.seq, order.client_order_id)
        fixed = self._why_fixed(order)
        if fixed:
            return link.refusal(message, Refusal.NOT_REPLACEABLE, f"{order.client_order_id} {fixed}")
        asked = _as_new(message, order)
        idle = self._why_idle(link, asked, order)
        if idle:
            return link.refusal(message, Refusal.SUPPRESSED, idle)
        return self._send(link, asked, order)

    def _send(self, link: Link, asked: NewOrder, order: Order) -> Answer:
        ruling = self.judge.rule(link, asked, order)
        if ruling.denied is not None:
            return link.refusal(asked, ruling.denied.reason, ruling.denied.text)
        link.recent_ns.append(self.desk.steady_ns)
        name = self.desk.open_order(
            ledger=link.name,
            symbol=order.symbol,
            side=order.side,
            qty=ruling.message.qty,
            px=asked.px,
            tif=order.tif,
            purpose=Purpose.INTENT,
            priority=ruling.priority,
            expires_ns=asked.expires_ns,
            epoch=asked.epoch,
            seq=asked.seq,
            tick_ns=asked.tick_ns,
            decided_ns=asked.decided_ns,
            instead=order,
        )
        return _accepted(link, asked.seq, name)

    def _why_fixed(self, order: Order) -> str:
        """Return why the venue would not replace this order (or we do not let it), or ""."""
        if not self.desk.config.replace:
            return "cannot be moved: router.replace is off"
        if order.client_order_id in self.desk.cancels:
            return "is being cancelled"
        if order.status is not OrdStatus.NEW or order.cum_qty:
            return f"is {order.status}"
        if order.purpose is not Purpose.INTENT or order.tif is not Tif.DAY or not order.px:
            return "is no order that rests"
        return ""

    def _why_idle(self, link: Link, asked: NewOrder, order: Order) -> str:
        """Return why the move is not worth a request, or "". Exits, and moves to less risk, are always worth one."""
        config, closer = self.desk.config, asked.side.sign * (asked.px - order.px)
        smaller = asked.qty < order.leaves_qty
        if smaller or self.judge.proposal(link, asked, order).reduces:
            return ""
        tick = TICK_PX if order.px >= PX_PER_USD else 1
        if abs(closer) < config.replace_ticks_min * tick:
            link.suppress("move")
            return f"a step of {abs(closer) / tick:g} ticks, at least {config.replace_ticks_min}"
        age_ns = self.desk.now_ns - order.created_ns
        if closer > 0 and 0 <= age_ns < config.ns(config.replace_life_ms_min):
            link.suppress("life")
            return f"it rests for {age_ns // NS_PER_MS} ms, at least {config.replace_life_ms_min}"
        return ""


def _as_new(message: ReplaceOrder, order: Order) -> NewOrder:
    """Return the order that is to take the other's place, as if it were new."""
    return NewOrder(
        strategy=message.strategy,
        epoch=message.epoch,
        seq=message.seq,
        symbol=order.symbol,
        side=order.side,
        qty=message.qty,
        px=message.px,
        tif=order.tif,
        expires_ns=message.expires_ns,
        basis_ns=message.basis_ns,
        reduce_only=message.reduce_only,
        tick_ns=message.tick_ns,
        decided_ns=message.decided_ns,
    )


def _accepted(link: Link, seq: int, client_order_id: str) -> Accepted:
    return Accepted(strategy=link.name, epoch=link.epoch, seq=seq, client_order_id=client_order_id)
