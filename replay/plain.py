"""Rows that need no bytes: quotes and prints that the wire carries, and the feed reads, without a change.

The bytes of a data frame are made and read again only where that could make a difference. For a plain row it cannot:
tests hold this short way and the long one (venue/encode.py, feed/frames.py, feed/normalise.py) equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import messages
from venue.encode import ODD_LOT_BELOW
from venue.rows import Print, Quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from hft.messages import Tick
    from venue.rows import Row

# Bits of what the feed surely takes: below its largest price and size, and exact as a float of dollars.
PX_BITS, QTY_BITS, TIME_BITS = 39, 29, 62


def plain(rows: Sequence[Row], wanted: Mapping[type, frozenset[str]]) -> list[Row] | None:
    """Return the rows that are wanted, or None if one of them is not plain."""
    found = []
    for row in rows:
        kind = type(row)
        if kind is Quote:
            if (row.bid_px | row.ask_px) >> PX_BITS or (row.bid_qty | row.ask_qty) >> QTY_BITS or row.t_ns >> TIME_BITS:  # type: ignore[union-attr]  # it is a Quote
                return None
        elif kind is not Print or row.px >> PX_BITS or row.qty >> QTY_BITS or row.t_ns >> TIME_BITS or not row.px:  # type: ignore[union-attr]  # it is a Print
            return None
        if row.symbol in wanted[kind]:  # type: ignore[union-attr]  # both have one
            found.append(row)
    return found


def _quote(row: Quote, recv_ns: int) -> messages.Quote:
    return messages.Quote(
        symbol=row.symbol,
        exch_ns=row.t_ns,
        recv_ns=recv_ns,
        bid_px=row.bid_px,
        bid_qty=row.bid_qty,
        ask_px=row.ask_px,
        ask_qty=row.ask_qty,
    )


def _trade(row: Print, recv_ns: int) -> messages.Trade:
    conditions = "@I" if row.qty < ODD_LOT_BELOW else "@"
    return messages.Trade(
        symbol=row.symbol, exch_ns=row.t_ns, recv_ns=recv_ns, px=row.px, qty=row.qty, conditions=conditions
    )


_READ: dict[type, Callable[[Any, int], Tick]] = {Quote: _quote, Print: _trade}


def read(rows: Sequence[Row], recv_ns: int) -> tuple[Tick, ...]:
    """Return plain rows as the feed reads them from its socket at `recv_ns`."""
    if len(rows) == 1:  # as usual
        row = rows[0]
        return (_READ[type(row)](row, recv_ns),)
    return tuple([_READ[type(row)](row, recv_ns) for row in rows])
