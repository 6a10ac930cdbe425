"""Reading a day of the tape as the batches that the feed published. No numpy: the recorder itself reads with this."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from hft.messages import Bar, Quote, Status, Ticks, Trade
from recorder.tapeformat import FILES, STRUCTS, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hft.messages import Tick

Row = tuple[int, int, int, int, int, "Tick"]  # recv_ns, epoch, seq, symbol, index, tick
BATCH = itemgetter(0, 1, 2, 3)


def symbols(day: Path) -> list[str]:
    """Return the symbols of a day; a record's `symbol` is the place in this list."""
    table = day / SYMBOLS
    return table.read_text().splitlines() if table.is_file() else []


def batches(day: Path) -> Iterator[Ticks]:
    """Return the feed's batches in the order of receipt, each with its number."""
    names = symbols(day)
    rows = [row for kind in FILES for row in _rows(day, kind, names)]
    rows.sort(key=itemgetter(0, 1, 2, 3, 4))
    for (_, epoch, seq, _), members in groupby(rows, BATCH):
        yield Ticks(epoch=epoch, seq=seq, ticks=tuple(member[5] for member in members))


def _rows(day: Path, kind: type, names: list[str]) -> Iterator[Row]:
    path, width, make = day / FILES[kind], STRUCTS[kind].size, _MAKERS[kind]
    data = path.read_bytes() if path.is_file() else b""
    whole = memoryview(data)[: len(data) - len(data) % width]  # a crash may have torn the last record
    for recv_ns, exch_ns, epoch, seq, symbol, index, *values in STRUCTS[kind].iter_unpack(whole):
        yield recv_ns, epoch, seq, symbol, index, make(names[symbol], exch_ns, recv_ns, values)


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
