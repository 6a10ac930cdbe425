"""Tables 3.2 and 3.3: the market maker's closed forms, by simulation and by formula."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from strategies.models import avellaneda

S0, SIGMA, STEP_S, K, A = 100.0, 2.0, 0.005, 1.5, 140.0  # AS-2008 section 3.3
STEPS = 200
PATHS = 20_000
SIX = {
    f"γ {gamma:g} {name}": (gamma, name == "inventory")
    for gamma in (0.1, 0.01, 1.0)
    for name in ("inventory", "symmetric")
}
CALM = {"gamma": 0.01, "sigma": 0.3, "a": 0.9, "k": 0.3}
MODELS = {
    "": (CALM, (0, 5, 10, -10, 20)),
    "σ 0.4 ": ({**CALM, "sigma": 0.4}, (0,)),
    "σ 1, A 0.2 ": ({**CALM, "sigma": 1.0, "a": 0.2}, (0, 10, 20)),
}


class Outcome(NamedTuple):
    """What a row of AS-2008's tables says."""

    spread: float
    profit: float
    profit_sd: float
    q: float
    q_sd: float


def simulated(gamma: float, *, inventory: bool, fill: str = "min", seed: int = 1) -> Outcome:
    """Return a row of the tables from PATHS paths; `fill` is how λ dt becomes a probability."""
    rng = np.random.default_rng(seed)
    mid, q, cash = np.full(PATHS, S0), np.zeros(PATHS), np.zeros(PATHS)
    spreads = [avellaneda.total_spread(gamma=gamma, sigma=SIGMA, k=K, left_s=1 - i * STEP_S) for i in range(STEPS)]
    average = float(np.mean(spreads))
    for i in range(STEPS):
        left_s = 1 - i * STEP_S
        shift = S0 - avellaneda.reservation_px(S0, q=1, gamma=gamma, sigma=SIGMA, left_s=left_s)
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
    return Outcome(average, float(profit.mean()), float(profit.std()), float(q.mean()), float(q.std()))


def tables() -> dict[str, float]:
    """Return the six rows, each number under the reference's name and once more beside the paper's."""
    found = {}
    for name, (gamma, inventory) in SIX.items():
        outcome = simulated(gamma, inventory=inventory)
        for what, value in zip(("spread", "profit", "profit sd", "final q", "final q sd"), outcome, strict=True):
            found[f"{name} {what}"] = found[f"{name} {what}, paper"] = value
    return found


def trap() -> dict[str, float]:
    """Return the profits of the reading that the paper does not mean."""
    return {
        f"γ {gamma:g} inventory profit": simulated(gamma, inventory=True, fill="exponential").profit
        for gamma in (0.1, 0.01, 1.0)
    }


def one_call() -> dict[str, float]:
    """Return both functions at the reference's arguments."""
    return {
        "reservation price": avellaneda.reservation_px(100.0, q=5, gamma=0.1, sigma=2.0, left_s=1.0),
        "spread at t = 0": avellaneda.total_spread(gamma=0.1, sigma=2.0, k=1.5, left_s=1.0),
    }


def stationary() -> dict[str, float]:
    """Return the constants and bid depths of GLFT-2013, exact and closed."""
    found = {}
    for name, (model, inventories) in MODELS.items():
        c1, c2 = avellaneda.half_width(gamma=model["gamma"], k=model["k"]), avellaneda.skew(**model)
        exact = avellaneda.exact_depths(**model, q_max=30)
        found[f"{name}c2"] = c2
        for q in inventories:
            found[f"{name}q {q} exact"] = exact[q]
            found[f"{name}q {q} closed"] = avellaneda.depth(1, q=q, c1=c1, c2=c2)
    c1 = avellaneda.half_width(gamma=CALM["gamma"], k=CALM["k"])
    return {**found, "c1": c1, "η": CALM["a"] * math.exp(-(CALM["gamma"] + CALM["k"]) * c1)}
