"""The tick stream as the recorder hears it: how much came, what was missed, whether the tape takes it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.clock import NS_PER_S
from hft.events import TicksMissed
from recorder.parcels import TapeFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import FeedState, Gap, Ticks

TELL_GAPS_EVERY_S = 1


class Taping:
    """Counts of the stream since the start."""

    def __init__(self) -> None:
        self.ticks = self.missed = self._missed_told = 0
        self._due_ns = 0
        self.fault = TapeFault(reason="", lost=0)
        self.feed = ""  # what is to be said of the feed, empty while it is connected

    @property
    def has_untold(self) -> bool:
        """Return whether something was missed that the record does not say yet."""
        return self.missed > self._missed_told

    @property
    def trouble(self) -> str:
        """Return in words that the tape cannot be written; empty when it can."""
        return f"tape cannot be written ({self.fault.reason})" if self.fault.reason else ""

    def on_ticks(self, batch: Ticks) -> None:
        """Count a batch."""
        self.ticks += len(batch.ticks)

    def on_gap(self, gap: Gap) -> None:
        """Count what the feed published and we did not get."""
        self.missed += gap.missed

    def on_feed(self, state: FeedState) -> None:
        """Note whether the feed has a market."""
        self.feed = "" if state.connected else "; the feed is not connected"

    def wake(self, now_ns: int) -> Iterator[TicksMissed]:
        """Return what was missed since it was last told, at most once a second."""
        if self.has_untold and now_ns >= self._due_ns:
            self._due_ns = now_ns + TELL_GAPS_EVERY_S * NS_PER_S
            missed, self._missed_told = self.missed - self._missed_told, self.missed
            yield TicksMissed(reader="recorder", missed=missed, total=self.missed)
