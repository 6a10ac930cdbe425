"""A fit of mean reversion says what it should (tests/strategies/published/reversion.py has the tables)."""

from __future__ import annotations

import math

import pytest

from strategies.models import ou


def test_a_fit_says_speed_mean_and_width_in_the_callers_units() -> None:
    b = math.exp(-math.log(2) / 60)  # half-life 60 samples
    raw = (b * 99_997 - 1) / 100_000  # what the regression would say before the correction
    found = ou.fit(b=raw, intercept=8 * (1 - raw), residual_variance=4 * (1 - b * b), n=100_000, step_s=5.0)
    assert found is not None
    assert found.half_life_s == pytest.approx(300)
    assert found.mean == pytest.approx(8)
    assert found.sd == pytest.approx(2)
    assert found.score(12.0) == pytest.approx(2)
    assert found.passage_s(2, 0.5) == pytest.approx(0.902 * 300 / math.log(2), rel=1e-3)


@pytest.mark.parametrize("b", [1.0, 1.2, 0.0, -0.1, math.nan, 0.99])
def test_what_does_not_come_back_has_no_fit(b: float) -> None:
    assert ou.fit(b=b, intercept=0.0, residual_variance=1.0, n=60, step_s=5.0) is None


def test_too_few_samples_have_no_fit() -> None:
    assert ou.fit(b=0.5, intercept=0.0, residual_variance=1.0, n=9, step_s=5.0) is None
