"""What a desk has in hand besides what its family has learnt: orders, wishes, quotes, rests, its standing with others.

With it a saved state is whole: a core that takes it up and hears what was heard since decides what was decided
(`sdk/recovery.py`). Not kept: what is made from settings, and counters and words for people.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from hft.messages import Quote
from hft.words import Side, TradingState
from strategies.sdk.desk import Wish
from strategies.sdk.link import Link
from strategies.sdk.orders import DONE_IDS_MAX, Order

if TYPE_CHECKING:
    from strategies.sdk.desk import Desk

Key = tuple[str, Side]


class Hand(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The attributes of a desk, of its orders and its blackouts under their own names."""

    seq: int
    state: TradingState
    state_reason: str
    disabled_because: str
    told_disabled: str
    frozen_ns: int
    known_ns: int
    is_begun: bool
    settled_ns: int
    news: str
    last_refusal: str
    link: Link
    quotes: dict[str, Quote]
    halted: set[str]
    resting_until: dict[Key, int]
    unmoved_until: dict[Key, int]
    wishes: dict[Key, Wish]
    positions: dict[str, int]
    unanswered: dict[int, Order]
    working: dict[str, Order]
    until_ns: dict[str, int]
    sent_ns: list[int]
    done: list[str]


OF_ORDERS = ("positions", "unanswered", "working")
LISTS = ("sent_ns", "done")
ELSEWHERE = (*OF_ORDERS, *LISTS, "until_ns")
OF_DESK = tuple(name for name in Hand.__struct_fields__ if name not in ELSEWHERE)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Hand] = msgspec.msgpack.Decoder(Hand)


def encoded(desk: Desk) -> bytes:
    """Return what the desk has in hand."""
    hand = Hand(
        **{name: getattr(desk, name) for name in OF_DESK},
        **{name: getattr(desk.orders, name) for name in OF_ORDERS},
        until_ns=desk.blackout.until_ns,
        sent_ns=list(desk.sent_ns),
        done=list(desk.orders.done),
    )
    return _encoder.encode(hand)


def decode(raw: bytes) -> Hand | None:
    """Return the hand in these bytes, None for what is none: that of another version, or of a run that was stopped."""
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def take_up(desk: Desk, hand: Hand) -> None:
    """Give a fresh desk what another had in hand."""
    for name in OF_DESK:
        setattr(desk, name, getattr(hand, name))
    for name in OF_ORDERS:
        setattr(desk.orders, name, getattr(hand, name))
    desk.blackout.until_ns = hand.until_ns
    desk.sent_ns = deque(hand.sent_ns)
    desk.orders.done = deque(hand.done, maxlen=DONE_IDS_MAX)
