"""Gates: the conditions before a family acts, as one declared table that both decides and explains.

The same row that stops an order is the row that `hftctl strategy why` prints, so the reason can't differ from the rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from hft.messages import Gate
from strategies.sdk.gate_words import LEARNING, WARMING, WORDS, Says, quantity, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from strategies.sdk.session import Phase


class Daily(Protocol):
    """A desk, or whatever else knows what part of the day it is."""

    @property
    def phase(self) -> Phase:
        """Return the phase of the session now."""


class Priced(Protocol):
    """What an entry would bring beyond its cost, and that cost, bps."""

    @property
    def edge_bps(self) -> float:
        """Return what is left after the costs."""

    @property
    def cost_bps(self) -> float:
        """Return the costs."""


S = TypeVar("S")
Q = TypeVar("Q", bound=Priced)
BLACKOUT = "blackout"
SETTLING = "settling"


@dataclass(frozen=True, slots=True)
class Condition(Generic[S]):
    """One row: a number read from the family's view of a symbol, and the bound it must keep."""

    name: str
    reads: Callable[[S], float]
    bound: Callable[[S], float]
    unit: str = ""
    at_least: bool = False  # the value must reach the bound instead of staying below it
    says: Says | None = None  # what it means when it is closed; by default as in `sdk/gate_words.py`

    @property
    def key(self) -> str:
        """Return by what its sentence is found: the name, and the side that is closed."""
        return f"{self.name} {'under' if self.at_least else 'over'}"

    def passes(self, view: S) -> bool:
        """Return whether the condition holds (a value that is not a number never does)."""
        value, bound = self.reads(view), self.bound(view)
        return value >= bound if self.at_least else value <= bound

    def told(self, view: S, prefix: str = "") -> Gate:
        """Return the row for people: value and threshold in words."""
        value, bound = self.reads(view), self.bound(view)
        return Gate(
            name=f"{prefix} {self.name}".strip(),
            value=quantity(value, self.unit) if math.isfinite(value) else self.reason(view)[1],
            threshold=f"{'≥' if self.at_least else '≤'} {quantity(bound, self.unit)}",
            passed=value >= bound if self.at_least else value <= bound,
        )

    def in_words(self, view: S) -> str:
        """Return the closed row in one breath: "the quote is too wide (over 8 bps): 12 bps"."""
        return ": ".join(filter(None, self.reason(view)))

    def reason(self, view: S) -> tuple[str, str]:
        """Return what the closed row is about, and its value: ("the quote is too wide (over 8 bps)", "12 bps")."""
        says = self.says or WORDS.get(self.key) or Says(f"{self.key} {{bound}}")
        return sentence(says, self.reads(view), self.bound(view), self.unit)


def warming_up(name: str, reads: Callable[[S], float], seconds: float) -> Condition[S]:
    """Return the row that waits until something has been watched for so many seconds."""
    return Condition(name, reads, lambda _: seconds, "s", at_least=True, says=WARMING)


def resting(reads: Callable[[S], float]) -> Condition[S]:
    """Return the row that waits until the seconds of rest after a trade, rounded up, are over."""
    return Condition("rest", lambda view: math.ceil(reads(view)), lambda _: 0.0, "s")


def learning(name: str, reads: Callable[[S], float], count: float) -> Condition[S]:
    """Return the row that waits for so many samples."""
    return Condition(name, reads, lambda _: count, name, at_least=True, says=LEARNING)


def undisturbed(dark_s: Callable[[S], float]) -> Condition[S]:
    """Return the row that waits until neither blackout nor halt is on (`desk.dark_s`)."""
    return Condition(BLACKOUT, dark_s, lambda _: 0.0, "s")


def wary(at: Daily, bound: float) -> Callable[[object], float]:
    """Return a bound that is higher where the day is thin: a quarter more at lunch."""
    return lambda _: bound * at.phase.caution


def pays(at: Daily, least_bps: float) -> Condition[Q]:
    """Return the row that asks for so much beyond all costs; at lunch for a quarter more than both together."""

    def bound(view: Q) -> float:
        extra = at.phase.caution - 1.0
        return least_bps + extra * (view.cost_bps + least_bps) if extra else least_bps

    return Condition("edge after costs", lambda view: view.edge_bps, bound, "bps", at_least=True)


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
            found.setdefault(about, []).append(f"{name} {value}".strip())
    return [f"{about}: {', '.join(whose)}" for about, whose in found.items()]


def at_most(bound: float) -> Callable[[object], float]:
    """Return a bound that is the same for every view."""
    return lambda _: bound
