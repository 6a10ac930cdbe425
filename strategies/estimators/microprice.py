"""Stoikov's micro-price (2018): the mid, corrected by what such books have been followed by (reference 1.5).

States are bins of imbalance I = qb/(qb+qa) times the spread in ticks. Counted and mirrored transitions give Q (the mid
stays), R (it jumps by k half-ticks) and T (where the state is after a jump). G₁ = (1−Q)⁻¹ R k, B = (1−Q)⁻¹ T, and the
correction is G = Σ Bⁱ G₁; six terms suffice. A diagnostic: it says something only where the spread is a tick or two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

BINS = 10
TERMS = 6
USABLE_TICKS_MAX = 2
REMAINS = 1 - 1e-9  # books that were never left by a jump would make the equations singular; so they have no correction
JUMP_HALF_TICKS_MAX = 4  # further is not a step of the book


class State(NamedTuple):
    """A book seen coarsely: its bin of imbalance from 0 (no bids) to BINS − 1, its spread in ticks from 1."""

    bin: int
    spread: int

    @property
    def mirrored(self) -> State:
        """Return the same book with its sides exchanged."""
        return State(BINS - 1 - self.bin, self.spread)


def state_of(bid_qty: int, ask_qty: int, spread_ticks: int) -> State:
    """Return the state of a book with something on a side."""
    return State(min(int(BINS * bid_qty / (bid_qty + ask_qty)), BINS - 1), spread_ticks)


class MicroPrice:
    """Counts what follows each state; `fit` makes the table, `correction` looks it up."""

    def __init__(self, *, tick: int, spreads_max: int = USABLE_TICKS_MAX) -> None:
        self.tick, self.spreads_max = tick, spreads_max
        self._stays: dict[tuple[State, State], int] = {}
        self._jumps: dict[tuple[State, int, State], int] = {}
        self._last: tuple[State, int] | None = None
        self._table: dict[State, float] = {}
        self.books = self.narrow = 0

    @property
    def is_usable(self) -> bool:
        """Return whether at least half of the books had a spread that the table knows."""
        return 0 < self.books <= 2 * self.narrow

    def add(self, bid_px: int, bid_qty: int, ask_px: int, ask_qty: int) -> None:
        """Take a book; a crossed, empty or too wide one breaks the chain and teaches nothing."""
        spread = (ask_px - bid_px) // self.tick
        self.books += 1
        if not (0 < bid_px < ask_px and bid_qty + ask_qty > 0 and 1 <= spread <= self.spreads_max):
            self._last = None
            return
        self.narrow += 1
        now, mid = state_of(bid_qty, ask_qty, spread), bid_px + ask_px  # the mid in halves of a price unit
        if self._last is not None:
            self._count(self._last[0], (mid - self._last[1]) // self.tick, now)
        self._last = now, mid

    def _count(self, before: State, jump: int, after: State) -> None:
        """Count a transition and its mirror: what holds for bids holds for asks."""
        if abs(jump) > JUMP_HALF_TICKS_MAX:
            return
        for a, k, b in ((before, jump, after), (before.mirrored, -jump, after.mirrored)):
            if k:
                self._jumps[a, k, b] = self._jumps.get((a, k, b), 0) + 1
            else:
                self._stays[a, b] = self._stays.get((a, b), 0) + 1

    def fit(self) -> None:
        """Make the table from what was counted; states that were never left keep no correction."""
        states = sorted({a for a, _ in self._stays} | {a for a, _, _ in self._jumps})
        row = {state: i for i, state in enumerate(states)}
        total = dict.fromkeys(states, 0)
        for (a, _), n in self._stays.items():
            total[a] += n
        for (a, _, _), n in self._jumps.items():
            total[a] += n
        size = len(states)
        stay = [[float(i == j) for j in range(size)] for i in range(size)]
        step, after = [0.0] * size, [[0.0] * size for _ in range(size)]
        for (a, b), n in self._stays.items():
            if b in row:
                stay[row[a]][row[b]] -= n / total[a] * REMAINS
        for (a, k, b), n in self._jumps.items():
            step[row[a]] += k / 2 * n / total[a]
            if b in row:
                after[row[a]][row[b]] += n / total[a]
        found = _sum_of_steps(stay, step, after)
        self._table = dict(zip(states, found, strict=True))

    def correction(self, bid_qty: int, ask_qty: int, spread_ticks: int) -> float:
        """Return what to add to the mid, in ticks; 0 for a book that the table does not know."""
        return self._table.get(state_of(bid_qty, ask_qty, spread_ticks), 0.0) if bid_qty + ask_qty else 0.0


def _sum_of_steps(stay: list[list[float]], step: list[float], after: list[list[float]]) -> list[float]:
    """Return G = Σ Bⁱ G₁, where (1−Q) is `stay`."""
    solve = _solver(stay)
    part = solve(step)
    found = list(part)
    for _ in range(TERMS - 1):
        part = solve([sum(p * x for p, x in zip(row, part, strict=True)) for row in after])
        found = [a + b for a, b in zip(found, part, strict=True)]
    return found


def _solver(matrix: list[list[float]]) -> Callable[[list[float]], list[float]]:
    """Return the solution of `matrix` x = y as a function of y, by Gauss–Jordan; the diagonal must outweigh its row."""
    size = len(matrix)
    rows = [[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = rows[column][column]
        rows[column] = [value / pivot for value in rows[column]]
        for i in range(size):
            factor = rows[i][column]
            if i != column and factor:
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[column], strict=True)]
    inverse = [row[size:] for row in rows]
    return lambda y: [sum(a * b for a, b in zip(row, y, strict=True)) for row in inverse]
