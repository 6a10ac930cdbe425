"""The tick tape's layout: one file per kind of tick and day, fixed-width records, little-endian, symbols in a table.

`data/YYYY-MM-DD/quotes.tape` and its siblings are arrays that numpy reads in one call with the dtypes below;
`symbols.txt` gives the name of symbol number n on its line n. `epoch` and `seq` are the feed's batch, `index` the place
in it, so the batches can be put together again exactly as they were published.
Prices int 1e-4 dollar, quantities shares, times ns UTC. Fields are only appended under a new version.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from hft.messages import Bar, Quote, Status, Trade

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

VERSION = 1
SYMBOLS = "symbols.txt"
LETTERS = 8  # conditions, codes and reasons are cut to so many bytes

# The batch and the symbol stand first in each record: recv_ns, exch_ns, epoch, seq, symbol, index.
HEAD = [
    ("recv_ns", "<i8"),
    ("exch_ns", "<i8"),
    ("epoch", "<u4"),
    ("seq", "<u4"),
    ("symbol", "<u2"),
    ("index", "<u2"),
]
HEAD_STRUCT = "<qqIIHH"

FIELDS: dict[type, list[tuple[str, str]]] = {
    Quote: [*HEAD, ("bid_qty", "<u4"), ("bid_px", "<i8"), ("ask_px", "<i8"), ("ask_qty", "<u4")],
    Trade: [*HEAD, ("qty", "<u4"), ("px", "<i8"), ("conditions", f"S{LETTERS}")],
    Bar: [
        *HEAD,
        ("qty", "<u4"),
        ("trades", "<u4"),
        ("open_px", "<i8"),
        ("high_px", "<i8"),
        ("low_px", "<i8"),
        ("close_px", "<i8"),
        ("vwap_px", "<i8"),
    ],
    Status: [*HEAD, ("halted", "<u1"), ("code", f"S{LETTERS}"), ("reason", f"S{LETTERS}")],
}
STRUCTS: dict[type, struct.Struct] = {
    Quote: struct.Struct(HEAD_STRUCT + "IqqI"),
    Trade: struct.Struct(HEAD_STRUCT + f"Iq{LETTERS}s"),
    Bar: struct.Struct(HEAD_STRUCT + "IIqqqqq"),
    Status: struct.Struct(HEAD_STRUCT + f"B{LETTERS}s{LETTERS}s"),
}
FILES: dict[type, str] = {Quote: "quotes.tape", Trade: "trades.tape", Bar: "bars.tape", Status: "statuses.tape"}


def _quote(tick: Quote) -> tuple[int, ...]:
    return tick.bid_qty, tick.bid_px, tick.ask_px, tick.ask_qty


def _trade(tick: Trade) -> tuple[int | bytes, ...]:
    return tick.qty, tick.px, tick.conditions.encode("ascii", "replace")


def _bar(tick: Bar) -> tuple[int, ...]:
    return tick.qty, tick.trades, tick.open_px, tick.high_px, tick.low_px, tick.close_px, tick.vwap_px


def _status(tick: Status) -> tuple[int | bytes, ...]:
    return tick.halted, tick.code.encode("ascii", "replace"), tick.reason.encode("ascii", "replace")


VALUES: dict[type, Callable[[Any], tuple[int | bytes, ...]]] = {
    Quote: _quote,
    Trade: _trade,
    Bar: _bar,
    Status: _status,
}


def exch_ns_of(tick: Quote | Trade | Bar | Status) -> int:
    """Return the venue's stamp: of a bar, its minute's beginning."""
    return tick.start_ns if isinstance(tick, Bar) else tick.exch_ns
