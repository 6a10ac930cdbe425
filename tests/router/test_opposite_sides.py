"""Two strategies on opposite sides of the same symbols, under each rule of who yields: no wash trade reaches the venue,
and each ledger holds what its own orders filled. Row 6/42 of the catalogue."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from hft.messages import Refused
from hft.words import Refusal, Side
from tests.e2e.pace import slack
from tests.router.agreement import Auditor, ledgers_of
from tests.router.rig import Trader
from tests.router.trading import AGREED_S_MAX, Trading, trade, trading
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 20
TOLD_S_MAX = 5.0
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def opposed(scene: Trading, seller: Trader) -> list[Refused]:
    """Let one only buy and the other only sell, until what they met with is told; return the refusals for that."""
    buyer = scene.trader
    buyer.sides, seller.sides = (Side.BUY,), (Side.SELL,)
    scene.rig.fault("no-fills", for_s=4.0)  # so that orders rest, and the next of the other side would meet them
    for _ in range(ROUNDS):
        trade(buyer, 0.1)
        trade(seller, 0.1)
    return [m for m in (*buyer.heard, *seller.heard) if isinstance(m, Refused) and m.reason is Refusal.WASH_TRADE]


def taken_back(scene: Trading) -> list[str]:
    """Return the orders that made way for a newer one of the other strategy."""
    asked = scene.told("order.cancel_requested")
    return [event["client_order_id"] for event in asked if "goes first" in event["reason"]]


@pytest.mark.parametrize("conflict", ["hold-newer", "cancel-older", "internal-cross"])
def test_two_strategies_on_opposite_sides_wash_nothing_and_keep_their_own_ledgers(conflict: str, home: Path) -> None:
    with trading(home, conflict=conflict) as scene:
        rig, seller = scene.rig, Trader(scene.rig, "drift", seed=62)
        met = opposed(scene, seller)
        if conflict == "hold-newer":
            assert met, "their orders never were in each other's way"
        else:
            until(lambda: taken_back(scene), within_s=TOLD_S_MAX * slack(), what="an older order that makes way")
        Auditor(rig).must_agree(AGREED_S_MAX * slack())
        for trader in (scene.trader, seller):
            trader.close()
        rig.kill("router", signal.SIGTERM)
        rig.must_agree()
        assert bool(taken_back(scene)) == (conflict != "hold-newer")
        assert bool(scene.told("shares.crossed")) == (conflict == "internal-cross")
        assert [event for event in scene.told("request.refused") if "wash" in event["text"].lower()] == []
        book, truth = rig.journal(), ledgers_of(rig)
        ours = {name: {symbol: book.qty(name, symbol) for symbol in shares} for name, shares in truth.items()}
        assert ours == truth
        assert {"mm", "drift"} <= truth.keys(), "both have traded"
