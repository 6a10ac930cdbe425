"""What a strategy and the router say of it: every gate, state and why, the last refusal and its meaning. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.words import Refusal, TradingState
from hftctl.own_limits import binding, described
from hftctl.table import lay_out
from router.refusals import MEANING

if TYPE_CHECKING:
    from hft.control import StrategyLine
    from hft.messages import Beat
    from hft.schema import Settings

HEADER = ("HOLDS", "GATE", "VALUE", "THRESHOLD")
SPARED = {
    "equal": "equal to what rests",
    "move": "too small a step",
    "life": "too young to move",
}
NOT_HEARD = "not heard of: its orders are cancelled"


def told(beat: Beat, width: int) -> list[str]:
    """Return what a strategy says of itself: its state and reason, then every gate, those that do not hold first."""
    head = f"{beat.process} is {beat.activity or beat.state.value}: {beat.note}"
    if not beat.gates:
        return [head]
    closed = sum(not gate.passed for gate in beat.gates)
    ranked = sorted(beat.gates, key=lambda gate: gate.passed)
    cells = [("yes" if gate.passed else "NO", gate.name, gate.value, gate.threshold) for gate in ranked]
    count = f"{closed} of {len(ranked)} gates do not hold:" if closed else f"All {len(ranked)} gates hold:"
    return [head, "", count, *lay_out(HEADER, cells, right=frozenset(), width=width)]


def held_back(line: StrategyLine) -> str:
    """Return what the router holds a strategy back for, and why; "" when nothing does."""
    if line.state is not TradingState.ACTIVE:
        return f"{line.state}: {line.reason}"
    return "" if line.connected else NOT_HEARD


def in_words(line: StrategyLine | None, suppressed: dict[str, int], breaks: tuple[str, ...] = ()) -> list[str]:
    """Return the lines below the gates; `line` is None when the router is silent. `breaks`: symbols that are frozen."""
    if line is None:
        return ["The router does not answer: what it would let pass is not known."]
    why = held_back(line)
    told = [*([f"Router: {why}"] if why else []), *(f"Reduce-only: {broken}" for broken in breaks)]
    if line.last_refusal:
        told.append(f"Last refusal ({line.refusals} so far): {explained(line.last_refusal)}")
    counts = [f"{count:,} {SPARED.get(why, why)}" for why, count in sorted({**line.suppressed, **suppressed}.items())]
    if counts:
        told.append(f"Wishes that cost no request: {', '.join(counts)}")
    return told


def own_limits(settings: Settings, name: str, beat: Beat, line: StrategyLine | None) -> list[str]:
    """Return the limits of a strategy that are not the fleet's, a line each, those that hold it back marked."""
    words = described(settings, name)
    held, last = (held_back(line), line.last_refusal) if line else ("", "")
    binds = binding(words, beat.note, held, last)
    lines = [f"  {'BINDS  ' if told in binds else ''}{key}: {told}" for key, told in words.items()]
    return ["Its own limits:", *lines] if lines else []


def explained(refusal: str) -> str:
    """Return a refusal (`word: the numbers`) with the sentence that says what the word means."""
    word = refusal.partition(": ")[0]
    meaning = MEANING[Refusal(word)] if word in set(Refusal) else ""
    return f"{refusal} ({meaning})" if meaning else refusal
