"""What one strategy holds and has working: positions, orders, and intents that nobody has answered yet.

Everything is counted once. An intent without an answer counts as working, because it may be; an order of which a
report came before the router's answer is one order, not two; a report of an order that is done changes nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hft.words import OrdStatus, Side, Tif

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Accepted, ExecutionReport, NewOrder, Refused, ReplaceOrder, Snapshot

DONE_IDS_MAX = 1_024
OUTSTANDING = frozenset({OrdStatus.PENDING_NEW, OrdStatus.PENDING_CANCEL, OrdStatus.PENDING_REPLACE})


@dataclass(slots=True)
class Order:
    """One order of ours that may still trade. `client_order_id` is empty until the router has answered."""

    seq: int
    symbol: str
    side: Side
    qty: int
    px: int
    created_ns: int
    client_order_id: str = ""
    cum_qty: int = 0
    status: OrdStatus = OrdStatus.PENDING_NEW
    cancel_asked_ns: int = 0
    is_immediate: bool = False  # immediate or cancel: it can't rest
    replaces: str = ""  # the order whose place it is to take
    moved_by: int = 0  # the intent that asks for another order in its place, until that is decided

    @property
    def is_in_doubt(self) -> bool:
        """Return whether news of it should come at any moment."""
        waiting = not self.client_order_id or self.status in OUTSTANDING
        return waiting or self.is_immediate or self.is_moving or self.cancel_asked_ns > 0

    @property
    def is_moving(self) -> bool:
        """Return whether another order is about to take its place."""
        return self.moved_by > 0 or self.status is OrdStatus.PENDING_REPLACE

    @property
    def leaves_qty(self) -> int:
        """Return how many shares may still trade."""
        return self.qty - self.cum_qty


class Orders:
    """The strategy's own book."""

    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        self.unanswered: dict[int, Order] = {}
        self.working: dict[str, Order] = {}
        self.done: deque[str] = deque(maxlen=DONE_IDS_MAX)

    def __iter__(self) -> Iterator[Order]:
        """Return every order that may still trade, unanswered intents included."""
        yield from self.working.values()
        yield from self.unanswered.values()

    def __bool__(self) -> bool:
        """Return whether anything works or is on its way; asked at each tick of a replay."""
        return bool(self.working or self.unanswered)

    def __len__(self) -> int:
        return len(self.working) + len(self.unanswered)

    def at(self, symbol: str, side: Side) -> list[Order]:
        """Return the orders in `symbol` on `side`."""
        return [order for order in self if order.symbol == symbol and order.side is side]

    def in_symbol(self, symbol: str) -> list[Order]:
        """Return the orders in `symbol`, both sides."""
        return [order for order in self if order.symbol == symbol] if len(self) else []

    def position(self, symbol: str) -> int:
        """Return the shares held (negative: short)."""
        return self.positions.get(symbol, 0)

    def leaves(self, symbol: str, side: Side) -> int:
        """Return how many shares of `symbol` may still trade on `side`."""
        return sum(order.leaves_qty for order in self.at(symbol, side))

    # --- what changes it

    def placed(self, intent: NewOrder, now_ns: int) -> None:
        """Take an intent that is on its way to the router."""
        self.unanswered[intent.seq] = Order(
            seq=intent.seq,
            symbol=intent.symbol,
            side=intent.side,
            qty=intent.qty,
            px=intent.px,
            created_ns=now_ns,
            is_immediate=intent.tif is Tif.IOC,
        )

    def moving(self, intent: ReplaceOrder, order: Order, now_ns: int) -> None:
        """Take an intent that is to move an order: until it is decided both count."""
        order.moved_by = intent.seq
        self.unanswered[intent.seq] = Order(
            seq=intent.seq,
            symbol=order.symbol,
            side=order.side,
            qty=intent.qty,
            px=intent.px,
            created_ns=now_ns,
            replaces=order.client_order_id,
        )

    def accepted(self, answer: Accepted) -> None:
        """Give the order the name that the router took it by (unless its reports were quicker)."""
        order = self.unanswered.pop(answer.seq, None)
        if order is None or not answer.client_order_id or answer.client_order_id in self.done:
            return
        if answer.client_order_id == order.replaces:
            self._stays(order.replaces)  # it rests there already
            return
        known = self.working.setdefault(answer.client_order_id, order)
        known.seq, known.created_ns = order.seq, order.created_ns
        known.client_order_id, known.is_immediate = answer.client_order_id, order.is_immediate
        known.cancel_asked_ns = max(known.cancel_asked_ns, order.cancel_asked_ns)

    def refused(self, answer: Refused) -> Order | None:
        """Forget an intent that the router did not take; return it, or None when it was no order of ours."""
        order = self.unanswered.pop(answer.seq, None)
        if order is not None and order.replaces:
            self._stays(order.replaces)
        return order

    def find(self, client_order_id: str) -> Order | None:
        """Return a working order by its name."""
        return self.working.get(client_order_id)

    def _stays(self, client_order_id: str) -> None:
        if client_order_id in self.working:
            self.working[client_order_id].moved_by = 0

    def reported(self, report: ExecutionReport, now_ns: int) -> Order | None:
        """Book what happened to an order; return it, or None when it was done before."""
        self.positions[report.symbol] = report.position
        if report.client_order_id in self.done:
            return None
        order = self.working.get(report.client_order_id)
        if order is None:
            order = Order(
                seq=0,
                symbol=report.symbol,
                side=report.side,
                qty=report.qty,
                px=report.px,
                created_ns=now_ns,
                client_order_id=report.client_order_id,
            )
            self.working[report.client_order_id] = order
        if order.status is OrdStatus.PENDING_REPLACE and report.status is not OrdStatus.PENDING_REPLACE:
            order.moved_by = 0
        order.qty, order.cum_qty, order.status = report.qty, report.cum_qty, report.status
        if report.status.is_terminal:
            del self.working[report.client_order_id]
            self.done.append(report.client_order_id)
        return order

    def restored(self, snapshot: Snapshot) -> None:
        """Replace everything by what the router holds for us."""
        self.positions = {holding.symbol: holding.qty for holding in snapshot.holdings}
        self.unanswered.clear()
        known, self.working = self.working, {}
        for told in snapshot.working:
            order = known.get(told.client_order_id)
            self.working[told.client_order_id] = Order(
                seq=0,
                symbol=told.symbol,
                side=told.side,
                qty=told.qty,
                px=told.px,
                created_ns=told.created_ns,
                client_order_id=told.client_order_id,
                cum_qty=told.cum_qty,
                status=told.status,
                cancel_asked_ns=order.cancel_asked_ns if order else 0,
            )
