"""Lines and batches as producers make them, for the recorder's tests."""

from __future__ import annotations

from hft.eventline import line
from hft.events import Event, OrderFilled, ProcessStarted
from hft.messages import EventBatch
from hft.words import Side

S = 1_000_000_000
MONDAY_NS = 1_795_444_200 * S  # 2026-11-23 14:30 UTC, 09:30 in New York


def raw_line(seq: int, *, producer: str = "mm", epoch: int = 1, event: Event | None = None, ts_ns: int = 0) -> bytes:
    event = event or ProcessStarted(process=producer, pid=seq, version="1", config_hash="c")
    return line(event, ts_ns=ts_ns or MONDAY_NS, producer=producer, epoch=epoch, seq=seq)


def batch(first: int, last: int, *, producer: str = "mm", epoch: int = 1) -> EventBatch:
    lines = tuple(raw_line(seq, producer=producer, epoch=epoch) for seq in range(first, last + 1))
    return EventBatch(producer=producer, epoch=epoch, first_seq=first, lines=lines)


def filled(
    qty: int, px: int, *, side: Side = Side.BUY, position: int | None = None, strategy: str = "mm", fee: int = 0,
    symbol: str = "SPY", mid_px: int = 0, mark: int = 0,
) -> OrderFilled:  # fmt: skip
    return OrderFilled(
        strategy=strategy, client_order_id="c1", order_id="o1", symbol=symbol, side=side, last_qty=qty, last_px=px,
        cum_qty=qty, leaves_qty=0, position=side.sign * qty if position is None else position, broker_position=0,
        realised=0, mid_px=mid_px, source="update", exch_ns=0, fee=fee, mark=mark,
    )  # fmt: skip
