"""A small market that is cheap to make: a seeded walk of the quote on a one-cent grid, a print now and then."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from venue.rows import Nbbo, Print, Quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from venue.rows import Row

STEP_NS = 60_000_000
CENT = 100


class Walk:
    """A source of quotes for two symbols."""

    def __init__(self, seed: int, start_ns: int, mids: dict[str, int]) -> None:
        self._dice = random.Random(f"{seed}/walk")
        self._mids = dict(mids)
        self._next_ns = start_ns
        self.step_ns = STEP_NS  # on average

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self._mids)

    def next_ns(self) -> int | None:
        return self._next_ns

    def until(self, now_ns: int) -> Iterator[Row]:
        while self._next_ns <= now_ns:
            at_ns, self._next_ns = self._next_ns, self._next_ns + self._dice.randint(1, 2 * self.step_ns)
            yield from self._step(at_ns)

    def _step(self, at_ns: int) -> Iterator[Row]:
        symbol = self._dice.choice(list(self._mids))
        mid = self._mids[symbol] = self._mids[symbol] + self._dice.randint(-2, 2) * CENT
        half = self._dice.randint(1, 2) * CENT
        top = at_ns, symbol, mid - half, 100 * self._dice.randint(1, 5), mid + half, 100 * self._dice.randint(1, 5)
        if not self._dice.randrange(4):
            yield Print(at_ns, symbol, mid + self._dice.choice((-half, half)), 100, published=True)
        yield Nbbo(*top)
        yield Quote(*top)
