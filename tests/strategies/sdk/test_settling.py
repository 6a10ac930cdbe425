"""A restart with a hole in what is remembered: nothing is entered on moves that were not watched; exits go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import NS_PER_S
from hft.messages import NewOrder, Ticks
from strategies.sdk import memory
from strategies.sdk.core import StrategyCore
from strategies.sdk.families import load, names
from strategies.sdk.fit import made
from tests.strategies.arena import LIMITS, Arena
from tests.strategies.test_every_family import START_NS, asked, symbols_for, walk

if TYPE_CHECKING:
    from strategies.sdk.strategy import Strategy

SETTLE_S = 10.0
DEAD_NS = START_NS + 30 * NS_PER_S
KEEPERS = sorted(set(names()) - {"drift"})


def restarted(name: str, hole_s: float, *, seconds: float) -> tuple[Arena, int]:
    """Return a family that was killed after half a minute and came back `hole_s` later, and when that was."""
    back_ns = DEAD_NS + round(hole_s * NS_PER_S)
    ticks = list(walk(symbols_for(name), seconds=120))
    first = Arena(StrategyCore(begun(name, b""))).play(tick for tick in ticks if tick[0] <= DEAD_NS)
    raw = memory.encode(memory.remember(name, first.core.strategy.memory(), DEAD_NS))
    until_ns = back_ns + round(seconds * NS_PER_S)
    second = Arena(StrategyCore(begun(name, raw)))
    return second.play(tick for tick in ticks if back_ns < tick[0] <= until_ns), back_ns


def begun(name: str, raw: bytes) -> Strategy[Any]:
    """Return a family with a memory, told how long to watch after a hole."""
    given, symbols = {"settle_s": SETTLE_S}, symbols_for(name)
    return made(load(name), name=name, epoch=1, symbols=symbols, given=given, limits=LIMITS, demo=True, memory=raw)


@pytest.mark.parametrize("name", KEEPERS)
def test_after_a_hole_it_watches_before_it_enters_and_says_so(name: str) -> None:
    arena, _ = restarted(name, 20.0, seconds=9.2)
    assert asked(arena, NewOrder) == []
    standing = arena.core.standing()
    assert standing.activity == "warming"
    assert [gate.value for gate in standing.gates if gate.name == "settling after a restart"] == ["1 s"]


def test_then_it_goes_on() -> None:
    arena, back_ns = restarted("mm", 20.0, seconds=20.0)
    assert asked(arena, NewOrder)[0].basis_ns > back_ns + (SETTLE_S - 1) * NS_PER_S
    assert not [gate for gate in arena.core.standing().gates if "restart" in gate.name]


@pytest.mark.parametrize("name", KEEPERS)
def test_what_the_feed_tells_again_to_a_newcomer_is_not_learnt_twice(name: str) -> None:
    arena, _ = restarted(name, 0.0, seconds=0.0)
    before = memory.remember(name, arena.core.strategy.memory(), 0)
    last = {tick.symbol: (now_ns, tick) for now_ns, tick in walk(symbols_for(name), seconds=30)}
    for seq, (_, tick) in enumerate(last.values(), start=100):
        arena.hear(Ticks(epoch=1, seq=seq, ticks=(tick,), snapshot=True), DEAD_NS)
    assert memory.remember(name, arena.core.strategy.memory(), 0) == before


def test_without_a_hole_there_is_nothing_to_wait_for() -> None:
    arena, _ = restarted("mm", 0.5, seconds=15.0)
    assert not arena.core.desk.settled_ns
    assert asked(arena, NewOrder)
