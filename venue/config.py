"""Every switch of the exchange, with the default that is most like Alpaca paper.

What Alpaca does not document is an assumption; each assumption has its switch here and its line in docs/venue.md.
"""

from __future__ import annotations

from typing import Literal

import msgspec

DEFAULT_SYMBOLS = ("SPY", "QQQ", "AAPL", "MSFT", "NVDA", "AMZN", "KO", "PEP", "XLK", "IWM", "JPM", "XOM")


class VenueConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules of the venue. Times in ms or s, money in dollars, shares of one as `_pct`."""

    seed: int = 7
    cash_usd: float = 100_000.0
    requests_per_min: int = 200
    rate_burst_per_s: int = 0  # 0: no burst cap inside the minute
    ack_latency_ms: float = 3.0  # from the accepted request to `new`
    cancel_latency_ms: float = 3.0  # from pending_cancel to canceled
    fill_model: Literal["paper", "strict"] = "paper"
    fees: bool = False  # regulatory fees, booked the day after; paper charges none
    taf_holiday: bool = True  # whether the TAF holiday of late 2026 is passed on
    partial_fill_pct: float = 10.0  # share of eligible orders that get a random part first
    partial_retry_ms: float = 250.0  # when nothing ticks, the rest is looked at again after so long
    hours: Literal["new_york", "always"] = "new_york"
    whole_only: tuple[str, ...] = ()  # assets that have no fractions
    data_symbols_max: int = 30
    count_channels: bool = True  # the 30 counts symbol-channel pairs of trades and quotes (the strict reading)
    size_unit: Literal["shares", "lots"] = "shares"
    auth_timeout_s: float = 10.0
    slot_held_s: float = 1.0  # a connection slot outlives an aborted connection by so long; about 90 on the real venue
    updates_connections_max: int = 1
    send_queue_frames_max: int = 4096
    max_frame_bytes: int = 1 << 20


class Response(msgspec.Struct, frozen=True):
    """What the exchange answers to a request: status, body bytes, headers."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}
