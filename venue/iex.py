"""What IEX shows of one symbol's market: thinner, later, at times further away than the NBBO (strategies.md 9.2).

Rule kept: the NBBO that fills are made of goes out for every event; the IEX quote only when IEX happens to look.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import msgspec

from venue.lob import Flow, Top, TopOfBook
from venue.prices import tick_px
from venue.rows import Nbbo, Print, Quote
from venue.units import NS_PER_S, PX_PER_USD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from venue.rows import Row

ODD_LOT_SHARE = 0.5


class IexView(msgspec.Struct, frozen=True, kw_only=True):
    """How promptly IEX follows, how often it stands at the best price, what part of the prints is its own."""

    gap_s: float = 0.25  # mean time after an update in which it does not look
    follow: float = 0.85  # of the moves of the NBBO after that, it follows at once
    refresh_s: float = 1.5  # without a move, an update comes after about so long
    at_best: float = 0.8  # a side stands at the NBBO
    away_ticks_max: int = 3
    empty: float = 0.0  # a side is empty
    prints: float = 0.15  # of all prints


GOOD = IexView()
POOR = IexView(gap_s=1.5, follow=0.5, refresh_s=5.0, at_best=0.15, away_ticks_max=10, empty=0.02, prints=0.025)


class SymbolMarket:
    """One symbol's book, and the rows that come of its events."""

    def __init__(self, seed: int, name: str, latent_px: float, flow: Flow, view: IexView) -> None:
        self.name = name
        self.halted = False
        self._tick = tick_px(round(latent_px * PX_PER_USD))
        self.ticks_per_usd = PX_PER_USD // self._tick
        self._view = view
        self._dice = random.Random(f"{seed}/iex/{name}")
        self._book_dice = random.Random(f"{seed}/book/{name}")
        self._flow = flow
        self.book = TopOfBook(self._book_dice, flow, latent_px * self.ticks_per_usd)
        self._shown = (0, 0)
        self._looks_s = self._refresh_s = 0.0

    @property
    def mid_px(self) -> int:
        """Return the middle of the NBBO."""
        return (self.book.bid + self.book.ask) * self._tick // 2

    def opening(self, t_ns: int) -> list[Row]:
        """Return the first quote, at the open or after a halt."""
        top = self.book.top(0.0)
        return [self._nbbo(t_ns, top), self._quote(t_ns, top)]

    def reopen(self, latent_px: float, t_ns: int) -> list[Row]:
        """Return the first quote after a halt: a fresh book at the latent price."""
        self.halted = False
        self.book = TopOfBook(self._book_dice, self._flow, latent_px * self.ticks_per_usd)
        return self.opening(t_ns)

    def rows(self, top: Top, origin_ns: int) -> Iterator[Row]:
        """Yield the rows of one event of the book."""
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
        return Nbbo(t_ns, self.name, top.bid * self._tick, top.bid_qty, top.ask * self._tick, top.ask_qty)

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
        return max(best, 1) * self._tick, 100 * dice.randint(1, 3)

    def _print(self, t_ns: int, top: Top) -> Print:
        published = self._dice.random() < self._view.prints
        odd = published and self._dice.random() < ODD_LOT_SHARE
        qty = self._dice.randint(1, 99) if odd else abs(top.traded)
        return Print(t_ns, self.name, top.at * self._tick, qty, published, "V" if published else "D")
