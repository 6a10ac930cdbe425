"""How profit grew: what is noted, and what all strategies had together."""

from __future__ import annotations

import random

from recorder.day import ALL
from recorder.report.profits import EVERY_S, POINTS_MAX, Growth, Profits


def noted(**curves: list[tuple[float, int]]) -> Profits:
    """Return profits of these strategies: seconds, and the expected book's; others earn 1 less, 2 more and 3 more."""
    profits = Profits()
    for name, points in curves.items():
        for at_s, expected in points:
            profits.note(name, at_s, expected + 3, expected - 1, expected, expected + 2, 0)
    profits.add_up()
    return profits


def test_it_is_due_again_in_the_next_stretch() -> None:
    profits = noted(mm=[(1.5 * EVERY_S, 1)])
    assert profits.is_due("etf", 0)
    assert not profits.is_due("mm", 1.9 * EVERY_S)
    assert profits.is_due("mm", 2 * EVERY_S)


def grown(every_s: float, times_s: list[float]) -> Growth:
    """Return what is noted at these times where it is due, in stretches that begin as long as this."""
    growth = Growth()
    growth.every_s = every_s
    for at_s in times_s:
        if growth.is_due(at_s):
            growth.note(at_s, *[round(at_s * 10)] * 5)
    return growth


def test_what_becomes_many_is_as_if_it_had_been_noted_more_seldom_from_the_beginning() -> None:
    chance = random.Random(5)
    times_s = sorted(chance.uniform(0, 4 * POINTS_MAX * EVERY_S) for _ in range(20 * POINTS_MAX))
    found = grown(EVERY_S, times_s)
    assert found.every_s > EVERY_S
    assert found.rows() == grown(found.every_s, times_s).rows()
    assert POINTS_MAX / 3 < len(found.rows()) <= POINTS_MAX


def test_the_end_of_the_day_takes_the_place_of_what_was_noted_then() -> None:
    assert noted(mm=[(0.0, 1), (7.0, 2), (7.0, 5)]).of("mm") == [(0.0, 4, 0, 1, 3), (7.0, 8, 4, 5, 7)]


def test_all_have_the_sum_of_the_last_states_in_each_stretch() -> None:
    profits = noted(mm=[(0.0, 10), (6.0, 20), (12.0, 30)], etf=[(0.1, 100), (8.0, -100)])
    assert profits.of(ALL) == [
        (0.1, 116, 108, 110, 114),
        (6.0, 126, 118, 120, 124),
        (8.0, -74, -82, -80, -76),
        (12.0, -64, -72, -70, -66),
    ]


def test_the_sum_has_the_longest_stretches_of_any() -> None:
    many = [(number * EVERY_S, number) for number in range(POINTS_MAX + 1)]
    profits = noted(mm=many, etf=[(0.0, 0)])
    assert len(profits.of("mm")) == len(profits.of(ALL)) == POINTS_MAX // 2 + 1
    assert profits.of(ALL)[-1][3] == POINTS_MAX


def test_a_stretch_ends_with_the_expected_books_last_state() -> None:
    profits = noted(mm=[(0.0, 10), (6.0, 20), (70.0, 30)], etf=[(59.0, 5)])
    assert profits.expected("mm", 60) == {0: 20, 1: 30}
    assert profits.expected(ALL, 60) == {0: 25, 1: 35}
    assert profits.expected("ml", 60) == {}
