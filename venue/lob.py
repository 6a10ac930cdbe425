"""One symbol's book at the best level, queue-reactive: it leans towards the latent price (strategies.md 9.2, step 3).

Gap g = latent price in ticks minus the middle, clipped. What closes the gap speeds up by e^{+gain g}, what widens it
slows down by the same. A side that runs empty moves one tick away with a fresh queue. Trades excite trades (Hawkes).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

GAP_MAX = 3.0
LOT = 100
SIZE_STOP = 0.6  # sizes are 100 x geometric(0.6)
EXCITED_MAX = 60.0
EVENTS_PER_STEP_MAX = 500  # bounds one step whatever the rates


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Rates per second and side, and how they react."""

    add: float = 0.30
    cancel: float = 0.25
    market: float = 0.06
    improve: float = 0.5
    gain: float = 3.0
    queue: float = 600.0
    branching: float = 0.8
    decay_per_s: float = 5.0
    toxic: float = 0.0  # part of the market orders that know the latent price of the near future
    spread_ticks: int = 1


class Top(msgspec.Struct, frozen=True, gc=False):
    """The best level after an event; ticks and shares. `traded` is signed shares, `at` the tick they traded at."""

    t_s: float
    bid: int
    bid_qty: int
    ask: int
    ask_qty: int
    traded: int = 0
    at: int = 0


class TopOfBook:
    """Best bid and ask of one symbol, in ticks."""

    def __init__(self, dice: random.Random, flow: Flow, latent_ticks: float) -> None:
        self._dice, self._flow = dice, flow
        self.bid = math.floor(latent_ticks)
        self.ask = self.bid + flow.spread_ticks
        self._excited = 0.0
        self.bid_qty, self.ask_qty = self._fresh(), self._fresh()

    def top(self, t_s: float, traded: int = 0, at: int = 0) -> Top:
        """Return the present level."""
        return Top(t_s, self.bid, self.bid_qty, self.ask, self.ask_qty, traded, at)

    def step(
        self, start_s: float, span_s: float, latent_ticks: float, future_ticks: float, activity: float
    ) -> Iterator[Top]:
        """Yield the level after every event of a span; the informed trade towards the future price."""
        t_s = start_s
        for _ in range(EVENTS_PER_STEP_MAX):
            rates = self._rates(latent_ticks)
            total = activity * (1 + self._excited) * sum(rates)
            wait_s = self._dice.expovariate(total)
            t_s += wait_s
            if t_s >= start_s + span_s:
                break
            self._excited *= math.exp(-self._flow.decay_per_s * wait_s)
            yield self._event(t_s, rates, future_ticks)

    def _rates(self, latent_ticks: float) -> tuple[float, ...]:
        flow = self._flow
        wide = max(self.ask - self.bid - flow.spread_ticks, 0)
        gap = max(-GAP_MAX, min(GAP_MAX, latent_ticks - (self.bid + self.ask) / 2))
        up = math.exp(flow.gain * gap)
        down = 1 / up
        rise = flow.add * up, flow.cancel * up, flow.market * up, flow.improve * wide * up
        fall = flow.add * down, flow.cancel * down, flow.market * down, flow.improve * wide * down
        return (*rise, *fall)

    def _event(self, t_s: float, rates: tuple[float, ...], future_ticks: float) -> Top:
        mark = self._dice.random() * sum(rates)
        kind = 0
        for kind, rate in enumerate(rates):  # noqa: B007 the index is the result
            mark -= rate
            if mark < 0:
                break
        rises, what = kind < len(rates) // 2, kind % (len(rates) // 2)
        size = self._size()
        if what == 0:
            self._grow(size if rises else 0, 0 if rises else size)
        elif what == 1:
            self._shrink(size, rises=rises)
        elif what == 2:  # noqa: PLR2004 the third rate is the market order
            if self._flow.toxic and self._dice.random() < self._flow.toxic:
                rises = future_ticks > (self.bid + self.ask) / 2
            return self._trade(t_s, size, rates[2] + rates[6], rises=rises)
        else:
            self._improve(rises=rises)
        return self.top(t_s)

    def _grow(self, bid: int, ask: int) -> None:
        self.bid_qty += bid
        self.ask_qty += ask

    def _shrink(self, size: int, *, rises: bool) -> None:
        """Take from the ask when rising, from the bid when falling; an empty side steps back with a fresh queue."""
        if rises:
            self.ask_qty -= size
            if self.ask_qty <= 0:
                self.ask, self.ask_qty = self.ask + 1, self._fresh()
        else:
            self.bid_qty -= size
            if self.bid_qty <= 0:
                self.bid, self.bid_qty = max(self.bid - 1, 1), self._fresh()

    def _trade(self, t_s: float, size: int, trading: float, *, rises: bool) -> Top:
        flow = self._flow
        self._excited = min(self._excited + flow.branching * flow.decay_per_s / trading, EXCITED_MAX)
        at, there = (self.ask, self.ask_qty) if rises else (self.bid, self.bid_qty)
        traded = min(size, there)
        self._shrink(size, rises=rises)
        return self.top(t_s, traded if rises else -traded, at)

    def _improve(self, *, rises: bool) -> None:
        if rises:
            self.bid, self.bid_qty = self.bid + 1, self._size()
        else:
            self.ask, self.ask_qty = self.ask - 1, self._size()

    def _size(self) -> int:
        lots = 1
        while self._dice.random() > SIZE_STOP:
            lots += 1
        return LOT * lots

    def _fresh(self) -> int:
        return max(round(self._flow.queue * self._dice.uniform(0.5, 1.5) / LOT), 1) * LOT
