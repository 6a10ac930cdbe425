"""One event as one line of logs/events.jsonl: its stamp in front, its own fields behind; and reading it back."""

from __future__ import annotations

import msgspec

from hft.clock import rfc3339
from hft.events import AnyEvent, Event


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """The four keys in front of each line: (producer, epoch, seq) is unique and gap-free."""

    ts: str
    producer: str
    epoch: int
    seq: int


_encoder = msgspec.json.Encoder()
_event: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_stamp = msgspec.json.Decoder(Stamp)


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
