"""Reading a day of the tape as the batches that the feed published. No numpy: the recorder itself reads with this.

Some seconds are in memory at a time; only where a tape goes back in time (a day that was played twice) the whole of it.
"""

from __future__ import annotations

import struct
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from hft.clock import NS_PER_S
from hft.messages import Bar, Quote, Status, Ticks, Trade
from recorder.tapeformat import FILES, STRUCTS, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hft.messages import Tick

Row = tuple[int, int, int, int, int, "Tick"]  # recv_ns, epoch, seq, symbol, index, tick
BATCH = itemgetter(0, 1, 2, 3)
TICK = itemgetter(5)
IN_ORDER = itemgetter(0, 1, 2, 3, 4)
STRETCH_NS = 10 * NS_PER_S
SYMBOL_AT = struct.calcsize("<qqII")  # in a record
ENDLESS_NS = 1 << 63


def symbols(day: Path) -> list[str]:
    """Return the symbols of a day; a record's `symbol` is the place in this list. Empty: nobody knows any more.

    The table is not synced, so a power cut may have left less of it than of the records: a part of a line, or zeros.
    """
    table = day / SYMBOLS
    whole = whole_lines(table.read_bytes()) if table.is_file() else b""
    names = whole.decode("ascii", "replace").split("\n")[:-1]
    return [name if name.isascii() and name.isprintable() else "" for name in names]


def whole_lines(table: bytes) -> bytes:
    """Return the table of symbols without a last line that is torn."""
    return table[: table.rfind(b"\n") + 1]


def numbers_used(day: Path) -> int:
    """Return how many symbols the records of a day have numbers for."""
    highest = -1
    for kind in FILES:
        symbol = struct.Struct(f"<{SYMBOL_AT}xH{STRUCTS[kind].size - SYMBOL_AT - 2}x")
        highest = max(highest, max((number for (number,) in symbol.iter_unpack(_records(day, kind))), default=-1))
    return highest + 1


def batches(day: Path) -> Iterator[Ticks]:
    """Return the feed's batches in the order of receipt, each with its number."""
    names, files = symbols(day), {kind: _records(day, kind) for kind in FILES}
    stretch_ns = STRETCH_NS if all(_is_in_order(kind, data) for kind, data in files.items()) else ENDLESS_NS
    for rows in _stretches([_rows(kind, data, names) for kind, data in files.items()], stretch_ns):
        rows.sort(key=IN_ORDER)
        for (_, epoch, seq, _), members in groupby(rows, BATCH):
            yield Ticks(epoch=epoch, seq=seq, ticks=tuple(map(TICK, members)))


def _stretches(readers: list[Iterator[Row]], stretch_ns: int) -> Iterator[list[Row]]:
    """Return the rows of all readers in stretches of time; within one, reader by reader."""
    heads = [next(reader, None) for reader in readers]
    while begins := [head[0] for head in heads if head is not None]:
        end_ns, rows = min(begins) + stretch_ns, list[Row]()
        for number, reader in enumerate(readers):
            row = heads[number]
            while row is not None and row[0] < end_ns:
                rows.append(row)
                row = next(reader, None)
            heads[number] = row
        yield rows


def _records(day: Path, kind: type) -> memoryview:
    path, width = day / FILES[kind], STRUCTS[kind].size
    data = path.read_bytes() if path.is_file() else b""
    return memoryview(data)[: len(data) - len(data) % width]  # a crash may have torn the last record


def _is_in_order(kind: type, data: memoryview) -> bool:
    """Return whether the times of receipt, the first field of each record, only grow."""
    times = struct.Struct(f"<q{STRUCTS[kind].size - 8}x").iter_unpack(data)
    return all(before <= after for before, after in pairwise(times))


def _rows(kind: type, data: memoryview, names: list[str]) -> Iterator[Row]:
    make, known = _MAKERS[kind], {number: name for number, name in enumerate(names) if name}
    for recv_ns, exch_ns, epoch, seq, symbol, index, *values in STRUCTS[kind].iter_unpack(data):
        name = known.get(symbol)
        if name is not None:
            yield recv_ns, epoch, seq, symbol, index, make(name, exch_ns, recv_ns, values)


def _quote(symbol: str, exch_ns: int, recv_ns: int, values: list[Any]) -> Quote:
    bid_qty, bid_px, ask_px, ask_qty = values
    return Quote(
        symbol=symbol, exch_ns=exch_ns, recv_ns=recv_ns, bid_px=bid_px, bid_qty=bid_qty, ask_px=ask_px, ask_qty=ask_qty
    )


def _trade(symbol: str, exch_ns: int, recv_ns: int, values: list[Any]) -> Trade:
    qty, px, conditions = values
    return Trade(symbol=symbol, exch_ns=exch_ns, recv_ns=recv_ns, px=px, qty=qty, conditions=_text(conditions))


def _bar(symbol: str, exch_ns: int, recv_ns: int, values: list[Any]) -> Bar:
    qty, trades, open_px, high_px, low_px, close_px, vwap_px = values
    return Bar(
        symbol=symbol, start_ns=exch_ns, recv_ns=recv_ns, qty=qty, trades=trades,
        open_px=open_px, high_px=high_px, low_px=low_px, close_px=close_px, vwap_px=vwap_px,
    )  # fmt: skip


def _status(symbol: str, exch_ns: int, recv_ns: int, values: list[Any]) -> Status:
    halted, code, reason = values
    return Status(
        symbol=symbol, exch_ns=exch_ns, recv_ns=recv_ns, halted=bool(halted), code=_text(code), reason=_text(reason)
    )


def _text(letters: bytes) -> str:
    return letters.rstrip(b"\0").decode("ascii")


_MAKERS: dict[type, Callable[[str, int, int, list[Any]], Tick]] = {
    Quote: _quote,
    Trade: _trade,
    Bar: _bar,
    Status: _status,
}
