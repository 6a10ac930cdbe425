"""Rows as Alpaca's data messages, in JSON and msgpack (section 1.3). A row is encoded once per codec, for all clients.

Rule kept: `T` is the first key of each map; times are RFC 3339 text in JSON and ext type -1 (8-byte form) in msgpack.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import msgspec

from venue.assets import tape_of
from venue.rows import Bar, CancelError, Correction, Luld, News, Print, Quote, Status
from venue.units import NS_PER_S, PX_PER_USD, time_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.rows import Row

JSON, MSGPACK = "json", "msgpack"
TIME_EXT = -1
IEX = "V"
ODD_LOT_BELOW = 100
LOT = 100
CHANNELS = {
    "t": "trades",
    "q": "quotes",
    "b": "bars",
    "u": "updatedBars",
    "d": "dailyBars",
    "s": "statuses",
    "l": "lulds",
    "n": "news",
}

Stamp = "Callable[[int], Any]"


def msgpack_time(ns: int) -> msgspec.msgpack.Ext:
    """Return a time as the official server packs it: 30 bits of ns above 34 bits of seconds."""
    second, part = divmod(ns, NS_PER_S)
    return msgspec.msgpack.Ext(TIME_EXT, struct.pack(">Q", part << 34 | second))


STAMPS: dict[str, Callable[[int], Any]] = {JSON: time_text, MSGPACK: msgpack_time}
ENCODERS: dict[str, Callable[[Any], bytes]] = {JSON: msgspec.json.encode, MSGPACK: msgspec.msgpack.encode}


def _quote(row: Quote, stamp: Callable[[int], Any], size: int) -> dict[str, Any]:
    return {
        "T": "q",
        "S": row.symbol,
        "bx": IEX,
        "bp": row.bid_px / PX_PER_USD,
        "bs": row.bid_qty // size,
        "ax": IEX,
        "ap": row.ask_px / PX_PER_USD,
        "as": row.ask_qty // size,
        "c": ["R"],
        "z": tape_of(row.symbol),
        "t": stamp(row.t_ns),
    }


def _print(row: Print, stamp: Callable[[int], Any], _: int) -> dict[str, Any]:
    return {
        "T": "t",
        "S": row.symbol,
        "i": print_id(row),
        "x": IEX,
        "p": row.px / PX_PER_USD,
        "s": row.qty,
        "c": ["@", "I"] if row.qty < ODD_LOT_BELOW else ["@"],
        "z": tape_of(row.symbol),
        "t": stamp(row.t_ns),
    }


def print_id(row: Print) -> int:
    """Return a print's id on the stream."""
    return row.t_ns // 1000 % 10**14


def _correction(row: Correction, stamp: Callable[[int], Any], _: int) -> dict[str, Any]:
    was = row.original
    return {
        "T": "c",
        "S": row.symbol,
        "x": IEX,
        "oi": print_id(was),
        "op": was.px / PX_PER_USD,
        "os": was.qty,
        "oc": ["@"],
        "ci": print_id(was) + 1,
        "cp": row.px / PX_PER_USD,
        "cs": row.qty,
        "cc": ["@"],
        "z": tape_of(row.symbol),
        "t": stamp(row.t_ns),
    }


def _cancel(row: CancelError, stamp: Callable[[int], Any], _: int) -> dict[str, Any]:
    was = row.original
    return {
        "T": "x",
        "S": row.symbol,
        "i": print_id(was),
        "x": IEX,
        "p": was.px / PX_PER_USD,
        "s": was.qty,
        "a": "C",
        "z": tape_of(row.symbol),
        "t": stamp(row.t_ns),
    }


def _bar(row: Bar, stamp: Callable[[int], Any], _: int) -> dict[str, Any]:
    return {
        "T": row.channel,
        "S": row.symbol,
        "o": row.open_px / PX_PER_USD,
        "h": row.high_px / PX_PER_USD,
        "l": row.low_px / PX_PER_USD,
        "c": row.close_px / PX_PER_USD,
        "v": row.volume,
        "n": row.trades,
        "vw": row.vwap,
        "t": stamp(row.t_ns),
    }


# The market speaks in the codes of tape C; tapes A and B have others. A resume has no reason there.
STATUS_AB = {"H": "2", "P": "2", "T": "3"}
REASON_AB = {"T1": "P", "LUDP": "M", "MWC1": "1", "C11": ""}


def _status(row: Status, stamp: Callable[[int], Any], _: int) -> dict[str, Any]:
    tape, status, reason = tape_of(row.symbol), row.status_code, row.reason_code
    if tape != "C":
        status, reason = STATUS_AB.get(status, status), REASON_AB.get(reason, reason)
    return {
        "T": "s",
        "S": row.symbol,
        "sc": status,
        "sm": row.status_message,
        "rc": reason,
        "rm": row.reason_message,
        "z": tape,
        "t": stamp(row.t_ns),
    }


def _luld(row: Luld, stamp: Callable[[int], Any], _: int) -> dict[str, Any]:
    return {
        "T": "l",
        "S": row.symbol,
        "u": row.up_px / PX_PER_USD,
        "d": row.down_px / PX_PER_USD,
        "i": row.indicator,
        "z": tape_of(row.symbol),
        "t": stamp(row.t_ns),
    }


def _news(row: News, stamp: Callable[[int], Any], _: int) -> dict[str, Any]:
    return {
        "T": "n",
        "id": row.news_id,
        "headline": row.headline,
        "summary": row.summary,
        "author": "Newsdesk",
        "created_at": stamp(row.created_ns or row.t_ns),
        "updated_at": stamp(row.created_ns or row.t_ns),
        "url": None,
        "content": "",
        "symbols": list(row.symbols),
        "source": row.source,
    }


SHAPES: dict[type, Callable[[Any, Callable[[int], Any], int], dict[str, Any]]] = {
    Quote: _quote,
    Print: _print,
    Bar: _bar,
    Status: _status,
    Luld: _luld,
    News: _news,
    Correction: _correction,
    CancelError: _cancel,
}
TYPES = {
    Quote: "quotes",
    Print: "trades",
    Status: "statuses",
    Luld: "lulds",
    News: "news",
    Correction: "corrections",
    CancelError: "cancelErrors",
}


class Message:
    """One row on its way to the clients: its channel, its symbols, its bytes per codec (made when first asked for)."""

    __slots__ = ("_bytes", "_lot", "channel", "row", "symbols")

    def __init__(self, row: Row, lot: int = 1) -> None:
        self.row, self._lot = row, lot
        self.channel = CHANNELS[row.channel] if isinstance(row, Bar) else TYPES[type(row)]
        self.symbols = row.symbols if isinstance(row, News) else (row.symbol,)
        self._bytes: dict[str, bytes] = {}

    def encoded(self, codec: str) -> bytes:
        """Return the message as one map of a codec."""
        found = self._bytes.get(codec)
        if found is None:
            shaped = SHAPES[type(self.row)](self.row, STAMPS[codec], self._lot)
            found = self._bytes[codec] = ENCODERS[codec](shaped)
        return found


SMALL_ARRAY, BIG_ARRAY = 16, 1 << 16


def array(parts: list[bytes], codec: str) -> bytes:
    """Return encoded maps as one array of the codec."""
    if codec == JSON:
        return b"[" + b",".join(parts) + b"]"
    count = len(parts)
    if count < SMALL_ARRAY:
        return bytes([0x90 | count]) + b"".join(parts)
    head = b"\xdc" + count.to_bytes(2, "big") if count < BIG_ARRAY else b"\xdd" + count.to_bytes(4, "big")
    return head + b"".join(parts)
