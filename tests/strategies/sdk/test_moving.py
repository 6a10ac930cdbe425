"""A wish elsewhere moves what rests, untouched, by one request; anything else is cancelled first, as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import ReplaceOrder
from hft.words import OrdStatus, Refusal, Side
from tests.strategies.sdk.example import ELEVEN_NS, accepted, desk, refused, report

if TYPE_CHECKING:
    from strategies.sdk.desk import Desk

BID = 4_499_900
NEAR, FAR = BID + 100, BID - 300


def kinds(messages: object) -> list[str]:
    return [type(message).__name__ for message in messages]  # type: ignore[attr-defined]  # any iterable


def resting(qty: int = 4) -> Desk:
    """Return a desk whose buy rests at the venue, a second old."""
    made = desk(replaces=True)
    list(made.quote("SPY", Side.BUY, qty, BID, basis_ns=ELEVEN_NS))
    made.orders.accepted(accepted(1, "h1"))
    made.orders.reported(report("h1", OrdStatus.NEW, qty=qty, px=BID), ELEVEN_NS)
    made.now_ns += NS_PER_S
    return made


def wish(made: Desk, px: int, qty: int = 4) -> list[str]:
    return kinds(made.quote("SPY", Side.BUY, qty, px, basis_ns=made.now_ns))


def test_a_wish_elsewhere_is_one_intent_and_both_count_meanwhile() -> None:
    made = resting()
    (moved,) = made.quote("SPY", Side.BUY, 3, FAR, basis_ns=made.now_ns)
    assert moved == ReplaceOrder(
        strategy="mm",
        epoch=3,
        seq=2,
        client_order_id="h1",
        qty=3,
        px=FAR,
        expires_ns=made.now_ns + 500 * NS_PER_MS,
        basis_ns=made.now_ns,
    )
    assert made.orders.leaves("SPY", Side.BUY) == 7
    assert wish(made, FAR - 100) == []  # until that is decided


def test_when_the_venue_has_moved_it_the_newest_wish_goes_on_from_there() -> None:
    made = resting()
    wish(made, FAR)
    made.orders.accepted(accepted(2, "h2"))
    made.orders.reported(report("h1", OrdStatus.PENDING_REPLACE), made.now_ns)
    assert wish(made, FAR - 100) == []
    made.orders.reported(report("h1", OrdStatus.REPLACED), made.now_ns)
    made.orders.reported(report("h2", OrdStatus.NEW, px=FAR), made.now_ns)
    assert made.orders.leaves("SPY", Side.BUY) == 4
    (again,) = made.settle()
    assert isinstance(again, ReplaceOrder)
    assert (again.client_order_id, again.px) == ("h2", FAR - 100)


def test_news_of_the_move_may_come_before_its_answer() -> None:
    made = resting()
    wish(made, FAR)
    made.orders.reported(report("h1", OrdStatus.PENDING_REPLACE), made.now_ns)
    made.orders.reported(report("h1", OrdStatus.REPLACED), made.now_ns)
    made.orders.reported(report("h2", OrdStatus.NEW, px=FAR), made.now_ns)
    made.orders.accepted(accepted(2, "h2"))
    assert len(made.orders) == 1
    assert kinds(made.settle()) == []


def test_an_equal_order_stays_where_it_is() -> None:
    made = resting()
    wish(made, FAR)
    made.orders.accepted(accepted(2, "h1"))  # the router says that this is what rests
    assert len(made.orders) == 1
    assert wish(made, FAR - 100) == ["ReplaceOrder"]


def test_wishes_that_change_nothing_are_counted() -> None:
    made = resting()
    assert wish(made, BID) == []
    assert kinds(made.quote("SPY", Side.BUY, 4, BID + 100, basis_ns=made.now_ns, keep_within=100)) == []
    made.now_ns = ELEVEN_NS + 100 * NS_PER_MS
    assert wish(made, NEAR) == []
    assert made.suppressed == {"equal": 1, "move": 1, "life": 1}


def test_a_young_order_is_moved_away_from_the_market_at_once() -> None:
    made = resting()
    made.now_ns = ELEVEN_NS + 100 * NS_PER_MS
    assert wish(made, FAR) == ["ReplaceOrder"]


@pytest.mark.parametrize("case", ["partly filled", "not there yet", "router.replace is off"])
def test_what_cannot_be_moved_is_cancelled_first(case: str) -> None:
    made = resting()
    if case == "partly filled":
        made.orders.reported(report("h1", OrdStatus.PARTIALLY_FILLED, px=BID, cum_qty=1), made.now_ns)
    elif case == "not there yet":
        made.orders.reported(report("h1", OrdStatus.PENDING_NEW, px=BID), made.now_ns)
    else:
        made.rules = desk().rules
    assert wish(made, FAR) == ["CancelOrder"]


@pytest.mark.parametrize(
    ("reason", "then"),
    [(Refusal.SUPPRESSED, []), (Refusal.NOT_REPLACEABLE, ["CancelOrder"]), (Refusal.NOT_READY, ["CancelOrder"])],
)
def test_what_the_router_does_not_move_is_taken_back_unless_it_may_stay(reason: Refusal, then: list[str]) -> None:
    made = resting()
    wish(made, FAR)
    assert kinds(made.refused(refused(2, reason))) == then
    assert made.refusals == (reason is Refusal.NOT_READY)
    assert made.orders.leaves("SPY", Side.BUY) == 4


def test_after_the_venue_refused_a_move_cancel_and_new_are_used_for_a_minute() -> None:
    made = resting()
    made.not_moved("SPY", Side.BUY)
    assert wish(made, FAR) == ["CancelOrder"]
    made = resting()
    made.not_moved("SPY", Side.BUY)
    made.now_ns += 61 * NS_PER_S
    made.quotes["SPY"] = msgspec.structs.replace(made.quotes["SPY"], recv_ns=made.now_ns)
    assert wish(made, FAR) == ["ReplaceOrder"]


def test_an_exit_of_all_that_is_held_can_be_moved() -> None:
    made = desk(replaces=True)
    made.orders.positions["SPY"] = -4
    list(made.quote("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS))
    made.orders.accepted(accepted(1, "h1"))
    made.orders.reported(report("h1", OrdStatus.NEW, px=BID, position=-4), ELEVEN_NS)
    made.now_ns += 100 * NS_PER_MS
    (moved,) = made.quote("SPY", Side.BUY, 4, NEAR, basis_ns=made.now_ns)  # young, but leaving is never suppressed
    assert isinstance(moved, ReplaceOrder)
    assert moved.reduce_only
