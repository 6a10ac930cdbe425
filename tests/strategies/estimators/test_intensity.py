"""Fill intensity: the truth of a made-up tape, and two real ones near the reference's numbers."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_S
from hft.messages import Quote, Trade
from strategies.estimators.intensity import FillIntensity
from tests.strategies.arena import tape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAPE = "nasdaq-2012-06-21-AAPL-AMZN.csv.gz"


def test_it_finds_the_decay_of_a_tape_made_with_one() -> None:
    rng, intensity, now_ns = random.Random(1), FillIntensity(tau_s=1e9), 0
    for _ in range(40_000):
        now_ns += round(rng.expovariate(2.0) * NS_PER_S)
        intensity.add(rng.expovariate(0.3), now_ns)
    found = intensity.fit()
    assert found is not None
    assert found == pytest.approx((2.0 / 2, 0.3), rel=0.08)  # one side's


def test_prints_of_one_instant_are_one_event_as_deep_as_the_deepest() -> None:
    one, three = FillIntensity(), FillIntensity()
    for second in range(60):
        one.add(second % 6, second * NS_PER_S + 1)
        for depth in (0, second % 6, 0):
            three.add(depth, second * NS_PER_S + 1)
    assert three.fit() == one.fit()
    assert three.events == one.events


def test_too_little_says_nothing() -> None:
    intensity = FillIntensity()
    intensity.add(1.0, NS_PER_S)
    assert intensity.fit() is None


def test_old_events_are_forgotten() -> None:
    intensity = FillIntensity(tau_s=100.0)
    for second in range(3_000):
        intensity.add(second % 8, (second + 1) * NS_PER_S)
    assert intensity.events == pytest.approx(1 / -math.expm1(-1 / 100), rel=1e-6)


@pytest.mark.parametrize(("symbol", "a", "k"), [("AAPL", 1.35, 0.358), ("AMZN", 0.45, 0.369)])
def test_real_books_are_reached_as_often_and_decay_as_the_reference_measured(
    data_file: Callable[[str], Path], symbol: str, a: float, k: float
) -> None:
    intensity, mid, before, quoted_ns = FillIntensity(tau_s=1e9), 0.0, 0.0, 0
    for now_ns, tick in tape(data_file(TAPE), (symbol,)):
        if isinstance(tick, Quote) and tick.is_two_sided:
            before, quoted_ns = (mid, now_ns) if now_ns != quoted_ns else (before, quoted_ns)
            mid = tick.mid
        elif isinstance(tick, Trade) and mid:
            fair = before if now_ns == quoted_ns and before else mid
            intensity.add(abs(tick.px - fair) / 100, now_ns)
    found = intensity.fit()
    assert found is not None
    assert found[0] == pytest.approx(a, rel=0.03)
    assert found[1] == pytest.approx(k, rel=0.01)


def test_what_happens_inside_the_spread_does_not_bend_the_law() -> None:
    rng, intensity, now_ns = random.Random(2), FillIntensity(tau_s=1e9), 0
    for _ in range(40_000):
        now_ns += round(rng.expovariate(2.0) * NS_PER_S)
        intensity.add(max(2.0, rng.expovariate(0.3)), now_ns)  # the touch is two ticks away: each event gets there
    assert intensity.fit() == pytest.approx((1.0, 0.3), rel=0.08)
