"""What the venue says of an order, brought into the book: one way in for answers, polls and the stream alike.

Rule: shares are booked as the increase of an order's cumulative quantity, whoever tells of it first, so nothing told
twice, late or out of order is counted twice. An execution's own price is used when it covers exactly that increase;
else the price follows from the average. The ids of executions are a second guard.
An order that is not ours by its name is believed from an answer only: the stream may speak of another account's.
What makes no sense (more shares than ordered, another symbol) freezes the symbol and is told; it never ends the fleet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.clock import NS_PER_S
from hft.words import OrdStatus, Side
from risk.fees import fee
from router import broker, records
from router.broker import Priority
from router.day import day_of
from router.ids import RESERVED_LEDGERS, UNCLAIMED, is_ours, is_panic, parse
from router.orders import Order, OrdEvent, Purpose

if TYPE_CHECKING:
    from router.broker import BrokerOrder, TradeUpdate
    from router.desk import Desk

DONE_FOR_DAY = "done_for_day"  # an end, unless the order works on: which of the two, only an answer tells
STRANGERS_MAX = 100
MARGIN_NS = 600 * NS_PER_S  # how far back lists reach, and how old an order nobody knew may be to be booked in full
STEPS = frozenset(
    {
        OrdEvent.NEW,
        OrdEvent.CANCEL_PENDING,
        OrdEvent.CANCELED,
        OrdEvent.REJECTED,
        OrdEvent.EXPIRED,
        OrdEvent.REPLACED,
    }
)
ALIVE = frozenset({OrdEvent.ACK, OrdEvent.NEW, OrdEvent.FILL, OrdEvent.CANCEL_PENDING})


class Truth:
    """The way from a BrokerOrder to the book."""

    def __init__(self, desk: Desk, watched_since_ns: int) -> None:
        self.desk = desk
        self.watched_since_ns = watched_since_ns  # an order made later cannot have filled without our seeing it
        self._strangers: dict[str, int] = {}  # the venue's name → shares filled before the stream first told of it

    def absorb(self, seen: BrokerOrder, source: str, update: TradeUpdate | None = None) -> None:
        """Book what is new in the venue's view of an order."""
        book = self.desk.book
        order = book.orders.get(seen.client_order_id) or book.by_order_id.get(seen.order_id)
        if order is None and source == "stream" and not is_ours(seen.client_order_id):
            self._ask_who(seen, update)
            return
        order = order or self._meet(seen, update)
        if order is None:
            return
        if order.replaces:
            self._resize(order, seen.qty)
        if not self._makes_sense(order, seen):
            return
        self._sight(order, seen)
        if source == "stream" and (seen.event is None or seen.word == DONE_FOR_DAY):
            self.desk.query(order)  # the answer to a question says more than this word
        if source != "stream":
            self.desk.amendments.compare(order, seen)
            self.desk.amendments.seen(order, seen)
        grew = seen.cum_qty - order.cum_qty
        if grew > 0:
            self._grow(order, seen, grew, source, update)
        if source == "stream" and seen.word == DONE_FOR_DAY:
            return
        if grew >= 0 or seen.event in {OrdEvent.CANCELED, OrdEvent.EXPIRED, OrdEvent.REPLACED}:
            self._step(order, seen, update.text if update else "")
        self._keeps_its_place(order, seen)
        self._took_over(order)
        self.desk.cancels.pursue(order)

    def gained(self, seen: BrokerOrder) -> None:
        """Book what an order filled beyond an amendment that was just booked: the positions show both."""
        order = self.desk.book.orders[seen.client_order_id]
        if seen.cum_qty > order.cum_qty:
            self._book(order, seen, seen.cum_qty - order.cum_qty, "rest", None)

    def _grow(self, order: Order, seen: BrokerOrder, grew: int, source: str, update: TradeUpdate | None) -> None:
        """Book shares that an order gained; ask first where they may be the ones that were taken back from it."""
        if not self.desk.amendments.is_doubtful(order, update, grew):
            self._book(order, seen, grew, source, update)
            if source != "stream":
                self.desk.unheard.booked(order)
        elif source == "stream":
            self.desk.query(order)

    def _resize(self, order: Order, qty: int) -> None:
        """Believe the venue's quantity of a replacing order: fills of the old one that crossed it made it smaller.

        More than was asked is believed too, once (what is told late is never less), and is taken back.
        """
        desk, larger = self.desk, qty > order.qty
        if order.is_done or qty <= order.cum_qty or qty == order.qty or (larger and order.resized):
            return
        desk.write(records.OrderResized(at_ns=desk.now_ns, client_order_id=order.client_order_id, qty=qty))
        if larger:
            desk.cancels.want(order, "the venue made more of the replace than was asked")

    def _keeps_its_place(self, order: Order, seen: BrokerOrder) -> None:
        """Let an order that the venue calls working go on, when the one that was to take its place is over."""
        works = seen.event in {OrdEvent.NEW, OrdEvent.FILL} and seen.word != "pending_replace"
        if order.status is not OrdStatus.PENDING_REPLACE or not works:
            return
        if not any(other.replaces == order.client_order_id for other in self.desk.book.working.values()):
            self.desk.move(order, OrdEvent.REPLACE_REFUSED, text="the venue kept it")

    def _took_over(self, order: Order) -> None:
        """Ask for the order whose place this one has taken, if the venue's word on it did not come."""
        old = self.desk.book.orders.get(order.replaces)
        lives = order.status in {OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED}
        if old is not None and lives and old.status is OrdStatus.PENDING_REPLACE:
            self.desk.query(old)

    def _makes_sense(self, order: Order, seen: BrokerOrder) -> bool:
        wrong = ""
        if (seen.symbol, seen.side) != (order.symbol, order.side):
            wrong = f"the venue calls it {seen.side.word} {seen.symbol}"
        elif seen.cum_qty > order.qty:
            wrong = f"{seen.cum_qty} shares filled of {order.qty} ordered"
        if wrong:
            self.desk.breaks.quarantine(order, wrong)
        return not wrong

    def _sight(self, order: Order, seen: BrokerOrder) -> None:
        """Note that the venue has the order: its name there, and that its fate is known again."""
        desk = self.desk
        if order.presumed_absent and (seen.event in ALIVE or seen.cum_qty):
            desk.move(order, OrdEvent.FOUND, order_id=seen.order_id)
            if seen.event in ALIVE:
                desk.cancels.want(order, "it was presumed absent")
        elif order.status is OrdStatus.UNKNOWN or not order.order_id:
            desk.move(order, OrdEvent.ACK, order_id=seen.order_id)

    def _book(self, order: Order, seen: BrokerOrder, grew: int, source: str, update: TradeUpdate | None) -> None:
        desk = self.desk
        notional = seen.cum_notional - order.cum_notional
        fresh = update is not None and bool(update.exec_id) and update.exec_id not in order.exec_ids
        if update is not None and fresh and update.qty == grew and update.px > 0:
            notional = update.px * grew
        mark = desk.market.mark_px(order.symbol)
        if notional <= 0:  # an average that is behind its quantity
            notional = round((order.px or mark) * grew)
        quote = desk.market.quotes.get(order.symbol)
        exch_ns = update.exch_ns if update and update.exch_ns else desk.now_ns
        desk.write(
            records.OrderFilled(
                at_ns=desk.now_ns,
                client_order_id=order.client_order_id,
                last_qty=grew,
                notional=notional,
                cum_qty=seen.cum_qty,
                exec_id=update.exec_id if update and fresh else "",
                source=source,
                exch_ns=exch_ns,
                mid_px=round(quote.mid) if quote and quote.is_two_sided else 0,
                fee=fee(day_of(exch_ns), order.side, grew, notional),
            )
        )
        theirs = desk.broker_qty.get(order.symbol, 0) + order.side.sign * grew
        desk.broker_qty[order.symbol] = update.position if update and update.position is not None else theirs
        if order.is_done:
            desk.cancels.pop(order.client_order_id, None)
        if is_panic(order.client_order_id):
            self._attribute(order, grew, max(1, round(notional / grew)))

    def _attribute(self, order: Order, qty: int, px: int) -> None:
        """Give the fill of a closing order that was sent past us to the ledgers whose shares it closed."""
        book, sign = self.desk.book, order.side.sign
        held = {name: -sign * book.qty(name, order.symbol) for name in book.ledgers if name != UNCLAIMED}
        for name in sorted((name for name in held if held[name] > 0), key=lambda name: -held[name]):
            part = min(qty, held[name])
            qty -= part
            sides = (name, UNCLAIMED) if order.side is Side.SELL else (UNCLAIMED, name)
            if part:
                self.desk.write(
                    records.Crossed(
                        at_ns=self.desk.now_ns, symbol=order.symbol, seller=sides[0], buyer=sides[1], qty=part, px=px
                    )
                )

    def _step(self, order: Order, seen: BrokerOrder, text: str) -> None:
        event = seen.event
        if event is OrdEvent.FILLED and not order.is_done and seen.cum_qty == order.cum_qty < seen.qty:
            self.desk.move(order, event, text="filled, and some of it taken back before it was heard of")
        elif event is None:
            self.desk.warn(f"status:{seen.word}", f"the venue uses a status we do not know: {seen.word!r}")
        elif event in STEPS and not (event is OrdEvent.NEW and order.status is OrdStatus.NEW):
            ended = event in {OrdEvent.CANCELED, OrdEvent.EXPIRED, OrdEvent.REJECTED, OrdEvent.REPLACED}
            self.desk.move(order, event, text=text or (seen.word if ended else ""))

    # --- orders that the journal does not know

    def _ask_who(self, seen: BrokerOrder, update: TradeUpdate | None) -> None:
        """Ask for an order that is not ours; what the stream says of it counts only as the beginning of our watch."""
        self._strangers.setdefault(seen.order_id, seen.cum_qty - (update.qty if update else 0))
        if len(self._strangers) > STRANGERS_MAX:
            del self._strangers[next(iter(self._strangers))]
        asked = (request for request in self.desk.asked.values() if isinstance(request, broker.QueryOrder))
        if not any(request.order_id == seen.order_id for request in asked):
            self.desk.ask(broker.QueryOrder, Priority.QUERY, client_order_id="", order_id=seen.order_id)

    def _meet(self, seen: BrokerOrder, update: TradeUpdate | None) -> Order | None:
        """Take up an order that we do not know: someone else's, or ours from a journal that is gone."""
        name = parse(seen.client_order_id)
        if name is not None and self.desk.book.knew(name):
            return None  # terminal so long ago that the book has let it go
        done = seen.event not in ALIVE and seen.event is not None
        before = self._strangers.pop(seen.order_id, seen.cum_qty - (update.qty if update else 0))
        known = 0 if seen.created_ns >= self.watched_since_ns else min(before, seen.cum_qty)
        if done and seen.cum_qty == known:
            return None  # over, and its shares are in the positions already
        ours = name is not None and name.ledger not in RESERVED_LEDGERS
        self.desk.write(
            records.OrderFound(
                at_ns=self.desk.now_ns,
                client_order_id=seen.client_order_id,
                order_id=seen.order_id,
                ledger=name.ledger if name is not None and ours else UNCLAIMED,
                symbol=seen.symbol,
                side=seen.side,
                qty=seen.qty,
                px=seen.px,
                cum_qty=known,
                cum_notional=seen.cum_notional * known // seen.cum_qty if seen.cum_qty else 0,
                purpose=Purpose.FOUND if name is not None else Purpose.FOREIGN,
            )
        )
        order = self.desk.book.orders[seen.client_order_id]
        if name is not None and not done:
            self.desk.cancels.want(order, "the journal does not know it")
        return order
