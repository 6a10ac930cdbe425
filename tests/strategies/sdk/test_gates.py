"""A row of the table decides and explains with the same number."""

from __future__ import annotations

from hft.messages import Gate
from strategies.sdk.gates import Condition, at_most, first_closed, learning, reasons, resting, warming_up

NARROW: Condition[float] = Condition("spread", lambda spread: spread, at_most(10.0), "bps")
WARM: Condition[float] = Condition("warm", lambda seconds: seconds, lambda _: 5.0, "s", at_least=True)


def test_a_condition_passes_up_to_its_bound_and_tells_both_numbers() -> None:
    assert NARROW.told(10.0) == Gate(name="spread", value="10 bps", threshold="≤ 10 bps", passed=True)
    assert NARROW.told(10.5, "SPY") == Gate(name="SPY spread", value="10.5 bps", threshold="≤ 10 bps", passed=False)


def test_at_least_turns_the_comparison_round() -> None:
    assert [WARM.passes(value) for value in (4.9, 5.0)] == [False, True]


def test_numbers_that_are_none_are_told_in_words() -> None:
    assert NARROW.told(float("nan")).value == "not known yet"
    assert NARROW.in_words(float("inf")) == "the quote is too wide (over 10 bps): not known yet"


def test_what_is_not_a_number_never_passes() -> None:
    assert not NARROW.passes(float("nan"))
    assert not WARM.passes(float("nan"))


def test_the_first_closed_condition_is_the_reason() -> None:
    assert first_closed([NARROW, WARM], 3.0) is WARM
    assert first_closed([NARROW, WARM], 7.0) is None


def test_the_reasons_of_many_are_told_once_each() -> None:
    views = {"SPY": 12.0, "QQQ": 3.0, "AAPL": 15.5, "MSFT": 7.0}
    assert reasons([NARROW, WARM], views.items()) == [
        "the quote is too wide (over 10 bps): SPY 12 bps, AAPL 15.5 bps",
        "warm under 5 s: QQQ 3 s",
    ]


def test_waiting_reads_as_a_person_would_say_it() -> None:
    waits: list[tuple[Condition[float], float, str]] = [
        (warming_up("warm", lambda seconds: seconds, 2.0), 0.52, "warming up: 0.5 of 2 s"),
        (resting(lambda seconds: seconds), 5.3, "resting after a trade: 6 s more"),
        (learning("samples", lambda count: count, 50), 12, "learning: 12 of 50 samples"),
    ]
    assert [row.in_words(value) for row, value, _ in waits] == [words for _, _, words in waits]
    assert [row.passes(value) for row, value, _ in waits] == [False, False, False]
