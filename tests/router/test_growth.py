"""At twenty times the usual rate the router grows neither in memory nor in its journal beyond what is predicted."""

from __future__ import annotations

import gc
import sys
from types import FunctionType, ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from hft.words import Side
from router import book
from tests.router.world import LIMITS, World

MINUTES, STEP_MS, QUOTES = 24, 500, 20
DONE_ORDERS_MAX = 1_000  # instead of 5,000: full after a third of it, as whatever else is bounded
GROWTH_BYTES_MAX = 64 << 10  # in six minutes of it; by the catalogue a megabyte an hour
ORDER_BYTES_MAX = 1_000  # of journal: opened, accepted, filled or cancelled
BUSY = replace(LIMITS, strategy_orders_per_min_max=1_000)
NOT_OURS = (type, FunctionType, ModuleType)


def size_of(root: object) -> int:
    """Return the bytes of everything that can be reached from an object, but for code."""
    seen: dict[int, Any] = {}
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if id(found) not in seen and not isinstance(found, NOT_OURS):
            seen[id(found)] = found
            waiting += gc.get_referents(found)
    return sum(sys.getsizeof(found) for found in seen.values())


def busy(world: World, step: int) -> None:
    """Let half a second of a busy day pass: many quotes, an order that fills or is cancelled, a refusal."""
    world.pass_ms(STEP_MS)
    quotes = [quote for _ in range(QUOTES) for quote in world.quotes()]
    world.turn(*quotes, world.beat("mm"), world.beat("drift"))
    side = Side.BUY if step // 2 % 2 else Side.SELL
    name = world.place("mm", side, 2, world.broker.mid["SPY"] + side.sign * 100)
    if step % 2:
        world.broker.fill(name, 2)
    else:
        world.core.desk.cancels.want(world.core.desk.book.orders[name], "enough")
    world.turn(world.order("drift", side, 10_000, symbol="QQQ"))  # more than any limit
    world.pump()


@pytest.mark.timeout(300)
def test_a_busy_router_grows_no_larger_than_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is bounded is full after half of it: what still grows then grows for ever."""
    monkeypatch.setattr(book, "DONE_ORDERS_MAX", DONE_ORDERS_MAX)
    world = World(requests_per_min_max=2_000, limits=BUSY).ready()
    sizes: list[int] = []
    for _ in range(MINUTES):
        for step in range(60_000 // STEP_MS):
            busy(world, step)
        world.events.clear()
        world.said.clear()
        sizes.append(size_of(world.core))
    orders = world.core.desk.book.number
    assert orders >= MINUTES * 100
    assert max(sizes[-6:]) - max(sizes[-12:-6]) <= GROWTH_BYTES_MAX, sizes
    assert sum(map(len, world.disk)) <= orders * ORDER_BYTES_MAX
    assert world.core.reconciler.state == "ok"
    assert world.core.desk.book.net_qty("SPY") == world.broker.positions.get("SPY", 0)
