"""What waits for the disk, and what does not: an order never leaves before its record is safe, a cancel never waits.

Pure. The shell (router/vault.py) says what was handed to the disk and what is on it; so does the simulation.
Rule: whatever makes risk or tells of a record (orders, answers, reports, events) leaves in the order in which it was
said, and only when everything that was written before it is on disk. What can only reduce risk, only asks, or only
says no leaves at once: if its record is lost with a crash, the next router learns the same from the venue.
An order that has waited for SLOW_MS is given up: when the disk answers again, it would be about another market. So is
one that would open or move anything when the core says that entries are shut: it was let out while they were open.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from hft.clock import NS_PER_MS, NS_PER_S
from hft.control import RouterStatus
from hft.messages import Message, Refused
from router import broker
from router.broker import Priority
from router.control import HaltLatch
from router.disk import DiskSlow, DiskWell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLOW_MS = 1_000  # from here on it is told, new orders are refused, and those that wait are given up
TOLD_EVERY_MS = 500
FREE: frozenset[type] = frozenset(broker.REQUESTS) - {broker.SubmitOrder, broker.ReplaceRequest} | {
    RouterStatus,
    Refused,
}


class EntriesShut(Message, frozen=True, kw_only=True):
    """What opens or moves an order, and still waits for its record, must not leave any more: `reason` says why."""

    reason: str


def waits(message: Any) -> bool:  # noqa: ANN401 all that a router says
    """Return whether a message may leave only when the records before it are on disk. A halt is obeyed at once."""
    return type(message) not in FREE and not (type(message) is HaltLatch and bool(message.text))


class Held(NamedTuple):
    """A message, the number of the last hand-over before it, and since when it waits."""

    number: int
    at_ns: int
    message: Any


class Hold:
    """The queue of what waits. Hand-overs to the disk are numbered from 1; times are of a clock that goes on, in ns."""

    def __init__(self, *, slow_ns: int = SLOW_MS * NS_PER_MS, told_every_ns: int = TOLD_EVERY_MS * NS_PER_MS) -> None:
        self.taken = self.durable = 0
        self._slow_ns, self._told_every_ns = slow_ns, told_every_ns
        self._pending: deque[tuple[int, int]] = deque()  # hand-overs that are not on disk, and when they were made
        self._queue: deque[Held] = deque()
        self._given_back: list[Message] = []  # that the core has not heard of
        self._slow_since_ns: int | None = None
        self._told_ns = 0

    @property
    def is_waiting(self) -> bool:
        """Return whether anything waits for the disk."""
        return self.durable < self.taken

    def hand_over(self, now_ns: int) -> int:
        """Count what was just handed to the disk; return its number."""
        self.taken += 1
        self._pending.append((self.taken, now_ns))
        return self.taken

    def synced(self, number: int) -> None:
        """Note that everything up to a hand-over is on disk."""
        self.durable = max(self.durable, number)
        while self._pending and self._pending[0][0] <= self.durable:
            self._pending.popleft()

    def lets(self, message: Any, now_ns: int) -> bool:  # noqa: ANN401 all that a router says
        """Return whether a message may leave at once; if not, it is kept. EntriesShut is for the hold alone."""
        if type(message) is EntriesShut:
            self._give_back(message.reason)
            return False
        if not (self.is_waiting or self._queue) or not waits(message):
            return True
        self._queue.append(Held(self.taken, now_ns, message))
        return False

    def due(self) -> Iterator[Any]:
        """Yield what need not wait any more, in order."""
        while self._queue and self._queue[0].number <= self.durable:
            yield self._queue.popleft().message

    def news(self, now_ns: int) -> list[Message]:
        """Return what the core should hear: that the disk is slow or well again, and which orders were given up."""
        given_back, self._given_back = self._given_back, []
        return [*given_back, *self._disk_news(now_ns)]

    def _disk_news(self, now_ns: int) -> list[Message]:
        waited_ns = now_ns - self._pending[0][1] if self._pending else 0
        if waited_ns >= self._slow_ns:
            return self._slow(now_ns, waited_ns)
        if self._slow_since_ns is None:
            return []
        since_ns, self._slow_since_ns = self._slow_since_ns, None
        return [DiskWell(waited_ms=(now_ns - since_ns) // NS_PER_MS)]

    def _slow(self, now_ns: int, waited_ns: int) -> list[Message]:
        found: list[Message] = []
        first = self._slow_since_ns is None
        if self._slow_since_ns is None:
            self._slow_since_ns = now_ns - waited_ns
        if first or now_ns - self._told_ns >= self._told_every_ns:
            self._told_ns = now_ns
            found.append(DiskSlow(waited_ms=(now_ns - self._slow_since_ns) // NS_PER_MS))
        return [*found, *self._given_up(now_ns)]

    def _given_up(self, now_ns: int) -> list[Message]:
        """Let go of the orders that have waited for too long; they will surely never leave."""
        late = self._taken_out(lambda held: _is_entry(held.message) and now_ns - held.at_ns >= self._slow_ns)
        return [
            _not_sent(held, f"its record was not on disk after {(now_ns - held.at_ns) / NS_PER_S:.1f} s")
            for held in late
        ]

    def _give_back(self, reason: str) -> None:
        """Let go of what would open or move an order."""
        self._given_back += [_not_sent(held, reason) for held in self._taken_out(lambda held: _opens(held.message))]

    def _taken_out(self, is_meant: Callable[[Held], bool]) -> list[Held]:
        found = [held for held in self._queue if is_meant(held)]
        if found:
            self._queue = deque(held for held in self._queue if not is_meant(held))
        return found


def _is_entry(message: Any) -> bool:  # noqa: ANN401 all that a router says
    return isinstance(message, broker.SubmitOrder | broker.ReplaceRequest)


def _opens(message: Any) -> bool:  # noqa: ANN401 all that a router says
    return _is_entry(message) and message.priority in {Priority.NEW, Priority.REPLACE}


def _not_sent(held: Held, reason: str) -> broker.NotSent:
    request = held.message
    return broker.NotSent(
        ticket=request.ticket,
        request=type(request).__name__,
        client_order_id=request.client_order_id,
        reason=reason,
        held=True,
    )
