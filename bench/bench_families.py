"""What a tick costs in each family, with the orders that follow from it; and that its memory does not grow.

Each family lives through the same made-up session in one process; router and venue (tests/strategies/arena.py) stand
outside the measured time. The yardstick is a pure-Python exponentially weighted mean and variance, one update.
Goal: 25 µs at the median on the machine of the reference, where the yardstick took 0.19 µs; so 130 yardsticks here.
"""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING, Any, cast

from hft.messages import Ticks
from strategies.estimators.moments import EwMoments
from strategies.sdk.families import names
from tests.strategies.arena import Arena, core_of
from tests.strategies.test_every_family import symbols_for, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hft.messages import Message
    from strategies.sdk.core import StrategyCore

SECONDS = 300
YARDSTICKS_MAX = 130
GROWTH_BYTES_PER_TICK_MAX = 100  # of windows that are still filling; ml's labels weigh most


class TimedCore:
    """A core that notes what each batch of ticks of its own symbols costs it."""

    def __init__(self, core: StrategyCore) -> None:
        self._core, self.us = core, list[float]()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 everything else is the core's
        return getattr(self._core, name)

    def handle(self, message: Message, now_ns: int) -> Iterable[Any]:
        """Return what follows, and note how long that took when it was a tick."""
        began_ns = time.perf_counter_ns()
        said = list(self._core.handle(message, now_ns))
        if type(message) is Ticks and message.ticks[0].symbol in self._core.desk.symbols:
            self.us.append((time.perf_counter_ns() - began_ns) / 1e3)
        return said


def yardstick_us() -> float:
    """Return what one update of the yardstick takes, the median of five runs."""
    found = []
    for _ in range(5):
        moments, count = EwMoments(10.0), 100_000
        began_ns = time.perf_counter_ns()
        for step in range(count):
            moments.add(4_500_000.0 + step % 7, step * 1_000_000)
        found.append((time.perf_counter_ns() - began_ns) / count / 1e3)
    return statistics.median(found)


def tick_us(name: str) -> tuple[float, float]:
    """Return the median and the 99th percentile of one tick, µs."""
    core = TimedCore(core_of(name, symbols_for(name)))
    Arena(cast("StrategyCore", core)).play(walk(symbols_for(name), seconds=SECONDS))
    ranked = sorted(core.us)
    return statistics.median(ranked), ranked[int(len(ranked) * 0.99)]


def growth_bytes(name: str) -> float:
    """Return how many bytes a tick of the session's second half leaves behind."""
    arena = Arena(core_of(name, symbols_for(name)))
    ticks = list(walk(symbols_for(name), seconds=SECONDS))
    half = len(ticks) // 2
    arena.play(ticks[:half])
    gc.collect()
    tracemalloc.start()
    arena.play(ticks[half:])
    arena.said.clear()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return grown / half


def main() -> None:
    """Print the table."""
    yardstick = yardstick_us()
    print(f"yardstick: one exponentially weighted update, {yardstick:.2f} us")
    print(f"{'family':<10}{'p50 us':>8}{'p99 us':>8}{'x yardstick':>13}{'goal':>7}{'left per tick':>15}{'goal':>8}")
    for name in names():
        (median, high), grown = tick_us(name), growth_bytes(name)
        goals = f"{YARDSTICKS_MAX:>6}-", f"{GROWTH_BYTES_PER_TICK_MAX:>5} B-"
        print(f"{name:<10}{median:>8.1f}{high:>8.1f}{median / yardstick:>13.0f}{goals[0]}{grown:>13.1f} B{goals[1]}")


if __name__ == "__main__":
    main()
