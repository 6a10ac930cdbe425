"""Bytes of Alpaca's market-data socket to typed values: the words of its protocol, and nothing decided yet.

Rule: one bad message costs itself and no other. A frame holds many messages; when the quick decoding of the whole
fails, each is decoded alone, and what is wrong or unknown is counted.
Field names are Alpaca's own letters (docs: market data stream, "stocks"); nanoseconds survive because `t` stays an Ext.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from msgspec.msgpack import Ext

from hft.codec import UNREADABLE

SECONDS_BITS = 34
SECONDS_MASK = (1 << SECONDS_BITS) - 1
NS_PER_S = 1_000_000_000
EXT_TIMESTAMP = -1
FOUR, EIGHT, TWELVE = 4, 8, 12  # bytes


class Part(msgspec.Struct, frozen=True, gc=False, tag_field="T"):
    """One message inside a frame; `T` says which."""


class QuotePart(Part, frozen=True, gc=False, tag="q"):
    """Top of book. A price of 0 is an empty side."""

    S: str
    t: Ext
    bp: float
    ap: float
    bs: float = 0.0
    as_: float = msgspec.field(default=0.0, name="as")


class TradePart(Part, frozen=True, gc=False, tag="t"):
    """A print."""

    S: str
    t: Ext
    p: float
    s: float
    c: tuple[str, ...] | None = None


class BarPart(Part, frozen=True, gc=False, tag="b"):
    """A minute bar, stamped with the minute's beginning."""

    S: str
    t: Ext
    o: float
    h: float
    l: float  # noqa: E741 Alpaca's own letter for the low
    c: float
    v: float
    n: int = 0
    vw: float = 0.0


class StatusPart(Part, frozen=True, gc=False, tag="s"):
    """A trading status: code and reason, each with its words."""

    S: str
    t: Ext
    sc: str
    sm: str = ""
    rc: str = ""
    rm: str = ""


class SuccessPart(Part, frozen=True, gc=False, tag="success"):
    """The server agrees: `connected`, `authenticated`."""

    msg: str = ""


class ErrorPart(Part, frozen=True, gc=False, tag="error"):
    """The server refuses something."""

    code: int = 0
    msg: str = ""


class SubscriptionPart(Part, frozen=True, gc=False, tag="subscription"):
    """What the server sends us from now on, in full."""

    trades: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    bars: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    news: tuple[str, ...] = ()


class NewsPart(Part, frozen=True, gc=False, tag="n"):
    """A headline; comes on the news socket only."""

    id: int
    headline: str
    created_at: Ext
    symbols: tuple[str, ...] = ()
    source: str = ""


class CorrectionPart(Part, frozen=True, gc=False, tag="c"):
    """A print was corrected; comes unasked with the trades."""


class CancelPart(Part, frozen=True, gc=False, tag="x"):
    """A print was cancelled; comes unasked with the trades."""


AnyPart = (
    QuotePart
    | TradePart
    | BarPart
    | StatusPart
    | SuccessPart
    | ErrorPart
    | SubscriptionPart
    | NewsPart
    | CorrectionPart
    | CancelPart
)
KNOWN = frozenset({"q", "t", "b", "s", "success", "error", "subscription", "n", "c", "x"})


class Decoded(NamedTuple):
    """What a frame held: its messages, how many were broken, how many of a kind that we do not know."""

    parts: list[AnyPart]
    malformed: int = 0
    unknown: int = 0


class _Kind(msgspec.Struct):
    T: str


_frame: msgspec.msgpack.Decoder[list[AnyPart]] = msgspec.msgpack.Decoder(list[AnyPart])
_rough: msgspec.msgpack.Decoder[list[msgspec.Raw]] = msgspec.msgpack.Decoder(list[msgspec.Raw])
_part: msgspec.msgpack.Decoder[AnyPart] = msgspec.msgpack.Decoder(AnyPart)
_kind: msgspec.msgpack.Decoder[_Kind] = msgspec.msgpack.Decoder(_Kind)


def decode(frame: bytes | str) -> Decoded:
    """Return what the frame holds; a frame that cannot be read at all counts as one malformed message."""
    if isinstance(frame, str):
        return Decoded([], malformed=1)  # we ask for msgpack; a text frame is not ours
    try:
        return Decoded(_frame.decode(frame))
    except UNREADABLE:
        return _one_by_one(frame)


def _one_by_one(frame: bytes) -> Decoded:
    try:
        raws = _rough.decode(frame)
    except UNREADABLE:
        return Decoded([], malformed=1)
    parts: list[AnyPart] = []
    malformed = unknown = 0
    for raw in raws:
        try:
            parts.append(_part.decode(raw))
        except UNREADABLE:
            if _is_unknown(raw):
                unknown += 1
            else:
                malformed += 1
    return Decoded(parts, malformed, unknown)


def _is_unknown(raw: msgspec.Raw) -> bool:
    try:
        return _kind.decode(raw).T not in KNOWN
    except UNREADABLE:
        return False


def ns_of(stamp: Ext) -> int:
    """Return a msgpack timestamp (4, 8 or 12 bytes) as ns UTC, to the last digit; raise ValueError for another Ext."""
    data: Any = stamp.data  # bytes, whatever the annotation's "buffer" may be
    size = len(data)
    if stamp.code == EXT_TIMESTAMP:
        if size == EIGHT:  # what the real server sends: 30 bits of nanoseconds, then 34 bits of seconds
            value = int.from_bytes(data, "big")
            return (value & SECONDS_MASK) * NS_PER_S + (value >> SECONDS_BITS)
        if size == FOUR:
            return int.from_bytes(data, "big") * NS_PER_S
        if size == TWELVE:
            return int.from_bytes(data[FOUR:], "big", signed=True) * NS_PER_S + int.from_bytes(data[:FOUR], "big")
    raise ValueError(f"not a timestamp: ext {stamp.code} of {size} bytes")
