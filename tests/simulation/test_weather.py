"""No kind of the exchange's menu is forgotten by the storms: it blows, or stands in a list with the reason."""

from __future__ import annotations

from replay.weather import MARKET, NOT_HERE, ORDERS, QUOTES, REST, SOCKETS, SPELLS, UPDATES
from tests.tree import ROOT
from venue.fault_menu import MENU

BLOWS = [*REST, *ORDERS, *MARKET, *UPDATES, *QUOTES, *SOCKETS]


def test_every_kind_of_the_menu_blows_or_is_excused() -> None:
    assert sorted([*BLOWS, *NOT_HERE]) == sorted(MENU)


def test_what_lasts_for_a_spell_is_of_the_stream() -> None:
    assert set(UPDATES) >= SPELLS


def test_an_excuse_that_names_a_test_names_one_that_is_there() -> None:
    named = [word.strip(";,") for reason in NOT_HERE.values() for word in reason.split() if word.startswith("tests/")]
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
