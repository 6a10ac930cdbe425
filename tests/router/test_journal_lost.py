"""The journal is gone, and orders work at the venue: found by name, cancelled, told; then the books agree anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from router.ids import UNCLAIMED
from router.orders import Purpose
from tests.e2e.pace import slack
from tests.router.agreement import Auditor, cash_gap
from tests.router.trading import AGREED_S_MAX, Trading, trade, trading
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

CANCELLED_S_MAX = 5.0  # once the next router is ready


def recorded(scene: Trading) -> bool:
    """Trade on; return whether the record holds a mark of the router, which is how the next one knows of a journal."""
    trade(scene.trader, 0.2)
    return any(order["mark"] for order in scene.told("order.sent"))


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_a_router_whose_journal_is_lost_adopts_by_name_cancels_tells_and_agrees(home: Path) -> None:
    with trading(home) as scene:
        rig = scene.rig
        rig.fault("no-fills")  # what works now still works when the next router looks
        until(lambda: recorded(scene), within_s=20 * slack(), what="a record that knows of the journal")
        scene.rest()
        rig.kill("router")
        before, held = {order["client_order_id"]: order for order in rig.orders()}, rig.positions()
        works = [name for name, order in before.items() if order["status"] in {"new", "partially_filled"}]
        assert works
        rig.home.journal.rename(home / "lost")
        rig.start_router()
        rig.ready()
        until(
            lambda: scene.open_orders() == [], within_s=CANCELLED_S_MAX * slack(), what="no order of before that works"
        )
        auditor = Auditor(rig, forgotten=before.keys() - set(works), cash=False)
        auditor.must_agree(AGREED_S_MAX * slack())
        book = rig.journal()
        for name in works:
            found = book.orders[name]
            assert (found.ledger, found.purpose, found.order_id) == ("mm", Purpose.FOUND, before[name]["id"])
        assert {symbol: book.qty(UNCLAIMED, symbol) for symbol in held} == rig.positions() == held
        until(
            lambda: any("journal is gone" in warning for warning in rig.ready().warnings),
            within_s=5 * slack(),
            what="the warning, once the recorder has said what it knows",
        )
        assert until(lambda: scene.told("journal.missing"), within_s=5 * slack(), what="the event in the record")
        rig.rest("/sim/fault", "DELETE")
        gap = cash_gap(rig)
        scene.trader.synced = False
        scene.trades()
        assert not before.keys() & (rig.journal().orders.keys() - set(works)), "a name was used twice"
        assert rig.flatten(timeout_ms=20_000).ok
        auditor.must_agree(AGREED_S_MAX * slack(), settled=True)
        assert abs(cash_gap(rig) - gap) <= 100, "from the next router on, money is booked as the venue moves it"
        scene.trader.close()
