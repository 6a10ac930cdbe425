"""`hftctl positions claim` against a router that runs: shares bought by hand become a strategy's, once, for ever."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import MarketOrderRequest

from hft import messages
from tests.router.hand import WITHIN_S, Desk
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def hftctl(desk: Desk, *words: str) -> subprocess.CompletedProcess[str]:
    """Run hftctl in the rig's home."""
    command = [sys.executable, "-m", "hftctl", "--home", str(desk.rig.home.root), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_shares_bought_by_hand_are_unclaimed_until_a_person_gives_them_to_a_strategy(desk: Desk) -> None:
    hand = desk.hand
    order = MarketOrderRequest(symbol="SPY", qty=7, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
    desk.client.submit_order(order)
    until(lambda: desk.sums() == (0, 7, 7), within_s=WITHIN_S, what="seven unclaimed shares")
    refused = hftctl(desk, "positions", "claim", "SPY", "--strategy", "mm", "--qty", "9")
    assert (refused.returncode, "9 SPY asked for, 7 are unclaimed" in refused.stderr) == (4, True), refused
    words = ("positions", "claim", "SPY", "--strategy", "mm", "--qty", "5", "--key", "once", "--json")
    told = [msgspec.json.decode(hftctl(desk, *words).stdout) for _ in range(2)]
    assert [line["qty"] for line in told] == [5, 0]
    assert desk.sums() == (5, 2, 7)
    report = next(m for m in reversed(hand.heard) if isinstance(m, messages.ExecutionReport))
    assert (report.last_qty, report.position) == (5, 5)
    found = until(_claims(desk), within_s=WITHIN_S, what="the event in the record")
    assert [(e["strategy"], e["symbol"], e["qty"], e["position"]) for e in found or []] == [("mm", "SPY", 5, 5)]
    desk.rig.kill("router")
    desk.rig.start_router()
    assert desk.sums() == (5, 2, 7)
    desk.end()


def _claims(desk: Desk) -> Callable[[], list[dict[str, Any]]]:
    def told() -> list[dict[str, Any]]:
        lines = (desk.rig.home.logs / "events.jsonl").read_bytes().split(b"\n")[:-1]
        events: list[dict[str, Any]] = [msgspec.json.decode(line) for line in lines]
        return [event for event in events if event["event"] == "position.claimed"]

    return told
