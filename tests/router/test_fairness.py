"""What a hostile strategy does to a modest one, over real sockets and a real disk: hardly anything."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from hft.words import Refusal
from tests.router.fairness import Beside, Modest, Waits
from tests.router.flooder import KINDS
from tests.router.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLOOD_S, ROUNDS_MAX = 4.0, 5
RATIO_MAX = 2.0
OFFERED_PER_S_MIN = 10_000
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]


@pytest.fixture
def modest(home: Path) -> Iterator[Modest]:
    with contextlib.closing(Rig(home, requests_per_min=100_000)) as rig:
        rig.start_router()
        rig.ready()
        with contextlib.closing(Modest(rig)) as made:
            yield made


def must_be_fair(modest: Modest, kind: str, *, resuming: bool = False) -> dict[Refusal, int]:
    """Assert the promise of a round, or of all rounds so far: of 160 waits one long wait for a core decides p99."""
    flooded, burned = Waits([], []), Waits([], [])
    for _ in range(ROUNDS_MAX):
        found = modest.beside(kind, FLOOD_S, resuming=resuming)
        flooded, burned = flooded.plus(found.flooded), burned.plus(found.burned)
        together = Beside(flooded, burned, found.told)
        print(together.line(), found.flood_line(), sep="\n")  # noqa: T201 shown when the test fails
        assert found.told["offered"] >= OFFERED_PER_S_MIN * FLOOD_S
        if together.ratio(0.5) <= RATIO_MAX and together.ratio(0.99) <= RATIO_MAX:
            answers: dict[Refusal, int] = found.told["answers"]
            return answers
    raise AssertionError(together.line())


def test_a_flood_of_refused_orders_delays_others_less_than_twice_until_it_is_halted(modest: Modest) -> None:
    answers = must_be_fair(modest, "refused", resuming=True)
    assert answers[Refusal.ORDER_QTY] >= OFFERED_PER_S_MIN


@pytest.mark.soak
def test_one_that_was_halted_for_it_and_floods_on_delays_nobody_more(modest: Modest) -> None:
    answers = must_be_fair(modest, "refused")
    assert answers[Refusal.HALTED] >= OFFERED_PER_S_MIN


@pytest.mark.soak
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"refused"}))
def test_no_other_flood_delays_others_more_than_twice(modest: Modest, kind: str) -> None:
    must_be_fair(modest, kind)
