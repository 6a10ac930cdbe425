"""How profit grew: what is noted, and what all strategies had together."""

from __future__ import annotations

from recorder.day import ALL
from recorder.report.profits import EVERY_S, Profits


def noted(**curves: list[tuple[float, int]]) -> Profits:
    """Return profits of these strategies: seconds, and the expected book's; others earn 1 less, 2 more and 3 more."""
    profits = Profits()
    for name, points in curves.items():
        for at_s, expected in points:
            profits.note(name, at_s, expected + 3, expected - 1, expected, expected + 2, 0)
    profits.add_up()
    return profits


def test_it_is_due_again_in_the_next_seconds() -> None:
    profits = noted(mm=[(EVERY_S + 0.5, 1)])
    assert profits.is_due("etf", 0)
    assert not profits.is_due("mm", 2 * EVERY_S - 0.1)
    assert profits.is_due("mm", 2 * EVERY_S)


def test_the_end_of_the_day_takes_the_place_of_what_was_noted_then() -> None:
    assert noted(mm=[(0.0, 1), (7.0, 2), (7.0, 5)]).of("mm") == [(0.0, 4, 0, 1, 3), (7.0, 8, 4, 5, 7)]


def test_all_have_the_sum_of_the_last_states_once_in_every_few_seconds() -> None:
    profits = noted(mm=[(0.0, 10), (6.0, 20), (12.0, 30)], etf=[(1.0, 100), (8.0, -100)])
    assert profits.of(ALL) == [(1.0, 116, 108, 110, 114), (8.0, -74, -82, -80, -76), (12.0, -64, -72, -70, -66)]


def test_a_stretch_ends_with_the_expected_books_last_state() -> None:
    profits = noted(mm=[(0.0, 10), (6.0, 20), (70.0, 30)], etf=[(59.0, 5)])
    assert profits.expected("mm", 60) == {0: 20, 1: 30}
    assert profits.expected(ALL, 60) == {0: 25, 1: 35}
    assert profits.expected("ml", 60) == {}
