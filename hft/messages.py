"""The contract: every message that crosses a socket between our processes (docs/wire.md tells who sends what to whom).

Rules: positions are the schema, so fields are only appended, with defaults, and golden frames in tests guard them.
Requests are imperative (NewOrder), facts are nouns or past tense (Quote, ExecutionReport). Prices are ints of 1e-4
dollar, quantities int shares, times int ns UTC (market time, hft/clock.py), money int 1e-4 dollar. A price of 0 is an
empty side.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hft.words import Health, OrdStatus, Refusal, Side, Tif, TradingState

SCHEMA = 1
ALL_SYMBOLS = ""


Px = Annotated[int, Meta(ge=0, le=10**12)]
Qty = Annotated[int, Meta(ge=0, le=10**9)]
Seq = Annotated[int, Meta(ge=0)]


class Message(
    msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False, tag=True, forbid_unknown_fields=True
):
    """Base of everything on the wire. The class name is the tag."""


# --- market data: feed → strategies, router, recorder -------------------------------------------------------------


class Quote(Message, frozen=True, kw_only=True):
    """Top of one venue's book. `exch_ns` is the venue's stamp, `recv_ns` ours at the socket."""

    symbol: str
    exch_ns: int
    recv_ns: int
    bid_px: Px
    bid_qty: Qty
    ask_px: Px
    ask_qty: Qty

    @property
    def is_two_sided(self) -> bool:
        """Return whether both sides are there and not crossed or locked."""
        return 0 < self.bid_px < self.ask_px

    @property
    def mid(self) -> float:
        """Return the middle of a two-sided quote, in 1e-4 dollar."""
        return (self.bid_px + self.ask_px) / 2


class Trade(Message, frozen=True, kw_only=True):
    """A print. `conditions` are the venue's letters, joined."""

    symbol: str
    exch_ns: int
    recv_ns: int
    px: Px
    qty: Qty
    conditions: str = ""


class Bar(Message, frozen=True, kw_only=True):
    """A minute bar; `start_ns` is the minute's beginning. `vwap_px` is rounded to 1e-4 dollar."""

    symbol: str
    start_ns: int
    recv_ns: int
    open_px: Px
    high_px: Px
    low_px: Px
    close_px: Px
    qty: Qty
    trades: int
    vwap_px: Px


class Status(Message, frozen=True, kw_only=True):
    """A trading status of one symbol: `halted` is our reading of the venue's `code`."""

    symbol: str
    exch_ns: int
    recv_ns: int
    halted: bool
    code: str
    reason: str = ""


Tick = Quote | Trade | Bar | Status


class Ticks(Message, frozen=True, kw_only=True):
    """What one socket read brought for one symbol. `seq` counts this symbol's batches in this `epoch` of the feed.

    `snapshot`: the last value again, for a late joiner; it carries the seq of the last batch and is not counted.
    """

    epoch: Seq
    seq: Seq
    ticks: tuple[Tick, ...]
    snapshot: bool = False


class FeedState(Message, frozen=True, kw_only=True):
    """The feed's own heartbeat on the tick stream: whether the socket lives, and when it last said anything."""

    epoch: Seq
    seq: Seq
    connected: bool
    last_recv_ns: int
    ticks: int
    reconnects: int = 0
    note: str = ""
    news: str = ""  # of the headlines' own socket: nothing when none are asked for, `connected`, or why there are none


class News(Message, frozen=True, kw_only=True):
    """A headline. `created_ns` is its publisher's stamp; `seq` counts headlines in this `epoch` of the feed.

    A late joiner is told the last ones again, under new numbers and the old `id`: a headline is known by its `id`.
    """

    epoch: Seq
    seq: Seq
    id: str
    symbols: tuple[str, ...]
    headline: Annotated[str, Meta(max_length=500)]
    source: str
    created_ns: int
    recv_ns: int


class Gap(Message, frozen=True, kw_only=True):
    """Made by a reader's shell, never sent: `missed` messages of `topic` on `stream` did not arrive."""

    stream: str
    topic: str
    missed: int


# --- intents: strategy → router, and the answers --------------------------------------------------------------------


class Register(Message, frozen=True, kw_only=True):
    """I am this strategy in this epoch: fence my older selves, send me a Snapshot."""

    strategy: str
    epoch: Seq
    pid: int
    schema: int = SCHEMA


class NewOrder(Message, frozen=True, kw_only=True):
    """Please place this limit order. Worthless after `expires_ns`; `basis_ns` is the recv_ns of the quote behind it.

    Of an order that a tick called for, written on it by the shell (hft/stamp.py), else 0: `tick_ns`, its recv_ns;
    `decided_ns`, when the strategy had decided.
    """

    strategy: str
    epoch: Seq
    seq: Seq
    symbol: str
    side: Side
    qty: Qty
    px: Px
    tif: Tif
    expires_ns: int
    basis_ns: int = 0
    reduce_only: bool = False
    tick_ns: int = 0
    decided_ns: int = 0


class CancelOrder(Message, frozen=True, kw_only=True):
    """Please cancel this order of mine. Never expires; cancelling twice is harmless."""

    strategy: str
    epoch: Seq
    seq: Seq
    client_order_id: str


class ReplaceOrder(Message, frozen=True, kw_only=True):
    """Please let this order of mine rest at another price or size, in one request; worthless after `expires_ns`.

    `qty` is what is to rest from now on. Accepted with the old name: nothing had to change. Times as of a NewOrder.
    """

    strategy: str
    epoch: Seq
    seq: Seq
    client_order_id: str
    qty: Qty
    px: Px
    expires_ns: int
    basis_ns: int = 0
    reduce_only: bool = False
    tick_ns: int = 0
    decided_ns: int = 0


class CancelAll(Message, frozen=True, kw_only=True):
    """Please cancel all my orders, or those in one symbol. Never expires."""

    strategy: str
    epoch: Seq
    seq: Seq
    symbol: str = ALL_SYMBOLS


class Accepted(Message, frozen=True, kw_only=True):
    """The router took intent `seq`; for a NewOrder or ReplaceOrder this is the order's name from now on."""

    strategy: str
    epoch: Seq
    seq: Seq
    client_order_id: str = ""


class Refused(Message, frozen=True, kw_only=True):
    """The router did not take intent `seq`; `text` says why with the numbers."""

    strategy: str
    epoch: Seq
    seq: Seq
    reason: Refusal
    text: str


class Holding(Message, frozen=True, kw_only=True):
    """One strategy's position in one symbol. `avg_px` in 1e-4 dollar (0 when flat), `realised` money before fees."""

    symbol: str
    qty: int
    avg_px: float
    realised: int


class WorkingOrder(Message, frozen=True, kw_only=True):
    """One order that is not terminal."""

    client_order_id: str
    order_id: str
    strategy: str
    symbol: str
    side: Side
    qty: Qty
    cum_qty: Qty
    px: Px
    status: OrdStatus
    created_ns: int


class Snapshot(Message, frozen=True, kw_only=True):
    """The answer to Register: everything the router holds for the strategy, as of update number `updates_seq`."""

    strategy: str
    epoch: Seq
    router_epoch: Seq
    updates_seq: Seq
    state: TradingState
    reason: str
    holdings: tuple[Holding, ...]
    working: tuple[WorkingOrder, ...]


# --- updates: router → strategies, hftctl -----------------------------------------------------------------------------


class ExecutionReport(Message, frozen=True, kw_only=True):
    """Something happened to an order. `last_*` are the fill's, if it was one; `position` is the strategy's after it."""

    strategy: str
    router_epoch: Seq
    seq: Seq
    client_order_id: str
    order_id: str
    symbol: str
    side: Side
    status: OrdStatus
    qty: Qty
    px: Px
    cum_qty: Qty
    leaves_qty: Qty
    last_qty: Qty
    last_px: Px
    position: int
    exch_ns: int
    text: str = ""
    replaces: str = ""  # the order whose place it takes, or took


class StateChanged(Message, frozen=True, kw_only=True):
    """What the strategy may do has changed (its own state and the account's, the stricter of the two)."""

    strategy: str
    router_epoch: Seq
    seq: Seq
    state: TradingState
    reason: str


# --- events: everybody → recorder -------------------------------------------------------------------------------------


class EventHello(Message, frozen=True, kw_only=True):
    """A producer's first word in an epoch: tell me the last thing of mine that you have."""

    producer: str
    epoch: Seq


class EventBatch(Message, frozen=True, kw_only=True):
    """Ready JSON lines (hft/events.py) with consecutive numbers from `first_seq`."""

    producer: str
    epoch: Seq
    first_seq: Seq
    lines: tuple[bytes, ...]


class EventAck(Message, frozen=True, kw_only=True):
    """Everything up to `seq` is on disk. `mark`: the highest of this producer's events on disk, in any epoch."""

    producer: str
    epoch: Seq
    seq: Seq
    mark: int = 0


class Subscribed(Message, frozen=True, kw_only=True):
    """Made by a publisher's own shell, never sent: someone joined `topic` and would like its last value."""

    stream: str
    topic: str


class Recorded(Message, frozen=True, kw_only=True):
    """Made by a producer's own shell, never sent: the recorder answered the EventHello with this `mark`."""

    mark: int


# --- health: every process → hftctl, guardian; strategies also → router ---------------------------------------------


class Gate(Message, frozen=True, kw_only=True):
    """One condition that must hold before a strategy acts, with its value and threshold in words."""

    name: str
    value: str
    threshold: str
    passed: bool


class Beat(Message, frozen=True, kw_only=True):
    """A process's heartbeat from its main loop. `note` is its one line in words: why it does what it does."""

    process: str
    epoch: Seq
    pid: int
    seq: Seq
    state: Health
    note: str
    started_ns: int
    loop_delay_ms_max: float
    counters: dict[str, int]
    gates: tuple[Gate, ...] = ()
    activity: str = ""  # strategies: trading, warming, idle, paused, disabled
    sent_ns: int = 0
