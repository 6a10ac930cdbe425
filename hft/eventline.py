"""One event as one line of logs/events.jsonl: its stamp in front, its own fields behind; and reading it back."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, cast

import msgspec

from hft.clock import rfc3339
from hft.events import AnyEvent, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Stamp(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The four keys in front of each line: (producer, epoch, seq) is unique and gap-free."""

    ts: str
    producer: str
    epoch: int
    seq: int


_encoder = msgspec.json.Encoder()
_event: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_stamp = msgspec.json.Decoder(Stamp)
BEGIN = b'{"event":'
CUT = b"," + BEGIN[1:]  # where a stamp ends; inside a text it would have backslashes
BUNDLE = 256  # lines that are decoded by one call
FENCE = 0  # stands between lines that are decoded together: one that is not whole by itself swallows it
_events: msgspec.json.Decoder[list[AnyEvent | int]] = msgspec.json.Decoder(list[AnyEvent | int])
_stamps: msgspec.json.Decoder[list[Stamp | int]] = msgspec.json.Decoder(list[Stamp | int])


def line(event: Event, *, ts_ns: int, producer: str, epoch: int, seq: int) -> bytes:
    """Return the event's JSON line, without its newline."""
    head = _encoder.encode(Stamp(ts=rfc3339(ts_ns), producer=producer, epoch=epoch, seq=seq))
    return head[:-1] + b"," + _encoder.encode(event)[1:]


def read(raw: bytes) -> tuple[Stamp, AnyEvent]:
    """Return stamp and event of a line; raise one of codec.UNREADABLE when it is not one."""
    return _stamp.decode(raw), _event.decode(raw)


def bundles(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Return the lines in lists of BUNDLE, the last one shorter."""
    waiting = iter(lines)
    while bundle := list(islice(waiting, BUNDLE)):
        yield bundle


def read_all(raws: Sequence[bytes]) -> tuple[list[Stamp], list[AnyEvent]]:
    """Return stamps and events of several lines, much quicker than one by one; raise when any of them is unfit.

    Each line is cut where its stamp ends, so neither decoder reads the other's fields.
    """
    parts = [raw.split(CUT, 1) for raw in raws]
    if set(map(len, parts)) != {2}:
        raise msgspec.DecodeError("a line does not begin with a stamp")
    heads, tails = zip(*parts, strict=True)
    stamps = _stamps.decode(b"[%b}]" % (b"},%d," % FENCE).join(heads))
    events = _events.decode(b"[%b%b]" % (BEGIN, (b",%d,%b" % (FENCE, BEGIN)).join(tails)))
    fences = [FENCE] * (len(raws) - 1)
    if stamps[1::2] != fences or events[1::2] != fences:
        raise msgspec.DecodeError("a line is not one object")
    if set(map(type, stamps[::2])) != {Stamp} or int in set(map(type, events[::2])):
        raise msgspec.DecodeError("a line is a number")
    return cast("list[Stamp]", stamps[::2]), cast("list[AnyEvent]", events[::2])
