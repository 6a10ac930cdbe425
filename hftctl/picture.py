"""`hftctl status --json`: the object that scripts rely on. Money in dollars; the unknown is null."""

from __future__ import annotations

import msgspec

SCHEMA = 1


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """The honest book's P&L in dollars: pessimistic, central, optimistic. Null: it says nothing yet.

    `leftover`: how much of it was made by shares that only the honest book holds, and no order of the strategy would.
    """

    low: float | None = None
    mid: float | None = None
    high: float | None = None
    leftover: float | None = None


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """The session at the venue."""

    open: bool | None = None
    next_close: str | None = None
    reduces: bool = False  # its hours, and nothing else, keep entries out: that is no trouble


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The account as the broker values it; `day_pnl_paper`: the strategies' paper books at our own marks, added up."""

    equity: float | None = None
    cash: float | None = None
    buying_power: float | None = None
    day_pnl: float | None = None
    day_pnl_honest: Interval = Interval()
    day_pnl_paper: float | None = None


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """Where the venue is, for any Alpaca client that wants to look at the same account."""

    rest: str
    data: str
    news: str
    updates: str


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """The request budget."""

    limit_per_min: int
    used_last_min: int | None = None


class ProcessRow(msgspec.Struct, frozen=True, kw_only=True):
    """One process: its own word (`ready`, `warming`, `degraded`), or `down`; `wanted`: nobody stopped it."""

    name: str
    state: str
    pid: int | None = None
    uptime_s: float | None = None
    restarts: int = 0
    rss_mb: float | None = None
    note: str = ""
    wanted: bool = True


class StrategyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy: what it does, what it holds, what it made, and why."""

    name: str
    state: str
    pid: int | None = None
    epoch: int = 0
    positions: dict[str, int] = {}
    working_orders: int = 0
    fills: int = 0
    pnl_paper: float | None = None
    pnl_honest: Interval = Interval()
    why: str = ""
    orders: int = 0
    refusals: int = 0
    router: str = ""  # what the router holds it back for, and why; empty: nothing
    last_refusal: str = ""
    suppressed: int = 0  # wishes that cost no request
    fees: float | None = None
    limits: dict[str, float] = {}  # its own, where they are not the fleet's
    limits_binding: tuple[str, ...] = ()  # those of its own that hold it back now, in words


class PositionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol: Σ ledgers + unclaimed = broker_qty, or the warnings say so."""

    symbol: str
    qty: int
    broker_qty: int
    avg_px: float
    ledgers: dict[str, int]
    unclaimed: int
    mark_px: float | None = None


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One order that is not terminal."""

    client_order_id: str
    order_id: str
    strategy: str
    symbol: str
    side: str
    qty: int
    cum_qty: int
    px: float
    status: str
    age_s: float


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """Whether broker and ledgers agree."""

    state: str | None = None
    last_ok: str | None = None
    breaks: tuple[str, ...] = ()


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """The market-data stream as the router sees it."""

    connected: bool = False
    symbols: tuple[str, ...] = ()
    last_message_age_s: float | None = None
    gaps: int = 0


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at one moment."""

    schema: int
    time: str
    home: str
    mode: str
    running: bool
    state: str | None
    halt_reason: str | None
    market: Market
    account: Account
    venue: Venue | None
    budget: Budget
    processes: tuple[ProcessRow, ...]
    strategies: tuple[StrategyRow, ...]
    positions: tuple[PositionRow, ...]
    orders: tuple[OrderRow, ...]
    unknown_orders: int
    reconciliation: Reconciliation
    feed: FeedRow
    warnings: tuple[str, ...]
