"""What an order says of when it was decided: nothing in the core, the shell's time on its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.clock import NS_PER_S
from hft.messages import NewOrder, ReplaceOrder
from hft.words import OrdStatus, Side
from strategies.sdk.stamp import ORDERS, Stamping
from tests.strategies.sdk.example import ELEVEN_NS, accepted, desk, report

if TYPE_CHECKING:
    from collections.abc import Callable

BID = 4_499_900


def new() -> NewOrder | ReplaceOrder:
    """Return what the desk says of a wish where nothing rests."""
    (said,) = desk().quote("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS - 1)
    assert isinstance(said, NewOrder)
    return said


def moved() -> NewOrder | ReplaceOrder:
    """Return what the desk says of a wish elsewhere than an order rests."""
    made = desk(replaces=True)
    list(made.quote("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS - 1))
    made.orders.accepted(accepted(1, "h1"))
    made.orders.reported(report("h1", OrdStatus.NEW, qty=4, px=BID), ELEVEN_NS)
    made.now_ns += NS_PER_S
    (said,) = made.quote("SPY", Side.BUY, 4, BID - 300, basis_ns=ELEVEN_NS - 1)
    assert isinstance(said, ReplaceOrder)
    return said


@pytest.mark.parametrize("decide", [new, moved])
def test_an_order_gets_the_shells_time_as_it_leaves_and_nothing_else_of_it_changes(
    decide: Callable[[], NewOrder | ReplaceOrder],
) -> None:
    said, clock = decide(), iter((ELEVEN_NS + 70, ELEVEN_NS + 80))
    sent: list[NewOrder | ReplaceOrder] = []
    assert (said.basis_ns, said.decided_ns) == (ELEVEN_NS - 1, 0)
    assert type(said) in ORDERS
    edge = Stamping(sent.append, lambda: next(clock))
    edge.send(said)
    edge.send(said)
    assert [order.decided_ns for order in sent] == [ELEVEN_NS + 70, ELEVEN_NS + 80]
    assert [msgspec.structs.replace(order, decided_ns=0) for order in sent] == [said, said]
