"""What the router writes down before anything leaves: the journal's records. Replaying them is how it starts.

Rule: the book changes by applying a record and in no other way, so a replay gives the same book. A record has a number,
counted from 1 over the journal's life; events of the record carry it as their `mark`.
Fields are only appended, with defaults: an older journal must stay readable.
"""

from __future__ import annotations

import msgspec

from hft.words import Side, Tif, TradingState
from risk.ledger import Position
from risk.state import Standing
from router.amended import Amendment
from router.orders import Order, OrdEvent, Purpose

SCHEMA = 1


class Record(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """Base of all records; `at_ns` is market time."""

    at_ns: int


class EpochBegun(Record, frozen=True, kw_only=True):
    """The router started. `birth_ns` names the journal for ever: the time of its very first record."""

    epoch: int
    birth_ns: int


class OrderOpened(Record, frozen=True, kw_only=True):
    """An order passed every check and will now be sent. On disk before the first byte leaves."""

    client_order_id: str
    ledger: str
    symbol: str
    side: Side
    qty: int
    px: int  # 0: a market order, only to close
    tif: Tif
    purpose: Purpose
    number: int
    epoch: int = 0
    seq: int = 0
    bid_px: int = 0
    ask_px: int = 0
    replaces: str = ""  # our name of the order whose place it takes
    tick_ns: int = 0  # when the feed received the tick that called for it, and its strategy had decided; 0: not known
    decided_ns: int = 0


class OrderFound(Record, frozen=True, kw_only=True):
    """The venue has an order that this journal does not know. `cum_qty` of it are already in the positions."""

    client_order_id: str
    order_id: str
    ledger: str
    symbol: str
    side: Side
    qty: int
    px: int
    cum_qty: int
    cum_notional: int
    purpose: Purpose


class OrderMoved(Record, frozen=True, kw_only=True):
    """Something was heard about an order, and its table knows the step."""

    client_order_id: str
    event: OrdEvent
    order_id: str = ""
    text: str = ""


class OrderFilled(Record, frozen=True, kw_only=True):
    """The cumulative quantity of an order rose to `cum_qty`: `last_qty` more shares for `notional` money."""

    client_order_id: str
    last_qty: int
    notional: int
    cum_qty: int
    exec_id: str = ""
    order_id: str = ""
    source: str = ""
    exch_ns: int = 0
    mid_px: int = 0
    fee: int = 0


class OrderResized(Record, frozen=True, kw_only=True):
    """The venue gave a replacing order another quantity than was asked: fills crossed the replace."""

    client_order_id: str
    qty: int


class PositionAdjusted(Record, frozen=True, kw_only=True):
    """The broker holds what no order explains: it goes to the unclaimed ledger, at a price."""

    symbol: str
    signed_qty: int
    notional: int
    reason: str


class Crossed(Record, frozen=True, kw_only=True):
    """Shares changed ledgers at `px`, past the venue: a flatten closed opposite ones, or two orders were crossed."""

    symbol: str
    seller: str
    buyer: str
    qty: int
    px: int
    reason: str = ""  # of a cross: which orders, and the quote


class Claimed(Record, frozen=True, kw_only=True):
    """A person gave unclaimed shares to a strategy's ledger at `px`. `key`: of the request, so that it is done once."""

    key: str
    symbol: str
    ledger: str
    signed_qty: int
    px: int


class SharesSplit(Record, frozen=True, kw_only=True):
    """A person took over a split: for `old` shares every ledger has `new` ones, for the same cost."""

    symbol: str
    new: int
    old: int


class TradeAmended(Record, frozen=True, kw_only=True):
    """The venue took an execution back or booked it anew: its symbol is frozen until a person resumes."""

    amendment: Amendment


class AmendmentBooked(Record, frozen=True, kw_only=True):
    """The venue's orders and positions show it: `taken_*` of the order's fills was taken back, `given_*` booked anew.

    `keys`: of the amendments that it settles. `cum_*`: of the order afterwards. `fee`: the change, negative if less.
    """

    keys: tuple[str, ...]
    client_order_id: str
    taken_qty: int
    taken_notional: int
    given_qty: int
    given_notional: int
    cum_qty: int
    cum_notional: int
    fee: int
    outcome: str
    previous_exec_ids: tuple[str, ...] = ()


class FreezeLifted(Record, frozen=True, kw_only=True):
    """A person looked at a frozen symbol and resumed."""

    symbol: str


class StandingSet(Record, frozen=True, kw_only=True):
    """A latch was set or opened. `strategy` empty: the account."""

    strategy: str
    state: TradingState
    reason: str


class DayBegun(Record, frozen=True, kw_only=True):
    """A trading day (or, after a resume, a new count of its losses) begins with these P&Ls and this equity."""

    day: str
    pnl: dict[str, int]
    equity: int = 0
    counts_reset: bool = True
    honest: dict[str, int] | None = None  # where the honest book's count begins; None: not known yet
    honest_due: tuple[str, ...] = ()  # strategies whose honest count begins with the recorder's next word


class Tally(msgspec.Struct):
    """What a ledger did today."""

    orders: int = 0
    fills: int = 0
    shares: int = 0
    rejects: int = 0
    cancels: int = 0
    moves: int = 0  # of orders to another price or size; each has a record of its own, and is the same order


class BookSaved(Record, frozen=True, kw_only=True):
    """The whole book, at the head of each segment, so that older segments can go."""

    epoch: int
    birth_ns: int
    number: int
    orders: list[Order]
    ledgers: dict[str, dict[str, Position]]
    standing: Standing
    standings: dict[str, Standing]
    day: str
    day_pnl: dict[str, int]
    day_equity: int
    tallies: dict[str, Tally]
    last_ns: int
    day_honest: dict[str, int] | None = None
    claims: tuple[str, ...] = ()
    frozen: dict[str, list[Amendment]] = {}
    amended: tuple[str, ...] = ()  # the keys of all amendments that were told
    honest_due: tuple[str, ...] = ()


AnyRecord = (
    EpochBegun
    | OrderOpened
    | OrderFound
    | OrderMoved
    | OrderFilled
    | OrderResized
    | PositionAdjusted
    | Crossed
    | Claimed
    | SharesSplit
    | TradeAmended
    | AmendmentBooked
    | FreezeLifted
    | StandingSet
    | DayBegun
    | BookSaved
)
