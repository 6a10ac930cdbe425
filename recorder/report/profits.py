"""How a day's profit grew, by strategy and in all: paper, and the honest interval. Seconds UTC, 1e-4 dollar."""

from __future__ import annotations

from array import array
from itertools import accumulate, chain
from operator import sub
from typing import TYPE_CHECKING

from recorder.account import interval_of
from recorder.day import ALL

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

EVERY_S = 5
WIDTH = 6  # s, paper, strict, expected, optimistic, risk of the leftovers
AT_S, EXPECTED = 0, 3
Point = tuple[float, ...]


class Profits:
    """What was noted, once in EVERY_S: finer than a day's chart shows, and bounded however many fills it has."""

    def __init__(self) -> None:
        self._noted: dict[str, array[float]] = {}  # strategy → WIDTH numbers each time
        self._of_all: list[Point] = []

    def is_due(self, name: str, at_s: float) -> bool:
        """Return whether nothing was noted of a strategy in these seconds."""
        noted = self._noted.get(name)
        return not noted or at_s // EVERY_S > noted[-WIDTH] // EVERY_S

    def note(self, name: str, at_s: float, paper: int, *worth: int) -> None:
        """Note a strategy's profit: its paper book's, its honest books', and the leftovers' risk; again, if it ends."""
        noted = self._noted.setdefault(name, array("d"))
        if noted and noted[-WIDTH] == at_s:
            del noted[-WIDTH:]
        noted.extend((at_s, paper, *worth))

    def absorb(self, other: Profits, strategies: Container[str]) -> None:
        """Take over what another reader noted of these strategies."""
        self._noted.update({name: noted for name, noted in other._noted.items() if name in strategies})

    def add_up(self) -> None:
        """Add up the strategies' profits: of each EVERY_S in which anything was noted, the last state."""
        times_s, *changes = (array("d") for _ in range(WIDTH))
        for noted in self._noted.values():
            times_s.extend(noted[AT_S::WIDTH])
            for column, every in enumerate(changes, 1):
                levels = noted[column::WIDTH]
                every.extend(map(sub, levels, chain((0.0,), levels)))
        order = sorted(range(len(times_s)), key=times_s.__getitem__)
        sums = (accumulate(map(every.__getitem__, order)) for every in changes)  # exact: whole numbers
        last = {row[AT_S] // EVERY_S: row for row in zip(map(times_s.__getitem__, order), *sums, strict=True)}
        self._of_all = [_with_bounds(*row) for row in last.values()]

    def of(self, name: str) -> list[Point]:
        """Return how a strategy's profit grew, or everybody's: (s, paper, low, expected, high)."""
        if name == ALL:
            return self._of_all
        noted = iter(self._noted.get(name, ()))
        return [_with_bounds(*row) for row in zip(*[noted] * WIDTH, strict=True)]

    def expected(self, name: str, every_s: int) -> dict[int, float]:
        """Return the expected book's profit, or everybody's, at the end of each stretch in which any was noted.

        Stretches of `every_s`, by their number since 1970.
        """
        noted = self._noted.get(name, array("d"))
        points: Iterable[tuple[float, float]] = zip(noted[AT_S::WIDTH], noted[EXPECTED::WIDTH], strict=True)
        if name == ALL:
            points = ((point[AT_S], point[EXPECTED]) for point in self._of_all)
        return {int(at_s // every_s): level for at_s, level in points}


def _with_bounds(at_s: float, paper: float, *honest: float) -> Point:
    return at_s, paper, *interval_of(*honest)
