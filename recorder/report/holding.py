"""How long a strategy holds what it trades: half of its shares were out again after so many seconds. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from recorder.report.fills import Fill


def half_life_s(fills: Iterable[Fill]) -> float | None:
    """Return the time after which half of all shares that were closed had been closed; None of none.

    `fills` in the order of time; each symbol of each strategy is a queue of its own, first in first out.
    """
    queues: dict[tuple[str, str], deque[list[float]]] = {}
    held: list[tuple[float, float]] = []  # seconds, shares
    for fill in fills:
        queue = queues.setdefault((fill.strategy, fill.symbol), deque())
        _take(queue, fill.at_s, fill.side.sign * fill.qty, held)
    held.sort()
    half, passed = sum(shares for _, shares in held) / 2, 0.0
    for seconds, shares in held:
        passed += shares
        if passed >= half:
            return seconds
    return None


def _take(queue: deque[list[float]], at_s: float, qty: float, held: list[tuple[float, float]]) -> None:
    while qty and queue and queue[0][1] * qty < 0:
        lot = queue[0]
        closed = min(abs(qty), abs(lot[1]))
        held.append((at_s - lot[0], closed))
        sign = 1 if qty > 0 else -1
        lot[1] += sign * closed
        qty -= sign * closed
        if not lot[1]:
            queue.popleft()
    if qty:
        queue.append([at_s, qty])
