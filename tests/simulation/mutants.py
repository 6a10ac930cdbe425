"""Known-bad routers. Each is a mistake that somebody makes; the storms must find every one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hft.events import Event
from hft.messages import Accepted
from hft.words import OrdStatus
from replay.router import RouterNode
from router import broker, holding
from router.book import Book
from router.broker import Priority
from router.orders import Order, OrdEvent
from router.records import OrderFilled, Record
from router.replies import Replies
from router.truth import Truth
from router.unknowns import Unknowns

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def journal_after_post(patch: pytest.MonkeyPatch) -> None:
    """Let requests leave before their records are on disk."""

    def release(self: RouterNode, out: Any) -> None:  # noqa: ANN401 what the core answered
        out = list(out)
        for message in out:
            if isinstance(message, Event):
                self.tell(message)
            elif not isinstance(message, Record):
                self.watch("out", message)
                self._step("before a message")
                self.edges[type(message)](message)
        records = [message for message in out if isinstance(message, Record)]
        for record in records:
            self.watch("out", record)
        self._journal.write(records)
        self._journal.sync()

    patch.setattr(RouterNode, "release", release)


def an_order_leaves_before_its_sync(patch: pytest.MonkeyPatch) -> None:
    """Let orders leave while the disk stalls, as cancels do."""
    patch.setattr(holding, "FREE", holding.FREE | {broker.SubmitOrder, broker.ReplaceRequest})


def an_answer_leaves_before_its_sync(patch: pytest.MonkeyPatch) -> None:
    """Tell a strategy of an order that a crash may take back."""
    patch.setattr(holding, "FREE", holding.FREE | {Accepted})


def fresh_id_on_retry(patch: pytest.MonkeyPatch) -> None:
    """Send an order again under a new name when its answer did not come."""
    honest = Replies.unknown

    def unknown(self: Replies, reply: broker.BrokerUnknown) -> None:
        order = self.desk.book.orders.get(reply.client_order_id)
        honest(self, reply)
        if order is not None and reply.request == "SubmitOrder" and order.status is OrdStatus.UNKNOWN:
            self.desk.open_order(
                ledger=order.ledger,
                symbol=order.symbol,
                side=order.side,
                qty=order.qty,
                px=order.px,
                tif=order.tif,
                purpose=order.purpose,
                priority=Priority.REDUCE,
                epoch=order.epoch,
                seq=order.seq,
            )

    patch.setattr(Replies, "unknown", unknown)


def fill_id_dedupe(patch: pytest.MonkeyPatch) -> None:
    """Book executions by their ids instead of by the growth of the cumulative quantity."""
    honest = Truth.absorb

    def absorb(self: Truth, seen: broker.BrokerOrder, source: str, update: broker.TradeUpdate | None = None) -> None:
        order = self.desk.book.orders.get(seen.client_order_id)
        if update is not None and order is not None and update.exec_id and update.exec_id not in order.exec_ids:
            seen = msgspec.structs.replace(seen, cum_qty=order.cum_qty + update.qty)
        honest(self, seen, source, update)

    patch.setattr(Truth, "absorb", absorb)


def not_found_is_failed(patch: pytest.MonkeyPatch) -> None:
    """Take the first "not found" for proof that an order never arrived."""

    def not_found(self: Unknowns, order: Order) -> None:
        if order.status is OrdStatus.UNKNOWN:
            self.desk.move(order, OrdEvent.ABSENT, text="not found")

    patch.setattr(Unknowns, "not_found", not_found)


def limit_price_is_fill_price(patch: pytest.MonkeyPatch) -> None:
    """Book every share at the order's limit, whatever it was filled at."""
    honest = Truth.absorb

    def absorb(self: Truth, seen: broker.BrokerOrder, source: str, update: broker.TradeUpdate | None = None) -> None:
        px = seen.px or (update.px if update else 0)
        if px:
            seen = msgspec.structs.replace(seen, cum_notional=px * seen.cum_qty)
            update = msgspec.structs.replace(update, px=px) if update else None
        honest(self, seen, source, update)

    patch.setattr(Truth, "absorb", absorb)


def fee_out_of_the_price(patch: pytest.MonkeyPatch) -> None:
    """Take the fee out of the money of a fill, though the paper account pays none."""
    honest = Book._order_filled

    def order_filled(self: Book, record: OrderFilled) -> None:
        order = self.orders[record.client_order_id]
        money = order.cum_notional + record.notional
        honest(self, msgspec.structs.replace(record, notional=record.notional - record.fee))
        order.cum_notional = money

    patch.setattr(Book, "_order_filled", order_filled)


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    mutant.__name__: mutant
    for mutant in (
        journal_after_post,
        an_order_leaves_before_its_sync,
        an_answer_leaves_before_its_sync,
        fresh_id_on_retry,
        fill_id_dedupe,
        not_found_is_failed,
        limit_price_is_fill_price,
        fee_out_of_the_price,
    )
}
