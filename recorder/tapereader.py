"""Reading a day of the tape: numpy arrays in one call, or the feed's batches as they were published.

numpy is needed here and not where the tape is written, so it is imported by those who read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hft.messages import Bar, Quote, Status, Ticks, Trade
from recorder.tapeformat import FIELDS, FILES, STRUCTS, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hft.messages import Tick

Array = np.ndarray[Any, np.dtype[np.void]]

DTYPES = {kind: np.dtype(fields) for kind, fields in FIELDS.items()}
assert all(DTYPES[kind].itemsize == STRUCTS[kind].size for kind in FILES)


def symbols(day: Path) -> list[str]:
    """Return the symbols of a day; a record's `symbol` is the place in this list."""
    table = day / SYMBOLS
    return table.read_text().splitlines() if table.is_file() else []


def array(day: Path, kind: type) -> Array:
    """Return all records of one kind, in the order they were written; columns as in tapeformat.FIELDS."""
    path = day / FILES[kind]
    dtype = DTYPES[kind]
    if not path.is_file():
        return np.empty(0, dtype)
    return np.fromfile(path, dtype, count=path.stat().st_size // dtype.itemsize)


def batches(day: Path) -> Iterator[Ticks]:
    """Return the feed's batches in the order of receipt, each with its number."""
    names = symbols(day)
    rows = [
        (row["recv_ns"], row["epoch"], row["seq"], row["symbol"], row["index"], kind, row)
        for kind in FILES
        for row in _dicts(array(day, kind))
    ]
    rows.sort(key=lambda row: row[:5])
    waiting: list[Tick] = []
    current = (-1, -1, -1)
    for _, epoch, seq, symbol, _, kind, row in rows:
        if (epoch, seq, symbol) != current and waiting:
            yield Ticks(epoch=current[0], seq=current[1], ticks=tuple(waiting))
            waiting = []
        current = (epoch, seq, symbol)
        waiting.append(TICKS[kind](names[symbol], row))
    if waiting:
        yield Ticks(epoch=current[0], seq=current[1], ticks=tuple(waiting))


def _dicts(records: Array) -> Iterator[dict[str, Any]]:
    names = records.dtype.names or ()
    for values in records.tolist():
        yield dict(zip(names, values, strict=True))


def _quote(symbol: str, row: dict[str, Any]) -> Quote:
    return Quote(
        symbol=symbol, exch_ns=row["exch_ns"], recv_ns=row["recv_ns"],
        bid_px=row["bid_px"], bid_qty=row["bid_qty"], ask_px=row["ask_px"], ask_qty=row["ask_qty"],
    )  # fmt: skip


def _trade(symbol: str, row: dict[str, Any]) -> Trade:
    return Trade(
        symbol=symbol, exch_ns=row["exch_ns"], recv_ns=row["recv_ns"],
        px=row["px"], qty=row["qty"], conditions=row["conditions"].decode(),
    )  # fmt: skip


def _bar(symbol: str, row: dict[str, Any]) -> Bar:
    return Bar(
        symbol=symbol, start_ns=row["exch_ns"], recv_ns=row["recv_ns"], qty=row["qty"], trades=row["trades"],
        open_px=row["open_px"], high_px=row["high_px"], low_px=row["low_px"], close_px=row["close_px"],
        vwap_px=row["vwap_px"],
    )  # fmt: skip


def _status(symbol: str, row: dict[str, Any]) -> Status:
    return Status(
        symbol=symbol, exch_ns=row["exch_ns"], recv_ns=row["recv_ns"],
        halted=bool(row["halted"]), code=row["code"].decode(), reason=row["reason"].decode(),
    )  # fmt: skip


TICKS: dict[type, Callable[[str, dict[str, Any]], Tick]] = {
    Quote: _quote,
    Trade: _trade,
    Bar: _bar,
    Status: _status,
}
