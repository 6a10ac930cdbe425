"""The closed forms reproduce the published tables: AS-2008 by simulation, GLFT-2013 to five digits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from strategies.models import avellaneda

S0, SIGMA, STEP_S, K, A = 100.0, 2.0, 0.005, 1.5, 140.0  # AS-2008 section 3.3
STEPS = 200
PATHS = 20_000


def test_the_reservation_price_falls_with_inventory() -> None:
    assert avellaneda.reservation_px(100.0, q=5, gamma=0.1, sigma=2.0, left_s=1.0) == pytest.approx(98.0)


def test_the_spread_at_the_start_is_that_of_the_paper() -> None:
    assert avellaneda.total_spread(gamma=0.1, sigma=2.0, k=1.5, left_s=1.0) == pytest.approx(0.4 + 1.29077, abs=1e-5)


class Outcome(NamedTuple):
    """What a table row says, and what a simulation gave."""

    spread: float
    profit: float
    profit_sd: float
    q_sd: float


def simulated(gamma: float, *, inventory: bool, fill: str = "min", seed: int = 1) -> tuple[Outcome, float]:
    """Return a row of AS-2008's tables, and the mean final inventory, from PATHS paths."""
    rng = np.random.default_rng(seed)
    mid, q, cash = np.full(PATHS, S0), np.zeros(PATHS), np.zeros(PATHS)
    spreads = [avellaneda.total_spread(gamma=gamma, sigma=SIGMA, k=K, left_s=1 - i * STEP_S) for i in range(STEPS)]
    average = float(np.mean(spreads))
    for i in range(STEPS):
        left_s = 1 - i * STEP_S
        shift = 100.0 - avellaneda.reservation_px(100.0, q=1, gamma=gamma, sigma=SIGMA, left_s=left_s)
        centre = -q * shift if inventory else np.zeros(PATHS)  # relative to the mid
        half = (spreads[i] if inventory else average) / 2
        for sign in (1, -1):  # the bid, the ask
            away = half - sign * centre
            rate = A * np.exp(-K * away) * STEP_S
            chance = np.minimum(rate, 1.0) if fill == "min" else 1 - np.exp(-rate)
            traded = rng.random(PATHS) < chance
            cash -= sign * traded * (mid - sign * away)
            q += sign * traded
        mid += SIGMA * np.sqrt(STEP_S) * rng.choice((-1.0, 1.0), PATHS)
    profit = cash + q * mid
    return Outcome(average, float(profit.mean()), float(profit.std()), float(q.std())), float(q.mean())


TABLE = {  # section 3.2 of the reference, "ours": 5 × 20,000 paths
    (0.1, True): Outcome(1.4918, 64.86, 6.52, 2.92),
    (0.1, False): Outcome(1.4918, 68.21, 13.46, 8.40),
    (0.01, True): Outcome(1.3490, 68.35, 8.92, 5.21),
    (0.01, False): Outcome(1.3490, 68.65, 13.68, 8.71),
    (1.0, True): Outcome(3.0317, 31.44, 4.83, 1.64),
    (1.0, False): Outcome(3.0317, 43.70, 10.72, 5.17),
}


@pytest.mark.parametrize(("gamma", "inventory"), TABLE)
def test_the_six_rows_of_the_published_tables_come_out(gamma: float, *, inventory: bool) -> None:
    expected = TABLE[gamma, inventory]
    found, mean_q = simulated(gamma, inventory=inventory)
    assert found.spread == pytest.approx(expected.spread, abs=2e-3)
    assert found.profit == pytest.approx(expected.profit, abs=0.5)
    assert found.profit_sd == pytest.approx(expected.profit_sd, rel=0.025)
    assert found.q_sd == pytest.approx(expected.q_sd, rel=0.025)
    assert abs(mean_q) < 0.3


@pytest.mark.parametrize(("gamma", "profit"), [(0.1, 57.2), (0.01, 60.3), (1.0, 28.2)])
def test_the_other_way_to_read_the_fill_probability_gives_other_numbers(gamma: float, profit: float) -> None:
    found, _ = simulated(gamma, inventory=True, fill="exponential")
    assert found.profit == pytest.approx(profit, abs=0.5)


GLFT = {"gamma": 0.01, "sigma": 0.3, "a": 0.9, "k": 0.3}
WILD = {"gamma": 0.01, "sigma": 1.0, "a": 0.2, "k": 0.3}


def test_the_constants_of_the_stationary_form_agree_to_five_digits() -> None:
    assert avellaneda.half_width(gamma=0.01, k=0.3) == pytest.approx(3.278982, abs=5e-7)
    assert avellaneda.skew(**GLFT) == pytest.approx(0.067866, abs=5e-7)
    assert avellaneda.skew(**{**GLFT, "sigma": 0.4}) == pytest.approx(0.090488, abs=5e-7)
    assert avellaneda.skew(**WILD) == pytest.approx(0.479884, abs=5e-7)


@pytest.mark.parametrize(
    ("model", "q", "exact", "closed"),
    [
        (GLFT, 0, 3.31305, 3.31292),
        (GLFT, 5, 3.65348, 3.65224),
        (GLFT, 10, 3.99293, 3.99157),
        (GLFT, -10, 2.63280, 2.63426),
        (GLFT, 20, 4.66554, 4.67023),
        ({**GLFT, "sigma": 0.4}, 0, 3.32446, 3.32423),
        (WILD, 0, 3.52565, 3.51892),
        (WILD, 10, 8.02275, 8.31776),
        (WILD, 20, 11.245, 13.117),
    ],
)
def test_bid_depths_exact_and_closed_are_those_of_the_reference(
    model: dict[str, float], q: int, exact: float, closed: float
) -> None:
    gamma, sigma, a, k = model["gamma"], model["sigma"], model["a"], model["k"]
    c1, c2 = avellaneda.half_width(gamma=gamma, k=k), avellaneda.skew(gamma=gamma, sigma=sigma, a=a, k=k)
    assert avellaneda.depth(1, q=q, c1=c1, c2=c2) == pytest.approx(closed, abs=5e-4 if q == 20 else 1e-5)
    table = avellaneda.exact_depths(gamma=gamma, sigma=sigma, a=a, k=k, q_max=30)
    assert table[q] == pytest.approx(exact, abs=5e-4 if q == 20 else 1e-5)


def test_the_ask_mirrors_the_bid() -> None:
    for q in (-3, 0, 4):
        assert avellaneda.depth(-1, q=q, c1=3.0, c2=0.5) == avellaneda.depth(1, q=-q, c1=3.0, c2=0.5)


@pytest.mark.parametrize("wanted", [0.001, 0.07, 5.0])
def test_the_gamma_of_a_skew_gives_that_skew(wanted: float) -> None:
    gamma = avellaneda.gamma_for_skew(wanted, sigma=0.3, a=0.9, k=0.3)
    assert avellaneda.skew(gamma=gamma, sigma=0.3, a=0.9, k=0.3) == pytest.approx(wanted, rel=1e-9)
