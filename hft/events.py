"""What is recorded: one typed struct per kind of event, named `noun.verb`; a line of logs/events.jsonl each.

A producer's shell puts `ts`, `producer`, `epoch` and `seq` in front and makes the JSON line (hft/eventline.py).
`mark` is the router's journal index behind the event (0: none): after a crash the router tells again what came after
the highest mark on disk, so a fill that is in the journal is also in the record, once.
Prices and money stay integers of 1e-4 dollar here, as everywhere inside.
"""

from __future__ import annotations

from hft.orderevents import (
    CancelRequested,
    Event,
    FreezeLifted,
    OrderAccepted,
    OrderDone,
    OrderFilled,
    OrderRefused,
    OrderResized,
    OrderResolved,
    OrderSent,
    OrderUnknown,
    TradeAmended,
    TradeCorrected,
)
from hft.words import TradingState


class ProcessStarted(Event, frozen=True, kw_only=True, tag="process.started"):
    """A process is up."""

    process: str
    pid: int
    version: str
    config_hash: str


class ProcessStopping(Event, frozen=True, kw_only=True, tag="process.stopping"):
    """A process was asked to stop, and why it thinks so."""

    process: str
    reason: str


class FleetStarted(Event, frozen=True, kw_only=True, tag="fleet.started"):
    """The recorder saw a launch for the first time."""

    launch_id: str
    mode: str
    strategies: tuple[str, ...]
    symbols: tuple[str, ...]


class FleetStopping(Event, frozen=True, kw_only=True, tag="fleet.stopping"):
    """The fleet is being stopped in order."""

    reason: str


class FeedConnected(Event, frozen=True, kw_only=True, tag="feed.connected"):
    """The market-data socket is subscribed."""

    symbols: tuple[str, ...]
    reconnects: int


class FeedDisconnected(Event, frozen=True, kw_only=True, tag="feed.disconnected"):
    """The market-data socket is gone, or mute."""

    reason: str


class NewsUnavailable(Event, frozen=True, kw_only=True, tag="news.unavailable"):
    """The news stream cannot be had."""

    reason: str


class NewsReceived(Event, frozen=True, kw_only=True, tag="news.received"):
    """A headline came; `created_ns` is its publisher's stamp, `recv_ns` ours."""

    id: str
    symbols: tuple[str, ...]
    headline: str
    source: str
    created_ns: int
    recv_ns: int


class SymbolHalted(Event, frozen=True, kw_only=True, tag="symbol.halted"):
    """The venue halted a symbol, or lets it trade again (`halted` false)."""

    symbol: str
    halted: bool
    code: str
    reason: str


class TicksMissed(Event, frozen=True, kw_only=True, tag="ticks.missed"):
    """A reader missed batches of the tick stream."""

    reader: str
    missed: int
    total: int


class StrategyRegistered(Event, frozen=True, kw_only=True, tag="strategy.registered"):
    """A strategy said who it is and got its book back."""

    strategy: str
    strategy_epoch: int
    working_orders: int
    positions: dict[str, int]


class StrategyLost(Event, frozen=True, kw_only=True, tag="strategy.lost"):
    """A strategy has been silent for too long; its orders are being cancelled."""

    strategy: str
    silent_ms: int
    working_orders: int


class StrategyDisabled(Event, frozen=True, kw_only=True, tag="strategy.disabled"):
    """A strategy will not trade until a person enables it."""

    strategy: str
    reason: str


class HaltSet(Event, frozen=True, kw_only=True, tag="halt.set"):
    """The kill switch: `strategy` empty means the account."""

    strategy: str
    state: TradingState
    reason: str


class HaltCleared(Event, frozen=True, kw_only=True, tag="halt.cleared"):
    """A person resumed trading."""

    strategy: str


class StateNoted(Event, frozen=True, kw_only=True, tag="state.changed"):
    """What the account (or a strategy) may do changed by itself: a stream went down, a pause began, all is well."""

    state: TradingState
    reason: str
    strategy: str = ""


class DiskStalled(Event, frozen=True, kw_only=True, tag="disk.stalled"):
    """The journal's disk answers again: for so long no order could leave. Cancels did."""

    stalled_ms: int


class ReconcileDone(Event, frozen=True, kw_only=True, tag="reconcile.ok"):
    """Broker and ledgers agree. Written on changes and once a minute, not at each poll."""

    orders: int
    positions: int


class ReconcileBroken(Event, frozen=True, kw_only=True, tag="reconcile.broken"):
    """Broker and ledgers disagree on a symbol: reduce-only until they agree, or a person resumes."""

    symbol: str
    ledgers: int
    unclaimed: int
    broker: int
    text: str = ""


class SplitSuspected(Event, frozen=True, kw_only=True, tag="split.suspected"):
    """The broker's position changed by a factor without a fill, its price by the inverse. Only exits are taken."""

    symbol: str
    new: int
    old: int
    ledgers: int
    broker: int
    text: str


class SharesSplit(Event, frozen=True, kw_only=True, tag="shares.split"):
    """A person took over a split: for `old` shares every ledger has `new` ones, for the same cost."""

    symbol: str
    new: int
    old: int


class AssetNoted(Event, frozen=True, kw_only=True, tag="asset.noted"):
    """What the venue allows in a symbol has changed, or is not everything at the start; empty `text`: all again."""

    symbol: str
    tradable: bool
    shortable: bool
    text: str


class SharesCrossed(Event, frozen=True, kw_only=True, tag="shares.crossed"):
    """Shares changed ledgers past the venue at a mid, `px`: by a flatten, or by an internal cross (with `reason`)."""

    symbol: str
    seller: str
    buyer: str
    qty: int
    px: int
    reason: str = ""


class PositionUnclaimed(Event, frozen=True, kw_only=True, tag="position.unclaimed"):
    """The broker holds shares that no order of ours explains; they went to the unclaimed ledger."""

    symbol: str
    qty: int
    px: int
    reason: str


class PositionClaimed(Event, frozen=True, kw_only=True, tag="position.claimed"):
    """A person gave unclaimed shares to a strategy's ledger, at `px`; `position` is the strategy's after it."""

    symbol: str
    strategy: str
    qty: int
    px: int
    position: int


class GuardianActed(Event, frozen=True, kw_only=True, tag="guardian.acted"):
    """The router was silent for too long: the guardian cancelled all orders past it, or tried to."""

    silent_ms: int
    ok: bool
    text: str


class JournalMissing(Event, frozen=True, kw_only=True, tag="journal.missing"):
    """The record holds events of a router's journal, and the router that started now found none."""

    text: str


class AccessLost(Event, frozen=True, kw_only=True, tag="access.lost"):
    """The broker refuses the keys or blocks the account: no order leaves. `advice`: what a person can do."""

    reason: str
    advice: str


class AccessRestored(Event, frozen=True, kw_only=True, tag="access.restored"):
    """For half a minute the broker has neither refused the keys nor blocked the account."""


class FillsUnheard(Event, frozen=True, kw_only=True, tag="fills.unheard"):
    """The stream of trade updates is up and told of fills of so many orders not within 10 s; asking found them.

    They are booked. The first is told at once, what follows once in ten minutes.
    """

    orders: int
    last_client_order_id: str


class FlattenDone(Event, frozen=True, kw_only=True, tag="flatten.done"):
    """A flatten ended; `left` is what could not be closed."""

    scope: str
    ok: bool
    left: tuple[str, ...]


class RequestRefused(Event, frozen=True, kw_only=True, tag="request.refused"):
    """The broker refused a request: its status, code and words."""

    request: str
    client_order_id: str
    status: int
    code: int
    text: str


class AccountMarked(Event, frozen=True, kw_only=True, tag="account.marked"):
    """The account as the broker values it, and the strategies' P&L; every few seconds while anything changes."""

    equity: int
    cash: int
    day_pnl: int
    strategies: dict[str, tuple[int, int]]  # realised, unrealised


class RequestsCounted(Event, frozen=True, kw_only=True, tag="requests.counted"):
    """How many requests each strategy cost since the last such event."""

    requests: dict[str, int]


class WishesSuppressed(Event, frozen=True, kw_only=True, tag="wishes.suppressed"):
    """How many wishes of each strategy changed nothing at the venue since the last such event, and why.

    `equal`: it rests there already; `move`: a smaller step than router.replace_ticks_min; `life`: younger than
    router.replace_life_ms_min.
    """

    suppressed: dict[str, dict[str, int]]


class AlertSent(Event, frozen=True, kw_only=True, tag="alert.sent"):
    """Discord took an alert (`ok`), or did not, and why."""

    kind: str
    ok: bool
    text: str
    about: str = ""  # producer/epoch/seq of the event that called for it


class RecordGap(Event, frozen=True, kw_only=True, tag="record.gap"):
    """The producer's queue was full: so many events before this one were not recorded."""

    lost: int


class RecordMalformed(Event, frozen=True, kw_only=True, tag="record.malformed"):
    """Stands where a producer sent a line that could not be written as it was, so that no number is missing."""

    reason: str
    size_bytes: int


class DayOpened(Event, frozen=True, kw_only=True, tag="day.opened"):
    """A trading day's file begins: the positions brought into it, (shares, mark) by strategy and symbol."""

    day: str
    positions: dict[str, dict[str, tuple[int, int]]]


class DayPlayed(Event, frozen=True, kw_only=True, tag="day.played"):
    """What a day is played with: said at the head of each day's file, and again when a start changed it.

    Whoever reads the day later takes it from here, whatever the settings say by then.
    """

    day: str
    launch_id: str
    mode: str
    market: str  # `alpaca`, `tape FILE`, or `generated SCENARIO`
    seed: int
    rate: float  # market seconds in one real second
    config_hash: str
    depth_scale: float  # how much deeper the whole market is than what the feed shows, and how much more it prints
    flow_scale: float


class MarketMarked(Event, frozen=True, kw_only=True, tag="market.marked"):
    """What open positions are valued at: the middle of the last trusted quote, for each symbol where it moved."""

    mids: dict[str, int]


AnyEvent = (
    ProcessStarted | ProcessStopping | FleetStarted | FleetStopping | FeedConnected | FeedDisconnected
    | NewsUnavailable | NewsReceived | SymbolHalted | TicksMissed | StrategyRegistered | StrategyLost
    | StrategyDisabled | OrderSent | OrderRefused | OrderAccepted | OrderFilled | OrderResized | CancelRequested
    | OrderDone | TradeAmended | TradeCorrected | FreezeLifted
    | OrderUnknown | OrderResolved | HaltSet | HaltCleared | StateNoted | DiskStalled | ReconcileDone
    | ReconcileBroken
    | SplitSuspected | SharesSplit | AssetNoted
    | SharesCrossed | PositionUnclaimed | PositionClaimed | GuardianActed | JournalMissing | FlattenDone
    | AccessLost | AccessRestored | FillsUnheard
    | RequestRefused
    | AccountMarked | RequestsCounted | WishesSuppressed
    | AlertSent | RecordGap | RecordMalformed | DayOpened | DayPlayed | MarketMarked
)  # fmt: skip
