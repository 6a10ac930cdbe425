"""What happens next: a heap of events by time. Time moves only here, from one event to the next.

Rule: two events of the same instant happen in the order in which they were asked for, so a run is one fixed sequence.
A program that is woken at a steady pace asks at each wake for the next one. Where it leaves out wakes that would do
nothing, it says when it would have asked (`rouse`), and the sequence is the one of the run that leaves none out.
The number of events of a run is bounded; a run that does not end is a mistake, not a long wait.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from hft.clock import NS_PER_MS

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS_MAX = 2_000_000_000
_push = heapq.heappush
ASKED = 1 << 20  # the rank of what is not a wake: after all wakes that were asked for at the same instant
# When it is due and when it was asked for; for wakes the rank of the program, for all a number; what is to be done.
Entry = tuple[int, int, int, int, "Callable[[Any], object]", Any]


class Scheduler:
    """A virtual clock with a diary. Times are market time, ns UTC; `rate` market seconds pass in a real one."""

    __slots__ = ("_number", "_rate", "events", "heap", "now_ns", "until_ns")

    def __init__(self, start_ns: int, rate: float = 1.0) -> None:
        self.now_ns = start_ns
        self._rate = rate
        self.events = 0
        self._number = 0
        self.heap: list[Entry] = []  # the next is the first
        self.until_ns = start_ns  # what is later must wait for another `run`

    def ns(self, ms: float) -> int:
        """Return a program's wait of `ms` real milliseconds as ns of market time."""
        return round(ms * NS_PER_MS * self._rate)

    def at(self, t_ns: int, action: Callable[[Any], object], argument: Any = None) -> None:  # noqa: ANN401 whatever the action takes
        """Note that `action(argument)` is to happen at `t_ns`; a time that has passed means now."""
        self._number += 1
        now_ns = self.now_ns
        _push(self.heap, (max(now_ns, t_ns), now_ns, ASKED, self._number, action, argument))

    def after(self, wait_ns: int, action: Callable[[Any], object], argument: Any = None) -> None:  # noqa: ANN401 whatever the action takes
        """Note that `action(argument)` is to happen in `wait_ns`."""
        self._number += 1
        now_ns = self.now_ns
        _push(self.heap, (now_ns + wait_ns, now_ns, ASKED, self._number, action, argument))

    def rouse(self, t_ns: int, asked_ns: int, rank: int, action: Callable[[int], object]) -> None:
        """Note that `action(t_ns)` is to happen at `t_ns` as if asked for at `asked_ns`; ranks tell wakes apart."""
        self._number += 1
        _push(self.heap, (t_ns, asked_ns, rank, self._number, action, t_ns))

    def run(self, until_ns: int) -> bool:
        """Let everything up to and including `until_ns` happen; return whether anything is left for later."""
        heap, pop, left = self.heap, heapq.heappop, EVENTS_MAX - self.events
        self.until_ns = until_ns
        while heap and heap[0][0] <= until_ns:
            self.now_ns, _, _, _, action, argument = pop(heap)
            left -= 1
            assert left > 0, "a run that does not end"
            action(argument)
        self.events = EVENTS_MAX - left
        self.now_ns = max(self.now_ns, until_ns)
        return bool(heap)
