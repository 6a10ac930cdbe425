"""A memory does not grow over a day: once every window has turned over, the rest leaves nothing behind."""

from __future__ import annotations

import gc
import tracemalloc
from itertools import islice

import pytest

from hft.clock import NS_PER_S
from strategies.sdk.families import names
from tests.strategies.arena import Arena, core_of
from tests.strategies.test_every_family import START_NS, symbols_for, walk

DAY_S = 6 * 3_600 - 900  # 09:45 to 15:30
EVERY = 4  # five quotes a second over all symbols
GROWTH_BYTES_MAX = 100_000  # over some 35,000 ticks


@pytest.mark.e2e
@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", names())
def test_the_last_third_of_a_day_leaves_nothing_behind(name: str) -> None:
    arena = Arena(core_of(name, symbols_for(name)), wake_ms=500)
    traced_ns, turned_ns = (START_NS + DAY_S * part // 3 * NS_PER_S for part in (1, 2))
    before = 0
    for now_ns, tick in islice(walk(symbols_for(name), seconds=DAY_S), 0, None, EVERY):
        if now_ns > traced_ns and not tracemalloc.is_tracing():
            tracemalloc.start()
        if now_ns > turned_ns and not before:
            forget(arena)
            gc.collect()
            before, _ = tracemalloc.get_traced_memory()
        arena.play([(now_ns, tick)])
        if len(arena.said) > 1_000:
            forget(arena)
    forget(arena)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert arena.core.ticks > 10_000
    assert after - before < GROWTH_BYTES_MAX


def forget(arena: Arena) -> None:
    """Drop what the market around the family keeps for tests."""
    for kept in (arena.said, arena.fills, arena.fills_at_mid):
        kept.clear()
