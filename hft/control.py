"""The control socket: what hftctl asks of the router, and the answers. Same rules as hft/messages.py."""

from __future__ import annotations

import msgspec

from hft.messages import Message, Qty, WorkingOrder
from hft.words import TradingState


class GetStatus(Message, frozen=True, kw_only=True):
    """Tell me everything. `peer` names the asker's socket, in this and every request below."""

    peer: str


class Flatten(Message, frozen=True, kw_only=True):
    """Cancel and close: everything, some symbols, or one strategy's ledger. Answered when flat, or when time is up."""

    peer: str
    symbols: tuple[str, ...] = ()
    strategy: str = ""
    timeout_ms: int = 30_000


class Halt(Message, frozen=True, kw_only=True):
    """Stop the account (or one strategy): cancel its orders, take no new one, durably. `reducing`: exits still pass."""

    peer: str
    reason: str
    strategy: str = ""
    reducing: bool = False


class Resume(Message, frozen=True, kw_only=True):
    """A human says: trade again."""

    peer: str
    strategy: str = ""


class Claim(Message, frozen=True, kw_only=True):
    """Give `qty` (0: all) of a symbol's unclaimed shares to a strategy. The same `key` again changes nothing."""

    peer: str
    key: str
    symbol: str
    strategy: str
    qty: Qty = 0


class ClaimDone(Message, frozen=True, kw_only=True):
    """The answer to Claim: the signed shares that changed ledgers, and at what price (0: none did)."""

    peer: str
    ok: bool
    text: str
    qty: int = 0
    px: int = 0


class Stop(Message, frozen=True, kw_only=True):
    """The fleet is about to stop: take no new order, cancel all, answer when nothing works any more."""

    peer: str
    timeout_ms: int = 20_000


class Done(Message, frozen=True, kw_only=True):
    """The answer to Flatten, Halt, Resume and Stop: `left` says what is not done, in words."""

    peer: str
    ok: bool
    text: str
    left: tuple[str, ...] = ()


class PositionLine(Message, frozen=True, kw_only=True):
    """One symbol: the broker's position, and whose it is."""

    symbol: str
    qty: int
    broker_qty: int
    avg_px: float
    ledgers: dict[str, int]
    unclaimed: int
    mark_px: float = 0.0


class StrategyLine(Message, frozen=True, kw_only=True):
    """One strategy as the router sees it. Money in 1e-4 dollar; paper P&L before fees, as Alpaca paper counts it."""

    name: str
    epoch: int
    connected: bool
    state: TradingState
    reason: str
    positions: dict[str, int]
    working_orders: int
    orders: int
    fills: int
    shares: int
    refusals: int
    rejects: int
    realised: int
    unrealised: int
    fees: int
    last_refusal: str = ""
    suppressed: dict[str, int] = msgspec.field(
        default_factory=dict
    )  # wishes of this run that cost nothing, by why: equal, move, life


class RouterStatus(Message, frozen=True, kw_only=True):
    """The answer to GetStatus."""

    peer: str
    router_epoch: int
    now_ns: int
    state: TradingState
    reason: str
    ready: bool
    note: str
    market_open: bool
    next_close_ns: int
    equity: int
    cash: int
    buying_power: int
    last_equity: int
    requests_last_min: int
    requests_limit: int
    updates_connected: bool
    reconciliation: str  # ok, open, broken
    reconciled_ns: int
    breaks: tuple[str, ...]
    positions: tuple[PositionLine, ...]
    strategies: tuple[StrategyLine, ...]
    orders: tuple[WorkingOrder, ...]
    unknown_orders: int
    feed_connected: bool
    feed_last_ns: int
    feed_gaps: int
    warnings: tuple[str, ...] = ()
    is_hour: bool = False  # it is the hour alone that keeps entries out: the market is closed, or about to be
