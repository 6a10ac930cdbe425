"""What the events of a day add up to, by strategy: orders, fills, shares, refusals, requests. A pure fold.

recorder/day.py values it; the report needs no more than this, because the honest book keeps a paper book of its own.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hft import events
from hft.words import OrdStatus
from recorder.book import UNCLAIMED, Book

if TYPE_CHECKING:
    from collections.abc import Callable


class Line:
    """One strategy's day, counted."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.notional = self.fees = 0  # 1e-4 dollar; fees as the router noted them, fill by fill
        self.paper = Book()

    def add(self, other: Line) -> None:
        """Take over another line's counts."""
        self.count.update(other.count)
        self.notional += other.notional
        self.fees += other.fees

    @property
    def fill_ratio(self) -> float:
        """Return filled shares over ordered shares, 0 without orders."""
        ordered = self.count["ordered_shares"]
        return self.count["shares"] / ordered if ordered else 0.0


class Counts:
    """The fold. Feed it every event of the day's file with `add`."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.restarts: Counter[str] = Counter()  # by process, within one launch
        self._started: set[str] = set()
        self.total = Line()  # only what belongs to nobody, too
        self._wished: dict[str, int] = {}  # shares of each order at work, with those it was moved from
        self.handlers: dict[type[events.Event], Callable[[Any], None]] = {
            events.DayOpened: self._on_opened,
            events.FleetStarted: self._on_fleet_started,
            events.FleetStopping: self._on_fleet_stopping,
            events.ProcessStarted: self._on_process_started,
            events.StrategyRegistered: self._on_registered,
            events.OrderSent: self._on_sent,
            events.OrderRefused: self._on_refused,
            events.OrderFilled: self._on_filled,
            events.OrderDone: self._on_done,
            events.CancelRequested: self._on_cancel,
            events.RequestsCounted: self._on_requests,
            events.SharesCrossed: self._on_crossed,
            events.TradeCorrected: self._on_corrected,
        }

    @property
    def kinds(self) -> list[type[events.Event]]:
        """Return the kinds of events that change anything."""
        return list(self.handlers)

    def add(self, event: events.AnyEvent) -> bool:
        """Take one event; return whether it changed anything."""
        handler = self.handlers.get(type(event))
        if handler is None:
            return False
        handler(event)
        return True

    def line(self, strategy: str) -> Line:
        """Return the strategy's line, made when it is new."""
        found = self.lines.get(strategy)
        if found is None:
            found = self.lines[strategy] = Line()
        return found

    # --- one handler for each kind of event

    def _on_opened(self, event: events.DayOpened) -> None:
        for strategy, holdings in event.positions.items():
            if holdings:
                self.line(strategy)

    def _on_fleet_started(self, event: events.FleetStarted) -> None:
        self._started &= {"recorder"}  # who starts next belongs to a new launch: no restart (we are up already)
        for strategy in event.strategies:
            self.line(strategy)

    def _on_fleet_stopping(self, _: events.FleetStopping) -> None:
        self._started.clear()

    def _on_process_started(self, event: events.ProcessStarted) -> None:
        self.restarts[event.process] += event.process in self._started
        self._started.add(event.process)

    def _on_registered(self, event: events.StrategyRegistered) -> None:
        self.line(event.strategy)

    def _on_sent(self, event: events.OrderSent) -> None:
        """Count a wish once: an order that is moved is a new one at the venue, and the same wish."""
        count, before = self.line(event.strategy).count, self._wished.get(event.replaces, 0)
        count["moves" if event.replaces else "orders"] += 1
        count["ordered_shares"] += max(0, event.qty - before)
        self._wished[event.client_order_id] = max(event.qty, before)

    def _on_refused(self, event: events.OrderRefused) -> None:
        self.line(event.strategy).count["denials"] += event.count

    def _on_filled(self, event: events.OrderFilled) -> None:
        line = self.line(event.strategy)
        line.count["fills"] += 1
        line.count["shares"] += event.last_qty
        line.notional += event.last_qty * event.last_px
        line.fees += event.fee

    def _on_done(self, event: events.OrderDone) -> None:
        self._wished.pop(event.client_order_id, None)
        self.line(event.strategy).count["rejects"] += event.status is OrdStatus.REJECTED

    def _on_cancel(self, event: events.CancelRequested) -> None:
        self.line(event.strategy).count["cancels"] += 1

    def _on_requests(self, event: events.RequestsCounted) -> None:
        for name, requests in event.requests.items():
            self.total.count["requests"] += requests
            if name in self.lines:
                self.lines[name].count["requests"] += requests

    def _on_crossed(self, event: events.SharesCrossed) -> None:
        """Count shares that changed ledgers past the venue: no fill of a market, and no fee."""
        for name in (event.seller, event.buyer):
            if name in self.lines or name != UNCLAIMED:
                self.line(name).count["crossed"] += event.qty

    def _on_corrected(self, event: events.TradeCorrected) -> None:
        """Count what the venue took back, and booked anew, as if it had been told so at first."""
        line = self.line(event.strategy)
        line.count["shares"] += event.given_qty - event.taken_qty
        line.notional += event.given_qty * event.given_px - event.taken_qty * event.taken_px
        line.fees += event.fee
