"""The seeded market: latent prices drive books, books give NBBO and prints, IEX shows a thinner view of them.

Rule kept: same seed, symbols and start give the same rows, whoever asks how often. Events are ordered by
(time, symbol, sequence); prices are whole ticks, times whole ns.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from venue import sessions
from venue.happenings import Halt, Headlines, Interruptions, NewsPlan
from venue.iex import GOOD, IexView, SymbolMarket
from venue.latent import SESSION_S, STEP_S, Latent, World, shape
from venue.lob import Flow
from venue.units import NS_PER_S, new_york

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from venue.rows import Row

STEP_NS = round(STEP_S * NS_PER_S)
CATCH_UP_NS = 600 * NS_PER_S  # a venue that stood still for longer goes on from now
ACTIVITY_MEAN = 0.9 + 0.3 * 0.06 + 0.6 * 0.04
FORESIGHT_STEPS = 50  # an informed trader knows the latent price 5 s ahead


class Shock(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the day in which the whole market runs one way."""

    after_s: float = 60.0
    for_s: float = 90.0
    drift_bps_per_s: float = -10.0
    vol_scale: float = 3.0


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A named market."""

    world: World = World()
    flow: Flow = Flow()
    iex: IexView = GOOD
    news: NewsPlan = NewsPlan()
    halts: tuple[Halt, ...] = ()
    shock: Shock | None = None


class Generator:
    """A market that never ends, one step of 0.1 s at a time, in the core session only unless `always`."""

    def __init__(
        self,
        *,
        seed: int,
        symbols: tuple[str, ...],
        start_ns: int,
        scenario: Scenario,
        start_px: Mapping[str, float] | None = None,
        always: bool = False,
    ) -> None:
        self._symbols, self._always, self._scenario = symbols, always, scenario
        self._latent = Latent(seed, symbols, scenario.world)
        start_px = start_px or {}
        self._scale = {name: start_px.get(name, 0.0) / self._latent.px(name) or 1.0 for name in symbols}
        first = self._prices()
        self._ahead: deque[dict[str, float]] = deque([first], maxlen=1 + FORESIGHT_STEPS if scenario.flow.toxic else 1)
        self._markets = [SymbolMarket(seed, name, first[name], scenario.flow, scenario.iex) for name in symbols]
        self._headlines = Headlines(seed, symbols, scenario.news)
        self._interruptions = Interruptions(self._markets, scenario.halts)
        self._origin_ns = self._step_ns = start_ns - start_ns % STEP_NS
        self._ready: list[Row] = []
        self._at = 0
        self._opened = False

    @property
    def symbols(self) -> tuple[str, ...]:
        """What it trades."""
        return self._symbols

    def next_ns(self) -> int | None:
        """Return when the next row, or else the next step, is due."""
        return self._ready[self._at].t_ns if self._at < len(self._ready) else self._step_ns

    def until(self, now_ns: int) -> Iterator[Row]:
        """Yield the rows up to now."""
        while True:
            while self._at < len(self._ready):
                row = self._ready[self._at]
                if row.t_ns > now_ns:
                    return
                self._at += 1
                yield row
            if self._step_ns > now_ns:
                return
            if now_ns - self._step_ns > CATCH_UP_NS:
                self._step_ns = now_ns - now_ns % STEP_NS
            self._make_step()

    def _prices(self) -> dict[str, float]:
        return {name: self._latent.px(name) * self._scale[name] for name in self._symbols}

    def _make_step(self) -> None:
        start_ns = self._step_ns
        self._ready, self._at = [], 0
        x = 0.5 if self._always else _part_of_session(start_ns)
        if x is None:
            self._step_ns = sessions.next_open_ns(start_ns)
            return
        self._step_ns += STEP_NS
        start_s = (start_ns - self._origin_ns) / NS_PER_S
        if not self._opened:
            self._opened = True
            self._ready = [row for market in self._markets for row in market.opening(start_ns)]
        self._move_latent(x, start_s, start_ns)
        self._ready += self._interruptions.step(start_s, start_ns, self._ahead[0].__getitem__)
        self._ready += self._traded(x, start_s)

    def _move_latent(self, x: float, start_s: float, start_ns: int) -> None:
        """Move the latent prices on; with informed flow they run ahead of the market by their foresight."""
        rows, moved = self._headlines.step(start_s, STEP_S, start_ns)
        self._ready += rows
        shock = self._scenario.shock
        shocked = shock is not None and shock.after_s <= start_s < shock.after_s + shock.for_s
        drift = shock.drift_bps_per_s if shock and shocked else 0.0
        scale = shock.vol_scale if shock and shocked else 1.0
        for _ in range(max(self._ahead.maxlen or 1, 1)):
            self._latent.step(x, moved, drift_bps_per_s=drift, vol_scale=scale)
            moved = {}
            self._ahead.append(self._prices())
            if len(self._ahead) == self._ahead.maxlen:
                return

    def _traded(self, x: float, start_s: float) -> list[Row]:
        activity = shape(x, 0.9, 0.3, 0.6) / ACTIVITY_MEAN
        now, later = self._ahead[0], self._ahead[-1]
        found: list[tuple[float, int, int, Row]] = []
        for index, market in enumerate(self._markets):
            if market.halted:
                continue
            ticks = market.ticks_per_usd
            for top in market.book.step(
                start_s, STEP_S, now[market.name] * ticks, later[market.name] * ticks, activity
            ):
                rows = enumerate(market.rows(top, self._origin_ns), len(found))
                found += [(top.t_s, index, number, row) for number, row in rows]
        found.sort(key=lambda entry: entry[:3])
        return [entry[3] for entry in found]


def _part_of_session(now_ns: int) -> float | None:
    day = sessions.day_of(new_york(now_ns).date())
    if day is None or not day.open_ns <= now_ns < day.close_ns:
        return None
    return (now_ns - day.open_ns) / NS_PER_S / SESSION_S
