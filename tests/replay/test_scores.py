"""Intervals as tables of Student's t have them, shared among all that was tried; the honest book comes first."""

from __future__ import annotations

from statistics import stdev

import pytest

from replay.play import Result
from replay.scores import are_of_one_day, estimate, score, student

T_TABLE = [  # two-sided quantiles as any table has them
    (0.975, 1, 12.706),
    (0.975, 2, 4.303),
    (0.975, 3, 3.182),
    (0.975, 4, 2.776),
    (0.975, 10, 2.228),
    (0.975, 30, 2.042),
    (0.995, 9, 3.250),
    (0.999, 4, 7.173),
    (0.9995, 19, 3.883),
]


def result(source: str = "generated", seed: int = 1, **columns: str) -> Result:
    return Result(
        schema=1,
        source=source,
        symbols=(),
        strategies=(),
        seed=seed,
        config="",
        played_s=1.0,
        ticks=1,
        decisions=1,
        hash="",
        hashes={},
        rows=[{"strategy": "mm", "pnl_paper": "99"}, {"strategy": "ALL", "orders": "4", "fills": "2", **columns}],
        took_s=0.0,
    )


@pytest.mark.parametrize(("p", "freedom", "t"), T_TABLE)
def test_quantiles_are_those_of_the_table(p: float, freedom: int, t: float) -> None:
    assert student(p, freedom) == pytest.approx(t, rel=5e-4)


def test_an_interval_is_the_standard_error_times_t() -> None:
    found = estimate([1.0, 2.0, 3.0, 4.0, 5.0], 0.05)
    assert found is not None
    assert found.mean == 3.0
    assert found.half == pytest.approx(2.776 * stdev([1, 2, 3, 4, 5]) / 5**0.5, rel=1e-3)
    assert found.excludes_zero


def test_one_run_has_no_interval_and_no_run_no_estimate() -> None:
    one = estimate([1.5], 0.05)
    assert one is not None
    assert (one.mean, one.half, one.excludes_zero) == (1.5, None, False)
    assert estimate([], 0.05) is None


def test_runs_that_all_say_the_same_have_no_interval() -> None:
    same = estimate([0.5, 0.5, 0.5], 0.05)
    assert same is not None
    assert (same.mean, same.half, same.excludes_zero) == (0.5, None, False)


def test_the_seeds_of_a_recorded_day_are_one_number_and_those_of_the_generator_are_many() -> None:
    days = [result(day, seed, pnl_paper=text) for day, text in (("a", "1.0"), ("b", "3.0")) for seed in (1, 2, 3)]
    markets = [result("generated", seed, pnl_paper=f"{seed}.0") for seed in (1, 2, 3)]
    two, three = (score({}, runs, [], cells=1).books["pnl_paper"] for runs in (days, markets))
    assert two is not None
    assert (two.mean, two.runs) == (2.0, 2)
    assert three is not None
    assert (three.mean, three.runs) == (2.0, 3)


def test_of_one_recorded_day_the_seeds_are_all_there_is() -> None:
    runs = [result("a", seed, pnl_paper=f"{seed}.0") for seed in (1, 2)]
    found = score({}, runs, [], cells=1).books["pnl_paper"]
    assert found is not None
    assert found.runs == 2
    assert are_of_one_day(runs)
    assert not are_of_one_day([*runs, result("b", 1)])
    assert not are_of_one_day([result("generated", 1), result("generated", 2)])


def test_the_more_is_tried_the_wider_the_interval() -> None:
    runs = [result(seed=seed, pnl_paper=f"{seed}.0") for seed in (1, 2, 3)]
    halves = [score({}, runs, [], cells=cells).books["pnl_paper"] for cells in (1, 100)]
    assert halves[0] is not None
    assert halves[1] is not None
    assert halves[0].half is not None
    assert halves[1].half is not None
    assert halves[1].half > 5 * halves[0].half


def test_the_null_market_shares_the_level_among_all_cells_as_every_book_does() -> None:
    runs = [result(seed=seed, pnl_honest_mid=f"{seed}.0") for seed in (1, 2, 3, 4)]
    found = score({}, runs, runs, cells=200)
    assert found.control == found.books["pnl_honest_mid"]
    assert found.control is not None
    assert not found.control.excludes_zero


def test_the_headline_is_honest_where_the_honest_book_speaks() -> None:
    paper = score({}, [result(pnl_paper="2.0")], [], cells=1)
    honest = score({}, [result(pnl_paper="2.0", pnl_honest_mid="-1.0")], [result(pnl_paper="0.5")], cells=1)
    assert paper.headline is not None
    assert paper.headline.mean == 2.0
    assert honest.headline is not None
    assert honest.headline.mean == -1.0
    assert honest.control is not None
    assert honest.control.mean == 0.5
    assert (honest.orders, honest.fills, honest.sharpe) == (4.0, 2.0, None)
