"""The router as a process, against the real embedded exchange: killed, frozen, lied to; the books agree in the end."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from hft.messages import Accepted
from router import panic
from tests.router.rig import Rig, Trader, kill_loop
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]


@pytest.fixture
def rig_with(home: Path) -> Iterator[Callable[..., Rig]]:
    """Give a function that starts a rig; it is taken down afterwards."""
    with contextlib.ExitStack() as stack:

        def start(**switches: Any) -> Rig:  # noqa: ANN401 fields of VenueConfig
            return stack.enter_context(contextlib.closing(Rig(home, **switches)))

        yield start


def trade(trader: Trader, seconds: float) -> None:
    """Let a trader trade for so long."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        trader.turn()
        trader.dealer.socket.poll(15)


def until_filled(trader: Trader, rig: Rig) -> None:
    """Trade until the venue holds something for us."""

    def filled() -> bool:
        trade(trader, 0.3)
        return bool(rig.positions())

    until(filled, within_s=20, what="a fill")


def test_killed_at_random_instants_under_load_and_faults_the_books_agree(rig_with: Callable[..., Rig]) -> None:
    orders = kill_loop(rig_with(requests_per_min=100_000), 6, seed=11, faults=True)
    assert orders > 0


def test_frozen_it_is_flattened_past_it_and_agrees_when_it_wakes(rig_with: Callable[..., Rig]) -> None:
    rig = rig_with(requests_per_min=100_000)
    rig.start_router()
    trader = Trader(rig, "mm", seed=5)
    until_filled(trader, rig)
    rig.processes["router"].send_signal(signal.SIGSTOP)
    result = panic.flatten(rig.broker, (), 20_000)
    assert result.ok, result
    assert rig.positions() == {}
    rig.processes["router"].send_signal(signal.SIGCONT)
    trader.close()

    def flat() -> bool:
        status = rig.ready()
        return not any(any(line.ledgers.values()) or line.unclaimed for line in status.positions)

    until(flat, within_s=15, what="ledgers that are flat too")
    rig.kill("router", signal.SIGTERM)
    rig.must_agree()


def test_sigterm_leaves_no_order_working(rig_with: Callable[..., Rig]) -> None:
    rig = rig_with(requests_per_min=100_000)
    rig.start_router()
    trader = Trader(rig, "mm", seed=8)

    def accepted() -> bool:
        trader.turn()
        return any(isinstance(answer, Accepted) for answer in trader.heard)

    until(accepted, within_s=20, what="an order")
    trade(trader, 0.5)
    rig.kill("router", signal.SIGTERM)
    assert rig.processes["router"].returncode == 0
    assert rig.rest("/v2/orders?status=open") == []
    trader.close()
    rig.must_agree()


def test_a_manual_trade_is_unclaimed_and_the_sum_holds(rig_with: Callable[..., Rig]) -> None:
    rig = rig_with(requests_per_min=100_000)
    rig.start_router()
    rig.ready()
    order = {"symbol": "SPY", "qty": "3", "side": "buy", "type": "market", "time_in_force": "day"}
    rig.rest("/v2/orders", "POST", order)

    def unclaimed() -> bool:
        lines = {line.symbol: line for line in rig.ready().positions}
        return "SPY" in lines and lines["SPY"].unclaimed == lines["SPY"].broker_qty == 3

    until(unclaimed, within_s=10, what="three unclaimed shares")
    assert rig.flatten().ok
    assert rig.positions() == {}
    rig.kill("router", signal.SIGTERM)
    rig.must_agree()


def test_with_the_real_request_limit_there_is_no_429_of_our_own_making(rig_with: Callable[..., Rig]) -> None:
    rig = rig_with(requests_per_min=60)
    (rig.home.root / "hft.toml").write_text("[router]\nrequests_per_min_max = 60\nrequests_reserved = 15\n")
    rig.start_router()
    trader = Trader(rig, "mm", seed=21)
    trade(trader, 12)
    trader.close()
    status = rig.ready()
    assert status.requests_last_min <= 60
    assert "rate limit" not in (rig.home.root / "rig.log").read_text()
    refused = [m for m in trader.heard if getattr(m, "reason", "") == "request_budget"]
    assert refused, "the budget ran out, and said so"
    rig.kill("router", signal.SIGTERM)
    journal = rig.journal()
    assert not any("rate limit" in order.text for order in journal.orders.values())
