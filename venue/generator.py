"""The seeded market: latent prices drive books, books give NBBO and prints, IEX shows a thinner view of them.

Rule kept: same seed, symbols and start give the same rows, whoever asks how often. Events are ordered by
(time, symbol, sequence); prices are whole ticks, times whole ns.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import msgspec

from venue import sessions
from venue.latent import SESSION_S, STEP_S, Latent, World, shape
from venue.lob import Flow, Top, TopOfBook
from venue.prices import tick_px
from venue.rows import Nbbo, Print, Quote
from venue.units import NS_PER_S, PX_PER_USD, new_york

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from venue.rows import Row

STEP_NS = round(STEP_S * NS_PER_S)
CATCH_UP_NS = 600 * NS_PER_S  # a venue that stood still for longer goes on from now
ACTIVITY_MEAN = 0.9 + 0.3 * 0.06 + 0.6 * 0.04
ODD_LOT_SHARE = 0.5


class IexView(msgspec.Struct, frozen=True, kw_only=True):
    """What IEX shows of the market: how promptly, how often at the best price, what part of the prints."""

    gap_s: float = 0.25  # mean time after an update in which it does not look
    follow: float = 0.85  # of the moves of the NBBO after that, it follows at once
    refresh_s: float = 1.5  # without a move, an update comes after about so long
    at_best: float = 0.8  # a side stands at the NBBO
    away_ticks_max: int = 3
    empty: float = 0.0  # a side is empty
    prints: float = 0.15  # of all prints


GOOD = IexView()
POOR = IexView(gap_s=1.5, follow=0.5, refresh_s=5.0, at_best=0.15, away_ticks_max=10, empty=0.02, prints=0.025)


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A named market."""

    world: World = World()
    flow: Flow = Flow()
    iex: IexView = GOOD


class _Symbol:
    """One symbol's book and its IEX view."""

    def __init__(self, seed: int, name: str, latent_px: float, scenario: Scenario) -> None:
        self.name = name
        self.tick = tick_px(round(latent_px * PX_PER_USD))
        self.ticks_per_usd = PX_PER_USD // self.tick
        self._view = scenario.iex
        self._dice = random.Random(f"{seed}/iex/{name}")
        dice = random.Random(f"{seed}/book/{name}")
        self.book = TopOfBook(dice, scenario.flow, latent_px * self.ticks_per_usd)
        self._shown = (0, 0)
        self._looks_s = self._refresh_s = 0.0

    def opening(self, t_ns: int) -> list[Row]:
        top = self.book.top(0.0)
        return [self._nbbo(t_ns, top), self._quote(t_ns, top)]

    def rows(self, top: Top, origin_ns: int) -> Iterator[Row]:
        t_ns = origin_ns + math.floor(top.t_s * NS_PER_S)
        if top.traded:
            yield self._print(t_ns, top)
        yield self._nbbo(t_ns, top)
        if top.t_s >= self._looks_s and self._updates(top):
            self._looks_s = top.t_s + self._dice.expovariate(1 / self._view.gap_s)
            self._refresh_s = top.t_s + self._dice.expovariate(1 / self._view.refresh_s)
            yield self._quote(t_ns, top)

    def _updates(self, top: Top) -> bool:
        moved = (top.bid, top.ask) != self._shown
        return (moved and self._dice.random() < self._view.follow) or top.t_s >= self._refresh_s

    def _nbbo(self, t_ns: int, top: Top) -> Nbbo:
        return Nbbo(t_ns, self.name, top.bid * self.tick, top.bid_qty, top.ask * self.tick, top.ask_qty)

    def _quote(self, t_ns: int, top: Top) -> Quote:
        self._shown = top.bid, top.ask
        bid, bid_qty = self._side(top.bid, -1)
        ask, ask_qty = self._side(top.ask, 1)
        return Quote(t_ns, self.name, bid, bid_qty, ask, ask_qty)

    def _side(self, best: int, away: int) -> tuple[int, int]:
        dice, view = self._dice, self._view
        mark = dice.random()
        if mark < view.empty:
            return 0, 0
        if mark > view.empty + view.at_best:
            best += away * dice.randint(1, view.away_ticks_max)
        return max(best, 1) * self.tick, 100 * dice.randint(1, 3)

    def _print(self, t_ns: int, top: Top) -> Print:
        published = self._dice.random() < self._view.prints
        odd = published and self._dice.random() < ODD_LOT_SHARE
        qty = self._dice.randint(1, 99) if odd else abs(top.traded)
        return Print(t_ns, self.name, top.at * self.tick, qty, published, "V" if published else "D")


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
        self._symbols, self._always = symbols, always
        self._latent = Latent(seed, symbols, scenario.world)
        start_px = start_px or {}
        self._scale = {name: start_px.get(name, 0.0) / self._latent.px(name) or 1.0 for name in symbols}
        self._books = [_Symbol(seed, name, self._px(name), scenario) for name in symbols]
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

    def _px(self, name: str) -> float:
        return self._latent.px(name) * self._scale[name]

    def _make_step(self) -> None:
        start_ns = self._step_ns
        self._ready, self._at = [], 0
        x = 0.5 if self._always else _part_of_session(start_ns)
        if x is None:
            self._step_ns = sessions.next_open_ns(start_ns)
            return
        self._step_ns += STEP_NS
        if not self._opened:
            self._opened = True
            self._ready = [row for symbol in self._books for row in symbol.opening(start_ns)]
        self._latent.step(x)
        activity = shape(x, 0.9, 0.3, 0.6) / ACTIVITY_MEAN
        start_s = (start_ns - self._origin_ns) / NS_PER_S
        found: list[tuple[float, int, int, Row]] = []
        for index, symbol in enumerate(self._books):
            latent = self._px(symbol.name) * symbol.ticks_per_usd
            for top in symbol.book.step(start_s, STEP_S, latent, activity):
                found += [
                    (top.t_s, index, len(found) + n, row) for n, row in enumerate(symbol.rows(top, self._origin_ns))
                ]
        found.sort(key=lambda entry: entry[:3])
        self._ready += [entry[3] for entry in found]


def _part_of_session(now_ns: int) -> float | None:
    day = sessions.day_of(new_york(now_ns).date())
    if day is None or not day.open_ns <= now_ns < day.close_ns:
        return None
    return (now_ns - day.open_ns) / NS_PER_S / SESSION_S
