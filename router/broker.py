"""What the core asks of the broker, and what it hears: plain messages, so that the core never meets a socket.

Alpaca's words end in router/alpaca.py; here are only ours. Every request carries a `ticket`, and every request is
answered once, by exactly one reply with the same ticket: a definite one, BrokerRejected, NotSent, or BrokerUnknown.
Rule: BrokerUnknown about an order means that it may exist; nothing is ever sent again because of it.
"""

from __future__ import annotations

from enum import IntEnum

from hft.messages import Message
from hft.words import Side, Tif
from router.orders import OrdEvent


class Priority(IntEnum):
    """Who goes first when requests are scarce; the smaller the sooner."""

    PANIC = 0
    CANCEL = 1
    REDUCE = 2
    QUERY = 3
    REPLACE = 4
    NEW = 5
    POLL = 6


URGENT = Priority.CANCEL  # up to here a worker is kept free
ENTRY_REQUESTS = frozenset({"SubmitOrder", "ReplaceRequest"})  # those that make an order of ours


# --- requests


class Request(Message, frozen=True, kw_only=True):
    """Base of what is asked."""

    ticket: int
    priority: Priority


class SubmitOrder(Request, frozen=True, kw_only=True):
    """POST the order, once, unless `expires_ns` (market time; 0: never) has passed or the HALT file is there.

    `px` 0 is a market order. `exits`: it closes a position and is sent although halted.
    """

    client_order_id: str
    symbol: str
    side: Side
    qty: int
    px: int
    tif: Tif
    expires_ns: int = 0
    exits: bool = False


class ReplaceRequest(Request, frozen=True, kw_only=True):
    """PATCH an order, once: `client_order_id` names the order that takes the place of `order_id`.

    `qty` 0: as it is. Expiry and halt hold it back as they do a SubmitOrder.
    """

    client_order_id: str
    order_id: str
    px: int
    qty: int = 0
    expires_ns: int = 0
    exits: bool = False


class CancelRequest(Request, frozen=True, kw_only=True):
    """Ask for the cancel of one order."""

    client_order_id: str
    order_id: str


class CancelEverything(Request, frozen=True, kw_only=True):
    """Ask for the cancel of all orders of the account, in one request."""


class QueryOrder(Request, frozen=True, kw_only=True):
    """What is this order's state? By our name, or by the venue's when ours is empty."""

    client_order_id: str
    order_id: str = ""


class ListOrders(Request, frozen=True, kw_only=True):
    """All open orders, or with `after_ns` all orders submitted since."""

    after_ns: int = 0


class ListPositions(Request, frozen=True, kw_only=True):
    """All positions."""


class ListFills(Request, frozen=True, kw_only=True):
    """All executions since `after_ns`."""

    after_ns: int


class GetAccount(Request, frozen=True, kw_only=True):
    """Equity, cash, buying power, blocks."""


class GetClock(Request, frozen=True, kw_only=True):
    """Whether the market is open, and when that changes."""


class GetAsset(Request, frozen=True, kw_only=True):
    """Whether a symbol may be traded, and sold short."""

    symbol: str


# --- replies


class Reply(Message, frozen=True, kw_only=True):
    """Base of what is answered."""

    ticket: int


class BrokerOrder(Message, frozen=True, kw_only=True):
    """The venue's view of one order. `event` is what its status word means to us (None: a word we do not know)."""

    order_id: str
    client_order_id: str
    symbol: str
    side: Side
    qty: int
    px: int
    cum_qty: int
    cum_notional: int
    event: OrdEvent | None
    word: str
    created_ns: int
    replaces: str = ""


class OrderReply(Reply, frozen=True, kw_only=True):
    """The order, as the answer to SubmitOrder or QueryOrder."""

    order: BrokerOrder


class CancelTaken(Reply, frozen=True, kw_only=True):
    """The venue took the cancel request; the order lives until it says otherwise."""

    client_order_id: str = ""


class OrdersReply(Reply, frozen=True, kw_only=True):
    """The orders asked for."""

    orders: tuple[BrokerOrder, ...]


class BrokerPosition(Message, frozen=True, kw_only=True):
    """One position. `px` is the venue's current price, `avg_px` its average entry."""

    symbol: str
    qty: int
    avg_px: int
    px: int


class PositionsReply(Reply, frozen=True, kw_only=True):
    """All positions."""

    positions: tuple[BrokerPosition, ...]


class Fill(Message, frozen=True, kw_only=True):
    """One execution of the venue's account history."""

    order_id: str
    symbol: str
    qty: int
    px: int
    cum_qty: int


class FillsReply(Reply, frozen=True, kw_only=True):
    """The executions asked for."""

    fills: tuple[Fill, ...]


class AccountReply(Reply, frozen=True, kw_only=True):
    """Money in 1e-4 dollar; `blocked` says in words why the account may not trade, if so."""

    equity: int
    cash: int
    buying_power: int
    last_equity: int
    blocked: str = ""


class ClockReply(Reply, frozen=True, kw_only=True):
    """The market's hours; times ns UTC. `venue_ns` is the venue's own time."""

    is_open: bool
    next_open_ns: int
    next_close_ns: int
    venue_ns: int


class AssetReply(Reply, frozen=True, kw_only=True):
    """What the venue allows in a symbol; `status` is its own word."""

    symbol: str
    status: str
    is_tradable: bool = False
    is_shortable: bool = False  # and easy to borrow: without that, Alpaca takes no opening short
    is_fractionable: bool = False


class BrokerRejected(Reply, frozen=True, kw_only=True):
    """A definite no. `retry_after_ms` stands with status 429."""

    request: str
    client_order_id: str
    status: int
    code: int
    text: str
    retry_after_ms: int = 0


class BrokerUnknown(Reply, frozen=True, kw_only=True):
    """No definite answer: timeout, dropped connection, server error, nonsense."""

    request: str
    client_order_id: str
    reason: str


class NotSent(Reply, frozen=True, kw_only=True):
    """The request never left: the HALT file is there, or we kept it back ourselves (`held`), or nobody was reached."""

    request: str
    client_order_id: str
    reason: str
    halted: bool = False
    held: bool = False


class RateNoted(Message, frozen=True, kw_only=True):
    """What the venue's headers say about the request budget; `resets_ms` from now."""

    limit: int
    remaining: int
    resets_ms: int


# --- the stream of trade updates


class UpdatesUp(Message, frozen=True, kw_only=True):
    """The stream is authenticated and listens: from here on nothing is missed until UpdatesDown."""


class UpdatesDown(Message, frozen=True, kw_only=True):
    """The stream is gone. `refused`: the keys were not accepted."""

    reason: str
    refused: bool = False


class TradeUpdate(Message, frozen=True, kw_only=True):
    """One event of the stream. `qty` and `px` are this execution's, 0 otherwise; `position`: the account's after it."""

    event: str
    order: BrokerOrder
    exec_id: str = ""
    qty: int = 0
    px: int = 0
    position: int | None = None
    exch_ns: int = 0
    text: str = ""
    previous_exec_id: str = ""  # of a bust or a correction: the execution that it is about


class UpdateUnreadable(Message, frozen=True, kw_only=True):
    """An event of the stream could not be read; it was about this order, if its name could be."""

    client_order_id: str


AnyRequest = (
    SubmitOrder
    | ReplaceRequest
    | CancelRequest
    | CancelEverything
    | QueryOrder
    | ListOrders
    | ListPositions
    | ListFills
    | GetAccount
    | GetClock
    | GetAsset
)
AnyReply = (
    OrderReply
    | CancelTaken
    | OrdersReply
    | PositionsReply
    | FillsReply
    | AccountReply
    | ClockReply
    | AssetReply
    | BrokerRejected
    | BrokerUnknown
    | NotSent
)
REQUESTS: tuple[type, ...] = (
    SubmitOrder,
    ReplaceRequest,
    CancelRequest,
    CancelEverything,
    QueryOrder,
    ListOrders,
    ListPositions,
    ListFills,
    GetAccount,
    GetClock,
    GetAsset,
)
