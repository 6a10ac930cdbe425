"""An asset that cannot be borrowed, from the exchange's REST through the router process to the strategy's answer."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from hft.messages import Accepted, NewOrder, Refused
from hft.words import Refusal, Side, Tif
from tests.router.hand import WITHIN_S, Desk
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_what_the_exchange_does_not_lend_is_not_sold_short(home: Path) -> None:
    with contextlib.closing(Desk(home, kind="hard-to-borrow", symbol="SPY")) as desk:
        until(lambda: "asset.noted" in recorded(desk), within_s=WITHIN_S, what="the word on SPY in the record")
        hand, px = desk.hand, desk.hand.quote("SPY").ask_px + 500
        told = hand.answer(NewOrder(symbol="SPY", side=Side.SELL, tif=Tif.DAY, **hand.fields(5, px)))
        assert isinstance(told, Refused)
        assert told.reason is Refusal.NOT_SHORTABLE
        told = hand.answer(NewOrder(symbol="QQQ", side=Side.SELL, tif=Tif.DAY, **hand.fields(5, quoted(desk, "QQQ"))))
        assert isinstance(told, Accepted)
        desk.end()


def quoted(desk: Desk, symbol: str) -> int:
    """Return a price at which a sale rests."""
    return desk.hand.quote(symbol).ask_px + 500


def recorded(desk: Desk) -> str:
    """Return the record so far."""
    path = desk.rig.home.logs / "events.jsonl"
    return path.read_text(encoding="utf-8") if path.exists() else ""
