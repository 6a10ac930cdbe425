"""Gates: the conditions before a family acts, as one declared table that both decides and explains.

The same row that stops an order is the row that `hftctl strategy why` prints, so the reason can't differ from the rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hft.messages import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Condition(Generic[S]):
    """One row: a number read from the family's view of a symbol, and the bound it must keep."""

    name: str
    reads: Callable[[S], float]
    bound: Callable[[S], float]
    unit: str = ""
    at_least: bool = False  # the value must reach the bound instead of staying below it

    def passes(self, view: S) -> bool:
        """Return whether the condition holds (a value that is not a number never does)."""
        value, bound = self.reads(view), self.bound(view)
        return value >= bound if self.at_least else value <= bound

    def told(self, view: S, prefix: str = "") -> Gate:
        """Return the row for people: value and threshold in words."""
        value, bound = self.reads(view), self.bound(view)
        return Gate(
            name=f"{prefix} {self.name}".strip(),
            value=_words(value, self.unit),
            threshold=f"{'≥' if self.at_least else '≤'} {_words(bound, self.unit)}",
            passed=value >= bound if self.at_least else value <= bound,
        )

    def in_words(self, view: S) -> str:
        """Return the row in one breath: "spread 12 bps, wants ≤ 10 bps"."""
        gate = self.told(view)
        return f"{gate.name} {gate.value}, wants {gate.threshold}"


def _words(value: float, unit: str) -> str:
    if math.isnan(value):
        return "not known"
    return f"{value:.3g} {unit}".strip() if math.isfinite(value) else "infinite"


def first_closed(table: Sequence[Condition[S]], view: S) -> Condition[S] | None:
    """Return the first condition that does not hold, or None when all do."""
    for condition in table:
        if not condition.passes(view):
            return condition
    return None


def at_most(bound: float) -> Callable[[object], float]:
    """Return a bound that is the same for every view."""
    return lambda _: bound
