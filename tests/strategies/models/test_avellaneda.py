"""What the closed forms promise besides the published tables (tests/strategies/published/maker.py has those)."""

from __future__ import annotations

import pytest

from strategies.models import avellaneda


def test_the_ask_mirrors_the_bid() -> None:
    for q in (-3, 0, 4):
        assert avellaneda.depth(-1, q=q, c1=3.0, c2=0.5) == avellaneda.depth(1, q=-q, c1=3.0, c2=0.5)


@pytest.mark.parametrize("wanted", [0.001, 0.07, 5.0])
def test_the_gamma_of_a_skew_gives_that_skew(wanted: float) -> None:
    gamma = avellaneda.gamma_for_skew(wanted, sigma=0.3, a=0.9, k=0.3)
    assert avellaneda.skew(gamma=gamma, sigma=0.3, a=0.9, k=0.3) == pytest.approx(wanted, rel=1e-9)
