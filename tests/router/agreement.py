"""The journal of a router compared with the venue's own word: orders, shares, money, positions, cash; nothing twice.

The journal is read as it stands on disk, so a living router can be compared too; what moves meanwhile is looked at
again.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hft.words import OrdStatus
from router.core import History
from router.ids import PREFIX, UNCLAIMED, parse
from router.journal import first_index, read_segment, segments
from router.records import Crossed
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from router.book import Book
    from router.orders import Order
    from router.records import AnyRecord
    from tests.router.rig import Rig

PX_PER_USD = 10_000
START_CASH = 100_000 * PX_PER_USD
DONE = frozenset({"filled", "canceled", "rejected", "expired", "done_for_day", "replaced"})
CROSS = re.compile(r"(?P<order>h1-\S+), taken back, and wish (?P<wish>\d+ of \w+)")  # the reason of a record
LOOSE = frozenset({OrdStatus.UNKNOWN, OrdStatus.PENDING_NEW})  # sent a moment ago, or still searched for


class Truth(msgspec.Struct):
    """What the venue says, money in 1e-4 dollar."""

    orders: dict[str, dict[str, Any]]
    positions: dict[str, int]
    cash: int


def records_on_disk(folder: Path) -> Iterator[AnyRecord]:
    """Yield the journal's records at this moment; nothing is changed, a torn tail included."""
    paths = segments(folder)
    for path in paths:
        for _, record in read_segment(path, last=path == paths[-1]):
            yield record


def book_on_disk(folder: Path) -> Book:
    """Return the book that the journal holds at this moment."""
    paths = segments(folder)
    history = History(first_index(paths[0]) if paths else 1)
    for record in records_on_disk(folder):
        history.add(record)
    return history.book


class Cross(NamedTuple):
    """Shares of an order that were crossed with a wish; `name` is what both strategies hear of it."""

    name: str
    order: str
    wish: str
    record: Crossed

    @property
    def qty(self) -> int:
        """Return how many shares."""
        return self.record.qty


def crosses_on_disk(folder: Path) -> Iterator[Cross]:
    """Yield the crosses of two orders that the journal tells of."""
    paths = segments(folder)
    for index, record in enumerate(records_on_disk(folder), first_index(paths[0]) if paths else 1):
        told = CROSS.match(record.reason) if isinstance(record, Crossed) else None
        if told is not None and isinstance(record, Crossed):
            yield Cross(f"{PREFIX}-cross-{index}", told["order"], told["wish"], record)


def ledgers_of(rig: Rig) -> dict[str, Counter[str]]:
    """Return what each strategy holds by the venue's word: its orders by name, and the crosses past the venue."""
    held: dict[str, Counter[str]] = defaultdict(Counter)
    for order in rig.orders():
        name = parse(order["client_order_id"])
        sign = 1 if order["side"] == "buy" else -1
        held[name.ledger if name else UNCLAIMED][order["symbol"]] += sign * int(float(order["filled_qty"]))
    for cross in crosses_on_disk(rig.home.journal):
        held[cross.record.buyer][cross.record.symbol] += cross.qty
        held[cross.record.seller][cross.record.symbol] -= cross.qty
    return held


def cash_gap(rig: Rig) -> int:
    """Return by how much the journal's cash is more than the venue's. 1e-4 dollar."""
    return _cash_of(book_on_disk(rig.home.journal)) - cash_of(rig)


def cash_of(rig: Rig) -> int:
    """Return the account's cash by the venue's word. 1e-4 dollar."""
    return round(float(rig.rest("/v2/account")["cash"]) * PX_PER_USD)


def _cash_of(book: Book) -> int:
    return START_CASH + sum(position.cash for ledger in book.ledgers.values() for position in ledger.values())


def differences(book: Book, truth: Truth, *, settled: bool, skip: AbstractSet[str] = frozenset()) -> list[str]:
    """Return in words where journal and venue differ. `settled`: every order in doubt must have been resolved.

    `skip` are orders on which both have agreed before.
    """
    return [
        *(line for name, theirs in truth.orders.items() for line in _of_order(book.orders.get(name), name, theirs)),
        *_not_at_the_venue(book, truth.orders.keys() | skip, settled=settled),
        *_of_positions(book, truth),
        *_of_cash(book, truth),
    ]


def _of_order(mine: Order | None, name: str, theirs: dict[str, Any]) -> Iterator[str]:
    if mine is None:
        yield f"{name} is not in the journal ({theirs['status']})"
        return
    qty = int(float(theirs["filled_qty"]))
    money = float(theirs["filled_avg_price"] or 0) * qty * PX_PER_USD
    if mine.cum_qty != qty or abs(mine.cum_notional - money) > 1:
        yield f"{name}: {mine.cum_qty} shares for {mine.cum_notional} here, {qty} for {money:.0f} there"
    if mine.is_done != (theirs["status"] in DONE):
        yield f"{name}: {mine.status} here, {theirs['status']} there"


def _not_at_the_venue(book: Book, there: AbstractSet[str], *, settled: bool) -> Iterator[str]:
    for name, mine in book.orders.items():
        absent = mine.status is OrdStatus.REJECTED or (mine.status in LOOSE and not settled)
        if name not in there and not absent:
            yield f"{name}: {mine.status} here, nothing there: {mine.text}"


def _of_positions(book: Book, truth: Truth) -> Iterator[str]:
    for symbol in sorted(book.touched | truth.positions.keys()):
        ours, theirs = book.net_qty(symbol), truth.positions.get(symbol, 0)
        if ours != theirs:
            yield f"{symbol}: {ours} shares here, {theirs} there"


def _of_cash(book: Book, truth: Truth) -> Iterator[str]:
    ours = _cash_of(book)
    if abs(ours - truth.cash) > PX_PER_USD // 100:  # a cent: averages are told rounded
        yield f"cash: {ours} here, {truth.cash} there"


class Auditor:
    """Compares again and again over a router's many lives, and keeps what must hold over all of them.

    `forgotten` are orders that a lost journal knew; then nobody knows all the cash that moved, either (`cash`).
    """

    def __init__(self, rig: Rig, *, forgotten: AbstractSet[str] = frozenset(), cash: bool = True) -> None:
        self.rig, self._knows_cash = rig, cash
        self.longest_s = 0.0  # the slowest agreement so far
        self._settled = set(forgotten)  # orders that ended, and on which both agreed: not looked at again
        self._intents: dict[tuple[str, int, int], str] = {}
        self.crosses: set[str] = set()  # those that the journal tells of

    @property
    def orders(self) -> int:
        """Return how many orders ended in agreement."""
        return len(self._settled)

    def must_agree(self, within_s: float, *, settled: bool = False) -> None:
        """Assert that journal and venue come to agree within so long, and that no intent ever became two orders."""
        began_s = time.monotonic()
        try:
            until(lambda: not self.differences(settled=settled), within_s=within_s, what="journal and venue agree")
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *self.differences(settled=settled)])) from None
        self.longest_s = max(self.longest_s, time.monotonic() - began_s)

    def differences(self, *, settled: bool) -> list[str]:
        """Return in words where the two differ now."""
        truth = Truth(self._fresh_orders(), self.rig.positions(), cash_of(self.rig))
        book = book_on_disk(self.rig.home.journal)
        self._note_intents(book)
        self._note_crosses(book)
        found = differences(book, truth, settled=settled, skip=self._settled)
        found = [line for line in found if self._knows_cash or not line.startswith("cash")]
        if not found:
            self._settled |= {name for name, told in truth.orders.items() if told["status"] in DONE}
        return found

    def _fresh_orders(self) -> dict[str, dict[str, Any]]:
        pages = self.rig.order_pages(lambda page: all(told["client_order_id"] in self._settled for told in page))
        return {told["client_order_id"]: told for told in pages if told["client_order_id"] not in self._settled}

    def _note_intents(self, book: Book) -> None:
        for order in book.orders.values():
            if order.seq:
                intent = (order.ledger, order.epoch, order.seq)
                first = self._intents.setdefault(intent, order.client_order_id)
                assert first == order.client_order_id, f"{intent} became {first} and {order.client_order_id}"

    def _note_crosses(self, book: Book) -> None:
        """Assert that no share of an order was both filled at the venue and crossed, or crossed twice."""
        found = list(crosses_on_disk(self.rig.home.journal))
        assert len({(cross.order, cross.wish) for cross in found}) == len(found), f"crossed twice: {found}"
        self.crosses = {cross.name for cross in found}
        crossed: Counter[str] = Counter()
        for cross in found:
            crossed[cross.order] += cross.qty
        over = [name for name, qty in crossed.items() if name in book.orders and qty > _never_filled(book.orders[name])]
        assert over == [], f"more crossed than was left: {over}"


def _never_filled(order: Order) -> int:
    return order.qty - order.cum_qty
