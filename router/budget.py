"""The request budget: 200 calls a minute for everything, spent by priority.

Two bounds. A sliding window counts what left in the last minute, so whatever window the venue uses, it never sees more
than the limit; and what the venue's own headers say is left is believed when it is less (someone else is there too).
Each priority may fill the window only up to its ceiling, so polls and new orders can never starve a cancel.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING

from router.broker import AnyRequest, Priority, RateNoted

if TYPE_CHECKING:
    from router.config import Config

WINDOW_MS = 60_000
WAITING_MAX = 500  # beyond, polls are dropped: they will come round again
BURST_NEW_MAX = 20  # new orders at once; then they are paced
PLENTY = 0.6  # of what new orders may use in a minute; above it each strategy has its share
COST = {Priority.NEW: 2, Priority.REPLACE: 1}  # requests: a new order costs a second one to cancel it


class Budget:
    """What may leave now, and what waits."""

    def __init__(self, config: Config) -> None:
        self.limit = config.requests_per_min_max
        reserved = min(config.requests_reserved, self.limit // 2)
        self._ceiling = {
            Priority.PANIC: self.limit,
            Priority.CANCEL: self.limit,
            Priority.REDUCE: self.limit - reserved // 4,
            Priority.QUERY: self.limit - reserved // 8,  # few, and without them the books stay open
            Priority.REPLACE: self.limit - reserved,
            Priority.NEW: self.limit - reserved,
            Priority.POLL: self.limit - reserved // 2,
        }
        self._window_ns = config.ns(WINDOW_MS)
        self._ns = config.ns
        self._sent: deque[int] = deque()
        self._waiting: list[tuple[int, int, AnyRequest]] = []
        self._order = 0
        self._closed_until_ns = 0
        self._remaining: int | None = None
        self._remaining_until_ns = 0
        self._new_tokens, self._new_at_ns = float(BURST_NEW_MAX), 0
        self._taken: deque[tuple[int, str, int]] = deque()  # the turns of the last minute: when, whose, what they cost
        self.dropped_polls = 0

    def ask(self, request: AnyRequest) -> None:
        """Queue a request."""
        if len(self._waiting) >= WAITING_MAX and request.priority is Priority.POLL:
            self.dropped_polls += 1
            return
        self._order += 1
        heapq.heappush(self._waiting, (request.priority, self._order, request))

    @property
    def is_waiting(self) -> bool:
        """Return whether any request waits for its turn."""
        return bool(self._waiting)

    def due(self, now_ns: int) -> list[AnyRequest]:
        """Return what may leave now, the most urgent first."""
        out: list[AnyRequest] = []
        while self._waiting and self._may(Priority(self._waiting[0][0]), now_ns):
            out.append(heapq.heappop(self._waiting)[2])
            self._sent.append(now_ns)
            if self._remaining is not None:
                self._remaining -= 1
        return out

    def has_room(self, priority: Priority, now_ns: int, whose: str = "") -> bool:
        """Return whether a request of this priority would leave at once; for a new or moved order, take its turn."""
        ahead = sum(1 for waiting in self._waiting if waiting[0] <= priority)
        if not self._may(priority, now_ns, ahead):
            return False
        cost = COST.get(priority, 0)
        return not cost or (self._has_share(whose, now_ns) and self._take_turn(whose, cost, now_ns))

    def used_last_min(self, now_ns: int) -> int:
        """Return how many requests left in the last minute."""
        self._slide(now_ns)
        return len(self._sent)

    def note(self, rate: RateNoted, now_ns: int) -> None:
        """Believe the venue's headers when they leave us less than we think."""
        self._remaining = rate.remaining
        self._remaining_until_ns = now_ns + self._ns(min(rate.resets_ms, WINDOW_MS))

    def close(self, retry_after_ms: int, now_ns: int) -> None:
        """Send nothing until the venue's window is new: it said 429."""
        self._closed_until_ns = now_ns + self._ns(min(retry_after_ms, WINDOW_MS))

    def _may(self, priority: Priority, now_ns: int, ahead: int = 0) -> bool:
        if now_ns < self._closed_until_ns:
            return False
        self._slide(now_ns)
        spared = self.limit - self._ceiling[priority]
        if len(self._sent) + ahead >= self._ceiling[priority]:
            return False
        if self._remaining is None or now_ns >= self._remaining_until_ns:
            self._remaining = None
            return True
        return self._remaining - ahead > spared

    def _has_share(self, whose: str, now_ns: int) -> bool:
        """Return whether a strategy is within its fair share; while there is plenty, it may borrow from the others."""
        while self._taken and self._taken[0][0] <= now_ns - self._window_ns:
            self._taken.popleft()
        if len(self._sent) < self._ceiling[Priority.NEW] * PLENTY:
            return True
        spenders = {name for _, name, _ in self._taken} | {whose}
        mine = sum(cost for _, name, cost in self._taken if name == whose)
        return mine < self._ceiling[Priority.NEW] / len(spenders)

    def _take_turn(self, whose: str, cost: int, now_ns: int) -> bool:
        per_ns = self._ceiling[Priority.NEW] / self._window_ns
        earned = (now_ns - self._new_at_ns) * per_ns if self._new_at_ns else 0.0
        self._new_tokens = min(float(BURST_NEW_MAX), self._new_tokens + earned)
        self._new_at_ns = now_ns
        if self._new_tokens < 1.0:
            return False
        self._new_tokens -= 1.0
        self._taken.append((now_ns, whose, cost))
        return True

    def _slide(self, now_ns: int) -> None:
        while self._sent and self._sent[0] <= now_ns - self._window_ns:
            self._sent.popleft()
