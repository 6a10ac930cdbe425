"""The fit of a spread knows how far apart its samples really are: quotes do not come on a grid."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_S
from strategies.estimators.regression import RollingLine
from strategies.estimators.spread import SpreadModel
from strategies.models import ou
from strategies.models.cointegration import engle_granger
from strategies.sdk import memory

if TYPE_CHECKING:
    from collections.abc import Iterator

HALF_LIFE_S, SD_BPS, SESSION_S = 150.0, 8.0, 23_400.0
START_NS = 1_795_446_300 * NS_PER_S


def spread_at(times_s: list[float], seed: int) -> Iterator[tuple[float, float, int]]:
    """Return y, x and the time in ns: x walks, y is x and a spread that comes back, exact at any distance."""
    rng, x, spread, last_s = random.Random(seed), 4_000.0, 0.0, 0.0
    for at_s in times_s:
        b = 2 ** (-(at_s - last_s) / HALF_LIFE_S)
        x += rng.gauss(0, math.sqrt(at_s - last_s))
        spread = b * spread + SD_BPS * math.sqrt(1 - b * b) * rng.gauss(0, 1)
        last_s = at_s
        yield x + spread, x, START_NS + round(at_s * NS_PER_S)


def now_and_then(gap_s: float, seed: int) -> list[float]:
    """Return the times of quotes that come at random, so many seconds apart on average."""
    rng, at_s, times_s = random.Random(seed), 0.0, []
    while at_s < SESSION_S:
        at_s += rng.expovariate(1 / gap_s)
        times_s.append(at_s)
    return times_s


def fitted(times_s: list[float], seed: int, *, beta: float = 0.0, window: int = 2_000) -> SpreadModel:
    model = SpreadModel(step_s=5.0, window=window, beta=beta)
    for y, x, now_ns in spread_at(times_s, seed):
        model.sample(y, x, now_ns)
    model.fit()
    return model


@pytest.mark.parametrize("gap_s", [1.0, 5.0, 10.0, 20.0])
@pytest.mark.parametrize("beta", [0.0, 1.0])
def test_a_half_life_is_found_however_rarely_quotes_come(gap_s: float, beta: float) -> None:
    found = median(fitted(now_and_then(gap_s, seed), seed, beta=beta).half_life_s for seed in range(15))
    assert HALF_LIFE_S / 1.5 < found < HALF_LIFE_S * 1.5


@pytest.mark.parametrize("gap_s", [1.0, 10.0, 20.0])
def test_a_spread_that_comes_back_passes_the_test_however_rarely_quotes_come(gap_s: float) -> None:
    assert median(fitted(now_and_then(gap_s, seed), seed).excess for seed in range(9)) < 0


def test_on_a_grid_the_numbers_are_those_of_the_models_themselves() -> None:
    times_s = [5.0 * i for i in range(800)]
    model = fitted(times_s, 3, window=500)
    y, x = zip(*[(y, x) for y, x, _ in spread_at(times_s, 3)][-500:], strict=True)
    verdict = engle_granger(y, x)
    line = RollingLine(500)
    for before, after in pairwise(b - verdict.alpha - verdict.beta * a for a, b in zip(x, y, strict=True)):
        line.add(before, after)
    process = ou.fit(
        b=line.slope, intercept=line.intercept, residual_variance=line.residual_variance, n=499, step_s=5.0
    )
    assert (model.verdict, model.process) == (verdict, process)


def test_what_happened_across_a_hole_is_no_step_of_the_process() -> None:
    whole, holed = SpreadModel(step_s=5.0, window=2_000, beta=1.0), SpreadModel(step_s=5.0, window=2_000, beta=1.0)
    for y, x, now_ns in spread_at([5.0 * i for i in range(800)], 5):
        late = now_ns >= START_NS + 2_000 * NS_PER_S
        whole.sample(y, x, now_ns)
        holed.sample(y + 10 * late, x, now_ns + 600 * NS_PER_S * late)
    joined = SpreadModel(step_s=5.0, window=2_000, beta=1.0)
    for y, x, now_ns in spread_at([5.0 * i for i in range(800)], 5):
        joined.sample(y + 10 * (now_ns >= START_NS + 2_000 * NS_PER_S), x, now_ns)
    for model in (whole, holed, joined):
        model.fit()
    assert whole.verdict
    assert holed.verdict
    assert holed.verdict.n == whole.verdict.n - 1
    assert holed.half_life_s != joined.half_life_s


def test_a_memory_from_before_samples_had_their_times_still_gives_the_verdict_of_its_day() -> None:
    model, fresh = fitted([5.0 * i for i in range(500)], 7), SpreadModel(step_s=5.0, window=2_000)
    kept = memory.kept(model)
    older = {key: value for key, value in kept.items() if key != "_seen"}
    older["_samples"] = [[y, x] for y, x, _ in kept["_seen"]]
    memory.put_back(fresh, older)
    assert (fresh.verdict, fresh.process, len(fresh)) == (model.verdict, model.process, 0)
    for y, x, now_ns in spread_at([3_000 + 5.0 * i for i in range(100)], 8):
        fresh.sample(y, x, now_ns)
    fresh.fit()
    assert fresh.verdict
    assert fresh.verdict.n == 100
