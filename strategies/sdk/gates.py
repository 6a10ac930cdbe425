"""Gates: the conditions before a family acts, as one declared table that both decides and explains.

The same row that stops an order is the row that `hftctl strategy why` prints, so the reason can't differ from the rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hft.messages import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

S = TypeVar("S")
BLACKOUT = "blackout"
SETTLING = "settling"


@dataclass(frozen=True, slots=True)
class Condition(Generic[S]):
    """One row: a number read from the family's view of a symbol, and the bound it must keep.

    `when_closed` is what a person reads instead of name and bound; `of_bound` shows the way there, as in "3 of 20 s".
    """

    name: str
    reads: Callable[[S], float]
    bound: Callable[[S], float]
    unit: str = ""
    at_least: bool = False  # the value must reach the bound instead of staying below it
    when_closed: str = ""
    of_bound: bool = False

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
        """Return the closed row in one breath: "spread over 10 bps: 12 bps"."""
        return ": ".join(self.reason(view))

    def reason(self, view: S) -> tuple[str, str]:
        """Return what the closed row is about, and its value: ("spread over 10 bps", "12 bps")."""
        value, bound = self.reads(view), _words(self.bound(view), self.unit)
        about = self.when_closed or f"{self.name} {'under' if self.at_least else 'over'} {bound}"
        return about, f"{_short(value)} of {bound}" if self.of_bound else _words(value, self.unit)


def _words(value: float, unit: str) -> str:
    if math.isnan(value):
        return "not known"
    return f"{value:.3g} {unit}".strip() if math.isfinite(value) else "infinite"


def _short(value: float) -> str:
    return f"{round(value, 1):g}"


def warming_up(name: str, reads: Callable[[S], float], seconds: float) -> Condition[S]:
    """Return the row that waits until something has been watched for so many seconds."""
    return Condition(name, reads, lambda _: seconds, "s", at_least=True, when_closed="warming up", of_bound=True)


def resting(reads: Callable[[S], float]) -> Condition[S]:
    """Return the row that waits until the seconds of rest after a trade, rounded up, are over."""
    return Condition("rest", lambda view: math.ceil(reads(view)), lambda _: 0.0, "s", when_closed="resting")


def learning(name: str, reads: Callable[[S], float], count: float) -> Condition[S]:
    """Return the row that waits for so many samples."""
    return Condition(name, reads, lambda _: count, name, at_least=True, when_closed="learning", of_bound=True)


def undisturbed(dark_s: Callable[[S], float]) -> Condition[S]:
    """Return the row that waits until neither blackout nor halt is on (`desk.dark_s`)."""
    return Condition(BLACKOUT, dark_s, lambda _: 0.0, "s", when_closed=BLACKOUT)


def first_closed(table: Sequence[Condition[S]], view: S) -> Condition[S] | None:
    """Return the first condition that does not hold, or None when all do."""
    for condition in table:
        if not condition.passes(view):
            return condition
    return None


def reasons(table: Sequence[Condition[S]], views: Iterable[tuple[str, S]]) -> list[str]:
    """Return what holds named views back, one sentence a reason: "warming up: SPY 0.5 of 2 s, QQQ 0 of 2 s"."""
    found: dict[str, list[str]] = {}
    for name, view in views:
        closed = first_closed(table, view)
        if closed is not None:
            about, value = closed.reason(view)
            found.setdefault(about, []).append(f"{name} {value}")
    return [f"{about}: {', '.join(whose)}" for about, whose in found.items()]


def at_most(bound: float) -> Callable[[object], float]:
    """Return a bound that is the same for every view."""
    return lambda _: bound
