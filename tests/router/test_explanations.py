"""Nothing that the router refuses or holds back is without words: in `strategy why`, in `status`, in an event.

Every word of Refusal is provoked, and every state that the account, a strategy or a symbol can be in; a word or a gate
that nobody provokes here fails the test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from hft import events
from hft.messages import Refused, Status, Ticks
from hft.words import Refusal, Side, TradingState
from hftctl.assembling import assemble
from hftctl.screen import status_lines
from hftctl.whys import explained, in_words
from router.gates import Gates
from router.refusals import MEANING
from tests.hftctl.pictures import facts
from tests.router.causes import CAUSES, EVENTLESS, GATES, LATCHES, OWN, asked, holding, paused, suppressed
from tests.router.world import World

if TYPE_CHECKING:
    from hft.control import RouterStatus, StrategyLine

R = Refusal
WIDTH = 240


def line_of(status: RouterStatus, name: str = "mm") -> StrategyLine:
    return next(line for line in status.strategies if line.name == name)


def screen(status: RouterStatus) -> str:
    """Return the status as a person sees it, without its line breaks."""
    lines = status_lines(assemble(facts(router=status)), WIDTH)
    return " ".join(" ".join(click.unstyle(line).split()) for line in lines)


def test_every_refusal_has_a_cause_here() -> None:
    assert {*CAUSES, R.SUPPRESSED} == set(Refusal)


@pytest.mark.parametrize("word", CAUSES)
def test_a_refusal_is_explained_in_why_in_status_and_in_an_event(word: Refusal) -> None:
    world = CAUSES[word]()
    answer = next(item for item in reversed(world.said) if isinstance(item, Refused))
    assert (answer.strategy, answer.reason) == ("mm", word)
    assert answer.text, "the numbers"
    told = f"{word}: {answer.text}"
    status = world.status()
    (why,) = (text for text in in_words(line_of(status), {}) if text.startswith("Last refusal"))
    assert told in why
    assert MEANING[word] in why
    assert told in screen(status)
    assert (word, answer.text) in [(event.reason, event.text) for event in world.told(events.OrderRefused)]


def test_a_wish_that_is_spared_is_counted_in_why_in_status_and_in_an_event() -> None:
    world = suppressed()
    assert next(item for item in world.said if isinstance(item, Refused)).reason is R.SUPPRESSED
    status = world.status()
    assert line_of(status).suppressed == {"move": 1}
    assert "Wishes that cost no request: 1 too small a step" in in_words(line_of(status), {})
    assert "1 wish cost no request" in screen(status)
    assert [event.suppressed for event in world.told(events.WishesSuppressed)] == [{"mm": {"move": 1}}]


def test_a_refusal_of_another_version_is_shown_as_it_is() -> None:
    assert explained("quantum_leap: no") == "quantum_leap: no"


def test_a_silent_router_is_said_to_be_silent() -> None:
    assert in_words(None, {}) == ["The router does not answer: what it would let pass is not known."]


def recorded_states(world: World) -> list[tuple[str, TradingState, str]]:
    """Return what the record says of states: whose, which, why."""
    told = [event for event in world.events if isinstance(event, events.HaltSet | events.StateNoted)]
    return [(event.strategy, event.state, event.reason) for event in told]


def test_every_gate_is_shut_once_here() -> None:
    assert [check.__name__ for check in World().core.gates._checks] == list(GATES)
    assert isinstance(World().core.gates, Gates)


@pytest.mark.parametrize("cause", [*GATES, *LATCHES])
def test_what_holds_the_account_back_is_explained(cause: str) -> None:
    world = {**GATES, **LATCHES}[cause]()
    status = world.status()
    assert status.state is not TradingState.ACTIVE
    assert status.reason
    assert cause in EVENTLESS or ("", status.state, status.reason) in recorded_states(world)
    told = f"{status.state} ({status.reason})" if status.is_hour else f"trading is {status.state}: {status.reason}"
    assert told in screen(status)
    assert f"Router: {status.state}: {line_of(status).reason}" in in_words(line_of(status), {})


@pytest.mark.parametrize("cause", OWN)
def test_what_holds_a_strategy_back_is_explained(cause: str) -> None:
    world = OWN[cause]()
    status = world.status()
    line = line_of(status)
    assert (status.state, line_of(status, "drift").state) == (TradingState.ACTIVE, TradingState.ACTIVE)
    assert line.state is not TradingState.ACTIVE
    assert ("mm", line.state, line.reason) in recorded_states(world)
    assert f"router: {line.state}: {line.reason}" in screen(status)
    assert f"Router: {line.state}: {line.reason}" in in_words(line, {})


def test_a_pause_that_ends_is_told() -> None:
    world = paused()
    world.run(61_000, 500)
    assert recorded_states(world)[-1] == ("mm", TradingState.ACTIVE, "")
    assert line_of(world.status()).state is TradingState.ACTIVE


def test_a_frozen_symbol_is_explained() -> None:
    world = holding(World().ready())
    world.broker.positions["SPY"] = 3
    world.run(30_000)
    status = world.status()
    (broken,) = status.breaks
    assert [f"SPY: {event.text}" for event in world.told(events.ReconcileBroken)] == [broken]
    assert broken in screen(status)
    assert f"Reduce-only: {broken}" in in_words(line_of(status), {}, status.breaks)


def test_a_strategy_that_is_not_heard_is_explained() -> None:
    world = World().ready()
    world.place("mm", Side.BUY, 10)
    world.run(4_000, beats=False)
    status = world.status()
    assert "mm" in [event.strategy for event in world.told(events.StrategyLost)]
    words = "not heard of: its orders are cancelled"
    assert f"Router: {words}" in in_words(line_of(status), {})
    assert f"router: {words}" in screen(status)


def test_a_halted_symbol_is_explained() -> None:
    status = Status(symbol="SPY", exch_ns=0, recv_ns=0, halted=True, code="H", reason="news")
    world = asked(World().ready(), Ticks(epoch=1, seq=3, ticks=(status,)))
    assert "not_ready: SPY is halted: H news" in screen(world.status())
    assert [event.text for event in world.told(events.OrderRefused)] == ["SPY is halted: H news"]
