"""A family that is restarted goes on with what it had learnt: the same numbers as if it had never died."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import NS_PER_S
from hft.messages import Quote, Trade
from strategies.estimators.spread import SpreadModel
from strategies.models.ou import Ou
from strategies.sdk import memory
from strategies.sdk.families import load, names
from strategies.sdk.fit import made
from tests.strategies.arena import LIMITS
from tests.strategies.test_every_family import START_NS, symbols_for, walk

if TYPE_CHECKING:
    from hft.messages import Tick
    from strategies.sdk.strategy import Strategy

KEEPERS = sorted(set(names()) - {"drift"})  # drift is an example without anything worth keeping


def family(name: str, raw: bytes | None = None) -> Strategy[Any]:
    return made(
        load(name), name=name, epoch=1, symbols=symbols_for(name), given={}, limits=LIMITS, demo=True, memory=raw
    )


def live(strategy: Strategy[Any], ticks: list[tuple[int, Tick]]) -> None:
    """Let it see ticks without trading: its desk is not registered anywhere."""
    strategy.desk.closed_because = "a test"
    for now_ns, tick in ticks:
        if tick.symbol not in strategy.desk.symbols:
            continue
        strategy.desk.now_ns = now_ns
        if isinstance(tick, Quote):
            strategy.desk.quotes[tick.symbol] = tick
            assert list(strategy.on_quote(tick)) == []
        elif isinstance(tick, Trade):
            assert list(strategy.on_trade(tick)) == []
        assert list(strategy.on_timer()) == []


@pytest.mark.parametrize("name", KEEPERS)
def test_a_restart_in_the_middle_changes_no_number(name: str) -> None:
    ticks = list(walk(symbols_for(name), seconds=120))
    half = len(ticks) // 2
    through, before = family(name), family(name)
    live(through, ticks)
    live(before, ticks[:half])
    raw = memory.encode(memory.remember(name, before.memory(), ticks[half - 1][0]))
    after = family(name, raw)
    live(after, ticks[half:])
    assert memory.remember(name, after.memory(), 0) == memory.remember(name, through.memory(), 0)


@pytest.mark.parametrize("name", KEEPERS)
def test_a_memory_is_small_enough_to_write_every_minute(name: str) -> None:
    strategy = family(name)
    live(strategy, list(walk(symbols_for(name), seconds=60)))
    assert len(memory.encode(memory.remember(name, strategy.memory(), 0))) < 400_000


def test_a_memory_of_another_shape_is_left_alone() -> None:
    raw = memory.encode(memory.remember("mm", family("mm").memory(), 0))
    views = family("ml").memory()
    before = memory.remember("ml", views, 0)
    assert not memory.recall(raw, views)
    assert not memory.recall(b"not a memory", views)
    assert memory.remember("ml", views, 0) == before


def test_values_of_our_own_kinds_come_back_as_what_they_were() -> None:
    model = SpreadModel(step_s=1.0, window=100)
    for second in range(60):
        model.sample(100.0 + (second * 7 % 5), 50.0 + (second * 3 % 7), second * NS_PER_S)
    model.fit()
    fresh = SpreadModel(step_s=1.0, window=100)
    assert memory.recall(memory.encode(memory.remember("x", {"m": model}, 0)), {"m": fresh})
    assert fresh.verdict == model.verdict
    assert fresh.process == model.process
    assert fresh.process is None or isinstance(fresh.process, Ou)


@pytest.mark.parametrize(("age_s", "fresh"), [(-1, False), (0, True), (3_600, True), (3_601, False)])
def test_a_memory_is_used_only_while_it_is_fresh(age_s: int, *, fresh: bool) -> None:
    raw = memory.encode(memory.remember("mm", {}, START_NS))
    assert memory.is_fresh(raw, START_NS + age_s * NS_PER_S, 3_600) is fresh


def test_what_is_no_memory_is_not_fresh() -> None:
    assert not memory.is_fresh(b"", 0, 1.0)
