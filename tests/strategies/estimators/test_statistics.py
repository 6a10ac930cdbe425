"""The small streaming statistics against the same numbers computed from all the data at once."""

from __future__ import annotations

import math
import random
import statistics
from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_S
from strategies.estimators.flow import FlowSums, OrderFlow, flow
from strategies.estimators.markouts import KEPT, PENDING_MAX, Markouts
from strategies.estimators.median import RunningMedian
from strategies.estimators.moments import EwMeans, EwMoments
from strategies.estimators.standard import StandardRow
from strategies.estimators.volatility import Volatility

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_ew_moments_equal_the_weighted_sums_over_all_values_at_irregular_times() -> None:
    rng, tau_s, now_ns = random.Random(1), 3.0, 0
    moments, mean, variance, before_ns = EwMoments(tau_s), 0.0, 0.0, 0
    for number in range(500):
        now_ns += rng.randrange(1, NS_PER_S)
        value = rng.gauss(5, 2)
        moments.add(value, now_ns)
        weight = 1.0 if number == 0 else 1 - math.exp(-(now_ns - before_ns) / NS_PER_S / tau_s)
        variance = (1 - weight) * (variance + weight * (value - mean) ** 2)
        mean, before_ns = mean + weight * (value - mean), now_ns
    assert moments.mean == pytest.approx(mean, rel=1e-12)
    assert moments.variance == pytest.approx(variance, rel=1e-12)
    assert moments.z(moments.mean + 2 * moments.sd) == pytest.approx(2)


def test_an_even_start_is_the_plain_mean_and_variance_until_tau_takes_over() -> None:
    rng, moments = random.Random(4), EwMoments(1_000.0, even_start=True)
    values = [rng.gauss(5, 2) for _ in range(200)]
    for second, value in enumerate(values):
        moments.add(value, second * NS_PER_S)
    assert moments.mean == pytest.approx(statistics.fmean(values))
    assert moments.variance == pytest.approx(statistics.pvariance(values))


def test_a_value_at_the_same_instant_or_from_the_past_has_no_weight() -> None:
    moments = EwMoments(1.0)
    for value, now_ns in ((5.0, 10), (9.0, 10), (9.0, 3)):
        moments.add(value, now_ns)
    assert (moments.mean, moments.variance, moments.z(9.0)) == (5.0, 0.0, 0.0)


def test_means_of_several_tau_are_those_of_moments_to_the_last_bit() -> None:
    rng, taus_s = random.Random(6), (0.5, 3.0, 60.0)
    means, moments = EwMeans(taus_s), [EwMoments(tau_s) for tau_s in taus_s]
    for now_ns in times(rng):
        value = rng.gauss(5, 2)
        means.add(value, now_ns)
        for each in moments:
            each.add(value, now_ns)
        assert means.means == [each.mean for each in moments]


def test_a_standard_row_measures_as_moments_do_to_the_last_bit() -> None:
    rng, row = random.Random(7), StandardRow(4, 20.0, clip=2.0)
    moments, clipped = [EwMoments(20.0, even_start=True) for _ in range(4)], 0
    for now_ns in times(rng):
        values = (rng.gauss(5, 2), rng.expovariate(1.0), -rng.expovariate(0.1), 1.0)
        expected = tuple(min(max(each.z(value), -2.0), 2.0) for each, value in zip(moments, values, strict=True))
        clipped += max(map(abs, expected)) == 2.0
        assert row.add(values, now_ns) == expected
        for each, value in zip(moments, values, strict=True):
            each.add(value, now_ns)
    assert 50 < clipped < 450


def times(rng: random.Random) -> Iterator[int]:
    """Return 500 times, some of them the same and some that went back."""
    now_ns = NS_PER_S
    for _ in range(500):
        now_ns += rng.choice((0, -NS_PER_S // 10, rng.randrange(1, NS_PER_S), rng.randrange(1, NS_PER_S)))
        yield now_ns


def test_volatility_finds_the_one_of_a_random_walk_whatever_the_grid() -> None:
    rng = random.Random(2)
    one, ten = Volatility(grid_s=1, tau_s=2_000, prior_bps=9), Volatility(grid_s=10, tau_s=20_000, prior_bps=9)
    value = 150_000.0
    for step in range(40_000):
        value += rng.gauss(0, 0.8 * math.sqrt(0.5))
        for volatility in (one, ten):
            volatility.add(value, step * NS_PER_S // 2 + 1)
    assert one.bps == pytest.approx(0.8, rel=0.05)
    assert ten.bps == pytest.approx(0.8, rel=0.08)
    assert one.over_s(4) == pytest.approx(2 * one.bps)


def test_volatility_is_its_prior_until_there_is_a_second_sample() -> None:
    volatility = Volatility(prior_bps=0.7)
    volatility.add(100.0, 1)
    assert volatility.bps == pytest.approx(0.7)


def test_the_running_median_comes_near_the_median_and_follows_a_change() -> None:
    rng, median = random.Random(3), RunningMedian()
    for centre in (10.0, 40.0):
        values = [centre * math.exp(rng.gauss(0, 0.5)) for _ in range(5_000)]
        for value in values:
            median.add(value)
        assert median.value == pytest.approx(statistics.median(values), rel=0.12)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param((100, 5, 102, 5), (100, 9, 102, 5), 4, id="more bid"),
        pytest.param((100, 5, 102, 5), (100, 5, 102, 2), 3, id="less ask"),
        pytest.param((100, 5, 102, 5), (101, 7, 102, 5), 7, id="a better bid counts whole"),
        pytest.param((100, 5, 102, 5), (99, 7, 102, 5), -5, id="a bid that fell loses what stood there"),
        pytest.param((100, 5, 102, 5), (100, 5, 101, 8), -8, id="a better ask"),
        pytest.param((100, 5, 102, 5), (100, 5, 103, 8), 5, id="an ask that rose"),
    ],
)
def test_order_flow_is_that_of_cont_kukanov_and_stoikov(
    before: tuple[int, int, int, int], after: tuple[int, int, int, int], expected: int
) -> None:
    assert flow(before, after) == expected


def test_the_decayed_flow_halves_in_tau_ln_2_and_starts_anew_after_an_empty_side() -> None:
    decayed = OrderFlow(tau_s=5.0)
    decayed.add((100, 5, 102, 5), 1)
    decayed.add((100, 105, 102, 5), 1)
    assert decayed.total == 100
    decayed.add((100, 105, 102, 5), 1 + round(5 * math.log(2) * NS_PER_S))
    assert decayed.total == pytest.approx(50)
    decayed.add((0, 0, 102, 5), 10 * NS_PER_S)
    decayed.add((100, 500, 102, 5), 11 * NS_PER_S)
    assert decayed.total == 0


def test_flow_sums_are_the_decayed_flows_of_each_tau_to_the_last_bit() -> None:
    rng, taus_s = random.Random(8), (1.0, 5.0, 30.0)
    sums, single, fresh = FlowSums(taus_s), [OrderFlow(tau_s=tau_s) for tau_s in taus_s], 0
    for now_ns in times(rng):
        bid, ask = rng.choice((0, 100, 101, 102)), rng.choice((102, 103, 104))
        book = (bid, rng.randrange(1, 9), ask, rng.randrange(1, 9))
        sums.add(book, now_ns)
        for each in single:
            each.add(book, now_ns)
        assert sums.totals == [each.total for each in single]
        fresh += not any(sums.totals)
    assert 50 < fresh < 450


def test_a_mark_out_is_the_signed_move_after_its_horizon() -> None:
    marks = Markouts()
    marks.filled(1, 1_000_000.0, 0)
    marks.filled(-1, 1_000_000.0, 0)
    marks.priced(1_000_100.0, NS_PER_S)
    marks.priced(1_000_300.0, 5 * NS_PER_S)
    assert (marks.count(1), marks.mean_bps(1)) == (2, 0.0)
    assert marks.count(30) == 0
    marks.filled(1, 1_000_000.0, 5 * NS_PER_S)
    marks.priced(1_000_300.0, 6 * NS_PER_S)
    assert marks.mean_bps(1) == pytest.approx(1.0)


def test_a_prior_counts_like_so_many_fills() -> None:
    marks = Markouts()
    assert marks.mean_bps(30) == 0.0
    assert marks.mean_bps(30, prior_bps=-2.0, prior_fills=10) == -2.0
    marks.filled(1, 1_000_000.0, 0)
    marks.priced(1_000_900.0, 30 * NS_PER_S)
    assert marks.mean_bps(30, prior_bps=-2.0, prior_fills=10) == pytest.approx((9 - 20) / 11)


def test_mark_outs_keep_a_bounded_number_of_fills() -> None:
    marks = Markouts()
    for _ in range(PENDING_MAX):
        marks.filled(1, 1.0, 0)
    marks.priced(1.0, 100 * NS_PER_S)
    assert marks.count(30) == KEPT
