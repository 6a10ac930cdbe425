"""Until when there is nothing for the router to do by itself: no order, no request, no latch or poll that is due.

Rule: early is safe, late is not. Whatever is not plainly at rest means "now"; and any message but ticks, a heartbeat or
a word of the feed that changes nothing ends the quiet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hft.clock import NS_PER_MS, NS_PER_S
from hft.events import AccountMarked
from hft.messages import Beat, FeedState, News, Ticks
from router.bands import bands
from router.central import RECORDER
from router.control import COUNTED_EVERY_MS, MARKED_EVERY_MS
from router.gates import FEED_SILENT_MS_MAX
from router.intents import REPEATED_EVERY_MS
from router.polls import CLOCK_EVERY_MS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.bands import Bands
    from router.control import Control
    from router.desk import Desk
    from router.gates import Gates
    from router.intents import Intents

HOUR_NS = 3_600 * NS_PER_S  # a day in New York begins on a full hour of UTC
NOW = 0
# What many of come each second lets no request out that waits for its turn: the next wake does.
PASSING = frozenset({Ticks, FeedState, News, Beat})


class Quiet:
    """Before `until_ns` (as the desk's `steady_ns` counts) a wake has only losses to watch and marks to make."""

    def __init__(self, desk: Desk, gates: Gates, intents: Intents, control: Control) -> None:
        self._desk, self._gates, self._intents, self._control = desk, gates, intents, control
        self.until_ns = NOW
        self._edge_ns = NOW  # up to which only what a sign of life puts off can end it
        ns = desk.config.ns  # asked often
        self._feed_ns, self._silent_ns = ns(FEED_SILENT_MS_MAX), ns(desk.config.strategy_silent_after_ms)
        self._mark_ns, self._count_ns = ns(MARKED_EVERY_MS), ns(COUNTED_EVERY_MS)
        self._repeat_ns = ns(REPEATED_EVERY_MS)
        self.bands: Bands = {}  # quotes between which the losses need no look
        self.vouched = False  # whether the shell vouches for it that no sign of life is missing, unless it says so

    def look(self, out: list[Any]) -> None:
        """Look how long it lasts after a wake that said `out`: what was done may be told at the next."""
        self.until_ns = NOW
        if self._is_at_rest():
            self._edge_ns = min(self._edges_steady())
            self.until_ns = min(self._edge_ns, *self._dues())
            self.told(out)

    def told(self, out: list[Any]) -> None:
        """End it if a wake that had only losses and marks to look at said more than marks, which tell of time only."""
        if any(type(said) is not AccountMarked for said in out):
            self.until_ns = NOW

    def hear(self, message: Any) -> None:  # noqa: ANN401 the union of the router's streams
        """End it if a message that is about to be handled may leave something to do."""
        if self.until_ns and type(message) is not Ticks and self._is_ended_by(message):
            self.until_ns = NOW

    def idle_wakes(self, now_ns: int, pace_ns: int) -> int:
        """Return how many wakes from `now_ns` on have nothing to do at all, not even losses to watch.

        So it is until anything but ticks and signs of life is heard, or a quote of a symbol held leaves its band.
        """
        desk = self._desk
        if self.until_ns and desk.steady_ns < self._edge_ns:
            self.until_ns = min(self._edge_ns, *self._dues())  # signs of life have put off some
        until_ns = min(self.until_ns, self._control.marked_ns + self._mark_ns)
        left_ns = until_ns - desk.steady_ns + desk.now_ns - now_ns
        if left_ns <= 0 or desk.central.is_news:
            return 0
        found = bands(desk)
        self.bands = found or {}
        return 0 if found is None else (left_ns - 1) // pace_ns

    def _is_ended_by(self, message: Any) -> bool:  # noqa: ANN401 the union of the router's streams
        desk = self._desk
        if type(message) is FeedState:
            silent_ns = desk.steady_ns - desk.market.feed_well_ns
            return not message.connected or (silent_ns >= self._feed_ns and not self.vouched)
        if type(message) is Beat and message.process == RECORDER:
            return desk.pnl.is_honest_due  # else what it says of profit is looked at with the losses
        if type(message) is Beat:
            link = desk.links.get(message.process)
            return link is None or not link.connected or message.epoch != link.epoch
        return type(message) is not News

    def _is_at_rest(self) -> bool:
        desk, gates = self._desk, self._gates
        busy = (
            desk.book.working
            or desk.book.unknown
            or desk.asked
            or desk.sent_ns
            or desk.cancels
            or desk.amendments.is_at_work
            or desk.unheard.is_waiting
            or desk.exits_first
            or desk.closing
            or desk.stopping
            or gates.disk_slow_ms
            or desk.config.flatten_orphans
            or self._intents.broken
            or self._intents.waiting.each()
            or self._control.is_busy
            or (desk.pnl.is_honest_due and desk.central.is_known)
        )
        known = gates.reconciled and not gates.reconciling and desk.account is not None
        return known and not busy and desk.market.clock is not None and desk.market.feed_connected

    def _edges_steady(self) -> Iterator[int]:
        """Yield what no sign of life puts off: edges by the clock, and the ends of pauses."""
        desk = self._desk
        yield from (desk.steady_ns + at_ns - desk.now_ns for at_ns in self._edges() if at_ns > desk.now_ns)
        yield from (until_ns for until_ns in desk.paused.values() if until_ns > desk.steady_ns)

    def _dues(self) -> Iterator[int]:
        desk = self._desk
        if not self.vouched:
            yield desk.market.feed_well_ns + self._feed_ns
        yield self._control.reconciler.next_ns
        yield self._control.counted_ns + self._count_ns
        for link in desk.links.values():
            if not link.lost and not self.vouched:
                yield link.heard_ns + self._silent_ns
            if link.repeated:
                yield link.repeated_ns + self._repeat_ns

    def _edges(self) -> Iterator[int]:
        """Yield the moments by the clock at which more or less may be done, or something is due."""
        desk = self._desk
        clock, config = desk.market.clock, desk.config
        yield desk.now_ns - desk.now_ns % HOUR_NS + HOUR_NS
        yield desk.market.clock_ns + config.ns(CLOCK_EVERY_MS)
        if clock is not None:
            yield clock.next_open_ns
            yield clock.next_close_ns
            yield clock.next_close_ns - config.no_new_risk_before_close_ms * NS_PER_MS
            yield clock.next_close_ns - config.flat_before_close_ms * NS_PER_MS
