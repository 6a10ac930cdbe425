"""Two relations with one symbol: what one of them holds is not for the other to give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import Quote
from tests.strategies.arena import Arena, core_of
from tests.strategies.worlds import fund_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Tick
    from strategies.sdk.reversion import Relation

GIVEN = {"step_s": 2.0, "samples_min": 120, "fit_every_s": 60.0}


def two_twins(seed: int) -> Iterator[tuple[int, Tick]]:
    """Return a fund and two twins of it, of which the second says what the first does, 2 ms later."""
    for now_ns, tick in fund_world(seed, holds=True):
        yield now_ns, tick
        if isinstance(tick, Quote) and tick.symbol == "IVV":
            at_ns = now_ns + 2 * NS_PER_MS
            yield at_ns, msgspec.structs.replace(tick, symbol="VOO", recv_ns=at_ns, exch_ns=at_ns)


def test_a_trade_of_one_relation_is_not_given_back_by_another_with_the_same_leg() -> None:
    arena = Arena(core_of("etf", ("SPY", "IVV", "VOO"), demo=False, **GIVEN), wake_ms=500)
    relations: list[Relation] = arena.core.strategy.relations  # type: ignore[attr-defined]  # this family is etf
    assert [relation.name for relation in relations] == ["SPY/IVV", "SPY/VOO"]
    told = set()
    for now_ns, tick in sorted(two_twins(3), key=lambda item: item[0]):
        arena.play([(now_ns, tick)])
        if any(arena.positions.values()):
            told.add(arena.core.strategy.why())
        if len(arena.fills) == 4:
            break
    (entered_ns, first, side, *_), (_, second, other, *_), (left_ns, *_), _ = arena.fills
    assert first == "SPY"
    assert second in {"IVV", "VOO"}
    assert other is side.opposite
    assert left_ns - entered_ns > NS_PER_S
    assert not any("leaves" in why for why in told if "holds" in why)
    assert any(f"one of its legs has to end first: {name}" in why for why in told for name in ("SPY/VOO", "SPY/IVV"))
