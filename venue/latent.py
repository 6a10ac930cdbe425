"""Latent log prices of correlated symbols: a market, betas, a cointegrated pair, a follower, funds of others.

One step is 0.1 s. Each relation of strategies.md 9.2 can be switched off, which makes a null world: a family that
still finds an edge there is wrong. Every random stream has its own seed, so switching one part off moves no other.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import deque
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP_S = 0.1
SESSION_S = 23_400
YEAR_S = 252 * SESSION_S


class Spec(msgspec.Struct, frozen=True):
    """How a symbol hangs on the others. `vol_pct` is its own part, per year."""

    px: float
    beta: float = 1.0
    vol_pct: float = 18.0
    pair: str = ""  # cointegrated with this symbol
    lag_s: float = 0.0  # follows the market after so long
    basket: tuple[str, ...] = ()  # a fund of these


KNOWN = {
    "SPY": Spec(px=450.0, vol_pct=2.0),
    "QQQ": Spec(px=380.0, basket=("AAPL", "MSFT", "NVDA", "AMZN")),
    "XLK": Spec(px=180.0, basket=("AAPL", "MSFT", "NVDA")),
    "AAPL": Spec(px=190.0, beta=1.1, vol_pct=18.0),
    "MSFT": Spec(px=410.0, beta=1.0, vol_pct=16.0),
    "NVDA": Spec(px=120.0, beta=1.4, vol_pct=28.0),
    "AMZN": Spec(px=180.0, beta=1.2, vol_pct=22.0),
    "KO": Spec(px=60.0, beta=0.8, vol_pct=22.0),
    "PEP": Spec(px=168.0, pair="KO"),
    "IWM": Spec(px=205.0, vol_pct=10.0, lag_s=0.8),
    "JPM": Spec(px=200.0, beta=1.1, vol_pct=17.0),
    "XOM": Spec(px=112.0, beta=0.8, vol_pct=20.0),
}


class World(msgspec.Struct, frozen=True, kw_only=True):
    """The relations and their strengths. A relation with a spread or coupling of 0 is off."""

    market_vol_pct: float = 12.0
    vol_scale: float = 1.0
    follows: bool = True
    pair_bps: float = 8.0
    pair_half_life_s: float = 300.0
    pair_holds: bool = True
    premium_bps: float = 1.5
    premium_half_life_s: float = 20.0


def spec_of(symbol: str) -> Spec:
    """Return the known shape of a symbol, or one that its name decides."""
    if found := KNOWN.get(symbol):
        return found
    digest = hashlib.blake2b(symbol.encode(), digest_size=4).digest()
    unit = [byte / 255 for byte in digest]
    return Spec(px=round(20 + 280 * unit[0], 2), beta=0.7 + 0.6 * unit[1], vol_pct=15 + 15 * unit[2])


def shape(x: float, base: float, morning: float, evening: float) -> float:
    """Return an intraday U at the part x of the session: base plus exponentials at both ends."""
    return base + morning * math.exp(-x / 0.06) + evening * math.exp(-(1 - x) / 0.04)


VOL_MEAN = 0.65 + 2.2 * 0.06 + 1.6 * 0.04  # the integral of the volatility shape, so that its mean is 1


class _Ou:
    """An Ornstein-Uhlenbeck process, stepped exactly: x' = b x + sd sqrt(1 - b^2) N, b = 2^(-dt / half-life)."""

    def __init__(self, dice: random.Random, sd: float, half_life_s: float) -> None:
        self._dice, self._b = dice, 2 ** (-STEP_S / half_life_s)
        self._noise = sd * math.sqrt(1 - self._b**2)
        self.x = dice.gauss(0, sd)

    def step(self) -> float:
        self.x = self._b * self.x + self._noise * self._dice.gauss(0, 1)
        return self.x


class Latent:
    """The log prices of all symbols, moved on one step at a time."""

    def __init__(self, seed: int, symbols: tuple[str, ...], world: World) -> None:
        self._world = world
        self._specs = {name: spec_of(name) for name in _with_parts(symbols)}
        self._dice = {name: random.Random(f"{seed}/latent/{name}") for name in ("market", *self._specs)}
        self._market = deque([0.0], maxlen=1 + max(round(spec.lag_s / STEP_S) for spec in self._specs.values()))
        self._own = dict.fromkeys(self._specs, 0.0)
        self._jumps = dict.fromkeys(self._specs, 0.0)
        self._ou = {name: self._spread(seed, name) for name, spec in self._specs.items() if spec.pair or spec.basket}
        self.logs = dict.fromkeys(self._specs, 0.0)
        self._order = sorted(
            self._specs, key=lambda name: (bool(self._specs[name].basket), bool(self._specs[name].pair))
        )

    def _spread(self, seed: int, name: str) -> _Ou:
        dice = random.Random(f"{seed}/spread/{name}")
        world = self._world
        if self._specs[name].pair:
            return _Ou(dice, world.pair_bps / 1e4, world.pair_half_life_s)
        return _Ou(dice, world.premium_bps / 1e4, world.premium_half_life_s)

    def px(self, symbol: str) -> float:
        """Return the latent price in dollars."""
        return self._specs[symbol].px * math.exp(self.logs[symbol])

    def step(
        self, x: float, moved: Mapping[str, float], *, drift_bps_per_s: float = 0.0, vol_scale: float = 1.0
    ) -> None:
        """Move on by 0.1 s at the part x of the session; `moved` is added to single log prices."""
        world = self._world
        scale = vol_scale * world.vol_scale * math.sqrt(shape(x, 0.65, 2.2, 1.6) / VOL_MEAN * STEP_S / YEAR_S) / 100
        drift = drift_bps_per_s * STEP_S / 1e4
        for name, change in moved.items():
            self._jumps[name] += change
        noise = self._dice["market"].gauss(0, 1)
        self._market.append(self._market[-1] + drift + world.market_vol_pct * scale * noise)
        for name in self._order:
            self.logs[name] = self._log(name, self._specs[name], scale) + self._jumps[name]

    def _log(self, name: str, spec: Spec, scale: float) -> float:
        noise = self._dice[name].gauss(0, 1)
        if spec.basket:
            return sum(self.logs[part] for part in spec.basket) / len(spec.basket) + self._ou[name].step()
        self._own[name] += spec.vol_pct * scale * noise
        if spec.pair and self._world.pair_holds:
            return self.logs[spec.pair] + self._ou[name].step()
        if not spec.lag_s:
            return spec.beta * self._market[-1] + self._own[name]
        followed = self._market[-1 - round(spec.lag_s / STEP_S)] if len(self._market) == self._market.maxlen else 0.0
        return (followed if self._world.follows else 0.0) + self._own[name]


def _with_parts(symbols: tuple[str, ...]) -> tuple[str, ...]:
    parts = [part for name in symbols for part in (*spec_of(name).basket, spec_of(name).pair) if part]
    return tuple(dict.fromkeys((*parts, *symbols)))
