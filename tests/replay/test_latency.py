"""Ways take at least their least, differ by seed, and are the same on every machine."""

from __future__ import annotations

from replay.latency import SLOW_FACTOR, Instant, Spread, Way


def test_the_same_seed_draws_the_same_times_and_another_seed_others() -> None:
    one, same, other = Spread(100, 50, "1/rest"), Spread(100, 50, "1/rest"), Spread(100, 50, "2/rest")
    draws = [one.draw() for _ in range(50)]
    assert draws == [same.draw() for _ in range(50)]
    assert draws != [other.draw() for _ in range(50)]


def test_it_takes_at_least_the_least_and_rarely_much_more() -> None:
    way = Spread(100, 50, "x")
    draws = sorted(way.draw() for _ in range(10_000))
    assert draws[0] >= 100_000
    assert draws[9_800] <= 150_000
    assert 150_000 < draws[-1] <= 100_000 + SLOW_FACTOR * 50_000


def test_a_way_of_no_length_takes_no_time() -> None:
    assert isinstance(Way().latency("x"), Instant)
    assert Way().latency("x").draw() == 0
