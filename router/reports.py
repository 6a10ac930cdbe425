"""What a record means to strategies: the execution reports that each of them hears, with its update's number.

Rule: a strategy hears of every share that enters or leaves its ledger, in whatever way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.messages import ExecutionReport
from hft.words import OrdStatus, Side
from risk.ledger import Position
from router import records
from router.ids import PREFIX, UNCLAIMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from router.book import Book

_EMPTY = Position()
OfOrder = records.OrderMoved | records.OrderFilled | records.OrderResized


def reports(record: records.AnyRecord, book: Book, next_seq: Callable[[str], int]) -> Iterator[ExecutionReport]:
    """Yield what strategies hear of a record that was just applied; `next_seq` numbers a strategy's updates."""
    if isinstance(record, OfOrder):
        yield _of_order(record, book, next_seq(book.orders[record.client_order_id].ledger))
    elif isinstance(record, records.Claimed):
        yield _claimed(record, book, next_seq(record.ledger))
    elif isinstance(record, records.AmendmentBooked):
        yield from _amended(record, book, next_seq)
    elif isinstance(record, records.Crossed):
        for name in sorted({record.seller, record.buyer} - {UNCLAIMED}):
            yield _crossed(record, book, name, next_seq(name))


def _of_order(record: OfOrder | records.AmendmentBooked, book: Book, seq: int) -> ExecutionReport:
    order = book.orders[record.client_order_id]
    fill = record if isinstance(record, records.OrderFilled) else None
    return ExecutionReport(
        strategy=order.ledger,
        router_epoch=book.epoch,
        seq=seq,
        client_order_id=order.client_order_id,
        order_id=order.order_id,
        symbol=order.symbol,
        side=order.side,
        status=order.status,
        qty=order.qty,
        px=order.px,
        cum_qty=order.cum_qty,
        leaves_qty=order.leaves_qty,
        last_qty=fill.last_qty if fill else 0,
        last_px=round(fill.notional / fill.last_qty) if fill else 0,
        position=book.ledgers.get(order.ledger, {}).get(order.symbol, _EMPTY).qty,
        exch_ns=fill.exch_ns if fill else record.at_ns,
        text=order.text,
        replaces=order.replaces,
    )


def _crossed(record: records.Crossed, book: Book, ledger: str, seq: int) -> ExecutionReport:
    """Return shares that changed ledgers past the venue as a filled order of the strategy's own."""
    return ExecutionReport(
        strategy=ledger,
        router_epoch=book.epoch,
        seq=seq,
        client_order_id=f"{PREFIX}-cross-{book.index}",
        order_id="",
        symbol=record.symbol,
        side=Side.BUY if ledger == record.buyer else Side.SELL,
        status=OrdStatus.FILLED,
        qty=record.qty,
        px=record.px,
        cum_qty=record.qty,
        leaves_qty=0,
        last_qty=record.qty,
        last_px=record.px,
        position=book.qty(ledger, record.symbol),
        exch_ns=record.at_ns,
        text="crossed between ledgers",
    )


def _amended(record: records.AmendmentBooked, book: Book, next_seq: Callable[[str], int]) -> Iterator[ExecutionReport]:
    """Yield what was taken back, and what was booked anew, as filled orders of the strategy's own."""
    order, both = book.orders[record.client_order_id], (record.given_qty, record.given_notional)
    parts = ((order.side.opposite, record.taken_qty, record.taken_notional), (order.side, *both))
    name, held = order.ledger, book.qty(order.ledger, order.symbol)
    for side, qty, notional in parts if name != UNCLAIMED else ():
        if qty:
            last = side is order.side or not record.given_qty
            yield ExecutionReport(
                strategy=name,
                router_epoch=book.epoch,
                seq=next_seq(name),
                client_order_id=f"{PREFIX}-amend-{book.index}-{side.word}",
                order_id="",
                symbol=order.symbol,
                side=side,
                status=OrdStatus.FILLED,
                qty=qty,
                px=round(notional / qty),
                cum_qty=qty,
                leaves_qty=0,
                last_qty=qty,
                last_px=round(notional / qty),
                position=held if last else held - side.opposite.sign * record.given_qty,
                exch_ns=record.at_ns,
                text=record.outcome,
            )
    if not order.is_done:
        yield _of_order(record, book, next_seq(name))


def _claimed(record: records.Claimed, book: Book, seq: int) -> ExecutionReport:
    """Return shares that a person gave as a filled order of the strategy's own."""
    crossed = records.Crossed(
        at_ns=record.at_ns,
        symbol=record.symbol,
        seller=UNCLAIMED if record.signed_qty > 0 else record.ledger,
        buyer=record.ledger if record.signed_qty > 0 else UNCLAIMED,
        qty=abs(record.signed_qty),
        px=record.px,
    )
    report = _crossed(crossed, book, record.ledger, seq)
    return msgspec.structs.replace(report, text="given to it by hand")
