"""The field's own words as enums: sides, order states, trading states, reasons of refusal (FIX, and the venue's)."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Side(IntEnum):
    """Which way an order or a fill goes. The value is the sign, so both sides share one path."""

    BUY = 1
    SELL = -1

    sign: int  # +1 for a buy, -1 for a sell: a plain attribute, because every fill and quote asks for it

    def __init__(self, sign: int) -> None:
        self.sign = sign

    @property
    def opposite(self) -> Side:
        """Return the other side."""
        return Side(-self.value)

    @property
    def word(self) -> str:
        """Return `buy` or `sell`."""
        return self.name.lower()


class Tif(StrEnum):
    """Time in force."""

    DAY = "day"
    IOC = "ioc"


class OrdStatus(StrEnum):
    """FIX OrdStatus, and UNKNOWN: sent, but whether the venue has it is not known yet."""

    PENDING_NEW = "pending_new"
    UNKNOWN = "unknown"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REPLACED = "replaced"

    is_terminal: bool  # nothing can happen to the order any more (but a late fill report): a plain attribute, as `sign`

    def __init__(self, word: str) -> None:
        self.is_terminal = word in {"filled", "canceled", "rejected", "expired", "replaced"}


TERMINAL = frozenset(status for status in OrdStatus if status.is_terminal)


class TradingState(StrEnum):
    """What the account, or one strategy, may do. Exits work in REDUCING; cancels always work."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class Health(StrEnum):
    """What a process says of itself."""

    WARMING = "warming"
    READY = "ready"
    DEGRADED = "degraded"


class Refusal(StrEnum):
    """Why the router did not take an intent."""

    NOT_REGISTERED = "not_registered"
    OLD_EPOCH = "old_epoch"
    SEQ_GAP = "seq_gap"
    EXPIRED = "expired"
    HALTED = "halted"
    REDUCING = "reducing"
    NOT_READY = "not_ready"
    MARKET_CLOSED = "market_closed"
    NOT_TRADABLE = "not_tradable"
    NOT_SHORTABLE = "not_shortable"
    UNKNOWN_SYMBOL = "unknown_symbol"
    BAD_ORDER = "bad_order"
    TICK_SIZE = "tick_size"
    ORDER_QTY = "order_qty"
    ORDER_NOTIONAL = "order_notional"
    POSITION = "position"
    SYMBOL_EXPOSURE = "symbol_exposure"
    GROSS_EXPOSURE = "gross_exposure"
    BUYING_POWER = "buying_power"
    DAILY_LOSS = "daily_loss"
    STALE_QUOTE = "stale_quote"
    WIDE_QUOTE = "wide_quote"
    PRICE_COLLAR = "price_collar"
    WORKING_ORDERS = "working_orders"
    ORDER_RATE = "order_rate"
    REQUEST_BUDGET = "request_budget"
    WASH_TRADE = "wash_trade"
    OPENING_CONFLICT = "opening_conflict"
    CROSSES_ZERO = "crosses_zero"
    UNKNOWN_ORDER = "unknown_order"
    DUPLICATE = "duplicate"
    NOT_REPLACEABLE = "not_replaceable"
    SUPPRESSED = "suppressed"
    UNREADABLE = "unreadable"
