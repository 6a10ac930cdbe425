"""news listens and measures; it follows a headline only when told to, when the price agrees, and once a day."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import NS_PER_S
from hft.messages import FeedState, NewOrder, News
from hft.words import Side
from strategies.news import ECHO_S
from strategies.sdk.memory import remember
from tests.strategies.arena import Arena, core_of
from tests.strategies.worlds import MORNING_NS, quote_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Tick

HEARD_NS = MORNING_NS + 120 * NS_PER_S


def headline(text: str = "SPY beats estimates", *symbols: str, number: str = "1", at_ns: int = HEARD_NS) -> News:
    return News(
        epoch=1,
        seq=1,
        id=number,
        symbols=symbols or ("SPY",),
        headline=text,
        source="wire",
        created_ns=at_ns - NS_PER_S // 5,
        recv_ns=at_ns,
    )


def quiet(from_s: int, to_s: int, *, bps: float = 0.0, seed: int = 1) -> Iterator[tuple[int, Tick]]:
    """Return a quote of SPY each half second: a slow walk, shifted by `bps`."""
    rng = random.Random(seed)
    log_px = 6.1 + bps * 1e-4
    for half in range(2 * from_s, 2 * to_s):
        log_px += rng.gauss(0, 0.1e-4)
        now_ns = MORNING_NS + half * NS_PER_S // 2
        yield now_ns, quote_at("SPY", log_px, 0.4, now_ns, rng)


def listening(**given: Any) -> Arena:  # noqa: ANN401 parameters of the family
    """Return a family that has watched two minutes, told to trade."""
    arena = Arena(core_of("news", ("SPY",), demo=False, **({"trade": True} | given)))
    return arena.play(quiet(0, 120))


def orders(arena: Arena) -> list[NewOrder]:
    return [message for _, message in arena.said if isinstance(message, NewOrder)]


@pytest.mark.parametrize(
    ("text", "bps", "side"),
    [("SPY beats estimates", 12.0, Side.BUY), ("SPY misses estimates", -12.0, Side.SELL)],
)
def test_it_follows_a_headline_that_the_price_agrees_with(text: str, bps: float, side: Side) -> None:
    arena = listening()
    arena.hear(headline(text), HEARD_NS)
    arena.play(quiet(120, 140, bps=bps))
    (order,) = orders(arena)
    assert order.side is side


@pytest.mark.parametrize(
    ("given", "news", "bps"),
    [
        ({"trade": False}, headline(), 12.0),
        ({}, headline("SPY holds a meeting"), 12.0),
        ({}, headline("SPY beats estimates", "SPY", "QQQ", "KO", "PEP"), 12.0),
        ({}, headline(), -12.0),
        ({}, headline(), 0.0),
        ({"sigmas_min": 1e9}, headline(), 12.0),
        ({"error_bps_max": 0.0}, headline(), 12.0),
    ],
    ids=["not told to", "no direction", "too many symbols", "price disagrees", "price still", "small move", "error"],
)
def test_it_stands_aside(given: dict[str, Any], news: News, bps: float) -> None:
    arena = listening(**given)
    arena.hear(news, HEARD_NS)
    arena.play(quiet(120, 140, bps=bps))
    assert orders(arena) == []


def test_a_move_that_comes_after_a_minute_is_not_the_headlines() -> None:
    arena = listening()
    arena.hear(headline(), HEARD_NS)
    arena.play(quiet(120, 182)).play(quiet(182, 200, bps=12.0))
    assert orders(arena) == []


def test_the_same_headline_again_or_its_words_from_another_wire_are_not_new() -> None:
    arena = listening()
    for number, text in (("1", "SPY beats estimates"), ("1", "SPY beats estimates"), ("2", "SPY BEATS estimates.")):
        arena.hear(headline(text, number=number), HEARD_NS)
    assert arena.core.standing().counters["headlines"] == 3
    assert "1 of 1 headlines pointed one way" in arena.core.standing().note


def test_a_headline_that_is_told_again_to_a_restarted_reader_is_too_old_to_follow() -> None:
    arena = listening()
    arena.hear(headline(at_ns=HEARD_NS - 30 * NS_PER_S), HEARD_NS)
    arena.play(quiet(120, 140, bps=12.0))
    assert orders(arena) == []


def test_headlines_told_again_because_somebody_joined_change_nothing_of_what_is_remembered() -> None:
    arena = listening()
    first, other = headline(), headline("SPY wins", number="2", at_ns=HEARD_NS + 200 * NS_PER_S)
    arena.hear(first, first.recv_ns)
    arena.hear(other, other.recv_ns)
    before = remember("news", arena.core.strategy.memory(), 0)
    arena.hear(first, other.recv_ns + 10 * NS_PER_S)
    assert remember("news", arena.core.strategy.memory(), 0) == before
    late = headline(number="3", at_ns=HEARD_NS + 400 * NS_PER_S)
    arena.hear(late, late.recv_ns)  # its words are older than five minutes: they count anew
    assert "3 of 3 headlines pointed one way" in arena.core.standing().note


def test_it_leaves_at_the_stop_and_trades_a_symbol_once_a_day() -> None:
    arena = listening()
    arena.hear(headline(), HEARD_NS)
    arena.play(quiet(120, 140, bps=12.0)).play(quiet(140, 150, bps=-10.0))
    arena.hear(headline("SPY wins", number="2", at_ns=HEARD_NS + 30 * NS_PER_S), HEARD_NS + 30 * NS_PER_S)
    arena.play(quiet(150, 170, bps=12.0))
    assert [order.side for order in orders(arena)] == [Side.BUY, Side.SELL]
    assert not arena.positions["SPY"]


def test_it_leaves_when_its_time_is_up() -> None:
    arena = listening(hold_s_max=60.0)
    arena.hear(headline(), HEARD_NS)
    arena.play(quiet(120, 190, bps=12.0))
    entry, exit_ = arena.fills
    assert 60 <= (exit_[0] - entry[0]) / NS_PER_S < 62


def test_it_says_how_late_headlines_come_and_what_they_are_worth_beside_a_control() -> None:
    arena = listening(trade=False)
    arena.hear(FeedState(epoch=1, seq=1, connected=True, last_recv_ns=1, ticks=1, news="connected"), HEARD_NS)
    arena.hear(headline(), HEARD_NS)
    arena.play(quiet(120, 125)).play(quiet(125, int(120 + ECHO_S + 40), bps=12.0))
    why = arena.core.strategy.why()
    assert "listens only (trade = false)" in why
    assert "200 ms late" in why
    (row,) = [gate for gate in arena.core.standing().gates if gate.name == "news stream"]
    assert not row.passed  # the arena's feed says every moment that it asks for none
    measured = arena.core.strategy.measured  # type: ignore[attr-defined]  # of this family
    assert measured.after["SPY"].mean_bps(30) > 8
    assert abs(measured.control["SPY"].mean_bps(30)) < 4
    assert measured.control["SPY"].count(30) == 1
