"""One event as one line of logs/events.jsonl: its stamp in front, its own fields behind; and reading it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from hft.clock import rfc3339
from hft.events import AnyEvent, Event

if TYPE_CHECKING:
    from collections.abc import Sequence


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """The four keys in front of each line: (producer, epoch, seq) is unique and gap-free."""

    ts: str
    producer: str
    epoch: int
    seq: int


_encoder = msgspec.json.Encoder()
_event: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_stamp = msgspec.json.Decoder(Stamp)
FENCE = 0  # stands between lines that are decoded together: one that is not whole by itself swallows it
_events: msgspec.json.Decoder[list[AnyEvent | int]] = msgspec.json.Decoder(list[AnyEvent | int])
_stamps: msgspec.json.Decoder[list[Stamp | int]] = msgspec.json.Decoder(list[Stamp | int])


def line(event: Event, *, ts_ns: int, producer: str, epoch: int, seq: int) -> bytes:
    """Return the event's JSON line, without its newline."""
    head = _encoder.encode(Stamp(ts=rfc3339(ts_ns), producer=producer, epoch=epoch, seq=seq))
    return head[:-1] + b"," + _encoder.encode(event)[1:]


def event_of(raw: bytes) -> AnyEvent:
    """Return the event of a line, without its stamp; raise one of codec.UNREADABLE when it is not one."""
    return _event.decode(raw)


def read(raw: bytes) -> tuple[Stamp, AnyEvent]:
    """Return stamp and event of a line; raise one of codec.UNREADABLE when it is not one."""
    return _stamp.decode(raw), _event.decode(raw)


def read_all(raws: Sequence[bytes]) -> tuple[list[Stamp], list[AnyEvent]]:
    """Return stamps and events of several lines, much quicker than one by one; raise when any of them is unfit."""
    joined = b"[%b]" % (b",%d," % FENCE).join(raws)
    stamps = _stamps.decode(joined)
    if stamps[1::2] != [FENCE] * (len(raws) - 1) or set(map(type, stamps[::2])) != {Stamp}:
        raise msgspec.DecodeError("a line is not one object")
    return cast("list[Stamp]", stamps[::2]), cast("list[AnyEvent]", _events.decode(joined)[::2])
