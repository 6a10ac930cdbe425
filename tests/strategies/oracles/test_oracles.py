"""Ours against what statsmodels, scipy and river answered; and, where they are installed, what they answer now."""

from __future__ import annotations

import math

import pytest

from strategies.estimators.ftrl import Ftrl
from tests.strategies.oracles.cases import CASES
from tests.strategies.oracles.recorded import missing, recorded
from tests.strategies.published.learning import SETTINGS, stream

STILL = 1e-7  # relative: what other processors and versions change


@pytest.mark.parametrize("name", CASES)
def test_ours_is_what_the_oracle_answered(name: str) -> None:
    case = CASES[name]
    assert case.ours() == pytest.approx(recorded().answers[name], rel=case.rel, abs=case.abs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_the_oracle_still_answers_so(name: str) -> None:
    if missing():
        pytest.skip(f"{', '.join(missing())} not installed: make oracles installs and asks them")
    assert CASES[name].theirs() == pytest.approx(recorded().answers[name], rel=STILL, abs=STILL)


@pytest.mark.parametrize(("l1", "l2"), SETTINGS)
def test_the_papers_rule_stays_near_rivers(l1: float, l2: float) -> None:
    """Reference 6.3: |p| within .02 everywhere; it is river's order of updates, not another model."""
    river = recorded().answers[f"FTRL in river's order, l1 {l1:g}"]
    model, (x, y, _) = Ftrl(6, l1=l1, l2=l2), stream()
    told = [model.learn(features, label) for features, label in zip(x, y, strict=True)][:: len(x) // len(river)]
    assert max(map(abs, map(float.__sub__, told, river))) < 0.02


def test_the_record_has_every_case_and_no_other() -> None:
    assert set(recorded().answers) == set(CASES)
    assert all(math.isfinite(value) for answer in recorded().answers.values() for value in answer)
