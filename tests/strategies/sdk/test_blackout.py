"""In a blackout nobody enters, what rests is taken back by those who quote, and the way out stays open."""

from __future__ import annotations

from typing import Any

import pytest

from hft.clock import NS_PER_S
from hft.messages import CancelAll, FeedState, NewOrder, News, Status
from hft.words import Side
from strategies.sdk.blackout import SYMBOLS_MAX, Blackout
from strategies.sdk.families import names
from strategies.sdk.session import NS_PER_MIN
from tests.strategies.arena import Arena, core_of
from tests.strategies.sdk.example import ELEVEN_NS, desk
from tests.strategies.test_every_family import START_NS, asked, symbols_for, walk

FAMILIES = pytest.mark.parametrize("name", names())
BID, ASK = 4_500_000, 4_500_400


def headline(*symbols: str, at_ns: int = ELEVEN_NS, number: str = "1", text: str = "SPY is upgraded") -> News:
    return News(
        epoch=1,
        seq=1,
        id=number,
        symbols=symbols,
        headline=text,
        source="wire",
        created_ns=at_ns,
        recv_ns=at_ns,
    )


def dark(*symbols: str) -> Blackout:
    made = Blackout(news_s=300.0)
    made.hear(headline(*symbols), {"SPY", "QQQ"})
    return made


def test_a_headline_darkens_its_symbols_that_are_watched_and_says_for_how_long() -> None:
    made = dark("SPY", "IBM")
    assert made.why("SPY", ELEVEN_NS + 88 * NS_PER_S) == "news blackout in SPY for 212 s"
    assert made.told(("SPY", "QQQ"), ELEVEN_NS) == "news blackout in SPY for 300 s"
    assert made.why("SPY", ELEVEN_NS + 300 * NS_PER_S) == ""
    assert made.why("IBM", ELEVEN_NS) == ""
    made.hear(headline("QQQ", at_ns=ELEVEN_NS - NS_PER_S), {"QQQ"})
    assert made.told(("SPY", "QQQ"), ELEVEN_NS) == "news blackout in SPY for 300 s, QQQ for 299 s"
    assert made.told(("KO",), ELEVEN_NS) == ""


def test_a_second_headline_makes_it_longer_and_one_that_is_told_again_does_not() -> None:
    made = dark("SPY")
    assert made.hear(headline("SPY"), {"SPY"}) == ()
    assert made.hear(headline("SPY", at_ns=ELEVEN_NS + 60 * NS_PER_S), {"SPY"}) == ("SPY",)
    assert made.left_ns("SPY", ELEVEN_NS + 60 * NS_PER_S) == 300 * NS_PER_S


def test_a_list_of_the_day_darkens_nothing() -> None:
    assert Blackout().hear(headline("SPY", *map(str, range(SYMBOLS_MAX))), {"SPY"}) == ()


@pytest.mark.parametrize(("minutes", "name"), [(-60, "10:00"), (180, "14:00"), (210, "14:30"), (-150, "08:30")])
def test_every_symbol_is_dark_a_minute_around_scheduled_figures(minutes: int, name: str) -> None:
    made, due_ns = Blackout(), ELEVEN_NS + minutes * NS_PER_MIN
    assert made.why("ANY", due_ns - 61 * NS_PER_S) == ""
    assert made.why("ANY", due_ns - 60 * NS_PER_S) == f"figures are due at {name}, quiet for 120 s"
    assert made.why("ANY", due_ns + 59 * NS_PER_S) == f"figures are due at {name}, quiet for 1 s"
    assert made.why("ANY", due_ns + 60 * NS_PER_S) == ""


def test_scheduled_times_are_found_again_when_the_clock_goes_back() -> None:
    made = Blackout()
    assert made.scheduled(ELEVEN_NS).name == ""
    assert made.scheduled(ELEVEN_NS - 60 * NS_PER_MIN).name == "10:00"


def test_with_no_seconds_there_is_no_blackout() -> None:
    made = Blackout(news_s=0.0, scheduled_s=0.0)
    assert made.hear(headline("SPY"), {"SPY"}) == ()
    assert made.why("SPY", ELEVEN_NS - 60 * NS_PER_MIN) == ""


def test_an_entry_waits_and_the_desk_says_for_how_long() -> None:
    made = desk()
    made.blackout = dark("SPY")
    assert list(made.quote("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS)) == []
    assert made.held_back == "blackout: news blackout in SPY for 300 s"
    assert made.dark_s("SPY") == 300


@pytest.mark.parametrize(
    ("freezes", "px", "goes"), [(False, ASK, True), (False, BID, True), (True, ASK, False), (True, BID, True)]
)
def test_the_way_out_is_open_and_for_those_who_quote_only_at_the_far_side(
    px: int, *, freezes: bool, goes: bool
) -> None:
    made = desk()
    made.blackout, made.freezes = dark("SPY"), freezes
    made.orders.positions["SPY"] = 4
    assert bool(list(made.limit("SPY", Side.SELL, 4, px, basis_ns=ELEVEN_NS))) is goes


def test_at_the_end_of_the_day_its_own_rules_are_enough() -> None:
    made = desk()
    evening_ns = ELEVEN_NS + 292 * NS_PER_MIN  # 15:52
    made.blackout, made.freezes, made.now_ns = Blackout(), True, evening_ns
    made.blackout.hear(headline("SPY", at_ns=evening_ns), {"SPY"})
    made.orders.positions["SPY"] = 4
    assert made.dark_s("SPY") == 0
    assert list(made.limit("SPY", Side.SELL, 4, ASK, basis_ns=evening_ns))


def test_a_halt_is_dark_without_an_end() -> None:
    made = desk()
    made.halted.add("SPY")
    assert made.dark_s("SPY") == float("inf")


def lived(name: str, seconds: int, **given: Any) -> Arena:  # noqa: ANN401 parameters of any family
    return Arena(core_of(name, symbols_for(name), **given)).play(walk(symbols_for(name), seconds=seconds))


@FAMILIES
def test_after_headlines_about_all_it_enters_nothing_and_says_why(name: str) -> None:
    arena = lived(name, 45, news_blackout_s=300.0)
    now_ns = START_NS + 45 * NS_PER_S
    told = len(arena.said)
    for number, symbol in enumerate(symbols_for(name)):
        arena.hear(headline(symbol, at_ns=now_ns, number=str(number)), now_ns)
    arena.play(walk(symbols_for(name), seconds=20, start_ns=now_ns + 1))
    entries = [m for _, m in arena.said[told:] if isinstance(m, NewOrder) and not m.reduce_only]
    assert entries == []
    standing = arena.core.standing()
    assert f"news blackout in {arena.core.desk.symbols[0]} for 281 s" in standing.note
    (row,) = [gate for gate in standing.gates if gate.name == "blackout"]
    assert not row.passed


def test_market_making_takes_back_what_rests_in_the_symbol_and_only_there() -> None:
    arena = lived("mm", 45)
    now_ns = START_NS + 45 * NS_PER_S
    resting = {order.symbol for order in arena.orders.values()}
    assert {"SPY", "QQQ"} <= resting
    told = len(arena.said)
    arena.hear(headline("SPY", at_ns=now_ns), now_ns)
    assert [m.symbol for _, m in arena.said[told:] if isinstance(m, CancelAll)] == ["SPY"]
    arena.until(now_ns + NS_PER_S)
    assert {order.symbol for order in arena.orders.values()} == resting - {"SPY"}


def test_market_making_takes_everything_back_before_scheduled_figures_and_returns() -> None:
    early_ns = START_NS + 13 * NS_PER_MIN  # 09:58
    core = core_of("mm", symbols_for("mm"))
    arena = Arena(core).play(walk(seconds=55, start_ns=early_ns))
    assert arena.orders
    arena.play(walk(seconds=90, start_ns=early_ns + 55 * NS_PER_S))
    assert not arena.orders
    assert "figures are due at 10:00" in core.standing().note
    before = len(asked(arena, NewOrder))
    arena.play(walk(seconds=60, start_ns=early_ns + 145 * NS_PER_S))
    arena.play(walk(seconds=30, start_ns=early_ns + 205 * NS_PER_S))
    assert len(asked(arena, NewOrder)) > before


def test_a_pause_of_one_symbol_closes_the_pair_that_it_belongs_to() -> None:
    core = core_of("pairs", ("KO", "PEP"))
    arena = Arena(core).play(walk(("KO", "PEP"), seconds=10))
    now_ns = START_NS + 10 * NS_PER_S
    arena.play([(now_ns, Status(symbol="KO", exch_ns=now_ns, recv_ns=now_ns, halted=True, code="P", reason="LUDP"))])
    (row,) = [gate for gate in core.standing().gates if gate.name == "PEP/KO blackout"]
    assert (row.value, row.passed) == ("trading halt", False)


def test_whether_headlines_can_be_had_comes_with_the_state_of_the_feed() -> None:
    core = core_of("mm", ("SPY",))
    list(core.handle(FeedState(epoch=1, seq=1, connected=True, last_recv_ns=1, ticks=1, news="no scope"), ELEVEN_NS))
    assert core.desk.news == "no scope"
