"""The threads that wait for the broker, so that the router's loop never does.

`count` workers take requests by priority; one more takes only cancels and what is more urgent, so a slow call never
stands before a cancel. Every request is answered through `put`, once.
"""

from __future__ import annotations

import heapq
import threading
from typing import TYPE_CHECKING, Protocol

from router.broker import URGENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.messages import Message
    from router.broker import AnyReply, AnyRequest

QUEUE_MAX = 2_000
JOIN_S = 0.2


class Session(Protocol):
    """What a worker needs of a broker."""

    def perform(self, request: AnyRequest) -> AnyReply:
        """Do it and answer."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class Workers:
    """The edge that broker requests go to."""

    def __init__(self, count: int, *, session: Callable[[], Session], put: Callable[[Message], None]) -> None:
        self._put = put
        self._lock = threading.Lock()
        self._work_for_all, self._work_for_urgent = threading.Condition(self._lock), threading.Condition(self._lock)
        self._urgent_waits = False  # the reserved worker waits, and nothing has woken it yet
        self._queue: list[tuple[int, int, AnyRequest]] = []
        self._order = 0
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, args=(session(), worker == 0), name=f"rest-{worker}", daemon=True)
            for worker in range(count + 1)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, request: AnyRequest) -> None:
        """Queue a request and wake one worker; never waits."""
        with self._lock:
            assert len(self._queue) < QUEUE_MAX, "the budget lets no more out than this"
            self._order += 1
            heapq.heappush(self._queue, (request.priority, self._order, request))
            if self._urgent_waits and request.priority <= URGENT:
                self._urgent_waits = False
                self._work_for_urgent.notify()
            else:
                self._work_for_all.notify()

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Let the workers go; one that waits for the broker is left behind with the process."""
        with self._lock:
            self._closed = True
            self._work_for_all.notify_all()
            self._work_for_urgent.notify_all()
        for thread in self._threads:
            thread.join(JOIN_S)

    def _work(self, session: Session, only_urgent: bool) -> None:  # noqa: FBT001 a thread's arguments have no names
        warm = False  # the first request, whatever it is, opens the connection that a cancel will need
        while (request := self._next(only_urgent=only_urgent and warm)) is not None:
            self._put(session.perform(request))
            warm = True
        session.close()

    def _next(self, *, only_urgent: bool) -> AnyRequest | None:
        work = self._work_for_urgent if only_urgent else self._work_for_all
        with self._lock:
            while not (self._closed or self._has_work(only_urgent=only_urgent)):
                self._urgent_waits |= only_urgent
                work.wait()
            self._urgent_waits &= not only_urgent
            return None if self._closed else heapq.heappop(self._queue)[2]

    def _has_work(self, *, only_urgent: bool) -> bool:
        return bool(self._queue) and (not only_urgent or self._queue[0][0] <= URGENT)
