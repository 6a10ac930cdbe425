"""Heartbeats that nobody needs one by one: they are reckoned up when their reader is about to hear or do anything else.

Each takes the place of the one before, so the reader is told the last that has arrived, at the time of its arrival; the
others are only numbered. Rule: nothing follows from a heartbeat that is sent like this, but that its sender lives.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from replay.link import Link, Reader


class Heard(NamedTuple):
    """What arrived, and when."""

    at_ns: int
    message: Any


class Pulse:
    """The heartbeats on their way to one reader. `settle` has the sender send all that it owes up to a time."""

    __slots__ = ("_reader", "_settle", "_topic", "_waiting")

    def __init__(self, settle: Callable[[int], None], reader: Reader | None = None, topic: str = "") -> None:
        self._settle, self._reader, self._topic = settle, reader, topic
        self._waiting: deque[Heard] = deque()

    def put(self, heard: Heard) -> None:
        """Let one be on its way."""
        self._waiting.append(heard)

    def last(self, now_ns: int) -> Heard | None:
        """Return the last that has arrived by now, None if none has since the last one that was asked for."""
        self._settle(now_ns)
        waiting, found = self._waiting, None
        while waiting and waiting[0].at_ns <= now_ns:
            found = waiting.popleft()
        if found is not None and self._reader is not None:
            self._reader.count(self._topic, found.message)
        return found


class Heart(NamedTuple):
    """Where a program's heartbeats go: one link, and who reads at its end."""

    link: Link
    pulses: list[Pulse]

    def beat(self, at_ns: int, message: Any, left_out: int = 0) -> None:  # noqa: ANN401 a Beat, or a FeedState
        """Send one, as of a time that may have passed, after some that need not even be numbered."""
        if left_out:
            self.link.skip(left_out)
        heard = Heard(self.link.due_ns(at_ns), message)
        for pulse in self.pulses:
            pulse.put(heard)
