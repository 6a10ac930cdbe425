"""How a day's profit grew, by strategy and in all: paper, and the honest interval. Seconds UTC, 1e-4 dollar."""

from __future__ import annotations

from array import array
from collections import defaultdict
from itertools import accumulate, chain
from operator import sub
from typing import TYPE_CHECKING

from recorder.account import interval_of
from recorder.day import ALL

if TYPE_CHECKING:
    from collections.abc import Container

EVERY_S, POINTS_MAX = 5 / 2, 5_000  # a whole session ends with 4,680 points, one each five seconds
WIDTH = 6  # s, paper, strict, expected, optimistic, risk of the leftovers
AT_S, EXPECTED = 0, 3
Point = tuple[float, ...]


class Growth:
    """One strategy's: WIDTH numbers for the first that happened in each stretch; longer ones as they become many."""

    __slots__ = ("every_s", "noted")

    def __init__(self) -> None:
        self.every_s = EVERY_S
        self.noted = array("d")

    def is_due(self, at_s: float) -> bool:
        """Return whether nothing was noted in the stretch that this belongs to."""
        return not self.noted or at_s // self.every_s > self.noted[-WIDTH] // self.every_s

    def note(self, at_s: float, *levels: int) -> None:
        """Note how it stands; again, if that is the moment that was noted last."""
        if self.noted and self.noted[-WIDTH] == at_s:
            del self.noted[-WIDTH:]
        self.noted.extend((at_s, *levels))
        if len(self.noted) > POINTS_MAX * WIDTH:
            self._thin()

    def _thin(self) -> None:
        """Keep what would be there if stretches had been twice as long from the beginning."""
        self.every_s *= 2
        rows, self.noted = self.rows(), array("d")
        for row in rows:
            if self.is_due(row[AT_S]):
                self.noted.extend(row)

    def rows(self) -> list[Point]:
        """Return what was noted, WIDTH numbers each."""
        return list(zip(*[iter(self.noted)] * WIDTH, strict=True))


class Profits:
    """What was noted: all of a short day, of a long one what a chart can show; bounded however many fills it has."""

    def __init__(self) -> None:
        self._growths: defaultdict[str, Growth] = defaultdict(Growth)  # by strategy
        self._of_all: list[Point] = []

    def is_due(self, name: str, at_s: float) -> bool:
        """Return whether nothing was noted of a strategy in this stretch."""
        return self._growths[name].is_due(at_s)

    def note(self, name: str, at_s: float, paper: int, *worth: int) -> None:
        """Note a strategy's profit: its paper book's, its honest books', and the leftovers' risk; again, if it ends."""
        self._growths[name].note(at_s, paper, *worth)

    def absorb(self, other: Profits, strategies: Container[str]) -> None:
        """Take over what another reader noted of these strategies."""
        self._growths.update({name: growth for name, growth in other._growths.items() if name in strategies})

    def add_up(self) -> None:
        """Add up the strategies' profits: of each stretch in which anything was noted, the last state."""
        every_s = max((growth.every_s for growth in self._growths.values()), default=EVERY_S)
        times_s, *changes = (array("d") for _ in range(WIDTH))
        for noted in (growth.noted for growth in self._growths.values()):
            times_s.extend(noted[AT_S::WIDTH])
            for column, every in enumerate(changes, 1):
                levels = noted[column::WIDTH]
                every.extend(map(sub, levels, chain((0.0,), levels)))
        order = sorted(range(len(times_s)), key=times_s.__getitem__)
        sums = (accumulate(map(every.__getitem__, order)) for every in changes)  # exact: whole numbers
        last = {row[AT_S] // every_s: row for row in zip(map(times_s.__getitem__, order), *sums, strict=True)}
        self._of_all = [_with_bounds(*row) for row in last.values()]

    def of(self, name: str) -> list[Point]:
        """Return how a strategy's profit grew, or everybody's: (s, paper, low, expected, high)."""
        if name == ALL:
            return self._of_all
        return [_with_bounds(*row) for row in self._growths[name].rows()] if name in self._growths else []

    def expected(self, name: str, every_s: int) -> dict[int, float]:
        """Return the expected book's profit, or everybody's, at the end of each stretch in which any was noted.

        Stretches of `every_s`, by their number since 1970.
        """
        rows = self._of_all if name == ALL else self._growths[name].rows() if name in self._growths else []
        return {int(row[AT_S] // every_s): row[EXPECTED] for row in rows}


def _with_bounds(at_s: float, paper: float, *honest: float) -> Point:
    return at_s, paper, *interval_of(*honest)
