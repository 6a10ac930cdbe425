"""Did a strategy decide live what its code decides again? Each run hears its own inputs once more, word by word.

What a strategy heard and said is on its tape (hft/inputs.py). A core is made of the same parts, given the same entries
at the same times, and every answer is compared with the answer of that day, byte by byte; a tape from before a message
got a new field is read with that field's default.
Rule: the first divergence is named with the input before it and both answers; it is never averaged away.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from hft import codec, inputs
from hft.errors import ConfigError, FleetError
from hft.inputs import Asked, Began, Heard, Said, Woken
from replay import runs
from replay.decisions import Decisions
from strategies.sdk.core import StrategyCore
from strategies.sdk.families import load
from strategies.sdk.fit import made
from venue.units import new_york

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hft.inputs import AnyEntry

NOTHING = "nothing"
Question = Heard | Woken | Asked


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """The first place where the two differ: the input's number and words, what was said then, what is said again."""

    number: int
    at_ns: int
    heard: str
    then: str
    again: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one strategy, compared."""

    strategy: str
    epoch: int
    day: str
    inputs: int
    said: int
    hash: str
    divergence: Divergence | None = None
    changed: tuple[str, ...] = ()  # modules that are not what they were
    trouble: str = ""  # it could not be compared at all

    @property
    def is_clean(self) -> bool:
        """Return whether every word was the same."""
        return self.divergence is None and not self.trouble


def verify(data: Path, day: str, names: tuple[str, ...] = (), families_dir: str = "") -> list[Verdict]:
    """Return a verdict for each run of a day (of these strategies; none: of all), from its beginning to its end.

    Raises ConfigError when no run of that day is on tape, or none of a strategy that was named.
    """
    there = runs.of_day(data, day, names)
    unheard = [name for name in names if name not in {run.began.name for run in there}]
    if there and unheard:
        raise ConfigError(
            f"No inputs of {unheard[0]} are on tape for {day}.",
            f"There are those of {', '.join(sorted({run.began.name for run in there}))}.",
            f"Leave --strategy {unheard[0]} away.",
        )
    found = [compare(run.path, families_dir) for run in there]
    if not found:
        raise ConfigError(
            f"No strategy's inputs of {day} are on tape.",
            f"Nothing in {data / inputs.FOLDER} ran on that day{' under these names' if names else ''}.",
            "recorder.inputs must be true (it is by default) while the fleet runs.",
        )
    return found


def compare(path: Path, families_dir: str = "") -> Verdict:
    """Return the verdict on one tape; its first entry says what to make."""
    entries = inputs.read(path)
    began = next(entries, None)
    assert isinstance(began, Began), path
    try:
        strategy = made(load(began.name, families_dir), name=began.name, epoch=began.epoch, **_means(began))
    except FleetError as error:
        return _verdict(began, Decisions(), 0, trouble=str(error))
    return _compared(began, StrategyCore(strategy, pid=began.pid), entries)


def _means(began: Began) -> dict[str, Any]:
    return {**began.made, "symbols": tuple(began.made["symbols"])}


def _compared(began: Began, core: StrategyCore, entries: Iterator[AnyEntry]) -> Verdict:
    decisions, number = Decisions(), 0
    for number, (question, then) in enumerate(_turns(entries), 1):
        again = [inputs.said(output).body for output in inputs.asked(core, question)]
        for body in again:
            decisions.add(began.name, question.now_ns, msgspec.Raw(body))
        if again != then and again != [*map(_as_now, then)]:
            return _verdict(began, decisions, number, divergence=_divergence(number, question, then, again))
    return _verdict(began, decisions, number)


def _turns(entries: Iterator[AnyEntry]) -> Iterator[tuple[Question, list[bytes]]]:
    """Yield each input with the answers to it; the last one only if something came after it, for it may be torn."""
    waiting: deque[Question] = deque()
    answers: list[bytes] = []
    for entry in entries:
        if isinstance(entry, Said):
            answers.append(entry.body)
        elif not isinstance(entry, Began):
            if waiting:
                yield waiting.popleft(), answers
            waiting.append(entry)
            answers = []


def _as_now(body: bytes) -> bytes:
    """Return an answer as its message is written by now: with the fields that it got since, at their defaults."""
    try:
        return codec.encode(codec.decode(body))
    except codec.UNREADABLE:
        return body  # an event, or what is remembered: no message


def _divergence(number: int, question: Question, then: list[bytes], again: list[bytes]) -> Divergence:
    heard = repr(codec.decode(question.body)) if isinstance(question, Heard) else type(question).__name__
    return Divergence(number=number, at_ns=question.now_ns, heard=heard, then=_in_words(then), again=_in_words(again))


def _in_words(bodies: list[bytes]) -> str:
    return "; ".join(str(msgspec.msgpack.decode(body)) for body in bodies) or NOTHING


def _changed(began: Began) -> tuple[str, ...]:
    """Return the modules of that day that are other files now."""
    code = inputs.code_of("strategies")
    return tuple(name for name, checksum in began.code.items() if code.get(name, checksum) != checksum)


def _verdict(
    began: Began, decisions: Decisions, heard: int, *, divergence: Divergence | None = None, trouble: str = ""
) -> Verdict:
    return Verdict(
        strategy=began.name,
        epoch=began.epoch,
        day=new_york(began.at_ns).date().isoformat(),
        inputs=heard,
        said=decisions.count,
        hash=decisions.hash,
        divergence=divergence,
        changed=_changed(began),
        trouble=trouble,
    )
