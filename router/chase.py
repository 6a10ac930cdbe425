"""What the router runs after: cancels that led to no end, requests that nobody answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router import broker

if TYPE_CHECKING:
    from router.desk import Desk

ASKED_AGAIN_MS = 5_000
ANSWER_MS_MAX = 20_000  # far above every timeout of the edge


def chase_cancels(desk: Desk) -> None:
    """Ask again for cancels that have not led to an end, at growing intervals; and look at the order itself."""
    for name, wanted in list(desk.cancels.items()):
        order = desk.book.orders.get(name)
        if order is None or order.is_done:
            del desk.cancels[name]
            continue
        wait_ms = ASKED_AGAIN_MS * min(wanted.tries, 6)
        if wanted.asked_ns and desk.steady_ns - wanted.asked_ns >= desk.config.ns(wait_ms):
            desk.query(order)
            desk.pursue(order, again=True)


def overdue(desk: Desk) -> list[broker.BrokerUnknown]:
    """Return an answer for each request that has none for far too long, whatever became of its thread: unknown."""
    late_ns = desk.steady_ns - desk.config.ns(ANSWER_MS_MAX)
    return [_given_up(desk, ticket) for ticket in [ticket for ticket, at_ns in desk.sent_ns.items() if at_ns < late_ns]]


def _given_up(desk: Desk, ticket: int) -> broker.BrokerUnknown:
    del desk.sent_ns[ticket]
    request = desk.asked.pop(ticket)
    return broker.BrokerUnknown(
        ticket=ticket,
        request=type(request).__name__,
        client_order_id=getattr(request, "client_order_id", ""),
        reason="no answer in time",
    )
