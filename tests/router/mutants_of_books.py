"""Known-bad cores whose mistake is in what is rare: busts, corrections, splits, claims, crosses and moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from risk import ledger
from router.amendments import Amendments
from router.book import Book
from router.desk import Desk
from router.ids import UNCLAIMED
from router.truth import Truth

if TYPE_CHECKING:
    import pytest

    from router.broker import BrokerOrder, TradeUpdate
    from router.orders import Order
    from router.records import (
        AmendmentBooked,
        BookSaved,
        Claimed,
        Crossed,
        OrderOpened,
        PositionAdjusted,
        SharesSplit,
        TradeAmended,
    )


def a_correction_is_booked_twice(patch: pytest.MonkeyPatch) -> None:
    """Move the money of an amendment once for the order and once more for its ledger."""
    honest = Book._amendment_booked

    def booked(self: Book, record: AmendmentBooked) -> None:
        honest(self, record)
        order = self.orders[record.client_order_id]
        position = ledger.position_of(self.ledgers, order.ledger, order.symbol)
        for sign, qty, notional in (
            (-1, record.taken_qty, record.taken_notional),
            (1, record.given_qty, record.given_notional),
        ):
            if qty:
                position.book(sign * order.side.sign * qty, notional)

    patch.setattr(Book, "_amendment_booked", booked)


def a_bust_is_booked_on_the_wrong_side(patch: pytest.MonkeyPatch) -> None:
    """Take a fill back in the direction in which it traded."""
    honest = Book._amendment_booked

    def booked(self: Book, record: AmendmentBooked) -> None:
        honest(self, record)
        order = self.orders[record.client_order_id]
        if not record.given_qty:
            position = ledger.position_of(self.ledgers, order.ledger, order.symbol)
            position.book(2 * order.side.sign * record.taken_qty, 2 * record.taken_notional)

    patch.setattr(Book, "_amendment_booked", booked)


def a_correction_is_nobodys(patch: pytest.MonkeyPatch) -> None:
    """Let what the venue took back leave the unclaimed ledger instead of the strategy's."""
    honest = Book._amendment_booked

    def booked(self: Book, record: AmendmentBooked) -> None:
        order = self.orders[record.client_order_id]
        owner, order.ledger = order.ledger, UNCLAIMED
        honest(self, record)
        order.ledger = owner

    patch.setattr(Book, "_amendment_booked", booked)


def the_streams_word_is_booked_at_once(patch: pytest.MonkeyPatch) -> None:
    """Book a bust when it is told, and again when the order shows it."""
    honest = Book._trade_amended

    def told(self: Book, record: TradeAmended) -> None:
        honest(self, record)
        amendment, order = record.amendment, self.orders[record.amendment.client_order_id]
        if amendment.event == "trade_bust" and amendment.px:
            position = ledger.position_of(self.ledgers, order.ledger, order.symbol)
            position.book(-order.side.sign * amendment.qty, amendment.qty * amendment.px)

    patch.setattr(Book, "_trade_amended", told)


def snapshot_forgets_the_freeze(patch: pytest.MonkeyPatch) -> None:
    """Save the book without what is frozen."""
    honest = Book.saved

    def saved(self: Book, now_ns: int) -> BookSaved:
        return msgspec.structs.replace(honest(self, now_ns), frozen={})

    patch.setattr(Book, "saved", saved)


def a_restart_thaws(patch: pytest.MonkeyPatch) -> None:
    """Keep in memory only that a symbol takes exits only."""
    honest = Desk.__init__

    def init(self: Desk, *given: Any) -> None:  # noqa: ANN401 as it comes
        honest(self, *given)
        self.broken = {}

    patch.setattr(Desk, "__init__", init)


def what_was_taken_back_comes_again(patch: pytest.MonkeyPatch) -> None:
    """Believe old news of an order from which a fill was taken back."""

    def is_doubtful(self: Amendments, order: Order, update: TradeUpdate | None, grew: int) -> bool:
        return False

    patch.setattr(Amendments, "is_doubtful", is_doubtful)


def what_is_not_told_is_not_amended(patch: pytest.MonkeyPatch) -> None:
    """Wait for the stream's word on a bust, also when the stream was down."""

    def compare(self: Amendments, order: Order, view: BrokerOrder) -> None:
        return

    patch.setattr(Amendments, "compare", compare)


def a_split_is_of_the_account_alone(patch: pytest.MonkeyPatch) -> None:
    """Give all new shares of a split to the ledger that comes first."""
    honest = Book._shares_split

    def split(self: Book, record: SharesSplit) -> None:
        first = next(name for name, held in self.ledgers.items() if record.symbol in held)
        more = sum(held[record.symbol].qty for held in self.ledgers.values() if record.symbol in held)
        whole, self.ledgers = self.ledgers, {first: self.ledgers[first]}
        own = self.ledgers[first][record.symbol].qty
        honest(self, record)
        self.ledgers = whole
        self.ledgers[first][record.symbol].qty += more - own
        self._hold(record.symbol, more - own)

    patch.setattr(Book, "_shares_split", split)


def a_claim_is_done_again(patch: pytest.MonkeyPatch) -> None:
    """Forget which claims were done."""
    honest = Book._claimed

    def claimed(self: Book, record: Claimed) -> None:
        honest(self, record)
        position = ledger.position_of(self.ledgers, record.ledger, record.symbol)
        position.book(record.signed_qty, abs(record.signed_qty) * record.px)

    patch.setattr(Book, "_claimed", claimed)


def a_cross_has_one_side(patch: pytest.MonkeyPatch) -> None:
    """Take crossed shares from the seller and forget the buyer."""

    def crossed(self: Book, record: Crossed) -> None:
        seller = ledger.position_of(self.ledgers, record.seller, record.symbol)
        seller.book(-record.qty, record.qty * record.px)
        ledger.position_of(self.ledgers, record.buyer, record.symbol)

    patch.setattr(Book, "_crossed", crossed)


def a_move_takes_the_fills_along(patch: pytest.MonkeyPatch) -> None:
    """Begin the order that takes another's place with what that one has filled."""
    honest = Book._order_opened

    def opened(self: Book, record: OrderOpened) -> None:
        honest(self, record)
        old = self.orders.get(record.replaces)
        if old is not None:
            self.orders[record.client_order_id].cum_qty = min(1, old.qty - 1, record.qty - 1)

    patch.setattr(Book, "_order_opened", opened)


def shares_of_nobody_are_the_first_strategys(patch: pytest.MonkeyPatch) -> None:
    """Book what no order explains to a strategy."""
    honest = Book._position_adjusted

    def adjusted(self: Book, record: PositionAdjusted) -> None:
        honest(self, record)
        unclaimed = ledger.position_of(self.ledgers, UNCLAIMED, record.symbol)
        unclaimed.book(-record.signed_qty, record.notional)
        ledger.position_of(self.ledgers, "mm", record.symbol).book(record.signed_qty, record.notional)

    patch.setattr(Book, "_position_adjusted", adjusted)


def a_filled_order_works_on(patch: pytest.MonkeyPatch) -> None:
    """Let an order that was filled and busted before we heard of it work for ever."""
    honest = Truth._step

    def step(self: Truth, order: Order, seen: BrokerOrder, text: str) -> None:
        if seen.word != "filled":
            honest(self, order, seen, text)

    patch.setattr(Truth, "_step", step)


MUTANTS = (
    a_correction_is_booked_twice,
    a_bust_is_booked_on_the_wrong_side,
    a_correction_is_nobodys,
    the_streams_word_is_booked_at_once,
    snapshot_forgets_the_freeze,
    a_restart_thaws,
    what_was_taken_back_comes_again,
    what_is_not_told_is_not_amended,
    a_split_is_of_the_account_alone,
    a_claim_is_done_again,
    a_cross_has_one_side,
    a_move_takes_the_fills_along,
    shares_of_nobody_are_the_first_strategys,
    a_filled_order_works_on,
)
