"""How long a strategy holds what it trades: half of its shares were out again after so many seconds. Pure."""

from __future__ import annotations

from array import array
from collections import defaultdict, deque
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Holding:
    """One strategy's shares: each symbol is a queue of its own, first in first out."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, deque[list[float]]] = defaultdict(deque)  # symbol → [when, signed shares]
        self._held_s, self._shares = array("d"), array("q")  # of what was closed

    def fill(self, symbol: str, at_s: float, signed_qty: int) -> None:
        """Take a fill, in the order of time."""
        queue = self._queues[symbol]
        while signed_qty and queue and queue[0][1] * signed_qty < 0:
            signed_qty = self._close(queue, at_s, signed_qty)
        if signed_qty:
            queue.append([at_s, signed_qty])

    def _close(self, queue: deque[list[float]], at_s: float, signed_qty: int) -> int:
        """Close the oldest lot or a part of it; return what is left of the fill."""
        lot = queue[0]
        closed = min(abs(signed_qty), abs(int(lot[1])))
        self._held_s.append(at_s - lot[0])
        self._shares.append(closed)
        signed = closed if signed_qty > 0 else -closed
        lot[1] += signed
        if not lot[1]:
            queue.popleft()
        return signed_qty - signed

    @property
    def closed(self) -> Iterable[tuple[float, int]]:
        """Return seconds and shares of everything that was closed."""
        return zip(self._held_s, self._shares, strict=True)


def half_life_s(holdings: Iterable[Holding]) -> float | None:
    """Return the time after which half of all shares that were closed had been closed; None of none."""
    held = sorted(chain.from_iterable(each.closed for each in holdings))
    half, passed = sum([shares for _, shares in held]) / 2, 0
    for seconds, shares in held:
        passed += shares
        if passed >= half:
            return seconds
    return None
