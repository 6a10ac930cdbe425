"""What the router knows of the market: last quotes and prints, halts, whether the feed lives, whether it is open.

Rule: nothing here decides; it answers with a price and its age, and the limits decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.messages import Bar, FeedState, Quote, Status, Ticks, Trade

if TYPE_CHECKING:
    from router.broker import ClockReply


class Market:
    """The last of everything, per symbol."""

    def __init__(self) -> None:
        self.quotes: dict[str, Quote] = {}
        self.prints: dict[str, int] = {}
        self.halted: dict[str, str] = {}
        self.feed_connected = False
        self.feed_epoch = self.feed_last_ns = self.feed_heard_ns = self.feed_gaps = 0
        self.feed_well_ns = 0  # when it last said that it is connected
        self.clock: ClockReply | None = None
        self.clock_ns = 0

    def ticks(self, batch: Ticks) -> list[Status]:
        """Take a batch; return the trading statuses in it that changed something."""
        changed: list[Status] = []
        for tick in batch.ticks:
            if type(tick) is Quote:
                self.quotes[tick.symbol] = tick
            elif type(tick) is Trade:
                self.prints[tick.symbol] = tick.px
            elif type(tick) is Bar:
                self.prints.setdefault(tick.symbol, tick.close_px)
            elif type(tick) is Status and tick.halted != (tick.symbol in self.halted):
                changed.append(tick)
                self._halt(tick)
        return changed

    def _halt(self, tick: Status) -> None:
        if tick.halted:
            self.halted[tick.symbol] = f"{tick.code} {tick.reason}".strip()
        else:
            self.halted.pop(tick.symbol, None)

    def feed(self, state: FeedState, now_ns: int) -> None:
        """Take the feed's heartbeat."""
        self.feed_connected, self.feed_epoch = state.connected, state.epoch
        self.feed_last_ns, self.feed_heard_ns = state.last_recv_ns, now_ns
        if state.connected:
            self.feed_well_ns = now_ns

    def mark_px(self, symbol: str) -> float:
        """Return the mid, else the last print, else 0, in 1e-4 dollar."""
        quote = self.quotes.get(symbol)
        if quote is not None and quote.is_two_sided:
            return quote.mid
        return float(self.prints.get(symbol, 0))

    def clock_told(self, reply: ClockReply, now_ns: int) -> None:
        """Take the market's hours."""
        self.clock, self.clock_ns = reply, now_ns

    def is_open(self, now_ns: int) -> bool:
        """Return whether the regular session runs; what was told holds until the change it foretold."""
        clock = self.clock
        if clock is None:
            return False
        if clock.is_open:
            return now_ns < clock.next_close_ns
        return clock.next_open_ns <= now_ns < clock.next_close_ns

    def next_close_ns(self) -> int:
        """Return when the session ends, ns UTC; 0 when not known."""
        return self.clock.next_close_ns if self.clock else 0
