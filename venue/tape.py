"""The tape player: a recorded day as a market. Reads lazily; a day never lies in memory.

Columns: t_ns,symbol,kind,venue,bid_px,bid_qty,ask_px,ask_qty,px,qty,aggressor. `q` is a venue's own top of book (what
the stream publishes), `n` the NBBO (what fills are made of), `t` a print. Where a symbol has no `n` rows its `q` rows
serve as both; where it has only prints, a quote one tick to either side of the last one is assumed.
"""

from __future__ import annotations

import csv
import heapq
from itertools import chain, islice
from typing import TYPE_CHECKING

from venue.prices import tick_px
from venue.rows import Nbbo, Print, Quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HEADER = "t_ns,symbol,kind,venue,bid_px,bid_qty,ask_px,ask_qty,px,qty,aggressor"
IEX = "V"
ASSUMED_QTY = 100
LATE_NS = 2_000_000_000  # rows older than this at the first call are not played, only summed up
LOOP_GAP_NS = 1_000_000_000
PEEK_ROWS = 2_000  # read ahead at the start, to learn the symbols and what kinds of rows they have

TapeRow = Nbbo | Quote | Print


class Tape:
    """One or several recordings, merged by time, moved by `shift_ns`; with `loop` they begin again when they end."""

    def __init__(
        self,
        openers: list[Callable[[], Iterator[str]]],
        *,
        symbols: tuple[str, ...] = (),
        shift_ns: int = 0,
        loop: bool = False,
    ) -> None:
        self._openers, self._shift_ns, self._loop = openers, shift_ns, loop
        self._symbols = dict.fromkeys(symbols)
        self._only = frozenset(symbols)
        self._learnt: set[tuple[str, str]] = set()
        self._quoted: set[str] = set()  # symbols with q rows
        self._has_nbbo: set[str] = set()
        self._rows = self._peeked(self._merged())
        self._next: list[TapeRow] = []
        self._first_ns = self._last_ns = 0
        self._begun = False
        self._pull()
        self._first_ns = self._next[0].t_ns if self._next else 0

    @property
    def symbols(self) -> tuple[str, ...]:
        """What was asked for, or what was seen so far."""
        return tuple(self._symbols)

    @property
    def first_ns(self) -> int:
        """Return the time of the first row; 0 for an empty tape."""
        return self._first_ns

    def next_ns(self) -> int | None:
        """Return when the next row is due."""
        return self._next[0].t_ns if self._next else None

    def until(self, now_ns: int) -> Sequence[TapeRow]:
        """Return the rows up to now. Asked for the first time in the middle of a day, it starts from the state then."""
        found: list[TapeRow] = []
        if not self._begun:
            self._begun = True
            if self._next and self._next[0].t_ns < now_ns - LATE_NS:
                found += self._summed_up(now_ns)
        while (due := self._next) and due[0].t_ns <= now_ns:
            found = [*found, *due] if found else due
            self._pull()
        return found

    def _summed_up(self, now_ns: int) -> Iterator[TapeRow]:
        last: dict[tuple[type, str], TapeRow] = {}
        while self._next and self._next[0].t_ns <= now_ns:
            last.update({(type(row), row.symbol): row for row in self._next if not isinstance(row, Print)})
            self._pull()
        yield from sorted(last.values(), key=lambda row: row.t_ns)

    def _pull(self) -> None:
        for cells in self._rows:
            if _is_row(cells) and (found := self._parse(cells)):
                self._next, self._last_ns = found, found[0].t_ns
                return
        self._next = []
        if self._loop and self._first_ns and self._last_ns > self._first_ns:
            self._shift_ns += self._last_ns - self._first_ns + LOOP_GAP_NS
            self._first_ns, self._rows = self._last_ns + LOOP_GAP_NS, self._merged()
            self._pull()

    def _peeked(self, rows: Iterator[list[str]]) -> Iterator[list[str]]:
        ahead = [cells for cells in islice(rows, PEEK_ROWS) if _is_row(cells)]
        for cells in ahead:
            if not self._only or cells[1] in self._only:
                self._learn(cells[1], cells[2])
        return chain(ahead, rows)

    def _learn(self, symbol: str, kind: str) -> None:
        self._learnt.add((symbol, kind))
        self._symbols.setdefault(symbol)
        if kind == "n":
            self._has_nbbo.add(symbol)
        elif kind == "q":
            self._quoted.add(symbol)

    def _merged(self) -> Iterator[list[str]]:
        streams = [csv.reader(opener()) for opener in self._openers]
        if len(streams) == 1:
            return streams[0]
        return heapq.merge(*(filter(_is_row, stream) for stream in streams), key=lambda cells: int(cells[0]))

    def _parse(self, cells: list[str]) -> list[TapeRow]:
        t_ns, symbol, kind = int(cells[0]) + self._shift_ns, cells[1], cells[2]
        if self._only and symbol not in self._only:
            return []
        if (symbol, kind) not in self._learnt:
            self._learn(symbol, kind)
        if kind == "t":
            return self._print(t_ns, symbol, cells)
        prices = t_ns, symbol, int(cells[4]), int(cells[5]), int(cells[6]), int(cells[7])
        if kind == "n":
            return [Nbbo(*prices)]
        return [Quote(*prices)] if symbol in self._has_nbbo else [Nbbo(*prices), Quote(*prices)]

    def _print(self, t_ns: int, symbol: str, cells: list[str]) -> list[TapeRow]:
        px, qty, venue = int(cells[8]), int(cells[9]), cells[3]
        published = venue == IEX or symbol not in self._has_nbbo
        row = Print(t_ns, symbol, px, qty, published, venue or IEX)
        if symbol in self._quoted or symbol in self._has_nbbo:
            return [row]
        tick = tick_px(px)
        assumed = t_ns, symbol, px - tick, ASSUMED_QTY, px + tick, ASSUMED_QTY
        return [Nbbo(*assumed), Quote(*assumed), row]


def _is_row(cells: list[str]) -> bool:
    return bool(cells) and cells[0].isdigit()
