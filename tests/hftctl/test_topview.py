"""The live view: four views of one picture, nothing wider or taller than the terminal, events in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from hft.home import Home
from hftctl.assembling import assemble
from hftctl.eventwords import event_line
from hftctl.topview import HELP, TopView
from tests.hftctl.days import recorded
from tests.hftctl.pictures import facts

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = assemble(facts())


def shown(view: TopView, width: int = 80, height: int = 22) -> list[str]:
    return [click.unstyle(line) for line in view.lines(PICTURE, width, height)]


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "?"])
@pytest.mark.parametrize(("width", "height"), [(60, 22), (80, 22), (80, 8), (160, 50)])
def test_every_view_fits(tmp_path: Path, key: str, width: int, height: int) -> None:
    home, _ = recorded(tmp_path)
    view = TopView(home)
    view.press(key)
    lines = shown(view, width, height)
    assert len(lines) <= height
    assert max(len(line) for line in lines) <= width
    assert len(click.unstyle(view.footer(PICTURE, width))) <= width


def test_the_first_view_has_strategies_positions_and_the_last_events(tmp_path: Path) -> None:
    home, market = recorded(tmp_path)
    text = "\n".join(shown(TopView(home), 140, 40))
    assert "mm is fine" in text
    assert "mm +40" in text
    assert "1 orders work" in text
    assert any(f"at {event.px / 10_000:.2f}" in text for _, event, _ in market.told[-10:] if hasattr(event, "px"))


def test_each_key_brings_its_own(tmp_path: Path) -> None:
    view = TopView(Home(tmp_path).make())
    found = {}
    for key in "1234?":
        view.press(key)
        found[key] = "\n".join(shown(view, 140, 40))
    assert "h1-mm-2-7" in found["2"]
    assert "guardian is fine" in found["3"]
    assert "no event yet" in found["4"]
    assert HELP[0] in found["?"]


def test_a_key_that_means_nothing_changes_nothing(tmp_path: Path) -> None:
    view = TopView(Home(tmp_path))
    view.press("x")
    view.press("")
    assert view.chosen == "1"
    assert "trading goes on" in view.footer(PICTURE, 80)


def test_an_event_reads_as_a_sentence() -> None:
    filled = {"ts": "2026-11-23T14:31:02.123456789Z", "event": "order.filled", "strategy": "mm", "side": 1}
    filled |= {"last_qty": 4, "last_px": 4_500_100, "symbol": "SPY", "position": 4}
    assert event_line(filled) == "09:31:02.123 order.filled           mm buy 4 SPY at 450.01, now +4"


def test_an_event_that_nobody_has_words_for_is_shown_as_it_is() -> None:
    event = {"ts": "2026-11-23T14:31:02.5Z", "producer": "x", "event": "order.sent", "of": "another version"}
    assert event_line(event).endswith("of=another version")
