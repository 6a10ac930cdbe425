"""What may become a line of the record: exactly one JSON object, on one line, of bearable size, under its own number.

Pure. A line that is none of this is replaced by a `record.malformed` event under the same number, so that the record
stays gap-free and every line of it can be read.
"""

from __future__ import annotations

import msgspec

from hft.eventline import line
from hft.events import RecordMalformed

LINE_BYTES_MAX = 64 * 1024


class Head(msgspec.Struct, frozen=True, gc=False):
    """What the recorder reads of every line. The rest is checked to be JSON, and skipped."""

    ts: str
    producer: str
    epoch: int
    seq: int
    event: str
    mark: int = 0


_head = msgspec.json.Decoder(Head)


class Unfit(ValueError):
    """Why a line cannot be written as it is."""


def head_of(raw: bytes) -> Head:
    """Return the head of a line without its newline; raise Unfit when it is not one JSON object on one line."""
    if len(raw) > LINE_BYTES_MAX:
        raise Unfit(f"longer than {LINE_BYTES_MAX} bytes")
    if raw[:1] != b"{" or raw[-1:] != b"}" or b"\n" in raw or b"\r" in raw:
        raise Unfit("not one object on one line")
    try:
        if not raw.isascii():
            raw.decode("utf-8")
        return _head.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unfit(str(error)) from None


def fit(raw: bytes, *, producer: str, epoch: int, seq: int, now_ns: int) -> tuple[bytes, Head]:
    """Return the line to write under this number, and its head: the line itself, or what stands in its place."""
    try:
        return raw, _own_head(raw, producer, epoch, seq)
    except Unfit as error:
        event = RecordMalformed(reason=str(error), size_bytes=len(raw))
        stand_in = line(event, ts_ns=now_ns, producer=producer, epoch=epoch, seq=seq)
        return stand_in, head_of(stand_in)


def _own_head(raw: bytes, producer: str, epoch: int, seq: int) -> Head:
    head = head_of(raw)
    if (head.producer, head.epoch, head.seq) != (producer, epoch, seq):
        raise Unfit(f"it says {head.producer}/{head.epoch}/{head.seq}")
    return head
