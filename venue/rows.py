"""Rows of the market: what a source (tape or generator) yields, in time order.

A `Quote` is what IEX shows and the stream publishes; an `Nbbo` is what fills are made of and nobody sees.
Prices int 1e-4 dollar (0: that side is empty), sizes int shares, times ns UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable


class Quote(msgspec.Struct, frozen=True, gc=False):
    """IEX's own top of book."""

    t_ns: int
    symbol: str
    bid_px: int
    bid_qty: int
    ask_px: int
    ask_qty: int


class Nbbo(msgspec.Struct, frozen=True, gc=False):
    """The best bid and offer over all venues."""

    t_ns: int
    symbol: str
    bid_px: int
    bid_qty: int
    ask_px: int
    ask_qty: int


class Print(msgspec.Struct, frozen=True, gc=False):
    """A trade. Only IEX's own prints (`published`) go to the stream."""

    t_ns: int
    symbol: str
    px: int
    qty: int
    published: bool
    venue: str = "V"


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One minute of prints; `vwap` is float dollars. `channel` is b (minute), u (updated) or d (day so far)."""

    t_ns: int
    symbol: str
    open_px: int
    high_px: int
    low_px: int
    close_px: int
    volume: int
    trades: int
    vwap: float
    channel: str = "b"


class Status(msgspec.Struct, frozen=True, gc=False):
    """A halt or a resume, in the words of the tape."""

    t_ns: int
    symbol: str
    status_code: str
    status_message: str
    reason_code: str
    reason_message: str
    halted: bool


class Luld(msgspec.Struct, frozen=True, gc=False):
    """Limit-up and limit-down prices."""

    t_ns: int
    symbol: str
    up_px: int
    down_px: int
    indicator: str = "B"


class News(msgspec.Struct, frozen=True):
    """A headline."""

    t_ns: int
    news_id: int
    headline: str
    summary: str
    symbols: tuple[str, ...]
    source: str = "benzinga"
    created_ns: int = 0  # its publisher's stamp, when that is not the time at which it comes


class Correction(msgspec.Struct, frozen=True, gc=False):
    """A print that was told wrong: what was told, and what is right."""

    t_ns: int
    symbol: str
    original: Print
    px: int
    qty: int


class CancelError(msgspec.Struct, frozen=True, gc=False):
    """A print that is taken back."""

    t_ns: int
    symbol: str
    original: Print


Row = Quote | Nbbo | Print | Bar | Status | Luld | News | Correction | CancelError


class Source(Protocol):
    """A market: the tape player, the generator, or several merged."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """What it trades, as far as it knows yet."""
        ...

    def until(self, now_ns: int) -> Iterable[Row]:
        """Return every row up to and including now that was not yielded yet, in time order."""
        ...

    def next_ns(self) -> int | None:
        """Return when the next row is due, or None when there will be none."""
        ...
