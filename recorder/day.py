"""One trading day as the events tell it: per strategy what was ordered, filled, refused, earned. A pure fold.

Rule: it knows nothing but the events, in the order of the file. Live, after a restart and rebuilt years later from the
files it is the same code and gives the same numbers.
An order is what a strategy wished: moved to another price or size it is a new order of the venue's, and the same wish.
Profit here is the paper book's: fills as the broker reported them, before fees, valued at `market.marked`.
"""

from __future__ import annotations

from collections import Counter

from hft import events
from recorder.book import UNCLAIMED
from recorder.counts import Counts

ALL = "ALL"


class Day(Counts):
    """The fold: the counts, and the paper book of each strategy and its marks."""

    def __init__(self, day: str) -> None:
        super().__init__()
        self.day = day
        self.marks: dict[str, int] = {}
        self.symbols: set[str] = set()  # that were ordered or held: what must be valued
        self.opened = False
        self._peak = 0
        self.drawdown_max = 0
        self.handlers |= {
            events.MarketMarked: self._on_marked,
            events.PositionClaimed: self._on_claimed,
            events.SplitSuspected: self._on_split,
            events.SharesSplit: self._on_split,
        }

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
        super()._on_opened(event)
        self.opened = True
        for strategy, holdings in event.positions.items():
            for symbol, (qty, mark_px) in holdings.items():
                self.symbols.add(symbol)
                self.line(strategy).paper.carry(symbol, qty, mark_px)

    def _on_sent(self, event: events.OrderSent) -> None:
        self.symbols.add(event.symbol)
        super()._on_sent(event)

    def _on_filled(self, event: events.OrderFilled) -> None:
        super()._on_filled(event)
        self.symbols.add(event.symbol)
        paper, signed_qty = self.line(event.strategy).paper, event.side.sign * event.last_qty
        paper.agree(event.symbol, event.position - signed_qty, event.last_px)
        paper.fill(event.symbol, signed_qty, event.last_px)
        paper.mark(event.symbol, self.marks.get(event.symbol, event.mid_px))
        self._look()

    def _on_marked(self, event: events.MarketMarked) -> None:
        self.marks.update(event.mids)
        for line in self.lines.values():
            for symbol, px in event.mids.items():
                line.paper.mark(symbol, px)
        self._look()

    def _on_crossed(self, event: events.SharesCrossed) -> None:
        """Book them: no fill of a market, and no fee."""
        super()._on_crossed(event)
        self._hand_over(event.seller, event.buyer, event.symbol, event.qty, event.px)

    def _on_claimed(self, event: events.PositionClaimed) -> None:
        """Book shares that a person gave to a strategy: what they lost before stays with nobody."""
        self.symbols.add(event.symbol)
        self.line(event.strategy)
        self._hand_over(UNCLAIMED, event.strategy, event.symbol, event.qty, event.px)

    def _hand_over(self, giver: str, taker: str, symbol: str, qty: int, px: int) -> None:
        for name, sign in ((giver, -1), (taker, 1)):
            if name in self.lines:
                self.lines[name].paper.fill(symbol, sign * qty, px)
        self._look()

    def _on_corrected(self, event: events.TradeCorrected) -> None:
        """Take what the venue took back out of the strategy's day, and bring in what it booked anew."""
        super()._on_corrected(event)
        for side, qty, px in event.parts:
            self.line(event.strategy).paper.fill(event.symbol, side.sign * qty, px)
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
