"""The value of a share behind thin quotes."""

from __future__ import annotations

import random

from recorder.fair import Fair

S = 1_000_000_000


def test_before_anything_is_seen_nothing_is_known() -> None:
    fair = Fair()
    assert (fair.known, fair.px) == (False, 0)


def test_a_narrow_quote_is_believed() -> None:
    fair = Fair()
    fair.on_quote(1_000_000, 1_000_200, S)
    assert abs(fair.px - 1_000_100) <= 1
    assert fair.sd_bps(S) < 1


def test_a_wide_quote_only_bounds_what_is_known() -> None:
    fair = Fair()
    fair.on_quote(900_000, 1_100_000, S)
    assert not fair.known
    fair.on_trade(1_000_000, S)
    fair.on_quote(900_000, 1_100_000, 2 * S)
    assert abs(fair.px - 1_000_000) <= 1
    fair.on_quote(1_010_000, 1_100_000, 3 * S)
    assert abs(fair.px - 1_010_000) <= 1


def test_an_empty_or_crossed_side_is_no_quote() -> None:
    fair = Fair()
    for bid, ask in ((0, 100), (100, 0), (101, 100), (100, 100)):
        fair.on_quote(bid, ask, S)
    assert not fair.known


def test_it_grows_less_sure_with_time() -> None:
    fair = Fair()
    fair.on_trade(1_000_000, S)
    assert fair.sd_bps(101 * S) > fair.sd_bps(S)


def test_on_a_random_walk_seen_through_noise_it_is_closer_than_the_last_print() -> None:
    chance = random.Random(3)
    fair, truth = Fair(), 0.0
    errors_fair, errors_last = 0.0, 0.0
    for second in range(2_000):
        truth += chance.gauss(0, 0.5)
        observed = round(1_000_000 * (1 + (truth + chance.gauss(0, 1.0)) / 10_000))
        fair.on_trade(observed, second * S)
        actual = 1_000_000 * (1 + truth / 10_000)
        errors_fair += abs(fair.px - actual)
        errors_last += abs(observed - actual)
    assert errors_fair < 0.8 * errors_last
