"""What the honest book says of today's profit, so that loss limits act on the worse of the two books.

The recorder tells its expected profit of the day in its heartbeat (`honest_mid:NAME`). A count of losses that begins
later (a resume, a day that is played again) begins at what it said then; that start is in the journal.
Rule: this can only make a limit stricter. Where the recorder is silent or has just begun its day, paper alone counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDER = "recorder"  # the process that knows
ALL = "ALL"  # its name for the account
STALE_MS = 30_000
SETTLE_MS = 30_000  # the recorder turns its day a moment before or after us
PREFIX = "honest_mid:"


class Central:
    """The last that the recorder said, in 1e-4 dollar."""

    def __init__(self, *, stale_ns: int, settle_ns: int, now_ns: int) -> None:
        self._stale_ns, self._settle_ns = stale_ns, settle_ns
        self._mids: dict[str, int] = {}
        self._heard_ns = now_ns - stale_ns - 1
        self._settled_ns = 0
        self.is_news = False  # until the losses are looked at again

    def hear(self, counters: Mapping[str, int], now_ns: int) -> None:
        """Take a heartbeat's counters; one that says nothing of profit changes nothing."""
        mids = {name.removeprefix(PREFIX): money for name, money in counters.items() if name.startswith(PREFIX)}
        if mids:
            self.is_news = self.is_news or mids != self._mids
            self._mids, self._heard_ns = mids, now_ns

    @property
    def is_known(self) -> bool:
        """Return whether it has said anything yet."""
        return bool(self._mids)

    def begin(self, now_ns: int) -> None:
        """Note that a day has begun: what is said in the next moments may still be yesterday's."""
        self._settled_ns = now_ns + self._settle_ns

    def start(self, now_ns: int) -> dict[str, int] | None:
        """Return what a count that begins now starts from, None while that is not known."""
        return dict(self._mids) if self._is_fresh(now_ns) and now_ns >= self._settled_ns else None

    def worse(self, name: str, paper: int, start: Mapping[str, int] | None, now_ns: int) -> int:
        """Return the smaller of the paper profit and the honest one since `start`, in 1e-4 dollar."""
        if start is None or name not in self._mids or not self._is_fresh(now_ns):
            return paper
        return min(paper, self._mids[name] - start.get(name, 0))

    def _is_fresh(self, now_ns: int) -> bool:
        return now_ns - self._heard_ns <= self._stale_ns
