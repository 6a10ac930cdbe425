"""`python -m tests.strategies.published.readings`: the readings that ADR 30 weighs against each other, measured.

Needs the recordings; two minutes.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from hft.messages import Quote, Trade
from strategies.estimators.intensity import DEPTH_MIN, FillIntensity
from strategies.mm import Params, View
from strategies.models import cointegration
from tests.strategies.arena import tape
from tests.strategies.published import market, reversion, tapes
from tests.strategies.published.ours import recording

KALMAN_ROW, KALMAN_RUNS = (0.87, 0.69, 0.39, 0.15), 300


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fits(meters: dict[str, FillIntensity], depth_min: int) -> str:
    """Return A and k of each symbol in words."""
    found = ((symbol, *(meter.fit(depth_min) or (0.0, 0.0))) for symbol, meter in meters.items())
    return ", ".join(f"{symbol} A {a:.3f} k {k:.3f}" for symbol, a, k in found)


def intensity() -> None:
    """Say A and k for fits that begin at different depths, for signed prints only, and around mm's own fair value."""
    meters = tapes.meters(recording)
    for depth_min in range(6):
        say(f"3.4 from {depth_min} ticks on: {fits(meters, depth_min)}")
    say(f"3.4 signed prints only: {fits(tapes.meters(recording, signed_only=True), DEPTH_MIN)}")
    say(f"3.4 around mm's fair value: {fits({symbol: around_fair(symbol) for symbol in tapes.SYMBOLS}, DEPTH_MIN)}")


def around_fair(symbol: str) -> FillIntensity:
    """Return what mm has measured after the day, had it forgotten nothing."""
    view = View(symbol, Params())
    view.intensity = FillIntensity(tau_s=1e9)
    for now_ns, tick in tape(recording(tapes.NASDAQ), (symbol,)):
        if isinstance(tick, Quote):
            view.learn(tick, now_ns)
        elif isinstance(tick, Trade):
            view.learn_trade(tick)
    return view.intensity


def last_trade() -> None:
    """Say how far off the last IEX trade is when an instant's prints are averaged, and when the last one counts."""
    watch = tapes.watched(recording(tapes.TAQ))
    for name, value in tapes.quantiles(watch, "last IEX trade", tapes.LAST_LINE).items():
        say(f"1.3 {name}: {value:.2f}")


def kalman() -> None:
    """Say what the innovation keeps, with beta wandering and without, and for shorter and longer sessions."""
    for with_beta in (True, False):
        for name, memory in reversion.MEMORIES.items():
            runs = reversion.kept(memory, with_beta=with_beta)
            who = "α and β wander" if with_beta else "only α wanders"
            say(f"2.4 {who}, {name}: {runs.mean():.3f}, sd of a run {runs.std(ddof=1):.3f}")
    for samples in (1_000, 4_680, 23_400):
        say(f"2.4 q 0, {samples} samples: {reversion.kept(math.inf, samples=samples).mean():.3f}")
    say(f"2.4 runs further from the mean of all four than the reference: {further(np.array(KALMAN_ROW)):.2f}")


def further(row: tapes.Array) -> float:
    """Return the share of many runs that lie further from their mean (Mahalanobis) than the published row."""
    runs = np.array([reversion.kept(memory, runs=KALMAN_RUNS) for memory in reversion.MEMORIES.values()]).T
    inverse = np.linalg.inv(np.cov(runs.T))
    away = [float(each @ inverse @ each) for each in (row - runs.mean(axis=0), *(runs - runs.mean(axis=0)))]
    return float(np.mean([one >= away[0] for one in away[1:]]))


def order_flow() -> None:
    """Say λ with the mean depth over the venue's messages, and over the changes of the book."""
    for symbol, rows in tapes.nasdaq(recording(tapes.NASDAQ)).items():
        moves, flows, _ = tapes.binned(rows)
        beta = tapes.slopes(moves, flows)
        told, changed = (tapes.exponent(beta, tapes.depths(rows, of_messages=each)) for each in (True, False))
        say(f"1.4 {symbol} λ: {told:.3f} over messages, {changed:.3f} over changes of the book")


def direction() -> None:
    """Say ml's AUC on the mid's moves and on those of its own fair value."""
    own = market.baseline(recording, market.Own)
    for name, value in market.baseline(recording).items():
        say(f"6.3 {name}: {value:.3f} on the mid, {own[name]:.3f} on the family's fair value")


def mackinnon() -> None:
    """Say the 1 % value of short walks beside both constants."""
    seen = [reversion.unrelated_walks(25, 400_000, seed=seed) for seed in range(5)]
    ours = cointegration.critical(0.01, 25)
    say(f"2.3 at 1 %, 25 points: walks {np.mean(seen):.3f}, b2 -22.527 {ours:.3f}, b2 -33.527 {ours - 11 / 24**2:.3f}")


if __name__ == "__main__":
    for measure in (intensity, last_trade, kalman, order_flow, direction, mackinnon):
        measure()
