"""Faults of the published quotes. What the stream shows is bent; the NBBO that fills are made of stays true."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import msgspec

from venue.rows import Quote
from venue.units import CENT_PX, NS_PER_MS, PX_PER_USD

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.faults import Fault, Faults
    from venue.rows import Row

BURST_MAX = 1_000
LATE_MAX = 100_000


def _with(row: Quote, **changed: int) -> Quote:
    return msgspec.structs.replace(row, **changed)


def _crossed(row: Quote, fault: Fault) -> Quote:
    return _with(row, bid_px=row.ask_px + round((fault.size or 1) * CENT_PX))


def _wide(row: Quote, fault: Fault) -> Quote:
    half = round((fault.size or 1) * PX_PER_USD / 2)
    return _with(row, bid_px=max(row.bid_px - half, 1), ask_px=row.ask_px + half)


def _fat(row: Quote, fault: Fault) -> Quote:
    factor = fault.size or 10
    return _with(row, bid_px=round(row.bid_px * factor), ask_px=round(row.ask_px * factor))


SHAPES: dict[str, Callable[[Quote, Fault], Quote]] = {
    "quote-one-sided": lambda row, _: _with(row, ask_px=0, ask_qty=0),
    "quote-zero": lambda row, _: _with(row, bid_px=0, bid_qty=0, ask_px=0, ask_qty=0),
    "quote-locked": lambda row, _: _with(row, bid_px=row.ask_px),
    "quote-crossed": _crossed,
    "quote-wide": _wide,
    "quote-fat-finger": _fat,
    "quote-size-zero": lambda row, _: _with(row, bid_qty=0, ask_qty=0),
    "quote-skew": lambda row, fault: _with(row, t_ns=row.t_ns + round(fault.ms * NS_PER_MS)),
}


class QuoteFaults:
    """Bends the rows of one exchange; holds back the late ones."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._last: dict[str, Quote] = {}
        self._late: list[tuple[int, int, Row]] = []
        self._made = 0

    def rows(self, row: Row, now_ns: int) -> list[Row]:
        """Return the rows that are published for one."""
        symbol = getattr(row, "symbol", "")
        if self._faults.hit("quote-silence", now_ns, symbol=symbol):
            return []
        if late := self._faults.hit("quote-late", now_ns, symbol=symbol):
            self._made += 1
            if len(self._late) < LATE_MAX:
                heapq.heappush(self._late, (now_ns + round(late.ms * NS_PER_MS), self._made, row))
            return []
        return list(self._quotes(row, now_ns)) if isinstance(row, Quote) else [row]

    @property
    def is_late(self) -> bool:
        """Return whether rows are held back."""
        return bool(self._late)

    def due(self, now_ns: int) -> list[Row]:
        """Return the late rows whose time has come."""
        found = []
        while self._late and self._late[0][0] <= now_ns:
            found.append(heapq.heappop(self._late)[2])
        return found

    def next_ns(self) -> int | None:
        """Return when the next late row is due."""
        return self._late[0][0] if self._late else None

    def _quotes(self, row: Quote, now_ns: int) -> list[Row]:
        symbol, last = row.symbol, self._last.get(row.symbol)
        if last and self._faults.hit("quote-stale", now_ns, symbol=symbol):
            return [_with(last, t_ns=row.t_ns)]
        for kind, shape in SHAPES.items():
            if fault := self._faults.hit(kind, now_ns, symbol=symbol):
                row = shape(row, fault)
        if last and (fault := self._faults.hit("quote-out-of-order", now_ns, symbol=symbol)):
            row = _with(row, t_ns=last.t_ns - round(fault.ms * NS_PER_MS))
        if last and self._faults.hit("quote-equal-time", now_ns, symbol=symbol):
            row = _with(row, t_ns=last.t_ns)
        self._last[symbol] = row
        times = 2 if self._faults.hit("quote-duplicate", now_ns, symbol=symbol) else 1
        if fault := self._faults.hit("quote-burst", now_ns, symbol=symbol):
            times = min(round(fault.size or 10), BURST_MAX)
        return [row] * times
