"""One PATCH through everything, from a strategy's wish to the exchange over HTTP, looked at with alpaca-py."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from alpaca.trading.requests import ReplaceOrderRequest

from hft.words import OrdStatus
from tests.router.hand import WITHIN_S, Desk
from tests.waiting import until

if TYPE_CHECKING:
    from alpaca.trading.models import Order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_a_wish_for_another_price_and_size_is_one_patch(desk: Desk) -> None:
    hand, px = desk.hand, desk.bid_px()
    old = hand.buy(10, px)
    new = hand.move(old, 8, px - 100)
    report = hand.until_status(new, OrdStatus.NEW)
    assert (report.qty, report.replaces) == (8, old)
    hand.until_status(old, OrdStatus.REPLACED)
    theirs, before = desk.seen(new), desk.seen(old)
    assert (theirs.replaces, before.replaced_by) == (before.id, theirs.id)
    assert (theirs.qty, before.status.value) == ("8", "replaced")
    assert round(float(theirs.limit_price or 0) * 10_000) == report.px
    assert [o.client_order_id for o in cast("list[Order]", desk.client.get_orders())] == [new]
    desk.end()


def test_a_moved_order_that_fills_is_booked_once_and_to_its_strategy(desk: Desk) -> None:
    hand, px = desk.hand, desk.bid_px()
    old = hand.buy(10, px)
    new = hand.move(old, 10, hand.quote("SPY").ask_px + 500)
    hand.until_status(new, OrdStatus.FILLED)
    assert desk.sums() == (10, 0, 10)
    assert (desk.seen(new).filled_qty, desk.seen(old).filled_qty) == ("10", "0")
    desk.end()


def test_the_patch_of_another_hand_takes_the_order_from_its_strategy_and_the_sum_holds(desk: Desk) -> None:
    hand, px = desk.hand, desk.bid_px()
    old = hand.buy(10, px)
    ask = hand.quote("SPY").ask_px + 500
    request = ReplaceOrderRequest(limit_price=(ask - ask % 100) / 10_000, qty=4)
    desk.client.replace_order_by_id(desk.seen(old).id, request)
    hand.until_status(old, OrdStatus.REPLACED)
    until(lambda: desk.rig.positions().get("SPY") == 4, within_s=WITHIN_S, what="a fill at the venue")
    assert desk.sums() == (0, 4, 4)
    desk.end()
