"""One day seen in the order of time: ticks and events merged, through the honest book and the mark-outs.

Live, both wait LAG_S in a heap, so that what arrives a little late still finds its place; from the files all is sorted.
The order is the same in both (time, then ticks before events, then their numbers), so the results are the same too.
What arrives later than that is counted: then the live fold is not what the files say, and is made anew from them.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from hft import events
from hft.clock import NS_PER_S
from hft.messages import Quote, Ticks, Trade
from recorder.fair import Fair
from recorder.honest import Honest
from recorder.markouts import Markouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hft.eventline import Stamp
    from hft.events import AnyEvent
    from recorder.fillmodels import Scale

LAG_S = 2
AHEAD_S = 60
WHOLE_DAY_S = 10**6
TICK, EVENT = 0, 1
Key = tuple[int, int, str, int, int]  # when, tick or event, whose, epoch, number: no two are alike
Entry = tuple[int, int, str, int, int, "Ticks | AnyEvent"]


class Session:
    """The folds of one day, and what waits to go through them."""

    def __init__(self, day: str, scale: Scale, watch: Callable[[AnyEvent, int], None] | None = None) -> None:
        self._watch = watch  # told of each event when its turn has been
        self.honest = Honest(day, scale)
        self._kinds = frozenset(self.honest.kinds)
        self.fairs: dict[str, Fair] = {}
        self.markouts = Markouts(self.value_of)
        self.late = 0
        self._waiting: list[Entry] = []
        self._last: Key = (0, 0, "", 0, 0)
        self._seen: dict[tuple[int, str], tuple[int, int]] = {}  # of each producer and symbol: epoch and number

    @property
    def kinds(self) -> frozenset[type[events.Event]]:
        """Return the kinds of events that change anything here."""
        return self._kinds

    def add_event(self, stamp: Stamp, event: AnyEvent, ts_ns: int) -> None:
        """Let an event wait for its turn; one that changes nothing here need not even be in time."""
        if type(event) in self._kinds:
            self._add((ts_ns, EVENT, stamp.producer, stamp.epoch, stamp.seq), event)

    def add_ticks(self, batch: Ticks) -> None:
        """Let a batch of ticks wait for its turn."""
        first = batch.ticks[0]
        self._add((first.recv_ns, TICK, first.symbol, batch.epoch, batch.seq), batch)

    def advance(self, now_ns: int) -> bool:
        """Take everything that has waited LAG_S; return whether there was anything."""
        return self._take_until(now_ns - LAG_S * NS_PER_S)

    def load(
        self, told: Iterable[tuple[Stamp, AnyEvent, int]], batches: Iterable[Ticks], ahead_s: int = AHEAD_S
    ) -> None:
        """Take a day from the files, its batches in the order of receipt, its events nearly in the order of time.

        Events are read `ahead_s` further than ticks, so that a whole day need not be in memory. One that is more out of
        order than that (a producer that could not reach the recorder) counts as late.
        """
        left = iter(told)
        event = next(left, None)
        for batch in batches:
            at_ns = batch.ticks[0].recv_ns
            while event is not None and event[2] <= at_ns + ahead_s * NS_PER_S:
                self.add_event(*event)
                event = next(left, None)
            self.add_ticks(batch)
            self._take_until(at_ns - 1)
        while event is not None:
            self.add_event(*event)
            event = next(left, None)

    def finish(self) -> None:
        """Take everything: nothing more will come."""
        while self._waiting:
            self._take_until(self._waiting[0][0])

    def _add(self, key: Key, item: Ticks | AnyEvent) -> None:
        _, kind, whose, epoch, number = key
        if (epoch, number) <= self._seen.get((kind, whose), (0, 0)):
            return  # it came from the files already
        self._seen[kind, whose] = (epoch, number)
        if key < self._last:
            self.late += 1
        heapq.heappush(self._waiting, (*key, item))

    def _take_until(self, until_ns: int) -> bool:
        waiting = self._waiting
        if not waiting or waiting[0][0] > until_ns:
            return False
        while waiting and waiting[0][0] <= until_ns:
            now_ns, kind, whose, epoch, number, item = heapq.heappop(waiting)
            self._last = (now_ns, kind, whose, epoch, number)
            if isinstance(item, Ticks):
                self.markouts.advance(now_ns)  # not for events: then the last of them would decide what is due
                self._take_ticks(item)
            else:
                self._take_event(item, now_ns)
        return True

    def _take_ticks(self, batch: Ticks) -> None:
        for tick in batch.ticks:
            if type(tick) is Quote:
                self._fair(tick.symbol).on_quote(tick.bid_px, tick.ask_px, tick.recv_ns)
                self.honest.on_quote(tick)
            elif type(tick) is Trade:
                self._fair(tick.symbol).on_trade(tick.px, tick.recv_ns)
                self.honest.on_trade(tick)

    def _take_event(self, event: AnyEvent, now_ns: int) -> None:
        if isinstance(event, events.OrderFilled):
            self.markouts.on_fill(event, now_ns)
        self.honest.on_event(event, now_ns)
        if self._watch is not None:
            self._watch(event, now_ns)

    def _fair(self, symbol: str) -> Fair:
        found = self.fairs.get(symbol)
        if found is None:
            found = self.fairs[symbol] = Fair()
        return found

    def value_of(self, symbol: str) -> int:
        """Return what a symbol is worth now in 1e-4 dollar, 0 while that is not known."""
        return self.fairs[symbol].px if symbol in self.fairs else 0
