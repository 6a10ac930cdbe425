"""Promises that are better shown one by one than left to chance: a crash at each step, a strategy that dies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft import control as asks
from hft.clock import NS_PER_S
from replay.router import Crashed
from tests.simulation.storms import START_NS, storm

if TYPE_CHECKING:
    from pathlib import Path

    from replay.chaos import Chaos
    from venue.orders import Order

BUSY_S, AFTER_S, SETTLED_S = 3, 5, 28
STEPS, APART = 60, 6


def calm(folder: Path, seed: int = 1) -> Chaos:
    """Return a fleet without any fault, at work for a few seconds."""
    chaos = storm(seed, folder)
    chaos.fleet.begin()
    chaos.fleet.run(START_NS + BUSY_S * NS_PER_S)
    return chaos


def working(chaos: Chaos, strategy: str) -> list[Order]:
    book = chaos.fleet.venue.exchange.engine.books[chaos.fleet.venue.account]
    return [order for order in book.open_orders() if order.client_order_id.startswith(f"h1-{strategy}-")]


def finish(chaos: Chaos) -> list[str]:
    """Stop everybody, let the world come to rest, and return what does not hold."""
    fleet = chaos.fleet
    for node in fleet.strategies.values():
        node.stop()
    fleet.run(START_NS + SETTLED_S * NS_PER_S)
    for program in fleet.programs():
        program.keep_record()
    fleet.run(START_NS + (SETTLED_S + 1) * NS_PER_S)
    return fleet.witness.verdict()


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(first, marks=[pytest.mark.e2e, pytest.mark.soak] if first else [])  # each sixth is the quick form
        for first in range(APART)
    ],
)
def test_a_crash_at_each_step_of_the_routers_turns_costs_nothing(first: int, tmp_path: Path) -> None:
    for step in range(first, STEPS, APART):
        folder = tmp_path / str(step)
        folder.mkdir()
        chaos = calm(folder)
        fleet, left, died = chaos.fleet, [step], list[str]()

        def count(where: str, left: list[int] = left, died: list[str] = died) -> None:
            left[0] -= 1
            if left[0] == -1:
                died.append(where)
                raise Crashed(where)

        fleet.step = count
        fleet.run(START_NS + (BUSY_S + AFTER_S) * NS_PER_S)
        assert died, step
        assert fleet.router.epoch == 2
        assert finish(chaos) == [], (step, died)


def test_a_dead_strategys_orders_are_cancelled_within_five_seconds_and_its_shares_kept(tmp_path: Path) -> None:
    chaos = calm(tmp_path)
    fleet = chaos.fleet
    assert working(chaos, "monkey")
    fleet.kill_strategy("monkey")
    fleet.run(START_NS + (BUSY_S + 5) * NS_PER_S)
    assert working(chaos, "monkey") == []
    book = fleet.router.router.desk.book
    held = {symbol: book.qty("monkey", symbol) for symbol in fleet.settings.fleet.symbols}
    assert any(held.values())
    fleet.start_strategy("monkey")
    fleet.run(START_NS + (BUSY_S + 5) * NS_PER_S + NS_PER_S // 50)
    core = fleet.strategies["monkey"].strategy_core
    assert core.link.router_epoch == 1
    assert core.desk.orders.positions == {symbol: qty for symbol, qty in held.items() if qty}
    assert finish(chaos) == []


def test_a_dead_router_leaves_its_orders_to_the_next_which_takes_them_up(tmp_path: Path) -> None:
    chaos = calm(tmp_path)
    fleet = chaos.fleet
    names = {order.client_order_id for name in fleet.strategies for order in working(chaos, name)}
    assert names
    fleet.router_died()
    fleet.run(START_NS + (BUSY_S + AFTER_S) * NS_PER_S)
    assert fleet.router.epoch == 2
    assert names <= set(fleet.router.router.desk.book.orders)
    assert finish(chaos) == []


def test_no_order_leaves_after_a_halt_and_all_are_cancelled(tmp_path: Path) -> None:
    chaos = calm(tmp_path)
    fleet = chaos.fleet
    fleet.router.take(asks.Halt(peer="p", reason="enough"))
    fleet.run(START_NS + (BUSY_S + 3) * NS_PER_S)
    assert fleet.latch.text
    assert [order for name in fleet.strategies for order in working(chaos, name)] == []
    assert finish(chaos) == []


def test_flatten_closes_everything_to_the_share(tmp_path: Path) -> None:
    chaos = calm(tmp_path)
    fleet = chaos.fleet
    for node in fleet.strategies.values():
        node.stop()
    fleet.router.take(asks.Flatten(peer="p", timeout_ms=10_000))
    fleet.run(START_NS + (BUSY_S + 12) * NS_PER_S)
    account = fleet.venue.exchange.engine.books[fleet.venue.account]
    assert {symbol: account.qty(symbol) for symbol in account.positions if account.qty(symbol)} == {}
    assert finish(chaos) == []
