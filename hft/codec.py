"""Bytes of a message and back: msgpack arrays, one frame per message; on PUB sockets the topic is the frame's prefix.

A frame on a PUB socket is `topic + b"|" + body`. The bar ends the topic: subscribing to `SPY|` does not bring `SPYG`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft import control, messages

if TYPE_CHECKING:
    from hft.messages import Message

Wire = (
    messages.Quote
    | messages.Trade
    | messages.Bar
    | messages.Status
    | messages.Ticks
    | messages.FeedState
    | messages.News
    | messages.Gap
    | messages.Register
    | messages.NewOrder
    | messages.CancelOrder
    | messages.ReplaceOrder
    | messages.CancelAll
    | messages.Accepted
    | messages.Refused
    | messages.Holding
    | messages.WorkingOrder
    | messages.Snapshot
    | messages.ExecutionReport
    | messages.StateChanged
    | messages.EventHello
    | messages.EventBatch
    | messages.EventAck
    | messages.Subscribed
    | messages.Recorded
    | messages.Gate
    | messages.Beat
    | control.GetStatus
    | control.Flatten
    | control.Halt
    | control.Resume
    | control.Claim
    | control.ClaimDone
    | control.Stop
    | control.Done
    | control.PositionLine
    | control.StrategyLine
    | control.RouterStatus
)

TOPIC_END = b"|"
_BAR = TOPIC_END[0]

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Wire] = msgspec.msgpack.Decoder(Wire)
_topics: dict[str, bytes] = {}  # the topics ever published: symbols, strategies, processes

DecodeError = msgspec.DecodeError
# All that decoding raises for bytes that are not what they should be: words that are not UTF-8 and towers of brackets
# come as Python's own errors, which are no DecodeError.
UNREADABLE = (DecodeError, UnicodeDecodeError, RecursionError)
decode_body = _decoder.decode  # the same as decode(), without the call in between: every tick passes here


def encode(message: Message) -> bytes:
    """Return the message's bytes."""
    return _encoder.encode(message)


def decode(body: bytes | memoryview) -> Wire:
    """Return the message in `body`; raise one of UNREADABLE for anything that is not one of ours."""
    return _decoder.decode(body)


def topic(name: str) -> bytes:
    """Return the bytes to subscribe to for the topic `name`."""
    return name.encode() + TOPIC_END


def publish(name: str, message: Message) -> bytes:
    """Return a PUB frame: topic, bar, body."""
    prefix = _topics.get(name)
    if prefix is None:
        prefix = _topics[name] = topic(name)
    return prefix + _encoder.encode(message)


def split(frame: bytes) -> tuple[str, memoryview]:
    """Return topic and body of a PUB frame; raise DecodeError when there is no topic."""
    end = frame.find(_BAR)
    if end < 0:
        raise DecodeError("frame without a topic")
    return frame[:end].decode("ascii", "replace"), memoryview(frame)[end + 1 :]
