"""Table 6.3 on a real day: ml's own features and model, asked which way the mid goes (not its own fair value)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from hft.clock import NS_PER_S
from hft.messages import Quote, Trade
from strategies.ml import Params, View
from tests.strategies.arena import tape
from tests.strategies.published.tapes import CENT, NASDAQ, OPEN_NS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HORIZONS = (("AMZN", 1), ("AMZN", 5), ("AAPL", 1))
SKIPPED_NS = 1_800 * NS_PER_S


class Pupil(View):
    """ml's view, whose labels are the mid's moves: learnt when they are due, and never before."""

    def __init__(self, symbol: str, ahead_s: float) -> None:
        super().__init__(symbol, Params(ahead_s=ahead_s))
        self.pending: deque[tuple[int, tuple[float, ...], float, float]] = deque()  # due_ns, features, p, level
        self.told: list[tuple[float, int]] = []  # p and what happened, after the first half-hour

    def level(self) -> float:
        """Return what moves: the mid, 1e-4 dollar."""
        assert self.quote is not None
        return (self.quote.bid_px + self.quote.ask_px) / 2

    def _predict(self, features: tuple[float, ...]) -> None:
        due_ns = self.now_ns + round(self.params.ahead_s * NS_PER_S)
        self.pending.append((due_ns, features, self.model.predict(features), self.level()))

    def _label(self) -> None:
        while self.pending and self.pending[0][0] <= self.now_ns:
            due_ns, features, p, before = self.pending.popleft()
            move = self.level() - before
            if abs(move) < CENT / 2:
                continue
            self.model.learn(features, int(move > 0))
            if due_ns - round(self.params.ahead_s * NS_PER_S) > OPEN_NS + SKIPPED_NS:
                self.told.append((p, int(move > 0)))


class Own(Pupil):
    """The same, whose labels are the family's own: the moves of its fair value."""

    def level(self) -> float:
        """Return the fair value."""
        return self.fair.px


def auc(told: list[tuple[float, int]]) -> float:
    """Return how often a rise was given a higher probability than a fall."""
    scored = sorted(told)
    ones = sum(label for _, label in scored)
    ranks = sum(rank for rank, (_, label) in enumerate(scored, 1) if label)
    return (ranks - ones * (ones + 1) / 2) / (ones * (len(scored) - ones))


def baseline(find: Callable[[str], Path], kind: type[Pupil] = Pupil) -> dict[str, float]:
    """Return the area under the curve for each stock and horizon."""
    found = {}
    ticks = {symbol: list(tape(find(NASDAQ), (symbol,))) for symbol in ("AMZN", "AAPL")}
    for symbol, ahead_s in HORIZONS:
        pupil = kind(symbol, ahead_s)
        for now_ns, tick in ticks[symbol]:
            if isinstance(tick, Quote):
                pupil.learn(tick, now_ns)
            elif isinstance(tick, Trade):
                pupil.learn_trade(tick)
        found[f"{symbol} {ahead_s} s, AUC"] = auc(pupil.told)
    return found
