"""Minute bars from the published prints: emitted when the minute is over, for minutes that had an eligible trade.

A running daily bar goes out with each minute. Odd lots (condition I) count for the volume and not for the prices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue.rows import Bar
from venue.timers import FAR_NS
from venue.units import NS_PER_S, PX_PER_USD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from venue.rows import Print

MINUTE_NS = 60 * NS_PER_S
DAY_NS = 1440 * MINUTE_NS
ROUND_LOT = 100
UPDATE_AFTER_NS = 30 * NS_PER_S


class Tally:
    """The prints of one symbol in one span, added up."""

    def __init__(self, start_ns: int) -> None:
        self.start_ns = start_ns
        self.open_px = self.high_px = self.low_px = self.close_px = 0
        self.volume = self.trades = self.money = 0

    def add(self, row: Print) -> None:
        """Count a print. The first one sets the prices even if it is an odd lot, so that a bar always has some."""
        self.volume += row.qty
        self.trades += 1
        self.money += row.px * row.qty
        if self.open_px and row.qty < ROUND_LOT:
            return
        self.open_px = self.open_px or row.px
        self.high_px = max(self.high_px, row.px)
        self.low_px = min(self.low_px or row.px, row.px)
        self.close_px = row.px

    def bar(self, symbol: str, channel: str) -> Bar:
        """Return it as a bar."""
        return Bar(
            t_ns=self.start_ns,
            symbol=symbol,
            open_px=self.open_px,
            high_px=self.high_px,
            low_px=self.low_px,
            close_px=self.close_px,
            volume=self.volume,
            trades=self.trades,
            vwap=round(self.money / max(self.volume, 1) / PX_PER_USD, 6),
            channel=channel,
        )


class BarBuilder:
    """All symbols' current minutes and days. A late print changes the minute before, told 30 s after its end."""

    def __init__(self) -> None:
        self._minutes: dict[str, Tally] = {}
        self._ended: dict[str, Tally] = {}
        self._changed: set[str] = set()
        self._days: dict[str, Tally] = {}
        self._minute_ns = 0

    def add(self, row: Print) -> Iterator[Bar]:
        """Count a print; yield the bars of the minute that it shows to be over."""
        yield from self.until(row.t_ns)
        ended = self._ended.get(row.symbol)
        if ended and row.t_ns < ended.start_ns + MINUTE_NS:
            ended.add(row)
            self._changed.add(row.symbol)
            return
        minute_ns, day_ns = row.t_ns - row.t_ns % MINUTE_NS, row.t_ns - row.t_ns % DAY_NS
        self._minute_ns = minute_ns
        if row.symbol not in self._minutes:
            self._minutes[row.symbol] = Tally(minute_ns)
        day = self._days.get(row.symbol)
        if day is None or day.start_ns != day_ns:
            day = self._days[row.symbol] = Tally(day_ns)
        self._minutes[row.symbol].add(row)
        day.add(row)

    def until(self, now_ns: int) -> Iterator[Bar]:
        """Yield the bars of the last minute once it is over, in the order in which the symbols first traded."""
        if self._changed and now_ns >= self._update_ns():
            yield from (self._ended[symbol].bar(symbol, "u") for symbol in sorted(self._changed))
            self._changed.clear()
        if not self._minutes or now_ns < self._minute_ns + MINUTE_NS:
            return
        for symbol, tally in self._minutes.items():
            yield tally.bar(symbol, "b")
            yield self._days[symbol].bar(symbol, "d")
        self._minutes, self._ended = {}, self._minutes

    @property
    def due_ns(self) -> int:
        """Return when the present minute is over or an update is due; FAR_NS while nothing has traded in it."""
        minute_ns = self._minute_ns + MINUTE_NS if self._minutes else FAR_NS
        return min(minute_ns, self._update_ns()) if self._changed else minute_ns

    def _update_ns(self) -> int:
        return next(iter(self._ended.values())).start_ns + MINUTE_NS + UPDATE_AFTER_NS
