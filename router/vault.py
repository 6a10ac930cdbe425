"""Between the core and its edges: records go to the disk's thread, what waits for them waits, the rest leaves.

The loop never touches the disk. After a hand-over it waits for WITHIN_S at most, and only if nothing waited before: on
a disk that answers all is as if it were written in line; on one that does not, the loop goes on with what may leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.holding import Hold
from router.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.clock import Clock
    from hft.messages import Message
    from router.committer import Committer

WITHIN_S = 0.002


class Vault:
    """What the shell asks before it lets anything out."""

    def __init__(self, committer: Committer, clock: Clock) -> None:
        self._committer, self._clock = committer, clock
        self._hold = Hold()

    @property
    def is_waiting(self) -> bool:
        """Return whether anything waits for the disk."""
        return self._hold.is_waiting

    def sift(self, out: list[Any]) -> Iterator[Any]:
        """Hand the records to the disk; yield what may leave, what need not wait first."""
        rest = [message for message in out if not self._is_taken(message)]
        was_waiting = self._hold.is_waiting
        self._hand_over()
        for message in rest:
            if self._hold.lets(message, self._clock.mono_ns()):
                yield message
                self._hand_over()  # what the message itself left for the disk: a HALT file
        if not was_waiting and self._hold.is_waiting:
            self._committer.wait(self._hold.taken, WITHIN_S)
        yield from self.due()

    def due(self) -> Iterator[Any]:
        """Yield what waited and may leave now."""
        self._hold.synced(self._committer.durable)
        yield from self._hold.due()
        self._hand_over()

    def news(self) -> list[Message]:
        """Return what the core should hear of the disk."""
        return self._hold.news(self._clock.mono_ns())

    def _is_taken(self, message: Any) -> bool:  # noqa: ANN401 all that a router says
        if not isinstance(message, Record):
            return False
        self._committer.send(message)
        return True

    def _hand_over(self) -> None:
        if self._committer.has_gathered:
            self._committer.hand_over(self._hold.hand_over(self._clock.mono_ns()))
