"""The libraries' side: each function imports what it asks, so that the rest needs none of them.

statsmodels 0.15, scipy 1.17 and river 0.26 wrote recorded.json; its own heading has the exact versions.
"""

from __future__ import annotations

import math

import numpy as np

NO_LAGS = {"maxlag": 0, "autolag": None}
Series = list[float]


def coint_statistics(pairs: list[tuple[Series, Series]]) -> Series:
    """Return statsmodels' Engle–Granger statistics."""
    from statsmodels.tsa.stattools import coint

    return [float(coint(y, x, trend="c", **NO_LAGS)[0]) for y, x in pairs]


def coint_verdicts(pairs: list[tuple[Series, Series]]) -> Series:
    """Return for each pair whether its statistic is below statsmodels' critical values at 5 and 10 %."""
    from statsmodels.tsa.stattools import coint

    found = [coint(y, x, trend="c", **NO_LAGS) for y, x in pairs]
    return [float(t < critical) for t, _, criticals in found for critical in criticals[1:]]


def critical_values(counts: tuple[int, ...]) -> Series:
    """Return MacKinnon's values at 5 and 10 % for two series with a constant; ADR 30 says what is with 1 %.

    The residual has one difference less than points.
    """
    from statsmodels.tsa.adfvalues import mackinnoncrit

    return [float(value) for n in counts for value in mackinnoncrit(N=2, regression="c", nobs=n - 1)[1:]]


def adf_statistics(series: list[Series]) -> Series:
    """Return Dickey–Fuller's t without constant and lag."""
    from statsmodels.tsa.stattools import adfuller

    return [float(adfuller(one, regression="n", result_object=False, **NO_LAGS)[0]) for one in series]


def least_squares(x: Series, y: Series) -> Series:
    """Return slope, intercept, the slope's error and the residuals' mean square."""
    from statsmodels.api import OLS, add_constant

    fit = OLS(y, add_constant(np.array(x))).fit()
    return [float(fit.params[1]), float(fit.params[0]), float(fit.bse[1]), float(np.mean(fit.resid**2))]


def autoregression(series: Series) -> Series:
    """Return b, intercept and the residuals' mean square of an AR(1) with a constant."""
    from statsmodels.tsa.ar_model import AutoReg

    fit = AutoReg(series, 1).fit()
    return [float(fit.params[1]), float(fit.params[0]), float(np.mean(np.asarray(fit.resid) ** 2))]


def passages(ends: list[tuple[float, float]]) -> Series:
    """Return the first-passage integrals by adaptive quadrature, with the scaled complementary error function."""
    from scipy.integrate import quad
    from scipy.special import erfcx

    factor = math.sqrt(math.pi / 2)
    return [factor * float(quad(lambda y: erfcx(y / math.sqrt(2)), low, high)[0]) for high, low in ends]


def exact_depths(model: dict[str, float], q_max: int, left_s: float) -> Series:
    """Return bid depths for q from −10 to 20, `left_s` before the close: v = exp(−M T) 1 (reference 3.1)."""
    from scipy.linalg import expm

    gamma, sigma, a, k = (model[name] for name in ("gamma", "sigma", "a", "k"))
    q = np.arange(-q_max, q_max + 1)
    eta = a * (1 + gamma / k) ** -(1 + k / gamma)
    beside = eta * (np.eye(len(q), k=1) + np.eye(len(q), k=-1))
    v = expm(-(np.diag(k * gamma * sigma**2 / 2 * q**2) - beside) * left_s) @ np.ones(len(q))
    c1 = math.log1p(gamma / k) / gamma
    return [c1 + math.log(v[at + q_max] / v[at + q_max + 1]) / k for at in range(-10, 21)]


def kalman(x: Series, y: Series, q_beta: float, q_alpha: float, every: int) -> Series:
    """Return filtered beta and alpha and the innovation at every so many points, by statsmodels' state space."""
    from statsmodels.tsa.statespace.mlemodel import MLEModel

    model = MLEModel(np.array(y), k_states=2)
    model["design"] = np.stack((x, np.ones(len(x))))[None, :, :]
    model["transition"] = model["selection"] = np.eye(2)
    model["state_cov"], model["obs_cov"] = np.diag((q_beta, q_alpha)), np.array([[0.01]])
    model.ssm.initialize_known(np.zeros(2), 1e6 * np.eye(2) + np.diag((q_beta, q_alpha)))
    model.ssm.tolerance = 0.0  # never takes the filter for settled
    found = model.ssm.filter()
    states, innovations = found.filtered_state, found.forecasts_error[0]
    return [
        float(value)
        for at in range(every - 1, len(x), every)
        for value in (states[0, at], states[1, at], innovations[at])
    ]


def recursive(x: Series, y: Series) -> Series:
    """Return slope and intercept of recursive least squares after the last point."""
    from statsmodels.api import RecursiveLS

    fit = RecursiveLS(y, np.column_stack((x, np.ones(len(x))))).fit()
    return [float(value) for value in fit.params]


def river(x: list[Series], y: list[int], l1: float, l2: float, every: int) -> Series:
    """Return every so many of river's probabilities, each before its label is learnt."""
    from river.linear_model import LogisticRegression
    from river.optim import FTRLProximal

    model = LogisticRegression(optimizer=FTRLProximal(alpha=0.05, beta=1.0, l1=l1, l2=l2), l2=0.0, intercept_lr=0.0)
    told = []
    for features, label in zip(x, y, strict=True):
        named = dict(enumerate(features))
        told.append(float(model.predict_proba_one(named)[True]))
        model.learn_one(named, bool(label))
    return told[::every]


def platt(margins: Series, labels: list[int]) -> Series:
    """Return slope and intercept of a logistic regression on Platt's smoothed targets."""
    from statsmodels.api import GLM, add_constant
    from statsmodels.genmod.families import Binomial

    ones = sum(labels)
    zeros = len(labels) - ones
    targets = [(ones + 1) / (ones + 2) if label else 1 / (zeros + 2) for label in labels]
    fit = GLM(targets, add_constant(np.array(margins)), family=Binomial()).fit(tol=1e-14)
    return [float(fit.params[1]), float(fit.params[0])]


def normal(points: Series) -> Series:
    """Return the normal distribution function."""
    from scipy.stats import norm

    return [float(value) for value in norm.cdf(points)]


def logistic(points: Series) -> Series:
    """Return the logistic function."""
    from scipy.special import expit

    return [float(value) for value in expit(points)]
