"""Mark-outs: where the market was some seconds after each paper fill, signed so that good is positive. A pure fold.

In basis points of the fill's price, weighted by shares; against the filtered value (recorder/fair.py), because the
middle of one small venue's quote is noise.
"""

from __future__ import annotations

from array import array
from collections import defaultdict, deque
from itertools import repeat
from typing import TYPE_CHECKING

from hft.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from hft.events import OrderFilled

HORIZONS_S = (1, 5, 30, 60)
BPS = 10_000
UNKNOWN = float("nan")  # what a fill has where the value was not known
NEVER_NS = 1 << 63


class Mean:
    """A weighted mean, and the weight of what was above zero."""

    __slots__ = ("total", "weight", "won")

    def __init__(self) -> None:
        self.total = 0.0
        self.weight = self.won = 0

    def add(self, value: float, weight: int) -> None:
        """Take a value."""
        self.total += value * weight
        self.weight += weight
        if value > 0:
            self.won += weight

    @property
    def value(self) -> float | None:
        """Return the mean, or None before anything came."""
        return self.total / self.weight if self.weight else None

    @property
    def hit_rate(self) -> float | None:
        """Return the share above zero, or None before anything came."""
        return self.won / self.weight if self.weight else None


class Markouts:
    """The fold. `value_of` gives a symbol's value now, 0 while it is not known."""

    def __init__(self, value_of: Callable[[str], int]) -> None:
        self._value_of = value_of
        self._waiting: dict[int, deque[tuple[int, OrderFilled]]] = {horizon_s: deque() for horizon_s in HORIZONS_S}
        self.due_ns = NEVER_NS  # nothing is looked at before it
        self.means: defaultdict[tuple[str, int], Mean] = defaultdict(Mean)  # by strategy and horizon
        self.moves = {horizon_s: array("d") for horizon_s in HORIZONS_S}  # bps of each fill, in the order they came

    def on_fill(self, fill: OrderFilled, now_ns: int) -> None:
        """Take a fill at its time."""
        filled = now_ns, fill
        for waiting in self._waiting.values():
            waiting.append(filled)
        self.due_ns = min(self.due_ns, now_ns + HORIZONS_S[0] * NS_PER_S)

    def advance(self, now_ns: int) -> None:
        """Look at the value for every fill whose horizon has come; call it before anything of that moment is taken."""
        if now_ns < self.due_ns:
            return
        wait_ns = NEVER_NS
        for horizon_s, waiting in self._waiting.items():
            filled_ns = now_ns - horizon_s * NS_PER_S
            while waiting and waiting[0][0] <= filled_ns:
                self._look(waiting.popleft()[1], horizon_s)
            if waiting and waiting[0][0] - filled_ns < wait_ns:
                wait_ns = waiting[0][0] - filled_ns
        self.due_ns = now_ns + wait_ns

    def _look(self, fill: OrderFilled, horizon_s: int) -> None:
        value_px, move_bps = self._value_of(fill.symbol), UNKNOWN
        if value_px:
            move_bps = fill.side.sign * (value_px - fill.last_px) / fill.last_px * BPS
            self.means[fill.strategy, horizon_s].add(move_bps, fill.last_qty)
        self.moves[horizon_s].append(move_bps)

    def absorb(self, other: Markouts, strategies: Container[str]) -> None:
        """Take over the means of these strategies, and the other fills' moves behind ours; both have ended."""
        self.means.update({key: mean for key, mean in other.means.items() if key[0] in strategies})
        for horizon_s, moves in self.moves.items():
            moves.extend(other.moves[horizon_s])

    def end(self) -> None:
        """Note that nothing more comes: what a fill shortly before was worth later is unknown."""
        for horizon_s, moves in self.moves.items():
            moves.extend(repeat(UNKNOWN, len(self._waiting[horizon_s])))
            self._waiting[horizon_s].clear()

    def of(self, strategy: str, horizon_s: int) -> float | None:
        """Return a strategy's mean mark-out in basis points, or None."""
        return self.means[strategy, horizon_s].value if (strategy, horizon_s) in self.means else None

    def of_all(self, horizon_s: int) -> float | None:
        """Return the account's mean mark-out in basis points, or None."""
        return self.mean_of_all(horizon_s).value

    def mean_of_all(self, horizon_s: int) -> Mean:
        """Return the account's mean mark-out with its hit rate."""
        total = Mean()
        for (_, horizon), mean in sorted(self.means.items()):
            if horizon == horizon_s:
                total.total += mean.total
                total.weight += mean.weight
                total.won += mean.won
        return total
