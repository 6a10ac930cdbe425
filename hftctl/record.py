"""What the record says of a day: orders, trades, positions, with the recorder's own readers. Works with the fleet down.

Dollars here (a face for people and scripts); exact integers in the record itself.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec

from hft import events
from hft.errors import NotRunning, UsageError
from hft.schema import PX_PER_USD
from recorder.offline import day_events, days, fold_of, last_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.eventline import Stamp
    from hft.home import Home

TODAY = "today"
SENT = "sent"  # on its way: the venue has not said anything yet


class TradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fill as the broker reported it. `position`: of the strategy in the symbol, after the fill."""

    ts: str
    strategy: str
    symbol: str
    side: str
    qty: int
    px: float
    mid_px: float
    position: int
    fee: float
    source: str
    client_order_id: str
    order_id: str


class RecordedOrder(msgspec.Struct, kw_only=True):
    """One order's life: when it was sent, what became of it. `status` is `sent` until the venue has said anything."""

    ts: str
    strategy: str
    symbol: str
    side: str
    qty: int
    cum_qty: int = 0
    px: float
    status: str = SENT
    age_ms: float | None = None
    text: str = ""
    client_order_id: str
    order_id: str = ""


class RecordedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol at the end of the day: the strategies' shares and their sum, valued at the last mark."""

    symbol: str
    qty: int
    ledgers: dict[str, int]
    mark_px: float | None


def day_of_record(home: Home, day: str | None) -> str:
    """Return the day that is meant (None and `today`: the last recorded one); raise NotRunning when it is not there."""
    known = days(home)
    if day in {None, TODAY} and known:
        return last_day(home)
    if day in known:
        return str(day)
    if day is not None and day != TODAY and not _is_date(day):
        raise UsageError(f"{day!r} is no day.", "", "Write it like 2026-11-23, or today; hftctl data list shows all.")
    raise NotRunning(
        f"Nothing was recorded {'in this home' if day in {None, TODAY} else f'on {day}'}.",
        f"{home.logs} has {', '.join(known) or 'no day'}.",
        "hftctl data list shows the days; hftctl demo shows a fleet.",
    )


def day_named(home: Home, word: str) -> str:
    """Return what a command that takes more than days means by a word: `today` is a day, anything else is itself."""
    return day_of_record(home, word) if word == TODAY else word


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def trades(home: Home, day: str) -> list[TradeRow]:
    """Return the fills of a day in the order of the record; one that was taken back is a trade the other way."""
    rows: list[TradeRow] = []
    for stamp, event, _ in day_events(home, day):
        if isinstance(event, events.OrderFilled):
            rows.append(_trade(stamp, event))
        elif isinstance(event, events.TradeCorrected):
            rows += _corrected_trades(stamp, event)
    return rows


def _corrected_trades(stamp: Stamp, event: events.TradeCorrected) -> list[TradeRow]:
    return [
        TradeRow(
            ts=stamp.ts,
            strategy=event.strategy,
            symbol=event.symbol,
            side=side.word,
            qty=qty,
            px=px / PX_PER_USD,
            mid_px=0.0,
            position=event.position,
            fee=event.fee / PX_PER_USD if (side, qty, px) == event.parts[-1] else 0.0,
            source="correction",
            client_order_id=event.client_order_id,
            order_id="",
        )
        for side, qty, px in event.parts
    ]


def _trade(stamp: Stamp, event: events.OrderFilled) -> TradeRow:
    return TradeRow(
        ts=stamp.ts,
        strategy=event.strategy,
        symbol=event.symbol,
        side=event.side.word,
        qty=event.last_qty,
        px=event.last_px / PX_PER_USD,
        mid_px=event.mid_px / PX_PER_USD,
        position=event.position,
        fee=event.fee / PX_PER_USD,
        source=event.source,
        client_order_id=event.client_order_id,
        order_id=event.order_id,
    )


def orders(home: Home, day: str) -> list[RecordedOrder]:
    """Return the orders of a day in the order in which they were sent, also those that came working into the day."""
    found: dict[str, RecordedOrder] = {}
    for stamp, event, _ in day_events(home, day):
        told = STEPS.get(type(event))
        if told is not None:
            told(found, stamp, event)
    return list(found.values())


def _sent(found: dict[str, RecordedOrder], stamp: Stamp, event: events.OrderSent | events.OrderDone) -> None:
    found.setdefault(
        event.client_order_id,
        RecordedOrder(
            ts=stamp.ts,
            strategy=event.strategy,
            symbol=event.symbol,
            side=event.side.word,
            qty=event.qty,
            px=event.px / PX_PER_USD,
            client_order_id=event.client_order_id,
        ),
    )


def _accepted(found: dict[str, RecordedOrder], _: Stamp, event: events.OrderAccepted) -> None:
    row = found.get(event.client_order_id)
    if row is not None:
        row.order_id = event.order_id
        row.status = "new" if row.status == SENT else row.status


def _filled(found: dict[str, RecordedOrder], _: Stamp, event: events.OrderFilled) -> None:
    row = found.get(event.client_order_id)
    if row is not None:
        row.cum_qty, row.order_id = event.cum_qty, event.order_id
        row.status = "partially_filled" if event.leaves_qty else "filled"


def _resized(found: dict[str, RecordedOrder], _: Stamp, event: events.OrderResized) -> None:
    row = found.get(event.client_order_id)
    if row is not None:
        row.qty = event.qty


def _done(found: dict[str, RecordedOrder], stamp: Stamp, event: events.OrderDone) -> None:
    _sent(found, stamp, event)
    row = found[event.client_order_id]
    row.status, row.text = event.status.value, event.text
    row.cum_qty = max(row.cum_qty, event.cum_qty)  # shares never unfill; the higher word was told later
    row.age_ms, row.order_id = event.age_ms, event.order_id


def _corrected(found: dict[str, RecordedOrder], _: Stamp, event: events.TradeCorrected) -> None:
    row = found.get(event.client_order_id)
    if row is not None:
        row.cum_qty = event.cum_qty


STEPS: dict[type, Callable[..., None]] = {
    events.OrderSent: _sent,
    events.OrderAccepted: _accepted,
    events.OrderFilled: _filled,
    events.OrderResized: _resized,
    events.OrderDone: _done,
    events.TradeCorrected: _corrected,
}


def positions(home: Home, day: str) -> list[RecordedPosition]:
    """Return what the strategies held at the end of a day (now, if it is today's), by symbol."""
    held: dict[str, dict[str, int]] = {}
    marks: dict[str, int] = {}
    for strategy, holdings in fold_of(home, day).positions().items():
        for symbol, (qty, mark_px) in holdings.items():
            held.setdefault(symbol, {})[strategy] = qty
            marks[symbol] = mark_px
    return [
        RecordedPosition(
            symbol=symbol,
            qty=sum(ledgers.values()),
            ledgers=ledgers,
            mark_px=marks[symbol] / PX_PER_USD if marks[symbol] else None,
        )
        for symbol, ledgers in sorted(held.items())
    ]
