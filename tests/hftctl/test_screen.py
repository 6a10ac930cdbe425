"""The screen: calm, aligned, nothing lost at 80 columns, dashes where nothing is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec
import pytest

from hft.words import TradingState
from hftctl.assembling import assemble
from hftctl.picture import Interval
from hftctl.screen import holdings, interval, signed, span, status_lines, why_of
from hftctl.table import LAST_COLUMN_MIN, lay_out
from tests.hftctl.pictures import beat, facts, router_status

if TYPE_CHECKING:
    from hftctl.picture import Picture, StrategyRow

LONG = "waits for the spread of SPY to fall below three ticks; it was four for the last twelve seconds"


def plain(width: int, **changes: object) -> list[str]:
    return [click.unstyle(line) for line in status_lines(assemble(facts(**changes)), width)]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    beats = {**facts().beats, "mm": beat("mm", note=LONG)}
    lines = plain(width, beats=beats, supervisor_pid=0)
    assert max(len(line) for line in lines) <= width


def test_every_word_of_a_why_is_there_at_80_columns() -> None:
    beats = {**facts().beats, "mm": beat("mm", note=LONG)}
    text = " ".join(" ".join(plain(80, beats=beats)).split())
    assert all(word in text for word in LONG.split())


def test_the_head_tells_mode_state_money_and_feed() -> None:
    text = " ".join(plain(140)[:4])
    for words in (
        "SIM",
        "ACTIVE",
        "market OPEN, closes at 16:00, in 6h15m",
        "equity $100,003.12",
        "(+3.12 counted today)",
        "P&L +4.00 paper, – honest",
    ):
        assert words in text
    assert "feed 4 symbols, last tick 0.2 s ago, 0 gaps" in text
    assert "Mon 2026-11-23 09:45:00 EST" in text


def test_a_halt_shows_its_reason() -> None:
    halted = router_status(state=TradingState.HALTED, reason="daily loss")
    lines = plain(140, router=halted)
    assert "HALTED (daily loss)" in lines[0]
    assert "! trading is HALTED: daily loss" in lines


def test_a_strategy_has_one_row_and_only_an_odd_one_also_a_process_row() -> None:
    rows = [line.split()[0] for line in plain(140) if line.strip()]
    assert rows.count("mm") == 1
    restarted = [line.split()[0] for line in plain(140, starts={"mm": 2}) if line.strip()]
    assert restarted.count("mm") == 2


def test_columns_line_up() -> None:
    lines = lay_out(("NAME", "N", "WHY"), [("a", "1", "x"), ("longer", "100", "y")], right=frozenset({"N"}), width=80)
    assert [click.unstyle(line) for line in lines] == ["NAME      N  WHY", "a         1  x", "longer  100  y"]


TABLE = (("NAME", "A", "B", "WHY"), [("x" * 20, "1" * 10, "2" * 10, "because of it")])


@pytest.mark.parametrize(("width", "gone"), [(80, []), (50, ["A"]), (40, ["A", "B"])])
def test_columns_give_way_in_the_stated_order_and_the_screen_names_them(width: int, gone: list[str]) -> None:
    header, rows = TABLE
    numbers = frozenset({"A", "B"})
    first, row, *notice = map(click.unstyle, lay_out(header, rows, right=numbers, width=width, yields=("A", "B")))
    assert first.split() == [name for name in header if name not in gone]
    assert row.split()[0] == "x" * 20
    assert notice == ([f"no room for: {', '.join(gone)}"] if gone else [])


def test_large_sums_and_long_names_fit_on_60_columns() -> None:
    picture = assemble(facts())
    honest = Interval(low=-12_345.67, mid=0.0, high=12_345.67)
    row = msgspec.structs.replace(picture.strategies[0], pnl_paper=-12_345.67, pnl_honest=honest)
    wide = msgspec.structs.replace(picture, strategies=(row, *picture.strategies[1:]))
    lines = [click.unstyle(line) for line in status_lines(wide, 60)]
    assert max(len(line) for line in lines) <= 60
    assert any("-12,345.67…+12,345.67" in line for line in lines)


def test_the_last_column_keeps_some_room_on_the_narrowest_terminal() -> None:
    lines = lay_out(("A", "WHY"), [("x" * 70, "one two three four five six")], right=frozenset(), width=60)
    assert len(click.unstyle(lines[1])) <= 70 + 2 + LAST_COLUMN_MIN


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (41, "41s"), (185, "3m05s"), (7_980, "2h13m"), (352_800, "4d02h")]
)
def test_a_span_is_short(seconds: float | None, text: str) -> None:
    assert span(seconds) == text


def test_holdings_name_the_largest_first_and_count_the_rest() -> None:
    assert holdings({}) == "flat"
    assert holdings({"A": 1, "B": -5, "C": 3, "D": 2}) == "-5 B, +3 C, +2 D and 1 more"


def test_unknown_money_is_a_dash() -> None:
    assert signed(None) == "–"
    assert signed(-9.551) == "-9.55"
    assert interval(Interval()) == "–"
    assert interval(Interval(low=-1.2, mid=0.0, high=0.4)) == "-1.20…+0.40"


def strategy_of(**changes: object) -> tuple[StrategyRow, Picture]:
    """Return mm as it is held back by the router, in a fleet that is REDUCING because of the feed."""
    picture = assemble(facts(router=router_status(state=TradingState.REDUCING, reason="the feed is down")))
    return msgspec.structs.replace(picture.strategies[0], **changes), picture


def test_what_holds_the_whole_account_back_is_not_told_again_for_every_strategy() -> None:
    said = {"why": "reducing: the feed is down", "router": "REDUCING: the feed is down"}
    assert why_of(*strategy_of(**said)) == "router: REDUCING with the whole account, see above"


def test_a_strategys_own_pause_is_told_once_and_its_other_reasons_stay() -> None:
    own = {"why": "reducing: paused by hand", "router": "REDUCING: paused by hand"}
    end = "hftctl strategy enable mm ends it"
    assert why_of(*strategy_of(**own)) == f"router: REDUCING: paused by hand; {end}"
    learning = {"why": "learning: 3 of 60 samples", "router": "REDUCING: paused by hand"}
    assert why_of(*strategy_of(**learning)) == f"learning: 3 of 60 samples; router: REDUCING: paused by hand; {end}"
