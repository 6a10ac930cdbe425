"""The machine sleeps while the market goes on: what wakes trusts nothing it knew, and compares before new risk.

Row 6/50 of the catalogue.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from hft.messages import Accepted, Refused
from hft.words import Refusal
from tests.e2e.pace import slack
from tests.router.agreement import Auditor
from tests.router.rig import LIFE_MS, SYMBOLS
from tests.router.trading import AGREED_S_MAX, Trading, trade, trading
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path

SHORT_S, ROWS_S = 8, 60  # from 5 s on all is the same; the row says 60
GO_ON_S_MAX = 20.0  # from the end of the pause until orders go out again
WISHES = 8
FRESH_MS = 30_000  # so long the wishes of before could still leave afterwards
OURS = ("router", "feed", "recorder")
EVERYTHING = (*OURS, "venue")
pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(300)]


def until_fresh(scene: Trading) -> None:
    """Wait until the feed that woke has told new quotes of everything."""
    scene.trader.turn(trade=False)
    scene.trader.quotes.clear()

    def fresh() -> bool:
        scene.trader.turn(trade=False)
        return scene.trader.quotes.keys() >= set(SYMBOLS)

    until(fresh, within_s=GO_ON_S_MAX * slack(), what="quotes of after the pause")


def asleep(scene: Trading, names: tuple[str, ...], pause_s: float) -> list[Any]:
    """Stop these processes for so long; return the answers to wishes that are as fresh after it as before."""
    trader, began_s = scene.trader, time.monotonic()
    for name in names:
        scene.rig.processes[name].send_signal(signal.SIGSTOP)
    trader.life_ms = round(pause_s * 1_000) + FRESH_MS
    first = trader.seq + 1
    while trader.seq < first + WISHES - 1:
        trader.send()
    trader.life_ms = LIFE_MS
    last = trader.seq
    until(lambda: time.monotonic() - began_s > pause_s, within_s=pause_s + 5, what="the end of the pause")
    for name in reversed(names):  # the router last: fresh quotes lie before it when it wakes
        scene.rig.processes[name].send_signal(signal.SIGCONT)
        if name == "feed":
            until_fresh(scene)

    def answered() -> list[Any]:
        trader.turn(trade=False)
        found = [m for m in trader.heard if isinstance(m, Accepted | Refused) and first <= m.seq <= last]
        return found if len(found) == WISHES else []

    return until(answered, within_s=GO_ON_S_MAX * slack(), what="answers to all wishes of before")


def seq_of_first(scene: Trading, kind: str, known: AbstractSet[int]) -> int:
    """Trade until the router's record tells of such an event that was not known; return its number."""

    def told() -> list[int]:
        trade(scene.trader, 0.1)
        return sorted(numbers(scene, kind) - known)

    return until(told, within_s=GO_ON_S_MAX * slack(), what=kind)[0]


def numbers(scene: Trading, kind: str) -> set[int]:
    """Return the numbers of the router's events of a kind."""
    return {event["seq"] for event in scene.told(kind) if event["producer"] == "router"}


@pytest.mark.parametrize(
    ("names", "pause_s"),
    [
        pytest.param(OURS, SHORT_S, id="ours"),
        pytest.param(EVERYTHING, SHORT_S, id="the exchange, too"),
        pytest.param(EVERYTHING, ROWS_S, id="everything, for a minute", marks=pytest.mark.soak),
    ],
)
def test_after_a_pause_of_everything_nothing_goes_out_before_the_books_were_compared(
    names: tuple[str, ...], pause_s: float, home: Path
) -> None:
    with trading(home) as scene:
        rig, trader = scene.rig, scene.trader
        assert rig.flatten(timeout_ms=20_000).ok  # an exit needs no comparison, and from now on there is none
        trader.newest.clear()
        Auditor(rig).must_agree(AGREED_S_MAX * slack())
        until(lambda: numbers(scene, "flatten.done"), within_s=5 * slack(), what="a record that tells of all before")
        compared, sent = numbers(scene, "reconcile.ok"), numbers(scene, "order.sent")
        answers = asleep(scene, names, pause_s)
        assert [m for m in answers if isinstance(m, Accepted) and m.client_order_id] == []
        refused = [m for m in answers if isinstance(m, Refused)]
        assert {m.reason for m in refused} == {Refusal.NOT_READY}, refused
        assert any("stood still" in m.text for m in refused), refused
        again, fresh = seq_of_first(scene, "reconcile.ok", compared), seq_of_first(scene, "order.sent", sent)
        assert again < fresh, "an order went out before the books were compared"
        Auditor(rig).must_agree(AGREED_S_MAX * slack())
        trader.close()
        assert rig.flatten(timeout_ms=20_000).ok
        rig.kill("router", signal.SIGTERM)
        rig.must_agree()
