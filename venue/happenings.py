"""What happens to a generated market besides trading: headlines that move a price, halts, limit bands and pauses.

Each kind has its own seed. A headline's effect is planted: it begins half a second later and is spread over ten.
"""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from venue.rows import Luld, News, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.iex import SymbolMarket
    from venue.rows import Row

PAUSED = ("P", "Volatility Trading Pause", "LUDP", "Volatility Trading Pause")
HALTED = ("H", "Trading Halt", "T1", "News Pending")
RESUMED = ("T", "Trading Resumption", "C11", "Trade Halt Concluded")
BAND_PCT = 5
BAND_EVERY_S, REFERENCE_S, SAMPLE_S, PAUSE_S = 30.0, 300.0, 5.0, 300.0
EFFECT_DELAY_S, EFFECT_S = 0.5, 10.0
GOOD_WORDS = ("beats estimates", "raises its outlook", "wins a large contract", "is upgraded")
BAD_WORDS = ("misses estimates", "cuts its outlook", "faces an inquiry", "is downgraded")


class Halt(msgspec.Struct, frozen=True):
    """A planned halt: which symbol of the list, when, for how long."""

    symbol_index: int
    after_s: float
    for_s: float


class NewsPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Headlines: how often one comes, how far it moves its price, how often its words tell the right direction."""

    every_s: float = 0.0  # 0: none
    effect_bps: float = 25.0
    truthful: float = 0.85


class Headlines:
    """The news desk."""

    def __init__(self, seed: int, symbols: tuple[str, ...], plan: NewsPlan) -> None:
        self._dice, self._symbols, self._plan = random.Random(f"{seed}/news"), symbols, plan
        self._next_s = self._wait()
        self._made = 0
        self._effects: list[tuple[float, str, float]] = []  # begins at, symbol, log price per second

    def _wait(self) -> float:
        return self._dice.expovariate(1 / self._plan.every_s) if self._plan.every_s else float("inf")

    def step(self, now_s: float, span_s: float, t_ns: int) -> tuple[list[Row], dict[str, float]]:
        """Return the headlines of a span, and how much each log price is moved in it."""
        rows: list[Row] = []
        while self._next_s < now_s + span_s:
            rows.append(self._headline(t_ns))
            self._next_s += self._wait()
        self._effects = [effect for effect in self._effects if now_s < effect[0] + EFFECT_S]
        moved: dict[str, float] = {}
        for begins_s, symbol, per_s in self._effects:
            if now_s >= begins_s:
                moved[symbol] = moved.get(symbol, 0.0) + per_s * span_s
        return rows, moved

    def _headline(self, t_ns: int) -> News:
        symbol = self._dice.choice(self._symbols)
        good = self._dice.random() < 1 / 2
        told = good if self._dice.random() < self._plan.truthful else not good
        words = self._dice.choice(GOOD_WORDS if told else BAD_WORDS)
        effect = (1 if good else -1) * self._plan.effect_bps / 1e4 / EFFECT_S
        self._effects.append((self._next_s + EFFECT_DELAY_S, symbol, effect))
        self._made += 1
        return News(t_ns, self._made, f"{symbol} {words}", f"{symbol} {words}, a wire report says.", (symbol,))


class Interruptions:
    """Halts by plan, and pauses when a price runs into its band."""

    def __init__(self, markets: list[SymbolMarket], halts: tuple[Halt, ...]) -> None:
        self._markets = markets
        self._plans = {markets[halt.symbol_index % len(markets)].name: halt for halt in halts}
        self._until_s: dict[str, float] = {}
        self._samples: dict[str, deque[int]] = {
            market.name: deque(maxlen=round(REFERENCE_S / SAMPLE_S)) for market in markets
        }
        self._sample_s = self._bands_s = 0.0

    def step(self, now_s: float, t_ns: int, latent_px: Callable[[str], float]) -> list[Row]:
        """Return the statuses, bands and reopening quotes that are due."""
        rows: list[Row] = []
        for market in self._markets:
            if market.halted and now_s >= self._until_s[market.name]:
                rows += [
                    Status(t_ns, market.name, *RESUMED, halted=False),
                    *market.reopen(latent_px(market.name), t_ns),
                ]
                self._samples[market.name].clear()
            plan = self._plans.get(market.name)
            if plan and now_s >= plan.after_s:
                del self._plans[market.name]
                rows += self._stop(market, HALTED, now_s + plan.for_s, t_ns)
        if now_s >= self._sample_s:
            self._sample_s = now_s + SAMPLE_S
            rows += self._look(now_s, t_ns)
        return rows

    def _look(self, now_s: float, t_ns: int) -> list[Row]:
        tell = now_s >= self._bands_s
        if tell:
            self._bands_s = now_s + BAND_EVERY_S
        rows: list[Row] = []
        for market in self._markets:
            if market.halted:
                continue
            samples = self._samples[market.name]
            samples.append(market.mid_px)
            reference = sum(samples) // len(samples)
            band = reference * BAND_PCT // 100
            if abs(market.mid_px - reference) >= band:
                rows += self._stop(market, PAUSED, now_s + PAUSE_S, t_ns)
            elif tell:
                rows.append(Luld(t_ns, market.name, _cents(reference + band), _cents(reference - band)))
        return rows

    def _stop(self, market: SymbolMarket, words: tuple[str, str, str, str], until_s: float, t_ns: int) -> list[Row]:
        market.halted = True
        self._until_s[market.name] = until_s
        return [Status(t_ns, market.name, *words, halted=True)]


def _cents(px: int) -> int:
    return px // 100 * 100
