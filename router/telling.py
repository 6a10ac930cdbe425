"""What a record means to the recorder: its events.

Rule: events come from a record and the book alone, so after a crash the replay tells the same ones again. A record has
at most two; the `mark` of the k-th is twice the record's number plus k, so each can be recognised on disk by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hft import events
from hft.clock import NS_PER_MS
from hft.words import OrdStatus, TradingState
from router import records
from router.orders import OrdEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.events import Event
    from router.book import Book
    from router.orders import Order

EVENTS_PER_RECORD = 2


def events_of(record: records.AnyRecord, book: Book, before: OrdStatus | None) -> list[Event]:
    """Return the marked events of a record that was just applied; `before` is its order's status until then."""
    found = _unmarked(record, book, before)
    assert len(found) <= EVENTS_PER_RECORD
    first = EVENTS_PER_RECORD * book.index
    return [msgspec.structs.replace(event, mark=first + k) for k, event in enumerate(found)]


def _unmarked(record: records.AnyRecord, book: Book, before: OrdStatus | None) -> list[Event]:
    if isinstance(record, records.OrderMoved):
        return _moved(record, book.orders[record.client_order_id], before) if before is not None else []
    if isinstance(record, records.OrderFilled):
        order = book.orders[record.client_order_id]
        return [_filled(record, order, book), *([_done(order, record.at_ns)] if order.is_done else [])]
    tell = _TELL.get(type(record))
    return [tell(record, book)] if tell is not None else []


def _moved(record: records.OrderMoved, order: Order, before: OrdStatus) -> list[Event]:
    found: list[Event] = []
    if before is OrdStatus.UNKNOWN and order.status is not OrdStatus.UNKNOWN:
        waited_ms = max(0, record.at_ns - order.unknown_ns) / NS_PER_MS  # the clock may have been set back
        found.append(
            events.OrderResolved(
                strategy=order.ledger,
                client_order_id=order.client_order_id,
                status=order.status,
                unknown_ms=round(waited_ms, 3),
            )
        )
    elif record.event is OrdEvent.ACK and record.order_id:
        found.append(
            events.OrderAccepted(
                strategy=order.ledger,
                client_order_id=order.client_order_id,
                order_id=order.order_id,
                ack_ms=round((record.at_ns - order.created_ns) / NS_PER_MS, 3),
            )
        )
    if record.event is OrdEvent.LOST:
        found.append(
            events.OrderUnknown(strategy=order.ledger, client_order_id=order.client_order_id, reason=record.text)
        )
    if order.is_done:
        found.append(_done(order, record.at_ns))
    return found


def _sent(record: records.OrderOpened) -> Event:
    return events.OrderSent(
        strategy=record.ledger,
        client_order_id=record.client_order_id,
        symbol=record.symbol,
        side=record.side,
        qty=record.qty,
        px=record.px,
        tif=record.tif.value,
        bid_px=record.bid_px,
        ask_px=record.ask_px,
        intent_ns=record.at_ns,
        replaces=record.replaces,
        tick_ns=record.tick_ns,
        decided_ns=record.decided_ns,
    )


def _resized(record: records.OrderResized, order: Order) -> Event:
    return events.OrderResized(strategy=order.ledger, client_order_id=order.client_order_id, qty=record.qty)


def _standing(record: records.StandingSet) -> Event:
    if record.state is TradingState.ACTIVE:
        return events.HaltCleared(strategy=record.strategy)
    return events.HaltSet(strategy=record.strategy, state=record.state, reason=record.reason)


def _shares(record: records.Crossed | records.PositionAdjusted) -> Event:
    if isinstance(record, records.Crossed):
        return events.SharesCrossed(
            symbol=record.symbol,
            seller=record.seller,
            buyer=record.buyer,
            qty=record.qty,
            px=record.px,
            reason=record.reason,
        )
    px = round(record.notional / abs(record.signed_qty))
    return events.PositionUnclaimed(symbol=record.symbol, qty=record.signed_qty, px=px, reason=record.reason)


def _claimed(record: records.Claimed, book: Book) -> Event:
    position = book.qty(record.ledger, record.symbol)
    return events.PositionClaimed(
        symbol=record.symbol, strategy=record.ledger, qty=record.signed_qty, px=record.px, position=position
    )


def _amended(record: records.TradeAmended, book: Book) -> Event:
    told = record.amendment
    return events.TradeAmended(
        strategy=book.orders[told.client_order_id].ledger,
        client_order_id=told.client_order_id,
        symbol=told.symbol,
        kind=told.event,
        qty=told.qty,
        px=told.px,
        text=book.frozen.why(told.symbol),
    )


def _corrected(record: records.AmendmentBooked, book: Book) -> Event:
    order = book.orders[record.client_order_id]
    position = book.ledgers[order.ledger][order.symbol]
    return events.TradeCorrected(
        strategy=order.ledger,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        taken_qty=record.taken_qty,
        taken_px=round(record.taken_notional / record.taken_qty) if record.taken_qty else 0,
        given_qty=record.given_qty,
        given_px=round(record.given_notional / record.given_qty) if record.given_qty else 0,
        cum_qty=order.cum_qty,
        position=position.qty,
        broker_position=book.net_qty(order.symbol),
        realised=position.realised,
        fee=record.fee,
        text=book.frozen.why(order.symbol),
    )


def _filled(record: records.OrderFilled, order: Order, book: Book) -> Event:
    position = book.ledgers[order.ledger][order.symbol]
    return events.OrderFilled(
        strategy=order.ledger,
        client_order_id=order.client_order_id,
        order_id=order.order_id,
        symbol=order.symbol,
        side=order.side,
        last_qty=record.last_qty,
        last_px=round(record.notional / record.last_qty),
        cum_qty=record.cum_qty,
        leaves_qty=order.leaves_qty,
        position=position.qty,
        broker_position=book.net_qty(order.symbol),
        realised=position.realised,
        mid_px=record.mid_px,
        source=record.source,
        exch_ns=record.exch_ns,
        fee=record.fee,
    )


def _done(order: Order, at_ns: int) -> Event:
    return events.OrderDone(
        strategy=order.ledger,
        client_order_id=order.client_order_id,
        order_id=order.order_id,
        symbol=order.symbol,
        side=order.side,
        qty=order.qty,
        cum_qty=order.cum_qty,
        px=order.px,
        status=order.status,
        text=order.text,
        age_ms=round((at_ns - order.created_ns) / NS_PER_MS, 3),
    )


_TELL: dict[type, Callable[[Any, Book], Event]] = {
    records.OrderOpened: lambda record, _: _sent(record),
    records.OrderResized: lambda record, book: _resized(record, book.orders[record.client_order_id]),
    records.Crossed: lambda record, _: _shares(record),
    records.PositionAdjusted: lambda record, _: _shares(record),
    records.Claimed: _claimed,
    records.SharesSplit: lambda record, _: events.SharesSplit(symbol=record.symbol, new=record.new, old=record.old),
    records.TradeAmended: _amended,
    records.AmendmentBooked: _corrected,
    records.FreezeLifted: lambda record, _: events.FreezeLifted(symbol=record.symbol),
    records.StandingSet: lambda record, _: _standing(record),
}
