"""Requests that nobody answered for far too long, whatever became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router import broker

if TYPE_CHECKING:
    from router.desk import Desk

ANSWER_MS_MAX = 20_000  # far above every timeout of the edge


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
