"""The lead is measured a little at a time, and a forecast learns only what has happened."""

from __future__ import annotations

import math
import random

import pytest

from hft.clock import NS_PER_S
from strategies.estimators.lead import RETURNS_MIN, Forecast, LeadMeter


def meter() -> LeadMeter:
    return LeadMeter(window_s=600.0, every_s=60.0, lag_max_s=5.0, lag_step_s=1.0)


def fed(seconds: int = 600, lag_s: int = 2) -> LeadMeter:
    """Return a meter that has seen B do what A did `lag_s` ago."""
    rng, made, past, level = random.Random(1), meter(), [0.0] * (lag_s + 1), 0.0
    for second in range(seconds):
        level += rng.gauss(0, 1)
        past.append(level)
        made.tick(0, level, second * NS_PER_S + 1)
        made.tick(1, past[-1 - lag_s], second * NS_PER_S + 1)
    return made


def test_one_lag_of_the_grid_is_done_per_call() -> None:
    made = fed()
    for call in range(11):
        assert not made.leads, call
        made.measure(600 * NS_PER_S)
    assert (made.lag_s, made.agreeing) == (2.0, 1)
    assert made.ratio > 10


def test_it_is_done_again_only_when_it_is_time() -> None:
    made = fed()
    for _ in range(30):
        made.measure(600 * NS_PER_S)
    assert len(made.leads) == 1
    for _ in range(11):
        made.measure(661 * NS_PER_S)
    assert len(made.leads) == 2


def test_too_few_ticks_measure_nothing() -> None:
    made = fed(seconds=RETURNS_MIN - 1)
    for _ in range(20):
        made.measure(600 * NS_PER_S)
    assert (made.lag_s, made.agreeing) == (0.0, 0)
    assert math.isnan(made.ratio)
    assert 0 < made.changes < RETURNS_MIN


def test_how_many_changes_a_first_measurement_still_wants_is_told_and_no_more_after_it() -> None:
    made = fed()
    for _ in range(20):
        made.measure(600 * NS_PER_S)
    assert made.leads
    for _ in range(2):
        made.tick(0, 1.0, 5_000 * NS_PER_S)
        made.tick(1, 1.0, 5_000 * NS_PER_S)
    assert made.changes == RETURNS_MIN


def test_ticks_older_than_the_window_are_forgotten() -> None:
    made = fed()
    made.tick(0, 1.0, 5_000 * NS_PER_S)
    assert len(made._ticks[0]) == 1


def test_a_forecast_finds_how_much_of_the_leaders_move_the_follower_makes() -> None:
    rng, forecast = random.Random(2), Forecast(past_s=2.0, ahead_s=2.0, every_s=1.0, samples=400)
    leader, levels = 0.0, [0.0] * 3
    for second in range(600):
        leader += rng.gauss(0, 1)
        levels.append(leader)
        forecast.add(leader, 0.5 * levels[-3], (second + 1) * NS_PER_S)
    assert forecast.line.slope == pytest.approx(0.5, abs=0.05)
    assert forecast.t_value > 20
    assert forecast.move_bps == pytest.approx(forecast.line.slope * forecast.leader_move)


def test_a_label_is_not_known_before_its_time() -> None:
    forecast = Forecast(past_s=2.0, ahead_s=5.0, every_s=1.0, samples=10)
    for second in range(6):
        assert len(forecast.line) == 0
        forecast.add(float(second), float(second), (second + 1) * NS_PER_S)
    assert len(forecast.line) == 1
    assert math.isnan(forecast.move_bps)
    assert math.isnan(forecast.t_value)
