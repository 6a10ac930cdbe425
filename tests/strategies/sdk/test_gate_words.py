"""Every gate of every shipped family has a sentence, and every sentence tells the number, the bound and the unit."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from strategies.sdk.families import names
from strategies.sdk.gate_words import WORDS, Says, quantity, sentence
from strategies.sdk.gates import Condition, at_most, reasons
from tests.strategies.arena import core_of
from tests.strategies.test_every_family import symbols_for

FIXED = {"told to trade under", "trades today over", "other trades with a leg of it over"}  # yes or no, not a number
AT_NOUGHT = {"blackout over", "rest over", "Dickey-Fuller t above its 5 % value over"}  # which says itself


def declared(name: str) -> list[Condition[Any]]:
    return list(vars(core_of(name, symbols_for(name)).strategy)["table"])


@pytest.mark.parametrize("name", names())
def test_every_declared_gate_of_a_shipped_family_has_words(name: str) -> None:
    rows = declared(name)
    assert rows
    assert [row.key for row in rows if row.says is None and row.key not in WORDS] == []


def test_every_row_of_words_belongs_to_a_gate() -> None:
    assert set(WORDS) <= {row.key for name in names() for row in declared(name)}


@pytest.mark.parametrize("key", sorted(set(WORDS) - FIXED))
def test_a_sentence_tells_value_and_bound_and_no_name_of_the_code(key: str) -> None:
    about, each = sentence(WORDS[key], 41.0, 7.0, "bps")
    told = f"{about}: {each}"
    assert "41" in told
    assert "7 bps" in told or key in AT_NOUGHT
    assert not re.search(r"[a-z]_[a-z]", told)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1_800.0, "1,800 s"),
        (999.7, "1,000 s"),
        (0.312, "0.312 s"),
        (-0.00001, "0 s"),
        (math.inf, "infinite"),
        (-math.inf, "minus infinite"),
        (math.nan, "not known"),
    ],
)
def test_a_number_is_never_told_as_a_power_of_ten(value: float, words: str) -> None:
    assert quantity(value, "s") == words


def test_what_is_not_known_or_has_no_end_is_said_in_words_of_its_own() -> None:
    says = Says("slow (over {bound})", endless="never comes back")
    told = [sentence(says, value, 1_800.0, "s")[1] for value in (2_000.0, math.inf, math.nan)]
    assert told == ["2,000 s", "never comes back", "not known yet"]


def test_a_gate_of_a_family_of_your_own_is_told_by_name_and_bound_or_by_its_own_words() -> None:
    bare: Condition[float] = Condition("fall", lambda x: x, at_most(2.0), "sd", at_least=True)
    own: Condition[float] = Condition("fall", lambda x: x, at_most(2.0), says=Says("too high (over {bound})"))
    assert reasons([bare], [("SPY", 0.4)]) == ["fall under 2 standard deviations: SPY 0.4 standard deviations"]
    assert reasons([own], [("SPY", 2.5)]) == ["too high (over 2): SPY 2.5"]
