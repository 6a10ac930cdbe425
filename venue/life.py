"""The life of an order at the venue: it is taken in, works, fills, ends. Alpaca's documented paper rule (section 4.7).

A marketable order fills at the NBBO's far side whatever the size there; a tenth of the eligible ones gets a random part
first. A resting limit fills when the opposite side reaches it. Time moves only by timers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue import margin
from venue.floor import Floor
from venue.groups import is_waiting, smaller_rival
from venue.ledger import Fill
from venue.strict import Queues
from venue.triggers import Triggers
from venue.units import SHARE

if TYPE_CHECKING:
    from venue.books import Book
    from venue.config import VenueConfig
    from venue.orders import Order

AT_ONCE = frozenset({"ioc", "fok"})
AUCTIONS = frozenset({"opg", "cls"})
OPENING_MS = 60_000.0  # a limit-on-open that the first minute did not fill has missed the open


class Life(Floor):
    """The floor with its orders alive."""

    def __init__(self, config: VenueConfig) -> None:
        super().__init__(config)
        self.triggers = Triggers()
        self.queues = Queues() if config.fill_model == "strict" else None

    # --- what a request may do ---

    def submit(self, book: Book, order: Order, now_ns: int, legs: tuple[Order, ...] = ()) -> None:
        """Take an order in: it is pending_new, or accepted when it has to wait for a session. Its legs are held."""
        for one in (order, *legs):
            one.expires_ns = self.expiry_ns(one, now_ns)
            self.plan_end(one)
        order.is_queued = not self.may_trade(order, now_ns) or order.tif in AUCTIONS
        order.become("accepted" if order.is_queued else "pending_new", now_ns)
        order.legs = tuple(leg.id for leg in legs)
        book.put(order)
        book.rehold(order)
        for leg in legs:
            leg.become("held", now_ns)
            book.put(leg)
        self.tell(book, order, order.status, now_ns)
        for leg in legs:
            self.tell(book, leg, "held", now_ns)
        if not order.is_queued:
            self.later("activate", order, now_ns, self.config.ack_latency_ms)

    def request_cancel(self, book: Book, order: Order, now_ns: int) -> None:
        """Begin a cancel; it ends after the venue's latency, unless a fill comes first."""
        order.cancel_requested_ns = now_ns
        if is_waiting(order):
            self._cancel_waiting(book, order, now_ns)
            return
        order.become("pending_cancel", now_ns)
        self.tell(book, order, "pending_cancel", now_ns)
        stuck = self.fault("stuck-pending-cancel", book, order.symbol, now_ns)
        self.later("cancel", order, now_ns, stuck.ms if stuck else self.config.cancel_latency_ms)

    def _cancel_waiting(self, book: Book, leg: Order, now_ns: int) -> None:
        """End a leg that never reached the venue; its entry is not to be filled without it."""
        self.end(book, leg, "canceled", now_ns)
        entry = book.orders.get(leg.parent or "")
        if entry is not None and entry.is_open and not entry.cancel_requested_ns:
            self.request_cancel(book, entry, now_ns)

    def finish_cancels(self, book: Book, now_ns: int) -> None:
        """End every cancel of an account that is under way now, as a close-all with cancel_orders waits for it."""
        for order in book.open_orders():
            if order.cancel_requested_ns and order.is_open:
                self.end(book, order, "canceled", now_ns)

    def request_replace(self, book: Book, old: Order, new: Order, now_ns: int) -> None:
        """Begin a replace: the old order keeps working until it ends, and may fill first."""
        new.expires_ns = self.expiry_ns(new, now_ns)
        self.plan_end(new)
        new.become("pending_new", now_ns)
        wanted = max(new.hold_px * new.leaves_qty - old.held_money, 0) if new.is_opening else 0
        book.put(new)
        new.held_money, book.held_money = wanted, book.held_money + wanted
        old.replaced_by = new.id
        old.become("pending_replace", now_ns)
        self.tell(book, old, "pending_replace", now_ns)
        self.outbox.touch(book, new)
        self.later("replace", new, now_ns, self.config.cancel_latency_ms)

    # --- work ---

    def activate(self, book: Book, order: Order, now_ns: int) -> None:
        """Let an order work: it waits for its stop, or is looked at right away."""
        if order.status not in {"pending_new", "accepted", "held"}:
            return
        if self.fault("reject-after-200", book, order.symbol, now_ns):
            self.end(book, order, "rejected", now_ns)
            return
        order.is_queued = False
        order.become("new", now_ns)
        level = self.level(order.symbol)
        if order.type == "trailing_stop":
            self.triggers.begin_trail(order, level.mark_px)
        self.tell(book, order, "new", now_ns, mark="new")
        if order.has_stop and not order.triggered:
            self.triggers.add(order)
            self.pull_triggers(order.symbol, level.last_px, now_ns)
            return
        self.resting(order.symbol).add(order)
        if order.tif == "opg" and order.limit_px:
            self.later("opening", order, now_ns, OPENING_MS)
        if order.order_class == "oco":
            self._wake_legs(book, order, now_ns)
        self.evaluate(book, order, now_ns)
        if order.tif in AT_ONCE and order.is_open:
            self.end(book, order, "canceled", now_ns)
        elif self.queues:
            self.queues.join(order, level)

    def pull_triggers(self, symbol: str, px: int, now_ns: int) -> None:
        """Move trailing stops after a price, and let the stops work that it reaches."""
        for account, order_id in self.triggers.pulled(symbol, px):
            book = self.books[account]
            order = book.orders[order_id]
            order.triggered = True
            self.outbox.touch(book, order)
            self.resting(symbol).add(order)
            self.evaluate(book, order, now_ns)

    def evaluate(self, book: Book, order: Order, now_ns: int) -> None:
        """Fill an order if the present prices reach it."""
        level = self.level(order.symbol)
        px = level.opposite(order.sign)
        reach_px = order.reach_px
        if not px or level.halted or level.is_banned(px) or not self._may_fill(order, now_ns):
            return
        if not self.is_fresh(level, now_ns):
            return
        waits = order.has_stop and not order.triggered
        if waits or (reach_px is not None and order.sign * (reach_px - px) < 0):
            return
        if self.fault("no-fills", book, order.symbol, now_ns) or not self._is_affordable(book, order, px, now_ns):
            return
        qty = self._fill_qty(order, px)
        if qty > SHARE and not order.fills and self.fault("partial-then-nothing", book, order.symbol, now_ns):
            order.is_stuck, qty = True, qty // 2 // SHARE * SHARE
        if qty:
            self.fill(book, order, qty, px, now_ns)

    def _may_fill(self, order: Order, now_ns: int) -> bool:
        return order.is_open and not order.is_stuck and self.may_trade(order, now_ns)

    def _is_affordable(self, book: Book, order: Order, px: int, now_ns: int) -> bool:
        """Return whether the buying power covers an order; asked when its price is first known, and rejected if not."""
        if not order.is_unpriced:
            return True
        hold_px = max(self.hold_px(order, order.sign, now_ns), px)
        if hold_px * order.leaves_qty > self.figures(book).buying_power + order.held_money:
            if order.status == "new":  # what is being cancelled or replaced ends by that
                self.end(book, order, "rejected", now_ns)
            return False
        order.is_unpriced, order.hold_px = False, hold_px
        book.rehold(order)
        return True

    def _fill_qty(self, order: Order, px: int) -> int:
        if order.qty is None:
            wanted = margin.shares_for(order.notional or 0, px)
            return wanted if order.is_opening else min(wanted, order.hold_qty)
        leaves = order.leaves_qty
        if self.queues:
            shown = self.level(order.symbol).opposite_qty(order.sign) * SHARE
            return 0 if order.tif == "fok" and shown < leaves else min(leaves, shown)
        whole = order.fills or order.tif == "fok" or leaves < 2 * SHARE or leaves % SHARE
        if whole or self.dice.random() * 100 >= self.config.partial_fill_pct:
            return leaves
        return self.dice.randint(1, leaves // SHARE - 1) * SHARE

    def fill(self, book: Book, order: Order, qty: int, px: int, now_ns: int) -> None:
        """Execute a part or all of an order."""
        if order.qty is None:
            order.qty = qty
        order.filled_qty += qty
        order.filled_money += qty * px
        order.fills += 1
        book.account.cash += book.position(order.symbol).fill(order.sign * qty, px)
        done = order.filled_qty == order.qty
        order.become("filled" if done else "partially_filled", now_ns)
        if done:
            self._forget(order)
            book.close(order)
        else:
            book.rehold(order)
            if self.queues is None:
                self.later("retry", order, now_ns, self.config.partial_retry_ms)
        self._book_execution(book, order, qty, px, now_ns)
        self._move_group(book, order, now_ns)

    def fill_passive(self, book: Book, order: Order, qty: int, now_ns: int) -> None:
        """Fill a resting limit at its own price (strict model: its turn came)."""
        level = self.level(order.symbol)
        if not order.limit_px or level.halted or not self._may_fill(order, now_ns):
            return
        if self._is_affordable(book, order, order.limit_px, now_ns):
            self.fill(book, order, qty, order.limit_px, now_ns)

    def _book_execution(self, book: Book, order: Order, qty: int, px: int, now_ns: int) -> None:
        event = "fill" if order.status == "filled" else "partial_fill"
        fill = Fill(
            number=order.fills,
            account=book.account.id,
            order_id=order.id,
            symbol=order.symbol,
            side=order.side,
            t_ns=now_ns,
            px=px,
            qty=qty,
            cum_qty=order.filled_qty,
            leaves_qty=order.leaves_qty,
            type=event,
            order_status=order.status,
        )
        book.fills.append(fill)
        self.outbox.keep(fill)
        self.outbox.touch(book, order, order.symbol)
        self.tell(book, order, event, now_ns, mark=str(order.fills), px=px, qty=qty)

    # --- ends ---

    def end_cancel(self, book: Book, order: Order, now_ns: int) -> None:
        """Finish a cancel, unless the order ended first."""
        if not order.is_open or order.status == "replaced":
            return
        px = order.limit_px or self.level(order.symbol).opposite(order.sign)
        if px and order.leaves_qty and self.fault("cancel-loses", book, order.symbol, now_ns):
            self.fill(book, order, order.leaves_qty, px, now_ns)
        elif self.fault("cancel-rejected", book, order.symbol, now_ns):
            order.cancel_requested_ns = 0
            order.become("partially_filled" if order.filled_qty else "new", now_ns)
            self.tell(book, order, "order_cancel_rejected", now_ns)
        else:
            self.end(book, order, "canceled", now_ns)

    def end_opening(self, book: Book, order: Order, now_ns: int) -> None:
        """Cancel a limit-on-open that missed the open; one that is being replaced is left to its successor."""
        if order.is_open and order.status != "pending_replace":
            self.end(book, order, "canceled", now_ns)

    def end_expired(self, book: Book, order: Order, now_ns: int) -> None:
        """End an order whose time is over."""
        if order.is_open:
            self.end(book, order, "expired", now_ns)

    def end_replace(self, book: Book, new: Order, now_ns: int) -> None:
        """Finish a replace: the new order works, or it came too late and is rejected."""
        old = book.orders[new.replaces or ""]
        assert new.qty is not None, "notional orders are not replaceable"
        if not new.is_open:  # cancelled before it came to life: it still took the old one's place
            if old.status == "pending_replace":
                self.end(book, old, "replaced", now_ns)
                self._hand_over(book, old, new)
                self._move_group(book, new, now_ns)
            return
        if old.status == "pending_replace" and self.fault("replace-loses", book, old.symbol, now_ns):
            px = old.limit_px or self.level(old.symbol).opposite(old.sign)
            self.fill(book, old, old.leaves_qty, px, now_ns)
        left_qty = new.qty - (old.filled_qty - new.replaces_filled_qty)
        alive = old.status in {"pending_replace", "partially_filled"} and left_qty > 0
        if not alive or self.fault("replace-rejected", book, old.symbol, now_ns):
            self._refuse_replace(book, old, new, now_ns)
            return
        new.qty = left_qty
        self.end(book, old, "replaced", now_ns)
        book.rehold(new)
        self._hand_over(book, old, new)
        if new.tif in AUCTIONS and new.status == "pending_new":
            new.is_queued = True
            new.become("accepted", now_ns)
            self.tell(book, new, "accepted", now_ns)
        else:
            self.activate(book, new, now_ns)

    def _hand_over(self, book: Book, old: Order, new: Order) -> None:
        """Give a new order the old one's place in its group."""
        new.parent, new.sibling, new.legs, old.legs = old.parent, old.sibling, old.legs, ()
        entry = book.orders.get(old.parent or "")
        for order in [*book.open_orders(old.symbol), *([entry] if entry else [])]:
            if old.id in {order.parent, order.sibling, *order.legs}:
                order.parent = new.id if order.parent == old.id else order.parent
                order.sibling = new.id if order.sibling == old.id else order.sibling
                order.legs = tuple(new.id if leg_id == old.id else leg_id for leg_id in order.legs)
                self.outbox.touch(book, order)

    def _refuse_replace(self, book: Book, old: Order, new: Order, now_ns: int) -> None:
        old.replaced_by = None
        if old.status == "pending_replace":
            old.become("partially_filled" if old.filled_qty else "new", now_ns)
        self.tell(book, old, "order_replace_rejected", now_ns)
        self.end(book, new, "canceled" if new.cancel_requested_ns else "rejected", now_ns)

    def end(self, book: Book, order: Order, status: str, now_ns: int) -> None:
        """End an order, and what hangs on it."""
        self._forget(order)
        order.become(status, now_ns)
        book.close(order)
        self.tell(book, order, status, now_ns, mark=status)
        if status != "replaced":
            self._move_group(book, order, now_ns)

    def _forget(self, order: Order) -> None:
        self.resting(order.symbol).remove(order)
        self.triggers.remove(order)
        if self.queues:
            self.queues.leave(order)

    # --- brackets, OCO, OTO ---

    def _move_group(self, book: Book, order: Order, now_ns: int) -> None:
        """Let what happened to one order of a group have its effect on the others."""
        if not order.order_class:
            return
        if order.status == "filled":
            self._wake_legs(book, order, now_ns)
        rival = smaller_rival(book, order)
        if rival is not None and order.status == "partially_filled" and rival.qty is not None:
            rival.qty = min(rival.qty, rival.filled_qty + order.leaves_qty)
            self.outbox.touch(book, rival)
        elif rival is not None and not order.is_open:
            self.end(book, rival, "canceled", now_ns)
        if not order.is_open and order.status != "filled":
            for leg_id in order.legs:
                if book.orders[leg_id].is_open:
                    self.end(book, book.orders[leg_id], "canceled", now_ns)

    def _wake_legs(self, book: Book, order: Order, now_ns: int) -> None:
        for leg in [book.orders[leg_id] for leg_id in order.legs]:
            if is_waiting(leg):
                self._wake_leg(book, leg, now_ns)

    def _wake_leg(self, book: Book, leg: Order, now_ns: int) -> None:
        available = book.available_qty(leg.symbol, but=leg.id)
        rival = book.orders.get(leg.sibling or "")
        if rival is not None and rival.is_open:
            available = min(available + rival.leaves_qty, abs(book.qty(leg.symbol)))
        leg.qty = min(leg.qty or 0, available)
        if leg.qty:
            self.activate(book, leg, now_ns)
        else:
            self.end(book, leg, "canceled", now_ns)
