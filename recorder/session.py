"""One day seen in the order of time: ticks and events merged, through the honest book and the mark-outs.

Live, both wait LAG_S and are sorted, so that what arrives a little late still finds its place; from the files some
seconds are sorted at a time.
The order is the same in both (time, then ticks before events, then their numbers), so the results are the same too.
What arrives later than that is counted: then the live fold is not what the files say, and is made anew from them.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from hft import events
from hft.clock import NS_PER_S
from hft.messages import Quote, Ticks, Trade
from recorder.fair import Fair
from recorder.honest import Honest
from recorder.markouts import Markouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hft.eventline import Stamp
    from hft.events import AnyEvent
    from recorder.fillmodels import Scale

    Turn = Callable[[Any, int], None]  # takes an item, and the time

LAG_S = 2
# How far events are read ahead of ticks: what waits for its turn should stay in a processor's cache. Where an event is
# more out of order (its producer could not reach the recorder), further; at last the whole day is sorted.
AHEADS_S = 10, 60, 10**6
TICK, EVENT = 0, 1
FIRST = 0, 0  # before every epoch and number
ENDLESS_NS = 1 << 63
_when, _kind_of = itemgetter(0), itemgetter(1)
# When, tick or event, whose, epoch, number: no two are alike, so sorting never looks at what is behind them.
Entry = tuple[int, int, str, int, int, "Ticks | AnyEvent"]
Seen = dict[str, tuple[int, int]]  # the last epoch and number of each
Loaded = TypeVar("Loaded")
Watch = dict[type[events.Event], "Callable[[Any, int], None]"]  # told of an event of the kind when its turn has been


class Session:
    """The folds of one day, and what waits to go through them."""

    def __init__(self, day: str, scale: Scale, watch: Watch | None = None) -> None:
        self._watch = watch or {}
        self.honest = Honest(day, scale)
        self._kinds = frozenset(self.honest.kinds)
        self.fairs: dict[str, Fair] = {}
        self.markouts = Markouts(self.value_of)
        self.late = 0
        self._waiting: list[Entry] = []
        self._events = 0  # among them
        self._last: Entry | tuple[int] = (0,)
        self._seen: tuple[Seen, Seen] = {}, {}  # of each symbol (TICK) and producer (EVENT)
        self._turns = self._handlers()

    @property
    def kinds(self) -> frozenset[type[events.Event]]:
        """Return the kinds of events that change anything here."""
        return self._kinds

    def add_event(self, stamp: Stamp, event: AnyEvent, ts_ns: int) -> None:
        """Let an event wait for its turn; one that changes nothing here need not even be in time."""
        self._add_events(((stamp, event, ts_ns),))

    def add_ticks(self, *batches: Ticks) -> None:
        """Let batches of ticks wait for their turn."""
        self._add_ticks(batches)

    def advance(self, now_ns: int) -> None:
        """Take everything that has waited LAG_S."""
        self._take_until(now_ns - LAG_S * NS_PER_S)

    def load(
        self, told: Iterable[tuple[Stamp, AnyEvent, int]], batches: Iterable[Ticks], ahead_s: int = AHEADS_S[-1]
    ) -> None:
        """Take a day from the files, its batches in the order of receipt, its events nearly in the order of time.

        Events are read `ahead_s` further than ticks, so that a whole day need not be in memory. It ends where one is
        more out of order than that, which counts as late.
        """
        left, ahead_ns = iter(told), ahead_s * NS_PER_S
        for block in _blocks(batches, ahead_ns):
            last_ns = block[-1].ticks[0].recv_ns
            self._add_events(left, last_ns + ahead_ns)
            self._add_ticks(block)
            if self.late:
                return
            self._take_until(last_ns - 1)
        self._add_events(left)

    @property
    def now_ns(self) -> int:
        """Return the time of what was taken last."""
        return self._last[0]

    def finish(self) -> None:
        """Take everything: nothing more will come."""
        if self._waiting:
            self._take_until(max(self._waiting)[0])

    def _add_events(self, told: Iterable[tuple[Stamp, AnyEvent, int]], until_ns: int = ENDLESS_NS) -> None:
        """Let what changes anything here wait for its turn, up to the first event after `until_ns`."""
        kinds, seen, last, waiting = self._kinds, self._seen[EVENT], self._last, self._waiting
        last_ns, before = last[0], len(waiting)
        for stamp, event, ts_ns in told:
            if type(event) in kinds:
                whose, epoch, seq = stamp.producer, stamp.epoch, stamp.seq
                place = epoch, seq
                if place > seen.get(whose, FIRST):  # else it came from the files already
                    seen[whose] = place
                    entry = ts_ns, EVENT, whose, epoch, seq, event
                    if ts_ns <= last_ns and entry < last:
                        self.late += 1
                    waiting.append(entry)
            if ts_ns > until_ns:
                break
        self._events += len(waiting) - before

    def _add_ticks(self, batches: Iterable[Ticks]) -> None:
        seen, last, waiting = self._seen[TICK], self._last, self._waiting
        last_ns = last[0]
        for batch in batches:
            first, epoch, seq = batch.ticks[0], batch.epoch, batch.seq
            whose, place = first.symbol, (epoch, seq)
            if place > seen.get(whose, FIRST):
                seen[whose] = place
                entry = first.recv_ns, TICK, whose, epoch, seq, batch
                if entry[0] <= last_ns and entry < last:
                    self.late += 1
                waiting.append(entry)

    @property
    def is_still(self) -> bool:
        """Return whether no book changes until another event is told: none waits, and no order rests in any model."""
        return not self._events and self.honest.is_still

    def _take_until(self, until_ns: int) -> None:
        waiting, turns = self._waiting, self._turns
        waiting.sort()  # nearly in order as it comes: that is quicker than a heap
        due = waiting[: bisect_right(waiting, until_ns, key=_when)]
        for now_ns, _, _, _, _, item in due:
            for take in turns[type(item)]:
                take(item, now_ns)
        if due:
            self._last = due[-1]
            self._events -= sum(map(_kind_of, due))
            del waiting[: len(due)]

    def _handlers(self) -> dict[type, list[Turn]]:
        """Return who is told of what, one after the other, when its turn has come."""
        turns: dict[type, list[Turn]] = {kind: [self.honest.on_event] for kind in self._kinds}
        turns[events.OrderFilled].insert(0, self.markouts.on_fill)
        for kind, watcher in self._watch.items():
            turns[kind].append(watcher)
        return {**turns, Ticks: [self._take_ticks]}

    def _take_ticks(self, batch: Ticks, now_ns: int) -> None:
        if now_ns >= self.markouts.due_ns:  # not for events: then the last of them would decide what is due
            self.markouts.advance(now_ns)
        for tick in batch.ticks:
            if type(tick) is Quote:
                fair = self.fairs.get(tick.symbol) or self._fair(tick.symbol)
                fair.on_quote(tick.bid_px, tick.ask_px, tick.recv_ns)
                self.honest.on_quote(tick)
            elif type(tick) is Trade:
                self._fair(tick.symbol).on_trade(tick.px, tick.recv_ns)
                self.honest.on_trade(tick)

    def _fair(self, symbol: str) -> Fair:
        found = self.fairs.get(symbol)
        if found is None:
            found = self.fairs[symbol] = Fair()
        return found

    def value_of(self, symbol: str) -> int:
        """Return what a symbol is worth now in 1e-4 dollar, 0 while that is not known."""
        return self.fairs[symbol].px if symbol in self.fairs else 0


def in_order(load: Callable[[int], Loaded], late: Callable[[Loaded], int]) -> Loaded:
    """Return the day that was loaded so many seconds ahead that nothing in it was late."""
    for ahead_s in AHEADS_S[:-1]:
        loaded = load(ahead_s)
        if not late(loaded):
            return loaded
    return load(AHEADS_S[-1])


def _blocks(batches: Iterable[Ticks], length_ns: int) -> Iterator[list[Ticks]]:
    """Return the batches in stretches of about `length_ns`."""
    block: list[Ticks] = []
    for batch in batches:
        if block and batch.ticks[0].recv_ns - block[0].ticks[0].recv_ns > length_ns:
            yield block
            block = []
        block.append(batch)
    if block:
        yield block
