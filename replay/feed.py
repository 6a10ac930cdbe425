"""The feed in a simulation: its core, the bytes of the data stream, and the connection's ups and downs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feed import frames
from feed.core import Closed, FeedCore, Frame, Reconnect
from hft.clock import NS_PER_MS
from replay.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from replay.latency import Latency
    from replay.scheduler import Scheduler
    from replay.venue import Venue

from replay.link import Link

WAKE_MS = 250
RETRY_MS = 500


class FeedNode(Node):
    """The feed at work."""

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        venue: Venue,
        latency: Latency,
        symbols: tuple[str, ...],
        mute_after_ms: int,
        publish: Callable[[object], None],
        epoch: int = 1,
    ) -> None:
        core = FeedCore(epoch=epoch, symbols=symbols, mute_after_ms=mute_after_ms)
        super().__init__("feed", epoch, core, scheduler, wake_ms=WAKE_MS)
        self._venue, self._symbols = venue, symbols
        self._socket = Link(scheduler, latency, self._frame)
        self._connections = 0
        self.publish = publish
        self.edges = {Reconnect: self._reconnect}

    def connect(self) -> None:
        """Open the data stream."""
        self._connections += 1
        number = self._connections
        self._venue.connect_data(self._symbols, lambda frame: self._socket.send((number, frame)))

    def cut(self, reason: str) -> None:
        """Lose the data stream; it is opened again soon."""
        self._connections += 1  # what is still on its way belongs to the old one
        self._venue.cut_data()
        self.take(Closed(reason=reason, retry_ms=RETRY_MS))
        self.scheduler.after(RETRY_MS * NS_PER_MS, self._again, self._connections)

    def _again(self, connections: int) -> None:
        if self.alive and connections == self._connections:
            self.connect()

    def _reconnect(self, message: Reconnect) -> None:
        self.cut(message.reason)

    def _frame(self, found: tuple[int, bytes]) -> None:
        number, raw = found
        if number == self._connections:
            parts, malformed, unknown = frames.decode(raw)
            self.take(Frame(parts=tuple(parts), recv_ns=self.now_ns, malformed=malformed, unknown=unknown))
