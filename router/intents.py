"""What strategies ask: register, new order, cancel. Every intent gets one answer, and the same one if it comes twice.

The way of a NewOrder: envelope (epoch, number, expiry) → gates → arbitration on the netted account → limits → budget →
journal → venue. The first that objects answers with a typed refusal and the numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from hft import events
from hft.clock import NS_PER_MS
from hft.messages import (
    Accepted,
    Beat,
    CancelAll,
    CancelOrder,
    Holding,
    NewOrder,
    Refused,
    Register,
    Snapshot,
)
from hft.words import Refusal
from risk import limits
from risk.state import stricter
from router.arbitration import closable, conflict
from router.broker import Priority
from router.budget import WINDOW_MS
from router.ids import RESERVED_LEDGERS
from router.orders import Purpose

if TYPE_CHECKING:
    from router.desk import Desk
    from router.gates import Gates
    from router.links import Answer, Intent, Link
    from router.orders import Order

Judge = Callable[["Link", Any], "Answer"]
REPEATED_EVERY_MS = 5_000
DUPLICATE_MS = 500
CLOCK_AHEAD_MS_MAX = 60_000  # an expiry further away than this is nonsense


class Intents:
    """The intents stream."""

    def __init__(self, desk: Desk, gates: Gates) -> None:
        self.desk, self.gates = desk, gates

    # --- who is there

    def register(self, message: Register) -> None:
        """Fence older epochs, hand the book back."""
        desk, book = self.desk, self.desk.book
        link = desk.link(message.strategy)
        if message.strategy in RESERVED_LEDGERS or message.epoch < link.epoch:
            return
        known = max((o.seq for o in book.orders.values() if self._is_from(o, message)), default=0)
        fresh = message.epoch != link.epoch or not link.connected
        link.register(message.epoch, known, desk.now_ns)
        for order in book.orders.values():
            if self._is_from(order, message):
                link.answers.setdefault(order.seq, _accepted(link, order.seq, order.client_order_id))
        snapshot = self.snapshot(link)
        desk.say(snapshot)
        if fresh:
            positions = {holding.symbol: holding.qty for holding in snapshot.holdings if holding.qty}
            desk.tell(
                events.StrategyRegistered(
                    strategy=link.name,
                    strategy_epoch=link.epoch,
                    working_orders=len(snapshot.working),
                    positions=positions,
                )
            )

    def _is_from(self, order: Order, message: Register) -> bool:
        return (order.ledger, order.epoch, order.purpose) == (message.strategy, message.epoch, Purpose.INTENT)

    def snapshot(self, link: Link) -> Snapshot:
        """Return everything that the router holds for a strategy."""
        desk = self.desk
        link.told = self.gates.standing(link.name)
        return Snapshot(
            strategy=link.name,
            epoch=link.epoch,
            router_epoch=desk.book.epoch,
            updates_seq=link.update_seq,
            state=link.told.state,
            reason=link.told.reason,
            holdings=tuple(
                Holding(symbol=symbol, qty=position.qty, avg_px=position.avg_px, realised=position.realised)
                for symbol, position in sorted(desk.book.ledgers.get(link.name, {}).items())
            ),
            working=tuple(order.line() for order in desk.book.working.values() if order.ledger == link.name),
        )

    def beat(self, message: Beat) -> None:
        """Note that a strategy lives; one that has not registered with this router learns of it by its epoch."""
        link = self.desk.link(message.process)
        if message.epoch == link.epoch and link.epoch:
            link.heard(self.desk.now_ns)
        elif not link.connected:
            link.told = None
            self.desk.tell_state(link, self.gates.standing(link.name))

    # --- what it wants

    def new_order(self, message: NewOrder) -> None:
        """Send the order, or refuse it."""
        self._answer(message, self._judge_new)

    def cancel_order(self, message: CancelOrder) -> None:
        """Cancel one order."""
        self._answer(message, self._judge_cancel)

    def cancel_all(self, message: CancelAll) -> None:
        """Cancel all orders of the strategy, or those in one symbol."""
        self._answer(message, self._judge_cancel_all)

    def _answer(self, message: Intent, judge: Judge) -> None:
        link = self.desk.link(message.strategy)
        if message.epoch == link.epoch and link.epoch:
            link.heard(self.desk.now_ns)
        answer = link.judge(message)
        if answer is None:
            answer = link.keep(judge(link, message))
        elif type(answer) is Refused and answer.reason is Refusal.NOT_REGISTERED and type(message) is not NewOrder:
            answer = judge(link, message)  # a cancel is obeyed even before the new router knows who asks
        self.desk.say(answer)
        if type(answer) is Refused and type(message) is NewOrder:
            self._note_refusal(link, message, answer)

    def _judge_cancel(self, link: Link, message: CancelOrder) -> Answer:
        order = self.desk.book.orders.get(message.client_order_id)
        if order is None or order.ledger != link.name:
            return link.refusal(message, Refusal.UNKNOWN_ORDER, f"no order {message.client_order_id!r} of yours")
        self.desk.cancel(order, "the strategy asked")
        return _accepted(link, message.seq, order.client_order_id)

    def _judge_cancel_all(self, link: Link, message: CancelAll) -> Answer:
        for order in list(self.desk.book.working.values()):
            if order.ledger == link.name and message.symbol in {"", order.symbol}:
                self.desk.cancel(order, "the strategy asked")
        return _accepted(link, message.seq, "")

    def _judge_new(self, link: Link, message: NewOrder) -> Answer:
        desk = self.desk
        message = self._trimmed(message)
        proposal = self._proposal(link, message)
        denied = self._objection(message, proposal)
        if denied is None:
            verdict = limits.check(proposal, desk.config.limits)
            denied = verdict if isinstance(verdict, limits.Denied) else None
        if denied is None:
            denied = conflict(desk.book, message.symbol, message.side, message.qty, message.px)
        priority = Priority.REDUCE if proposal.reduces else Priority.NEW
        if denied is None and not desk.budget.has_room(priority, desk.now_ns, link.name):
            used, most = desk.budget.used_last_min(desk.now_ns), desk.budget.limit
            denied = limits.Denied(Refusal.REQUEST_BUDGET, f"{used} of {most} requests used in the last minute")
        if denied is not None:
            return link.refusal(message, denied.reason, denied.text)
        link.recent_ns.append(desk.now_ns)
        name = desk.open_order(
            ledger=link.name,
            symbol=message.symbol,
            side=message.side,
            qty=message.qty,
            px=message.px,
            tif=message.tif,
            purpose=Purpose.INTENT,
            priority=priority,
            expires_ns=message.expires_ns,
            epoch=message.epoch,
            seq=message.seq,
        )
        return _accepted(link, message.seq, name)

    def _trimmed(self, message: NewOrder) -> NewOrder:
        """Return the order without the shares that would cross the account's zero: the venue takes no such order.

        The strategy learns the smaller quantity from the order's reports and may ask for the rest once it is flat.
        """
        room = closable(self.desk.book, message.symbol, message.side)
        return msgspec.structs.replace(message, qty=room) if 0 < room < message.qty else message

    def _is_duplicate(self, message: NewOrder) -> bool:
        """Return whether the very same order of this strategy was opened a moment ago and still works."""
        since_ns = self.desk.now_ns - self.desk.config.ns(DUPLICATE_MS)
        wanted = (message.strategy, message.symbol, message.side, message.qty, message.px)
        return any(
            (order.ledger, order.symbol, order.side, order.qty, order.px) == wanted
            and order.created_ns > since_ns
            and name not in self.desk.cancels
            for name, order in self.desk.book.working.items()
        )

    def _objection(self, message: NewOrder, proposal: limits.Proposal) -> limits.Denied | None:
        """Return what stands against an order before any limit is asked."""
        desk, now_ns = self.desk, self.desk.now_ns
        if not message.expires_ns > now_ns:
            late_ms = (now_ns - message.expires_ns) // NS_PER_MS
            return limits.Denied(Refusal.EXPIRED, f"it expired {late_ms} ms ago")
        if message.expires_ns > now_ns + desk.config.ns(CLOCK_AHEAD_MS_MAX):
            return limits.Denied(Refusal.BAD_ORDER, "it would expire more than a minute from now")
        if self._is_duplicate(message):
            return limits.Denied(Refusal.DUPLICATE, f"the same order was sent less than {DUPLICATE_MS} ms ago")
        if message.reduce_only and not proposal.reduces:
            return limits.Denied(Refusal.REDUCING, "reduce_only, but it would not reduce the position")
        shut = self.gates.shut()
        if shut is not None and not proposal.standing.is_halted and (shut.binds_exits or not proposal.reduces):
            return limits.Denied(shut.reason, shut.standing.reason)
        if not proposal.reduces and message.symbol in desk.market.halted:
            return limits.Denied(Refusal.NOT_READY, f"{message.symbol} is halted: {desk.market.halted[message.symbol]}")
        if not proposal.reduces and message.symbol in desk.broken:
            return limits.Denied(Refusal.REDUCING, f"{message.symbol} is reduce-only: {desk.broken[message.symbol]}")
        return None

    def _proposal(self, link: Link, message: NewOrder) -> limits.Proposal:
        desk, book, side = self.desk, self.desk.book, message.side
        quote = desk.market.quotes.get(message.symbol)
        mine = side.sign * book.qty(link.name, message.symbol)  # the side's view: negative means that it reduces
        mine_after = mine + book.open_qty(link.name, message.symbol, side) + message.qty
        net_after = side.sign * book.net_qty(message.symbol) + book.net_open_qty(message.symbol, side) + message.qty
        return limits.Proposal(
            symbol=message.symbol,
            side=side,
            qty=message.qty,
            px=message.px,
            reduces=mine < 0 and mine_after <= 0,
            known_symbol=message.symbol in desk.config.symbols,
            standing=stricter(
                book.standing, desk.latch(link.name), self.gates.flattening(link.name), self.gates.paused(link.name)
            ),
            bid_px=quote.bid_px if quote else 0,
            ask_px=quote.ask_px if quote else 0,
            quote_age_ns=desk.now_ns - quote.recv_ns if quote else 0,
            position_after=mine_after,
            symbol_after=net_after,
            gross_after=self._gross_elsewhere(message.symbol) + max(net_after, book.worst(message.symbol)) * message.px,
            working=len(book.working),
            strategy_working=book.working_of.get(link.name, 0),
            orders_last_min=link.orders_last_min(desk.now_ns, desk.config.ns(WINDOW_MS)),
            buying_power=self._buying_power(),
            day_pnl=desk.account_day_pnl(),
            strategy_day_pnl=desk.day_pnl(link.name),
        )

    def _gross_elsewhere(self, symbol: str) -> int:
        book, market = self.desk.book, self.desk.market
        return sum(round(book.worst(other) * market.mark_px(other)) for other in book.touched if other != symbol)

    def _buying_power(self) -> int:
        """Return what is left of the broker's buying power after the orders it may not have counted yet."""
        desk = self.desk
        if desk.account is None:
            return -1
        unseen = sum(order.leaves_qty * order.px for order in desk.book.unnamed.values())
        return max(0, desk.account.buying_power - unseen)

    # --- what became of it

    def _note_refusal(self, link: Link, message: NewOrder, answer: Refused) -> None:
        link.refusals += 1
        link.last_refusal = f"{answer.reason}: {answer.text}"
        last, fresh = link.repeated, _refused(message, answer)
        if last is not None and _same(last, fresh):
            link.repeated = msgspec.structs.replace(last, count=last.count + 1)
            return
        self.flush_refusals(link)
        self.desk.tell(fresh)
        link.repeated, link.repeated_ns = msgspec.structs.replace(fresh, count=0), self.desk.now_ns

    def flush_refusals(self, link: Link) -> None:
        """Tell of the refusals that were only counted."""
        if link.repeated is not None and link.repeated.count:
            self.desk.tell(link.repeated)
        link.repeated = None

    def wake(self) -> None:
        """Miss the silent, tell what has changed, and tell of repeated refusals."""
        desk = self.desk
        for link in list(desk.links.values()):
            if link.repeated and desk.now_ns - link.repeated_ns >= desk.config.ns(REPEATED_EVERY_MS):
                self.flush_refusals(link)
            if link.name in RESERVED_LEDGERS:
                continue
            self._miss(link)
            if link.connected:
                desk.tell_state(link, self.gates.standing(link.name))

    def _miss(self, link: Link) -> None:
        desk = self.desk
        silent_ns = desk.now_ns - link.heard_ns
        if link.lost or silent_ns < desk.config.ns(desk.config.strategy_silent_after_ms):
            return
        link.lost, link.connected = True, False
        orders = [order for order in desk.book.working.values() if order.ledger == link.name]
        if link.epoch or orders:
            silent_ms = round(silent_ns / NS_PER_MS / desk.config.rate)
            desk.tell(events.StrategyLost(strategy=link.name, silent_ms=silent_ms, working_orders=len(orders)))
        for order in orders:
            desk.cancel(order, "its strategy is silent")


def _accepted(link: Link, seq: int, client_order_id: str) -> Accepted:
    return Accepted(strategy=link.name, epoch=link.epoch, seq=seq, client_order_id=client_order_id)


def _refused(message: NewOrder, answer: Refused) -> events.OrderRefused:
    return events.OrderRefused(
        strategy=message.strategy,
        symbol=message.symbol,
        side=message.side,
        qty=message.qty,
        px=message.px,
        reason=answer.reason,
        text=answer.text,
    )


def _same(one: events.OrderRefused, other: events.OrderRefused) -> bool:
    return (one.symbol, one.side, one.reason) == (other.symbol, other.side, other.reason)
