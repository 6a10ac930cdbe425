"""Known-bad cores. Each is a mistake that somebody makes; random histories must find every one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hft.words import OrdStatus
from risk import ledger
from risk.state import ACTIVE
from router import broker, holding
from router.book import Book
from router.broker import Priority
from router.core import RouterCore
from router.judge import Judge
from router.orders import OrdEvent
from router.reconcile import Reconciler
from router.replies import Replies
from router.truth import Truth
from router.unknowns import Unknowns
from tests.router import mutants_of_books
from tests.router.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from risk.limits import Proposal
    from router.orders import Order
    from router.records import BookSaved, EpochBegun, OrderFilled


def booked_twice_after_a_restart(patch: pytest.MonkeyPatch) -> None:
    """Remember executions in memory only: what is told again to the next router is booked again."""
    honest = Truth.absorb

    def absorb(self: Truth, seen: broker.BrokerOrder, source: str, update: broker.TradeUpdate | None = None) -> None:
        known: set[str] = self.__dict__.setdefault("known", set())
        order = self.desk.book.orders.get(seen.client_order_id)
        if update is not None and order is not None and update.exec_id and update.exec_id not in known:
            known.add(update.exec_id)
            seen = msgspec.structs.replace(seen, cum_qty=min(order.cum_qty + update.qty, order.qty))
        honest(self, seen, source, update)

    patch.setattr(Truth, "absorb", absorb)


def cumulative_instead_of_increase(patch: pytest.MonkeyPatch) -> None:
    """Put the whole filled quantity into the ledger at each fill."""
    honest = Book._order_filled

    def order_filled(self: Book, record: OrderFilled) -> None:
        before = self.orders[record.client_order_id].cum_qty
        honest(self, record)
        order = self.orders[record.client_order_id]
        if before:
            ledger.position_of(self.ledgers, order.ledger, order.symbol).book(order.side.sign * before, before)

    patch.setattr(Book, "_order_filled", order_filled)


def unknown_is_sent_again(patch: pytest.MonkeyPatch) -> None:
    """Try an order again, under its own name, when its answer did not come."""
    honest = Replies.unknown

    def unknown(self: Replies, reply: broker.BrokerUnknown) -> None:
        honest(self, reply)
        order = self.desk.book.orders.get(reply.client_order_id)
        if order is not None and reply.request == "SubmitOrder":
            self.desk.ask(
                broker.SubmitOrder,
                Priority.REDUCE,
                client_order_id=order.client_order_id,
                symbol=order.symbol,
                side=order.side,
                qty=order.qty,
                px=order.px,
                tif=order.tif,
            )

    patch.setattr(Replies, "unknown", unknown)


def journal_after_post(patch: pytest.MonkeyPatch) -> None:
    """Let the venue have requests whose records a crash then loses."""
    honest = World.turn

    def turn(self: World, *given: Any, crash: str = "") -> list[Any]:  # noqa: ANN401 any message
        if crash == "before":
            disk = list(self.disk)
            honest(self, *given)
            for request in self.requests:
                if isinstance(request, broker.SubmitOrder) and request.client_order_id not in self.broker.orders:
                    self.broker.answer(request)
            self.disk = disk
            self.boot()
            return []
        return honest(self, *given, crash=crash)

    patch.setattr(World, "turn", turn)


def an_order_leaves_before_its_sync(patch: pytest.MonkeyPatch) -> None:
    """Let orders leave while the disk stalls, as cancels do."""
    patch.setattr(holding, "FREE", holding.FREE | {broker.SubmitOrder, broker.ReplaceRequest})


def snapshot_forgets_an_order(patch: pytest.MonkeyPatch) -> None:
    """Leave the youngest working order out of the saved book."""
    honest = Book.saved

    def saved(self: Book, now_ns: int) -> BookSaved:
        found = honest(self, now_ns)
        gone = next(reversed(self.working), "")
        return msgspec.structs.replace(found, orders=[o for o in found.orders if o.client_order_id != gone])

    patch.setattr(Book, "saved", saved)


def snapshot_forgets_what_an_order_filled(patch: pytest.MonkeyPatch) -> None:
    """Save orders without what they have filled: it is booked again."""
    honest = Book.saved

    def saved(self: Book, now_ns: int) -> BookSaved:
        return msgspec.structs.replace(honest(self, now_ns), orders=[_emptied(order) for order in self.orders.values()])

    patch.setattr(Book, "saved", saved)


def _emptied(order: Order) -> Order:
    return order if order.is_done else msgspec.structs.replace(order, cum_qty=0, cum_notional=0)


def not_found_is_failed(patch: pytest.MonkeyPatch) -> None:
    """Take the first "not found" for proof that an order never arrived."""

    def not_found(self: Unknowns, order: Order) -> None:
        if order.status is OrdStatus.UNKNOWN:
            self.desk.move(order, OrdEvent.ABSENT, text="not found")

    patch.setattr(Unknowns, "not_found", not_found)


def late_fills_are_dropped(patch: pytest.MonkeyPatch) -> None:
    """Close a cancelled order for good."""
    honest = Truth.absorb

    def absorb(self: Truth, seen: broker.BrokerOrder, source: str, update: broker.TradeUpdate | None = None) -> None:
        order = self.desk.book.orders.get(seen.client_order_id)
        if order is None or not order.is_done:
            honest(self, seen, source, update)

    patch.setattr(Truth, "absorb", absorb)


def a_taken_cancel_is_an_end(patch: pytest.MonkeyPatch) -> None:
    """Call an order cancelled when the request to cancel it was taken, and close it for fills."""
    late_fills_are_dropped(patch)
    honest = RouterCore._table

    def table(self: RouterCore) -> dict[type, Callable[[Any], object]]:
        def taken(reply: broker.CancelTaken) -> None:
            order = self.desk.book.orders.get(reply.client_order_id)
            if order is not None and not order.is_done:
                self.desk.move(order, OrdEvent.CANCELED)

        return {**honest(self), broker.CancelTaken: taken}

    patch.setattr(RouterCore, "_table", table)


def polls_are_not_believed(patch: pytest.MonkeyPatch) -> None:
    """Believe of fills what the stream says, and nothing else."""
    honest = Truth.absorb

    def absorb(self: Truth, seen: broker.BrokerOrder, source: str, update: broker.TradeUpdate | None = None) -> None:
        if source == "stream" or not seen.cum_qty:
            honest(self, seen, source, update)

    patch.setattr(Truth, "absorb", absorb)


def the_last_price_for_all(patch: pytest.MonkeyPatch) -> None:
    """Book what was missed at the price of the last execution."""
    honest = Truth._book

    def book(self: Truth, order: Order, seen: broker.BrokerOrder, *rest: Any) -> None:  # noqa: ANN401 as it comes
        grew, _, update = rest
        if update is not None and update.px:
            seen = msgspec.structs.replace(seen, cum_notional=order.cum_notional + grew * update.px)
        honest(self, order, seen, *rest)

    patch.setattr(Truth, "_book", book)


def averages_in_whole_cents(patch: pytest.MonkeyPatch) -> None:
    """Release cost at an average that was rounded to the cent before."""
    patch.setattr(ledger, "portion", lambda total, part, whole: round(total / whole / 100) * 100 * part)


def an_error_is_flat(patch: pytest.MonkeyPatch) -> None:
    """Take a list of open orders that lacks ours for the end of them."""
    honest = Reconciler.orders

    def listed(self: Reconciler, reply: broker.OrdersReply) -> None:
        names = {told.client_order_id for told in reply.orders}
        honest(self, reply)
        for name, order in list(self.desk.book.working.items()):
            if name not in names:
                self.desk.move(order, OrdEvent.CANCELED)

    patch.setattr(Reconciler, "orders", listed)


def the_number_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    """Forget, in the saved book, how many orders were named, and keep the epoch: names are given again."""
    honest, begun = Book.saved, Book._epoch_begun

    def epoch_begun(self: Book, record: EpochBegun) -> None:
        begun(self, msgspec.structs.replace(record, epoch=1))

    def saved(self: Book, now_ns: int) -> BookSaved:
        return msgspec.structs.replace(honest(self, now_ns), number=0, epoch=1)

    patch.setattr(Book, "_epoch_begun", epoch_begun)
    patch.setattr(Book, "saved", saved)


def snapshot_forgets_the_latches(patch: pytest.MonkeyPatch) -> None:
    """Save the book without who is halted."""
    honest = Book.saved

    def saved(self: Book, now_ns: int) -> BookSaved:
        return msgspec.structs.replace(honest(self, now_ns), standings={})

    patch.setattr(Book, "saved", saved)


def a_halt_is_not_asked(patch: pytest.MonkeyPatch) -> None:
    """Judge every order as if nothing were halted."""
    honest = Judge.proposal

    def proposal(self: Judge, *given: Any) -> Proposal:  # noqa: ANN401 as it comes
        return msgspec.structs.replace(honest(self, *given), standing=ACTIVE)

    patch.setattr(Judge, "proposal", proposal)


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    mutant.__name__: mutant
    for mutant in (
        booked_twice_after_a_restart,
        cumulative_instead_of_increase,
        unknown_is_sent_again,
        journal_after_post,
        an_order_leaves_before_its_sync,
        snapshot_forgets_an_order,
        snapshot_forgets_what_an_order_filled,
        not_found_is_failed,
        late_fills_are_dropped,
        a_taken_cancel_is_an_end,
        polls_are_not_believed,
        the_last_price_for_all,
        averages_in_whole_cents,
        an_error_is_flat,
        the_number_is_not_kept,
        snapshot_forgets_the_latches,
        a_halt_is_not_asked,
        *mutants_of_books.MUTANTS,
    )
}
