"""The router as a process, against the real embedded exchange: killed, frozen, lied to; the books agree in the end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from hft.messages import Accepted, Refused
from hft.words import TradingState
from router import panic
from tests.e2e.pace import slack
from tests.router.agreement import Auditor
from tests.router.kills import KillLoop
from tests.router.marked import ARM, GO_ON, MARKS, REFUSED, STALL
from tests.router.rig import SYMBOLS, Rig, Trader
from tests.router.soak import LIMIT_PER_MIN, Soak
from tests.router.trading import trade, until_filled
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KILLS = int(os.environ.get("KILLS", "300"))
KILL_S_MAX = 15
SOAK_MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
CANCEL_MS_MAX = 1_000
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]


@pytest.fixture
def rig_with(home: Path) -> Iterator[Callable[..., Rig]]:
    """Give a function that starts a rig; it is taken down afterwards."""
    with contextlib.ExitStack() as stack:

        def start(**switches: Any) -> Rig:  # noqa: ANN401 fields of VenueConfig
            return stack.enter_context(contextlib.closing(Rig(home, **switches)))

        yield start


def crossing(rig_with: Callable[..., Rig]) -> Rig:
    """Return a rig whose two strategies trade with each other where their orders would meet."""
    return rig_with(conflict="internal-cross", requests_per_min=100_000, slot_held_s=0.2)


def killed(rig: Rig, kills: int, seed: int) -> dict[str, int]:
    """Kill a trading router so often, half of the time at marks; return at which instants it died, how often."""
    loop = KillLoop(rig, seed=seed)
    assert loop.run(kills) > 0
    return loop.died


def test_killed_at_any_instant_under_load_and_faults_the_books_agree(rig_with: Callable[..., Rig]) -> None:
    died = killed(crossing(rig_with), 4, seed=11)
    assert sum(died.values()) == 4


def test_killed_while_two_orders_are_crossed_each_share_changes_ledgers_once(rig_with: Callable[..., Rig]) -> None:
    marks = ["cross booked, not written", "one of two told of a cross"]  # the others: in the long loop
    loop = KillLoop(crossing(rig_with), seed=12, faults=False)
    assert loop.die(marks) > 0
    assert loop.died == dict.fromkeys(marks, 1)
    assert loop.told, "a cross that was told before its router died"


@pytest.mark.soak
@pytest.mark.timeout(KILLS * KILL_S_MAX)
def test_killed_hundreds_of_times_and_at_every_mark_the_books_agree(rig_with: Callable[..., Rig]) -> None:
    died = killed(crossing(rig_with), KILLS, seed=33)
    assert set(MARKS) <= set(died)


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


@pytest.mark.soak
def test_with_the_real_request_limit_there_is_no_429_of_our_own_making(rig_with: Callable[..., Rig]) -> None:
    rig = rig_with(requests_per_min=60)
    rig.start_router()
    trader = Trader(rig, "mm", seed=21)
    trade(trader, 6)
    trader.close()
    status = rig.ready()
    assert status.requests_last_min <= 60
    assert "rate limit" not in (rig.home.root / "rig.log").read_text()
    refused = [m for m in trader.heard if getattr(m, "reason", "") == "request_budget"]
    assert refused, "the budget ran out, and said so"
    rig.kill("router", signal.SIGTERM)
    journal = rig.journal()
    assert not any("rate limit" in order.text for order in journal.orders.values())


@pytest.mark.soak
@pytest.mark.timeout(SOAK_MINUTES * 60 + 120)
def test_at_ten_times_the_budget_no_429_cancels_are_quick_shares_fair_and_the_newest_wish_wins(
    rig_with: Callable[..., Rig],
) -> None:
    rig = rig_with(requests_per_min=LIMIT_PER_MIN)
    soak = Soak(rig, SOAK_MINUTES)
    greedy, modest = soak.greedy, soak.modest
    assert greedy.wishes + modest.wishes >= 0.9 * 10 * LIMIT_PER_MIN * SOAK_MINUTES
    assert soak.used_max <= LIMIT_PER_MIN
    assert 429 not in soak.refusals_of_the_venue()
    assert min(greedy.cancels, modest.cancels) > 0
    assert max(greedy.cancel_ms_max, modest.cancel_ms_max) <= CANCEL_MS_MAX
    assert modest.accepted >= greedy.accepted / 2, soak.lines()
    assert greedy.overtaken > 0
    assert greedy.stale + modest.stale == []
    rig.kill("router", signal.SIGTERM)
    rig.must_agree()


ROUTER_FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("rest-502", {}),
    ("rest-no-code", {}),
    ("rest-drip", {"ms": 20}),
    ("deny-qty", {}),
    ("cancel-loses", {}),
    ("cancel-rejected", {}),
    ("stuck-pending-cancel", {"ms": 1_500}),
    ("broker-event", {"word": "suspended"}),
    ("updates-foreign", {}),
    ("updates-unknown-status", {}),
    ("updates-cut-at-fill", {}),
    ("socket-close", {"stream": "updates"}),
    ("socket-abort", {"stream": "updates"}),
    ("foreign-fill", {"symbol": "MSFT", "size": 3}),
    ("rest-429-bare", {}),
)


@pytest.mark.soak
def test_after_fifteen_faults_in_a_row_and_a_persons_resume_the_books_agree(rig_with: Callable[..., Rig]) -> None:
    rig = rig_with(requests_per_min=100_000, slot_held_s=0.2)
    rig.start_router()
    traders = [Trader(rig, name, seed=31 + n) for n, name in enumerate(("mm", "drift"))]
    until_filled(traders[0], rig)
    for kind, settings in ROUTER_FAULTS:
        rig.fault(kind, **settings)
        for trader in traders:
            trade(trader, 0.3)
    for trader in traders:
        trader.close()

    def healed() -> bool:
        rig.resume()
        status = rig.status(0.5)
        return status is not None and status.ready and status.reconciliation == "ok"

    until(healed, within_s=30, what="books that a person has accepted")
    done = rig.flatten(timeout_ms=30_000)
    assert done.ok, done
    rig.kill("router", signal.SIGTERM)
    rig.must_agree()


STALL_S = 5.0
AGREED_S = 10.0  # once the disk answers


@pytest.mark.soak
def test_while_the_disk_stalls_cancels_go_within_a_second_no_order_does_and_then_the_books_agree(
    rig_with: Callable[..., Rig],
) -> None:
    rig = rig_with(requests_per_min=100_000)
    rig.start_router(STALL)
    trader = Trader(rig, "mm", seed=46)
    until_filled(trader, rig)
    resting = rest_far_away(trader, rig)
    rig.processes["router"].send_signal(ARM)
    until(lambda: is_slow(trader, rig), within_s=10, what="a word that the disk is slow")
    stalled_s, sent, heard = time.monotonic(), len(rig.orders()), trader.accepted
    cancelled_ms = [cancelled_within_ms(trader, rig, name) for name in resting]
    assert max(cancelled_ms) <= CANCEL_MS_MAX, cancelled_ms
    trade(trader, STALL_S - (time.monotonic() - stalled_s))
    assert (len(rig.orders()), trader.accepted) == (sent, heard)
    status = rig.status(1.0)
    assert status is not None, "it answers all the time"
    assert any("has not answered for" in warning for warning in status.warnings), status.warnings
    assert "disk is slow: new orders wait for it, cancels go on" in status.reason
    refused = {m.text for m in trader.heard if isinstance(m, Refused) and "disk is slow" in m.text}
    assert refused, "the strategy is told why"
    rig.processes["router"].send_signal(GO_ON)
    Auditor(rig).must_agree(AGREED_S)
    until(
        lambda: (status := rig.status(0.5)) and status.ready and not status.reason, within_s=10, what="a router at work"
    )

    def traded() -> bool:
        trade(trader, 0.3)
        return trader.accepted > heard

    until(traded, within_s=10, what="orders that go out again")
    trader.close()
    assert rig.flatten().ok
    rig.kill("router", signal.SIGTERM)
    rig.must_agree()


def rest_far_away(trader: Trader, rig: Rig) -> list[str]:
    """Let some orders rest where nothing trades; return their names once the venue has them."""
    trader.cancel_all()
    names = [trader.rest(symbol, 300 + 100 * n) for n, symbol in enumerate((*SYMBOLS, *SYMBOLS))]
    until(lambda: set(names) <= open_names(rig), within_s=10, what="orders that rest")
    return names


def open_names(rig: Rig) -> set[str]:
    """Return the names of the orders that work at the venue."""
    return {order["client_order_id"] for order in rig.rest("/v2/orders?status=open")}


def is_slow(trader: Trader, rig: Rig) -> bool:
    """Let the strategy write something; return whether the router says that its disk is slow."""
    trade(trader, 0.1)
    status = rig.status(0.5)
    assert status is not None, "it answers all the time"
    return "disk is slow" in status.reason


def cancelled_within_ms(trader: Trader, rig: Rig, name: str) -> float:
    """Wish one order cancelled; return after how long the venue has ended it."""
    began_s = time.monotonic()
    trader.cancel(name)
    until(lambda: name not in open_names(rig), within_s=5, what="a cancel that reached the exchange")
    return (time.monotonic() - began_s) * 1_000


@pytest.mark.soak
def test_a_disk_that_refuses_a_sync_halts_cancels_and_ends_the_router(
    rig_with: Callable[..., Rig],
) -> None:
    rig = rig_with(requests_per_min=100_000)
    rig.start_router(REFUSED)
    trader = Trader(rig, "mm", seed=47)
    until_filled(trader, rig)
    rest_far_away(trader, rig)
    rig.processes["router"].send_signal(ARM)
    router = rig.processes["router"]

    def ended() -> bool:
        trade(trader, 0.1)
        return router.poll() is not None

    until(ended, within_s=15, what="a router that ends")
    assert router.returncode == 1
    assert open_names(rig) == set()
    assert "the journal cannot be written: Input/output error" in (rig.home.root / "rig.log").read_text()
    assert "the journal cannot be written" in rig.home.halt_file.read_text()
    trader.synced = False
    rig.start_router()
    status = rig.ready()
    assert status.state is TradingState.HALTED
    trade(trader, 1.0)
    assert open_names(rig) == set()
    rig.resume()
    until(lambda: not (rig.status(0.5) or status).reason, within_s=10, what="a router that trades")
    trader.close()
    assert rig.flatten().ok
    rig.kill("router", signal.SIGTERM)
    rig.must_agree()


@pytest.mark.parametrize("kind", ["trade-bust", "trade-correct"])
def test_an_amended_trade_freezes_its_symbol_through_a_kill_and_is_booked_to_the_cent(
    rig_with: Callable[..., Rig], kind: str
) -> None:
    rig = rig_with(requests_per_min=100_000)
    rig.start_router()
    trader = Trader(rig, "mm", seed=44)
    until_filled(trader, rig)
    looks = count()

    def breaks() -> list[str]:
        trade(trader, 0.2)
        status = rig.status(0.5)
        return [*status.breaks] if status else []

    def frozen() -> list[str]:
        """Let the venue amend its last fill, later again if none was left in a position, and see what follows."""
        if next(looks) % 10 == 0:
            rig.fault(kind, size=7)
        return breaks()

    def booked() -> list[str]:
        return [why for why in breaks() if "booked in mm" in why]

    first = until(frozen, within_s=20 * slack(), what="a symbol that is frozen")
    told = f"the venue sent {kind.replace('-', '_')}"
    assert told in first[0] or "booked in mm" in first[0], "where the books were quicker than we look"
    assert len(first) == 1
    rig.kill("router")
    rig.start_router()
    (after,) = until(booked, within_s=30 * slack(), what="the next router's word that it is booked")
    assert after[:4] == first[0][:4], "the same symbol"
    trader.close()

    def resumed() -> bool:
        """Say so again, as the answer to one that was too early asks for: the venue may show more for half a minute."""
        rig.resume()
        status = rig.status(0.5)
        return status is not None and status.ready and status.reconciliation == "ok"

    until(resumed, within_s=40 * slack(), what="books that a person trusts again")
    assert rig.flatten().ok
    rig.kill("router", signal.SIGTERM)
    rig.must_agree()


@pytest.mark.soak
def test_keys_that_are_refused_in_the_middle_of_the_day_are_told_and_nothing_is_doubled(
    rig_with: Callable[..., Rig],
) -> None:
    rig = rig_with(requests_per_min=100_000)
    rig.start_router()
    trader = Trader(rig, "mm", seed=45)
    until_filled(trader, rig)
    rig.fault("rest-401", count=5)
    trade(trader, 1.5)
    trader.close()
    status = rig.ready()
    assert any("refuses the keys" in warning for warning in status.warnings)
    assert rig.flatten().ok
    rig.kill("router", signal.SIGTERM)
    rig.must_agree()
