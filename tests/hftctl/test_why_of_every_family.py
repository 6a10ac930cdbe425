"""`hftctl strategy why` of each family while it warms up, trades and stands aside: every gate, closed ones first."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from hft.clock import NS_PER_S
from hft.messages import Beat, Quote
from hftctl.whys import told
from strategies.sdk.families import names
from tests.strategies.arena import Arena, core_of
from tests.strategies.test_every_family import SYMBOLS, walk
from tests.strategies.test_worlds import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import News, Tick

FAMILIES = pytest.mark.parametrize("name", names())
PHASES = ("warming", "trading", "idle")
EVERY = 5
SEED = 1  # one after which mm is flat: what it holds among quotes that are no prices it keeps, and never idles
WIDTH = 120
NOTES: defaultdict[str, set[str]] = defaultdict(set)
SETTING = re.compile(r"\(limits\.\w+\)")  # named so that a person finds it
IDENTIFIER = re.compile(r"\w_\w|[<>]|\d[eE][+-]\d")


def market(name: str) -> Iterator[tuple[int, Tick | News]]:
    """Return a market in which the family finds what it looks for, and in the end quotes too wide to be prices."""
    found = list(CASES[name].world(SEED, holds=True) if name in CASES else walk(SYMBOLS, seconds=90))
    last: dict[str, tuple[int, Quote]] = {one.symbol: (at, one) for at, one in found if isinstance(one, Quote)}
    end_ns = found[-1][0]
    wide = (
        (end_ns + second * NS_PER_S, moved(quote, end_ns + second * NS_PER_S))
        for second in range(1, 90)
        for _, quote in last.values()
    )
    return chain(found, wide)


def moved(quote: Quote, now_ns: int) -> Quote:
    """Return a quote a dollar wide."""
    wide = {"bid_px": quote.bid_px - 5_000, "ask_px": quote.ask_px + 5_000}
    return replace(quote, exch_ns=now_ns, recv_ns=now_ns, **wide)


@cache
def notes(name: str) -> frozenset[str]:
    """Return every WHY that was told in the whole life."""
    beats(name)
    return frozenset(NOTES[name])


@cache
def beats(name: str) -> dict[str, Beat]:
    """Return a heartbeat of each phase; of standing aside, the last one."""
    case = CASES.get(name)
    symbols, given = (case.symbols, case.given) if case else (SYMBOLS, {})
    core = core_of(name, symbols, demo=case is None, **given | {"observe_min": 0.0})
    arena, found = Arena(core), dict[str, Beat]()
    for number, entry in enumerate(market(name)):
        arena.play([entry])
        if number % EVERY:
            continue
        said = arena.core.standing()
        NOTES[name].add(said.note)
        if said.activity == "idle" or said.activity not in found:
            found[said.activity] = beat_of(name, said)
    return found


def beat_of(name: str, said: Any) -> Beat:  # noqa: ANN401 a standing
    """Return what the process would send."""
    numbers: dict[str, Any] = {"epoch": 1, "pid": 1, "seq": 1, "started_ns": 0, "loop_delay_ms_max": 0}
    return Beat(process=name, **numbers, **said._asdict())


@FAMILIES
def test_every_gate_is_listed_in_every_phase_and_the_closed_ones_come_first(name: str) -> None:
    found = beats(name)
    assert set(PHASES) <= set(found)
    for phase in PHASES:
        beat = found[phase]
        lines = told(beat, WIDTH)
        assert lines[0] == f"{name} is {phase}: {beat.note}"
        rows = lines[lines.index("") + 3 :]
        holds = [row.split()[0] for row in rows if row[:1].strip()]
        assert holds == sorted(holds)  # NO before yes
        assert len(holds) == len(beat.gates) > 1
        assert all(gate.name and gate.value and gate.threshold for gate in beat.gates)
        assert all(any(gate.name in row and gate.value in row for row in rows) for gate in beat.gates)


@FAMILIES
def test_who_warms_up_or_stands_aside_has_a_gate_that_says_why(name: str) -> None:
    found = beats(name)
    for phase in ("warming", "idle"):
        closed = [gate for gate in found[phase].gates if not gate.passed]
        assert closed, found[phase].note
        assert told(found[phase], WIDTH)[2] == f"{len(closed)} of {len(found[phase].gates)} gates do not hold:"


@FAMILIES
def test_a_why_is_a_sentence_and_names_no_gate_by_its_bare_name(name: str) -> None:
    table = vars(core_of(name, CASES[name].symbols if name in CASES else SYMBOLS).strategy)["table"]
    bare = re.compile("|".join(rf"(?:^|; |waits, ){re.escape(row.key)} " for row in table))
    told = notes(name)
    assert len(told) > len(PHASES)
    assert [why for why in told if bare.search(why) or IDENTIFIER.search(SETTING.sub("", why))] == []
