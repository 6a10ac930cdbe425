"""Fill intensity: the truth of made-up tapes (tests/strategies/published/tapes.py has the real ones)."""

from __future__ import annotations

import math
import random

import pytest

from hft.clock import NS_PER_S
from strategies.estimators.intensity import FillIntensity


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


def test_what_happens_inside_the_spread_does_not_bend_the_law() -> None:
    rng, intensity, now_ns = random.Random(2), FillIntensity(tau_s=1e9), 0
    for _ in range(40_000):
        now_ns += round(rng.expovariate(2.0) * NS_PER_S)
        intensity.add(max(2.0, rng.expovariate(0.3)), now_ns)  # the touch is two ticks away: each event gets there
    assert intensity.fit() == pytest.approx((1.0, 0.3), rel=0.08)
