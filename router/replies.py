"""What follows from what the broker says: the stream of trade updates, and the answers to our requests.

Rule: a definite no ends an order, no answer puts it in doubt, and what never left is over. Nothing is sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from hft.words import TradingState
from router import broker
from router.holding import EntriesShut
from router.orders import OrdEvent
from router.outage import REFUSED_KEYS, is_about_keys

if TYPE_CHECKING:
    from router.assets import Assets
    from router.control import Control
    from router.desk import Desk
    from router.flatten import Flattener
    from router.orders import Order
    from router.reconcile import Reconciler
    from router.truth import Truth
    from router.unknowns import Unknowns

NOT_UNIQUE = "must be unique"
HTTP_NOT_FOUND, HTTP_UNPROCESSABLE, HTTP_TOO_MANY = 404, 422, 429


class Replies:
    """The handlers of broker messages that concern more than one part."""

    def __init__(
        self,
        desk: Desk,
        *,
        truth: Truth,
        reconciler: Reconciler,
        unknowns: Unknowns,
        assets: Assets,
        flattener: Flattener,
        control: Control,
    ) -> None:
        self.desk, self.truth, self.reconciler, self.unknowns = desk, truth, reconciler, unknowns
        self.assets, self.flattener, self.control = assets, flattener, control
        self.round_trip_ns = 0  # of the last request that was answered

    def updates_down(self, message: broker.UpdatesDown) -> None:
        """Note that the stream is gone, and whether the keys were refused."""
        self.reconciler.updates_down(message)
        self.desk.say(EntriesShut(reason=f"trade updates went away: {message.reason}"))
        if message.refused:
            self.desk.updates_refused = True
            self.desk.warn("keys", "the broker does not accept the keys")

    def trade_update(self, update: broker.TradeUpdate) -> None:
        """Absorb what the stream says; freeze the symbol of a fill that was taken back."""
        if self.desk.amendments.told(update):
            self.reconciler.look_soon()
            return
        name = update.order.client_order_id
        order = self.desk.book.orders.get(name)
        self.desk.unheard.heard(name, update.order.cum_qty)
        self.truth.absorb(update.order, "stream", update)
        if update.event == "order_cancel_rejected" and order is not None:
            self.desk.move(order, OrdEvent.CANCEL_REFUSED, text=update.text)
            self.desk.query(order)
        if update.event == "order_replace_rejected" and order is not None:
            self.desk.move(order, OrdEvent.REPLACE_REFUSED, text=update.text)
        net = self.desk.book.net_qty(update.order.symbol)
        if update.position is not None and update.position != net:
            self.reconciler.look_soon()

    def update_unreadable(self, message: broker.UpdateUnreadable) -> None:
        """Ask for what could not be read."""
        order = self.desk.book.orders.get(message.client_order_id)
        if order is not None:
            self.desk.query(order)
        self.reconciler.look_soon()

    def order_reply(self, reply: broker.OrderReply) -> None:
        """Absorb an order as the answer to a request."""
        self.truth.absorb(reply.order, "rest")
        self.reconciler.answered(reply.ticket)

    def clock(self, reply: broker.ClockReply) -> None:
        """Take the market's hours, and how far our clock is off."""
        ahead_ns = reply.venue_ns - (self.desk.now_ns - self.round_trip_ns // 2)
        self.desk.skew.measured(round(ahead_ns / self.desk.config.ns(1)))
        self.reconciler.clock(reply)

    def positions(self, reply: broker.PositionsReply) -> None:
        """Let the comparison and every flatten see them."""
        self.reconciler.positions_told(reply)
        self.flattener.positions_told(reply)

    def rejected(self, reply: broker.BrokerRejected) -> None:
        """Take a definite no, and what follows for the order that it is about."""
        desk, order = self.desk, self.desk.book.orders.get(reply.client_order_id)
        if reply.status == HTTP_TOO_MANY:
            desk.budget.close(reply.retry_after_ms, desk.steady_ns)
        elif is_about_keys(reply):
            desk.warn("keys", f"{REFUSED_KEYS}: {reply.text}")
        not_found = reply.status == HTTP_NOT_FOUND
        if not (not_found and reply.request == "QueryOrder"):
            desk.tell(
                events.RequestRefused(
                    request=reply.request,
                    client_order_id=reply.client_order_id,
                    status=reply.status,
                    code=reply.code,
                    text=reply.text,
                )
            )
        if order is not None:
            self._order_refused(order, reply, not_found=not_found)
        if reply.request == "QueryOrder" and not_found:
            self.reconciler.answered(reply.ticket)
        else:
            self.assets.failed(reply.ticket, reply.status)
            self._failed(reply.ticket, f"{reply.status} {reply.text}")

    def _order_refused(self, order: Order, reply: broker.BrokerRejected, *, not_found: bool) -> None:
        desk = self.desk
        if reply.request in broker.ENTRY_REQUESTS:
            if NOT_UNIQUE in reply.text:  # an earlier copy of this very request arrived after all
                desk.move(order, OrdEvent.LOST, text=reply.text)
            else:
                desk.move(order, OrdEvent.REJECTED, text=reply.text)
                self._replace_refused(order, reply.status)
        elif reply.request == "CancelRequest" and reply.status != HTTP_TOO_MANY:
            desk.query(order)
        elif reply.request == "QueryOrder" and not_found:
            self.unknowns.not_found(order)

    def _replace_refused(self, order: Order, status: int) -> None:
        """Count a refusal of the venue; one that says only that the replaced order was gone asks about that order."""
        old = self.desk.book.orders.get(order.replaces)
        if old is None or status not in {HTTP_NOT_FOUND, HTTP_UNPROCESSABLE}:
            self.control.rejected(order.ledger)
        elif not old.is_done:
            self.desk.query(old)

    def unknown(self, reply: broker.BrokerUnknown) -> None:
        """Take no answer: an order may exist, and is searched for."""
        order = self.desk.book.orders.get(reply.client_order_id)
        if order is not None and reply.request in broker.ENTRY_REQUESTS and not order.order_id:
            self.desk.move(order, OrdEvent.LOST, text=reply.reason)
        self._failed(reply.ticket, reply.reason)

    def not_sent(self, reply: broker.NotSent) -> None:
        """Take that a request never left: its order is over."""
        order = self.desk.book.orders.get(reply.client_order_id)
        if order is not None and reply.request in broker.ENTRY_REQUESTS:
            self.desk.move(order, OrdEvent.REJECTED, text=f"not sent: {reply.reason}")
        if reply.halted and not self.desk.book.standing.is_halted:
            self.control.latch("", TradingState.HALTED, reply.reason)
        self._failed(reply.ticket, reply.reason)

    def _failed(self, ticket: int, why: str) -> None:
        self.reconciler.answered(ticket, failed=why)
        self.flattener.failed(ticket)
        self.assets.failed(ticket)
