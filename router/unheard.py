"""Fills that an answer told of and the stream of trade updates, though it is up, did not: told in words, never a flood.

The answer usually comes first, so a fill is unheard only when the stream has not followed within HEARD_MS. The book has
it by then (router/truth.py); what is told here is that the stream loses updates. What happened before a reconnect is
not expected from the stream: it tells nothing twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hft import events

if TYPE_CHECKING:
    from router.blotter import Blotter
    from router.orders import Order

HEARD_MS = 10_000
TOLD_EVERY_MS = 600_000


class _Fill(NamedTuple):
    cum_qty: int
    since_ns: int


class Unheard:
    """The fills that the stream still owes us, and those that it has not told of in time."""

    def __init__(self, desk: Blotter) -> None:
        self._desk = desk
        self._owed: dict[str, _Fill] = {}  # an entry leaves after HEARD_MS: no more than orders filled in that time
        self._late = 0  # since the last event
        self._last = ""
        self._told_ns: int | None = None

    @property
    def is_waiting(self) -> bool:
        """Return whether the passing of time alone may call for an event."""
        return bool(self._owed or self._late)

    def booked(self, order: Order) -> None:
        """Note that an answer, not the stream, made the order's quantity what it is."""
        owed = self._owed.get(order.client_order_id)
        self._owed[order.client_order_id] = _Fill(order.cum_qty, owed.since_ns if owed else self._desk.steady_ns)

    def heard(self, client_order_id: str, cum_qty: int) -> None:
        """Note that the stream told of an order with this cumulative quantity."""
        owed = self._owed.get(client_order_id)
        if owed is not None and cum_qty >= owed.cum_qty:
            del self._owed[client_order_id]

    def forget(self) -> None:
        """Expect nothing any more of what was booked until now: the stream was away."""
        self._owed.clear()

    def wake(self) -> None:
        """Count what is late; tell of it at once, and then once in TOLD_EVERY_MS."""
        desk = self._desk
        before_ns = desk.steady_ns - desk.config.ns(HEARD_MS)
        for name in [name for name, owed in self._owed.items() if owed.since_ns <= before_ns]:
            del self._owed[name]
            self._late, self._last = self._late + 1, name
        if self._late and self._is_due():
            desk.tell(events.FillsUnheard(orders=self._late, last_client_order_id=self._last))
            self._late, self._told_ns = 0, desk.steady_ns

    def _is_due(self) -> bool:
        desk = self._desk
        return self._told_ns is None or desk.steady_ns - self._told_ns >= desk.config.ns(TOLD_EVERY_MS)
