"""A market and orders for the honest book's tests: quotes, prints and events at seconds after the open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from hft.clock import rfc3339
from hft.eventline import Stamp
from hft.messages import Quote, Ticks, Trade
from hft.words import OrdStatus, Side
from recorder.fillmodels import Scale
from recorder.session import Session
from tests.recorder.samples import MONDAY_NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hft.events import AnyEvent

NS_PER_S = 1_000_000_000
Told = tuple[Stamp, "AnyEvent", int]


class Market:
    """What happens to one strategy in one symbol, in any order; `session()` plays it."""

    def __init__(self, strategy: str = "mm") -> None:
        self.strategy = strategy
        self._told: list[tuple[int, AnyEvent]] = []
        self.told_by_others: list[tuple[int, AnyEvent]] = []
        self.batches: list[Ticks] = []
        self._position = 0

    def quote(self, at_s: float, bid_px: int, ask_px: int, bid_qty: int = 300, ask_qty: int = 300) -> None:
        at_ns = self._ns(at_s)
        self._ticks(
            Quote(symbol="SPY", exch_ns=at_ns, recv_ns=at_ns, bid_px=bid_px, bid_qty=bid_qty, ask_px=ask_px,
                  ask_qty=ask_qty)
        )  # fmt: skip

    def trade(self, at_s: float, px: int, qty: int) -> None:
        at_ns = self._ns(at_s)
        self._ticks(Trade(symbol="SPY", exch_ns=at_ns, recv_ns=at_ns, px=px, qty=qty))

    def hold(self, at_s: float, qty: int, mark_px: int) -> None:
        """Bring shares into the day."""
        self._position = qty
        self.tell(at_s, events.DayOpened(day="2026-11-23", positions={self.strategy: {"SPY": (qty, mark_px)}}))

    def tell(self, at_s: float, event: AnyEvent) -> None:
        self._told.append((self._ns(at_s), event))

    @property
    def told(self) -> list[Told]:
        """Return the router's events, numbered in the order of time."""
        in_time = sorted(self._told + self.told_by_others, key=lambda each: each[0])
        return [
            (Stamp(ts=rfc3339(at_ns), producer="router", epoch=1, seq=seq), event, at_ns)
            for seq, (at_ns, event) in enumerate(in_time, 1)
        ]

    def events(self) -> list[tuple[int, AnyEvent]]:
        """Return the events with their times, in the order in which they were told of."""
        return list(self._told)

    def copy(self) -> Market:
        """Return a market in which the same has happened so far."""
        twin = Market(self.strategy)
        twin._told, twin.batches, twin._position = list(self._told), list(self.batches), self._position
        return twin

    def order(
        self,
        at_s: float,
        name: str,
        px: int,
        qty: int = 100,
        *,
        side: Side = Side.BUY,
        tif: str = "day",
        replaces: str = "",
    ) -> None:
        """Send an order, accepted 50 ms later."""
        self.tell(
            at_s,
            events.OrderSent(
                strategy=self.strategy, client_order_id=name, symbol="SPY", side=side, qty=qty, px=px, tif=tif,
                bid_px=0, ask_px=0, intent_ns=0, replaces=replaces,
            ),
        )  # fmt: skip
        self.tell(
            at_s + 0.05, events.OrderAccepted(strategy=self.strategy, client_order_id=name, order_id="o", ack_ms=50.0)
        )

    def move(self, at_s: float, old: str, name: str, px: int, qty: int = 100, *, side: Side = Side.BUY) -> None:
        """Let another order take an order's place: accepted after 50 ms, replaced after 60."""
        self.order(at_s, name, px, qty, side=side, replaces=old)
        self.done(at_s + 0.06, old, OrdStatus.REPLACED)

    def fill(self, at_s: float, name: str, px: int, qty: int = 100, side: Side = Side.BUY) -> None:
        """Fill on paper, as the broker tells it."""
        self._position += side.sign * qty
        self.tell(
            at_s,
            events.OrderFilled(
                strategy=self.strategy, client_order_id=name, order_id="o", symbol="SPY", side=side, last_qty=qty,
                last_px=px, cum_qty=qty, leaves_qty=0, position=self._position, broker_position=0, realised=0, mid_px=0,
                source="stream", exch_ns=0,
            ),
        )  # fmt: skip

    def done(self, at_s: float, name: str, status: OrdStatus = OrdStatus.FILLED) -> None:
        self.tell(
            at_s,
            events.OrderDone(
                strategy=self.strategy, client_order_id=name, order_id="o", symbol="SPY", side=Side.BUY, qty=0,
                cum_qty=0, px=0, status=status, text="", age_ms=0.0,
            ),
        )  # fmt: skip

    def mark(self, at_s: float, px: int) -> None:
        self.tell(at_s, events.MarketMarked(mids={"SPY": px}))

    def session(self, scale: Scale | None = None) -> Session:
        session = Session("2026-11-23", scale or Scale())
        session.load(self.told, self.batches)
        session.finish()
        return session

    def in_order(self) -> Iterable[tuple[int, Told | Ticks]]:
        """Return everything by its time, as it would arrive."""
        found: list[tuple[int, Told | Ticks]] = [(each[2], each) for each in self.told]
        found += [(batch.ticks[0].recv_ns, batch) for batch in self.batches]
        return sorted(found, key=lambda pair: pair[0])

    @staticmethod
    def _ns(at_s: float) -> int:
        return MONDAY_NS + round(at_s * NS_PER_S)

    def _ticks(self, tick: Quote | Trade) -> None:
        self.batches.append(Ticks(epoch=1, seq=len(self.batches) + 1, ticks=(tick,)))
