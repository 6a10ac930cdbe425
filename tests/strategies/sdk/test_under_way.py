"""A trade in two legs outlives a crash, and nothing else: after a stop or a flatten it is not wanted again."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import NS_PER_S
from hft.messages import NewOrder
from strategies.sdk import hand, memory
from strategies.sdk.core import StrategyCore
from strategies.sdk.families import load
from strategies.sdk.fit import made
from strategies.sdk.recovery import reborn
from tests.strategies.arena import LIMITS, Arena, core_of
from tests.strategies.worlds import pair_world

if TYPE_CHECKING:
    from hft.messages import Tick
    from strategies.sdk.reversion import Relation

SYMBOLS = ("KO", "PEP")
GIVEN: dict[str, Any] = {"step_s": 3.0, "samples_min": 300, "fit_every_s": 120.0, "days_min": 0}
AFTER_NS = 20 * NS_PER_S


def relation_of(arena: Arena) -> Relation:
    relation: Relation = arena.core.strategy.relations[0]  # type: ignore[attr-defined]  # this family is pairs
    return relation


@cache
def world() -> list[tuple[int, Tick]]:
    return list(pair_world(2, holds=True))


def until_held() -> tuple[Arena, int]:
    """Return a family that holds both legs for some seconds, and how many ticks it has heard."""
    arena, held_ns = Arena(core_of("pairs", SYMBOLS, demo=False, **GIVEN), wake_ms=500), 0
    for heard, (now_ns, tick) in enumerate(world(), 1):
        arena.play([(now_ns, tick)])
        held_ns = held_ns or now_ns * (len(arena.fills) == 2)
        if held_ns and now_ns > held_ns + AFTER_NS:
            return arena, heard
    raise AssertionError("it never held both legs")


def crashed(arena: Arena) -> bytes:
    """Return the state of the last moment, as a crash leaves it (`sdk/recovery.py`)."""
    core = arena.core
    reborn(core.desk, 2)
    kept = core.strategy.memory()
    return memory.encode(memory.remember("pairs", kept, core.desk.now_ns, hand.encoded(core.desk)))


def stopped(arena: Arena) -> bytes:
    """Return the state that a clean stop leaves."""
    (kept,) = [each for each in arena.core.stop(arena.core.desk.now_ns) if isinstance(each, memory.Memory)]
    return memory.encode(kept)


def begun(raw: bytes, held: dict[str, int]) -> Arena:
    """Return the next run, which takes up this state; the router tells it these positions."""
    family = made(
        load("pairs"), name="pairs", epoch=2, symbols=SYMBOLS, given=GIVEN, limits=LIMITS, demo=False, memory=raw
    )
    arena = Arena(StrategyCore(family, pid=2), wake_ms=500)
    arena.positions = dict(held)
    return arena


def orders(arena: Arena) -> list[NewOrder]:
    return [message for _, message in arena.said if isinstance(message, NewOrder)]


def test_a_crash_changes_nothing_of_a_trade_under_way() -> None:
    through, heard = until_held()
    other, _ = until_held()
    after = begun(crashed(other), other.positions)
    assert relation_of(after).legs.is_open
    asked = len(orders(through))
    while len(through.fills) < 4:
        through.play([world()[heard]])
        after.play([world()[heard]])
        heard += 1
    wanted = [(order.symbol, order.side, order.qty, order.px) for order in orders(through)[asked:]]
    assert [(order.symbol, order.side, order.qty, order.px) for order in orders(after)] == wanted
    assert relation_of(after).legs.net_bps == relation_of(through).legs.net_bps


def test_after_a_stop_what_is_held_is_given_back_at_once() -> None:
    arena, heard = until_held()
    arena.core.strategy.is_keeping = True
    after = begun(stopped(arena), arena.positions)
    assert not relation_of(after).legs.is_open
    after.play(world()[heard : heard + 60])
    assert {order.symbol: order.side for order in orders(after)} == {
        symbol: side.opposite for _, symbol, side, _, _ in arena.fills
    }
    assert all(order.reduce_only for order in orders(after))
    assert not any(after.positions.values())
    assert list(relation_of(after).recent) == list(relation_of(arena).recent)


@pytest.mark.parametrize("left", [0.0, 0.5])
def test_after_a_flatten_while_it_was_away_no_leg_is_wanted_again(left: float) -> None:
    arena, heard = until_held()
    held = {symbol: int(qty * left) for symbol, qty in arena.positions.items()}
    after = begun(crashed(arena), held)
    after.play(world()[heard : heard + 60])
    assert all(order.reduce_only for order in orders(after))
    assert bool(orders(after)) is bool(left)
    assert not any(after.positions.values())
    assert not relation_of(after).legs.is_open
    assert list(relation_of(after).recent) == list(relation_of(arena).recent)  # its fills were not heard
