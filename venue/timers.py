"""What is due later: a heap of (time, order made, kind, account, order id). Integers and names only, so it is exact."""

from __future__ import annotations

import heapq
from typing import NamedTuple


class Timer(NamedTuple):
    """One thing that is due."""

    due_ns: int
    made: int
    kind: str
    account: str
    order_id: str


FAR_NS = 1 << 62  # later than any market


class Timers:
    """Things that are due, the earliest first, the earlier made first among equals. `due_ns`: when the next one is."""

    def __init__(self) -> None:
        self.due_ns = FAR_NS
        self._heap: list[Timer] = []
        self._made = 0

    def add(self, due_ns: int, kind: str, account: str, order_id: str) -> None:
        """Note a thing."""
        self._made += 1
        heapq.heappush(self._heap, Timer(due_ns, self._made, kind, account, order_id))
        self.due_ns = self._heap[0].due_ns

    def pop(self, now_ns: int) -> Timer | None:
        """Return and forget the next thing that is due by now."""
        if self.due_ns > now_ns:
            return None
        found = heapq.heappop(self._heap)
        self.due_ns = self._heap[0].due_ns if self._heap else FAR_NS
        return found
