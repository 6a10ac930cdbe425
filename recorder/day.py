"""One trading day as the events tell it: per strategy what was ordered, filled, refused, earned. A pure fold.

Rule: it knows nothing but the events, in the order of the file. Live, after a restart and rebuilt years later from the
files it is the same code and gives the same numbers.
Profit here is the paper book's: fills as the broker reported them, before fees, valued at `market.marked`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hft import events
from hft.words import OrdStatus
from recorder.book import UNCLAIMED, Book

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = "ALL"


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


class Day:
    """The fold. Feed it every event of the day's file with `add`."""

    def __init__(self, day: str) -> None:
        self.day = day
        self.lines: dict[str, Line] = {}
        self.total = Line()  # its paper book holds the account's drawdown only
        self.marks: dict[str, int] = {}
        self.symbols: set[str] = set()  # that were ordered or held: what must be valued
        self.opened = False
        self.restarts: Counter[str] = Counter()
        self._started: set[str] = set()
        self._peak = 0
        self.drawdown_max = 0
        self._table: dict[type[events.Event], Callable[[Any], None]] = {
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
            events.MarketMarked: self._on_marked,
            events.SharesCrossed: self._on_crossed,
            events.SplitSuspected: self._on_split,
            events.SharesSplit: self._on_split,
        }

    @property
    def kinds(self) -> list[type[events.Event]]:
        """Return the kinds of events that change anything."""
        return list(self._table)

    def add(self, event: events.AnyEvent) -> bool:
        """Take one event; return whether it changed anything."""
        handler = self._table.get(type(event))
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

    def positions(self) -> dict[str, dict[str, tuple[int, int]]]:
        """Return (shares, mark) by strategy and symbol: what the next day begins with."""
        return {
            strategy: {
                symbol: (holding.qty, holding.mark_px) for symbol, holding in line.paper.holdings.items() if holding.qty
            }
            for strategy, line in self.lines.items()
            if line.paper.positions
        }

    @property
    def pnl(self) -> int:
        """Return the account's profit before fees, in 1e-4 dollar."""
        return sum(line.paper.pnl for line in self.lines.values())

    def account_positions(self) -> dict[str, int]:
        """Return the shares of each symbol over all strategies."""
        total: Counter[str] = Counter()
        for line in self.lines.values():
            total.update(line.paper.positions)
        return {symbol: qty for symbol, qty in total.items() if qty}

    # --- one handler for each kind of event

    def _on_opened(self, event: events.DayOpened) -> None:
        self.opened = True
        for strategy, holdings in event.positions.items():
            for symbol, (qty, mark_px) in holdings.items():
                self.symbols.add(symbol)
                self.line(strategy).paper.carry(symbol, qty, mark_px)

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
        self.symbols.add(event.symbol)
        count = self.line(event.strategy).count
        count["orders"] += 1
        count["ordered_shares"] += event.qty

    def _on_refused(self, event: events.OrderRefused) -> None:
        self.line(event.strategy).count["denials"] += event.count

    def _on_filled(self, event: events.OrderFilled) -> None:
        self.symbols.add(event.symbol)
        line = self.line(event.strategy)
        signed_qty = event.side.sign * event.last_qty
        line.count["fills"] += 1
        line.count["shares"] += event.last_qty
        line.notional += event.last_qty * event.last_px
        line.paper.agree(event.symbol, event.position - signed_qty, event.last_px)
        line.paper.fill(event.symbol, signed_qty, event.last_px)
        line.fees += event.fee
        line.paper.mark(event.symbol, self.marks.get(event.symbol, event.mid_px))
        self._look()

    def _on_done(self, event: events.OrderDone) -> None:
        self.line(event.strategy).count["rejects"] += event.status is OrdStatus.REJECTED

    def _on_cancel(self, event: events.CancelRequested) -> None:
        self.line(event.strategy).count["cancels"] += 1

    def _on_requests(self, event: events.RequestsCounted) -> None:
        for name, requests in event.requests.items():
            self.total.count["requests"] += requests
            if name in self.lines:
                self.lines[name].count["requests"] += requests

    def _on_marked(self, event: events.MarketMarked) -> None:
        self.marks.update(event.mids)
        for line in self.lines.values():
            for symbol, px in event.mids.items():
                line.paper.mark(symbol, px)
        self._look()

    def _on_crossed(self, event: events.SharesCrossed) -> None:
        """Book shares that changed ledgers past the venue: no fill of a market, and no fee."""
        for name, sign in ((event.seller, -1), (event.buyer, 1)):
            if name in self.lines or name != UNCLAIMED:
                self.line(name).paper.fill(event.symbol, sign * event.qty, event.px)
                self.line(name).count["crossed"] += event.qty
        self._look()

    def _on_split(self, event: events.SplitSuspected | events.SharesSplit) -> None:
        """Count the new shares; the profit is right again with the next mark."""
        suspected = isinstance(event, events.SplitSuspected)
        for line in self.lines.values():
            line.paper.split(event.symbol, event.new, event.old, suspected=suspected)

    def _look(self) -> None:
        for line in self.lines.values():
            line.paper.look()
        self._peak = max(self._peak, self.pnl)
        self.drawdown_max = max(self.drawdown_max, self._peak - self.pnl)
