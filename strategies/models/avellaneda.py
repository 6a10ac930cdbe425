"""Quotes of an inventory-aware market maker in closed form, and exactly (strategies reference 3.1–3.3).

Avellaneda & Stoikov (2008): reservation price and spread with a terminal time. Guéant, Lehalle & Fernandez-Tapia
(2013): the stationary limit, which has none and is what a live maker wants. Both: fills at rate A exp(−k δ) at depth δ.
Units are the caller's, one and the same everywhere: prices in u, sigma in u/√s, k in 1/u, A in 1/s, q in order units,
gamma in 1/u per unit. Adverse selection is not in these models: the family adds a floor (reference, finding 7).
"""

from __future__ import annotations

import math

GAMMA_MIN, GAMMA_MAX = 1e-9, 1e3
BISECTIONS = 80
INVERSE_ITERATIONS = 200


def reservation_px(mid: float, *, q: float, gamma: float, sigma: float, left_s: float) -> float:
    """Return r = s − q γ σ² (T−t), AS-2008 eq. (29)."""
    return mid - q * gamma * sigma * sigma * left_s


def total_spread(*, gamma: float, sigma: float, k: float, left_s: float) -> float:
    """Return γ σ² (T−t) + (2/γ) ln(1 + γ/k), AS-2008 eq. (30); it does not depend on q."""
    return gamma * sigma * sigma * left_s + 2.0 / gamma * math.log1p(gamma / k)


def half_width(*, gamma: float, k: float) -> float:
    """Return c1 = (1/γ) ln(1 + γ/k), GLFT-2013: the half-spread of a maker without inventory risk."""
    return math.log1p(gamma / k) / gamma


def skew(*, gamma: float, sigma: float, a: float, k: float) -> float:
    """Return c2 = √(σ²γ/(2kA) (1+γ/k)^(1+k/γ)), GLFT-2013: how far one unit of inventory shifts both quotes."""
    power = (1.0 + k / gamma) * math.log1p(gamma / k)
    return math.sqrt(sigma * sigma * gamma / (2.0 * k * a) * math.exp(power))


def depth(sign: int, *, q: float, c1: float, c2: float) -> float:
    """Return the distance from fair of the bid (sign +1) or ask (−1) at inventory q: c1 + (2 sign q + 1)/2 c2."""
    return c1 + (2.0 * sign * q + 1.0) / 2.0 * c2


def gamma_for_skew(wanted: float, *, sigma: float, a: float, k: float) -> float:
    """Return the gamma whose skew is `wanted`: a person can choose the skew, nobody can choose a gamma.

    The skew grows with gamma, so a bisection in its logarithm finds it; beyond the bounds the bound is returned.
    """
    low, high = math.log(GAMMA_MIN / 1.0), math.log(GAMMA_MAX)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if skew(gamma=math.exp(middle), sigma=sigma, a=a, k=k) < wanted:
            low = middle
        else:
            high = middle
    return math.exp(low)


def exact_depths(*, gamma: float, sigma: float, a: float, k: float, q_max: int) -> dict[int, float]:
    """Return the exact stationary bid depth for q from −q_max to q_max − 1; the ask at q is the bid at −q.

    v solves v' = M v with M tridiagonal: diagonal α q² (α = k γ σ²/2), off-diagonal −η, and long before the close only
    the lowest eigenvector of M is left, found by inverse iteration. δ_bid(q) = c1 + ln(v_q / v_{q+1}) / k.
    """
    alpha = k * gamma * sigma * sigma / 2.0
    eta = a * math.exp(-(1.0 + k / gamma) * math.log1p(gamma / k))
    shift = 2.0 * eta  # makes the matrix positive definite; eigenvectors do not notice
    diagonal = [alpha * q * q + shift for q in range(-q_max, q_max + 1)]
    v = [1.0] * len(diagonal)
    for _ in range(INVERSE_ITERATIONS):
        v = _solved(diagonal, -eta, v)
        largest = max(v)
        v = [value / largest for value in v]
    c1 = half_width(gamma=gamma, k=k)
    return {q: c1 + math.log(v[q + q_max] / v[q + q_max + 1]) / k for q in range(-q_max, q_max)}


def _solved(diagonal: list[float], off: float, right: list[float]) -> list[float]:
    """Return x of the symmetric tridiagonal system (constant off-diagonal), by elimination (Thomas)."""
    size = len(diagonal)
    pivot, value = list(diagonal), list(right)
    for i in range(1, size):
        factor = off / pivot[i - 1]
        pivot[i] -= factor * off
        value[i] -= factor * value[i - 1]
    x = [0.0] * size
    x[-1] = value[-1] / pivot[-1]
    for i in range(size - 2, -1, -1):
        x[i] = (value[i] - off * x[i + 1]) / pivot[i]
    return x
