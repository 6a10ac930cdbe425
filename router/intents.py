"""What strategies ask: register, new order, cancel. Every intent gets one answer, and the same one if it comes twice.

The way of a NewOrder: envelope (epoch, number) → router/judge.py (expiry, gates, limits, arbitration, budget) →
journal → venue. The first that objects answers with a typed refusal and the numbers. What may pass in a moment waits
until then or until it expires (router/waiting.py); a newer wish for the same symbol and side takes its place.
"""

from __future__ import annotations

import re
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
    ReplaceOrder,
    Snapshot,
)
from hft.words import Refusal, Side
from risk.limits import Denied
from router.crossing import Crossing
from router.ids import RESERVED_LEDGERS, UNCLAIMED
from router.judge import Judge, Ruling
from router.orders import Purpose
from router.replacing import Replacing
from router.waiting import WaitingRoom

if TYPE_CHECKING:
    from hft.ports import Unreadable
    from router.desk import Desk
    from router.gates import Gates
    from router.links import Answer, Intent, Link
    from router.orders import Order

Verdict = Callable[["Link", Any], "Answer | None"]
REPEATED_EVERY_MS = 5_000
NAME = re.compile(r"[a-z][a-z0-9_]{0,15}")
LINKS_MAX = 64
# Refusals that say nothing about the strategy: they pass by themselves, or a person lifts them.
PASSING = frozenset(
    {
        Refusal.NOT_REGISTERED,
        Refusal.NOT_READY,
        Refusal.HALTED,
        Refusal.REDUCING,
        Refusal.MARKET_CLOSED,
        Refusal.REQUEST_BUDGET,
    }
)
ENTERING = NewOrder | ReplaceOrder  # the others ask for less risk: they are obeyed whoever asks
FLOOD_REFUSALS, FLOOD_MS = 1_000, 10_000
REFUSALS_TOLD_MAX = 200  # in a spell of FLOOD_MS each different refusal is an event of its own; beyond it is counted
SYMBOL_CHARS_MAX = 16


class Intents:
    """The intents stream."""

    def __init__(self, desk: Desk, gates: Gates) -> None:
        self.desk, self.gates = desk, gates
        self.broken: list[str] = []  # strategies that must be halted
        self.strange = 0  # messages that no strategy of ours would send
        self.judge, self.waiting = Judge(desk, gates), WaitingRoom()
        self.replacing, self.crossing = Replacing(desk, self.judge), Crossing(desk, gates)

    # --- who is there

    def _line(self, name: str) -> Link | None:
        """Return a strategy's line, or None (and count it) for a name that no strategy may have, or for too many."""
        known = name in self.desk.links
        if not known and (not NAME.fullmatch(name) or len(self.desk.links) >= LINKS_MAX):
            self.strange += 1
            return None
        if name in RESERVED_LEDGERS:
            self.strange += 1
            return None
        return self.desk.link(name)

    def register(self, message: Register) -> None:
        """Fence older epochs, hand the book back."""
        desk, book = self.desk, self.desk.book
        link = self._line(message.strategy)
        if link is None or message.epoch < link.epoch:
            return
        is_new = (
            not link.epoch or message.epoch != link.epoch
        )  # else the line knows what it asked, and the book need not be searched
        theirs = [order for order in book.orders.values() if self._is_from(order, message)] if is_new else []
        fresh = message.epoch != link.epoch or not link.connected
        for waits, _ in self.waiting.each():
            if waits.strategy == link.name:
                self.waiting.drop(waits)  # whoever registers anew has forgotten what it asked for
        link.register(message.epoch, max((order.seq for order in theirs), default=0), desk.steady_ns)
        for order in theirs:
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
        link = self._line(message.process)
        if link is None:
            return
        if message.epoch == link.epoch and link.epoch:
            link.heard(self.desk.steady_ns)
        elif not link.connected:
            link.told = None
            self.desk.tell_state(link, self.gates.standing(link.name))

    # --- what it wants

    def new_order(self, message: NewOrder) -> None:
        """Send the order, or refuse it."""
        self._answer(message, self._judge_new)

    def replace_order(self, message: ReplaceOrder) -> None:
        """Let an order rest elsewhere, or refuse that."""
        self._answer(message, self.replacing.judge_replace)

    def cancel_order(self, message: CancelOrder) -> None:
        """Cancel one order."""
        self._answer(message, self._judge_cancel)

    def cancel_all(self, message: CancelAll) -> None:
        """Cancel all orders of the strategy, or those in one symbol."""
        self._answer(message, self._judge_cancel_all)

    def _answer(self, message: Intent, judge: Verdict) -> None:
        link = self._line(message.strategy)
        if link is None or len(getattr(message, "symbol", "")) > SYMBOL_CHARS_MAX:
            self.strange += 1
            return
        if message.epoch == link.epoch and link.epoch:
            link.heard(self.desk.steady_ns)
        if self.waiting.holds(message):
            return  # the same number again, while its order waits: it will be answered once
        answer = link.judge(message)
        if answer is None:
            link.note(message.seq)
            answer = judge(link, message)
            if answer is None:
                return
            link.keep_late(answer)
        elif type(answer) is Refused and answer.reason is Refusal.NOT_REGISTERED and not isinstance(message, ENTERING):
            answer = judge(link, message)  # a cancel is obeyed even before the new router knows who asks
        self.desk.say(answer)
        if type(answer) is Refused:
            self._note_refusal(link, message, answer)

    def _judge_cancel(self, link: Link, message: CancelOrder) -> Answer:
        order = self.desk.book.orders.get(message.client_order_id)
        if order is None or order.ledger != link.name:
            return link.refusal(message, Refusal.UNKNOWN_ORDER, f"no order {message.client_order_id!r} of yours")
        self.desk.cancels.want(order, "the strategy asked")
        self.crossing.withdraw(order.client_order_id)
        return _accepted(link, message.seq, order.client_order_id)

    def _judge_cancel_all(self, link: Link, message: CancelAll) -> Answer:
        for order in list(self.desk.book.working.values()):
            if order.ledger == link.name and message.symbol in {"", order.symbol}:
                self.desk.cancels.want(order, "the strategy asked")
                self.crossing.withdraw(order.client_order_id)
        for waits, _ in self.waiting.each():
            if waits.strategy == link.name and message.symbol in {"", waits.symbol}:
                self._settle(link, waits, Denied(Refusal.EXPIRED, "cancelled while it waited"))
        return _accepted(link, message.seq, "")

    def unreadable(self, message: Unreadable) -> None:
        """Refuse what is no message: its number is not known, its sender is."""
        link = self._line(message.strategy)
        if link is None:
            return
        text = "not a message, with a value out of its range, or in another's name"
        answer = Refused(strategy=link.name, epoch=message.epoch, seq=0, reason=Refusal.UNREADABLE, text=text)
        self.desk.say(answer)
        self._note_refusal(link, message, answer)

    # --- new orders, at once or a little later

    def _judge_new(self, link: Link, message: NewOrder) -> Answer | None:
        """Send the order, hold it for a moment, or refuse it; None: it is held."""
        ruling = self.judge.rule(link, message)
        if ruling.denied is None:
            return self._send(link, message, ruling)
        if not self.crossing.yields_to(message, ruling) and not ruling.may_wait:
            return link.refusal(message, ruling.denied.reason, ruling.denied.text)
        if ruling.blocked_by_others:
            promised = ruling.denied.reason is Refusal.CROSSES_ZERO
            self._make_way(message, message.side if promised else message.side.opposite)
        older = self.waiting.hold(message, ruling.denied)
        if older is not None:
            self._settle(link, older, Denied(Refusal.REQUEST_BUDGET, "a newer wish took its place"))
        return None

    def _send(self, link: Link, asked: NewOrder, ruling: Ruling) -> Accepted:
        message, crossed = ruling.message, self.crossing.cross(ruling.message)
        link.recent_ns.append(self.desk.steady_ns)
        if crossed.qty == message.qty:
            return _accepted(link, asked.seq, crossed.name)
        name = self.desk.open_order(
            ledger=link.name,
            symbol=message.symbol,
            side=message.side,
            qty=message.qty - crossed.qty,
            px=message.px,
            tif=message.tif,
            purpose=Purpose.INTENT,
            priority=ruling.priority,
            expires_ns=message.expires_ns,
            epoch=message.epoch,
            seq=message.seq,
            tick_ns=message.tick_ns,
            decided_ns=message.decided_ns,
        )
        return _accepted(link, asked.seq, name)

    def _make_way(self, message: NewOrder, side: Side) -> None:
        """Cancel what others have on a side in the way of an exit: leaving goes before anybody's quotes."""
        desk = self.desk
        desk.exits_first[message.symbol] = message.strategy
        for order in list(desk.book.working.values()):
            theirs = order.ledger not in {message.strategy, UNCLAIMED}
            if theirs and (order.symbol, order.side) == (message.symbol, side):
                desk.cancels.want(order, f"in the way of an exit of {message.strategy}")

    def _try_waiting(self) -> None:
        """Look again at the orders that wait; what has expired is refused with what stood in its way."""
        for message, denied in self.waiting.each():
            link = self.desk.link(message.strategy)
            ruling = self.judge.rule(link, message)
            if ruling.denied is None:
                self.waiting.drop(message)
                self.desk.say(link.keep_late(self._send(link, message, ruling)))
            elif not self.crossing.yields_to(message, ruling) and not ruling.may_wait:
                expired = ruling.denied.reason is Refusal.EXPIRED
                self._settle(link, message, denied if expired else ruling.denied)
        self.desk.exits_first = self.waiting.exits_first(self.desk.exits_first)

    def _settle(self, link: Link, message: NewOrder, denied: Denied) -> None:
        """Refuse an order that waited."""
        self.waiting.drop(message)
        self.crossing.forget(message)
        answer = link.refusal(message, denied.reason, denied.text)
        self.desk.say(link.keep_late(answer))
        self._note_refusal(link, message, answer)

    # --- what became of it

    def _note_refusal(self, link: Link, message: Intent | Unreadable, answer: Refused) -> None:
        if answer.reason not in PASSING and message.epoch == link.epoch:  # an old process speaks for itself alone
            self._count_flood(link)
        if answer.reason is Refusal.SUPPRESSED:
            return  # what it would move rests on; these are told by their number
        link.refusals += 1
        link.last_refusal = f"{answer.reason}: {answer.text}"
        last, fresh = link.repeated, self._refused(message, answer)
        if last is not None and (_same(last, fresh) or link.flood > REFUSALS_TOLD_MAX):
            link.repeated = msgspec.structs.replace(last, count=last.count + 1)
            return
        self.flush_refusals(link)
        self.desk.tell(fresh)
        link.repeated, link.repeated_ns = msgspec.structs.replace(fresh, count=0), self.desk.steady_ns

    def _refused(self, message: Intent | Unreadable, answer: Refused) -> events.OrderRefused:
        """Return the event of a refusal: about the order that was asked for, or that was to be moved or cancelled."""
        order = self.desk.book.orders.get(getattr(message, "client_order_id", ""))
        about = message if isinstance(message, NewOrder) else order
        return events.OrderRefused(
            strategy=message.strategy,
            symbol=about.symbol if about else "",
            side=about.side if about else None,
            qty=getattr(message, "qty", 0),
            px=getattr(message, "px", 0),
            reason=answer.reason,
            text=answer.text,
        )

    def _count_flood(self, link: Link) -> None:
        """Mark a strategy that does nothing but be refused: it is broken, and the router will halt it."""
        if self.desk.steady_ns - link.flood_ns > self.desk.config.ns(FLOOD_MS):
            link.flood_ns, link.flood = self.desk.steady_ns, 0
        link.flood += 1
        if link.flood % FLOOD_REFUSALS == 0:  # again for one that was resumed and floods on
            self.broken.append(link.name)

    def flush_refusals(self, link: Link) -> None:
        """Tell of the refusals that were only counted."""
        if link.repeated is not None and link.repeated.count:
            self.desk.tell(link.repeated)
        link.repeated = None

    def wake(self) -> None:
        """Miss the silent, tell what has changed, and tell of repeated refusals."""
        desk = self.desk
        self._try_waiting()
        for link in list(desk.links.values()):
            if link.repeated and desk.steady_ns - link.repeated_ns >= desk.config.ns(REPEATED_EVERY_MS):
                self.flush_refusals(link)
            if link.name in RESERVED_LEDGERS:
                continue
            self._miss(link)
            if link.connected:
                desk.tell_state(link, self.gates.standing(link.name))

    def _miss(self, link: Link) -> None:
        desk = self.desk
        silent_ns = desk.steady_ns - link.heard_ns
        if link.lost or silent_ns < desk.config.ns(desk.config.strategy_silent_after_ms):
            return
        link.lost, link.connected = True, False
        orders = [order for order in desk.book.working.values() if order.ledger == link.name]
        if link.epoch or orders:
            silent_ms = round(silent_ns / NS_PER_MS / desk.config.rate)
            desk.tell(events.StrategyLost(strategy=link.name, silent_ms=silent_ms, working_orders=len(orders)))
        for order in orders:
            desk.cancels.want(order, "its strategy is silent")


def _accepted(link: Link, seq: int, client_order_id: str) -> Accepted:
    return Accepted(strategy=link.name, epoch=link.epoch, seq=seq, client_order_id=client_order_id)


def _same(one: events.OrderRefused, other: events.OrderRefused) -> bool:
    return (one.symbol, one.side, one.reason) == (other.symbol, other.side, other.reason)
