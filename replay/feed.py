"""The feed in a simulation: its core, the bytes of its two streams, and their ups and downs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feed import frames
from feed.core import STATE_EVERY_MS, FeedCore
from feed.headlines import NewsDesk
from feed.lines import Closed, Frame, NewsClosed, NewsFrame, NewsReconnect, Ready, Reconnect
from hft.clock import NS_PER_MS
from replay import plain
from replay.link import Link
from replay.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.messages import Tick
    from replay.latency import Latency
    from replay.scheduler import Scheduler
    from replay.venue import Venue
    from venue.rows import Row

WAKE_MS = 250
RETRY_MS = 500
STATE_EVERY_NS = STATE_EVERY_MS * NS_PER_MS


class FeedNode(Node):
    """The feed at work; with a way for headlines, it asks for them too."""

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        venue: Venue,
        latency: Latency,
        symbols: tuple[str, ...],
        mute_after_ms: int,
        news_latency: Latency | None = None,
        epoch: int = 1,
    ) -> None:
        desk = NewsDesk(epoch=epoch, symbols=symbols) if news_latency else None
        core = FeedCore(epoch=epoch, symbols=symbols, mute_after_ms=mute_after_ms, news=desk)
        self._feed = core
        super().__init__("feed", epoch, core, scheduler, wake_ms=WAKE_MS)
        market = self.market = _Line(self, latency, lambda send: venue.connect_data(symbols, send), Frame, Closed)
        self._lines, self._venue = [market], venue
        venue.data_gone = self.cut
        self.edges = {Reconnect: lambda asked: self.cut(asked.reason)}
        if news_latency:
            news = _Line(self, news_latency, lambda send: venue.connect_news(symbols, send), NewsFrame, NewsClosed)
            self._lines.append(news)
            self.edges[NewsReconnect] = lambda asked: news.cut(asked.reason)

    def settle(self, now_ns: int) -> None:
        """Say what wakes up to now that were left out would have said last: that all is well."""
        core, until_ns = self._feed, min(now_ns, self._due_ns - 1)
        if not self.hearts or core.state_due_ns > until_ns:
            return
        first_ns, every_ns = self._wake_from(core.state_due_ns), -(-STATE_EVERY_NS // self._pace_ns) * self._pace_ns
        count = (until_ns - first_ns) // every_ns + 1
        left_out = max(count - 2, 0)
        core.left_out(left_out)
        for number in range(left_out, count):
            at_ns = first_ns + number * every_ns
            for state in core.wake(at_ns):
                self.hearts[0].beat(at_ns, state, left_out if number == left_out else 0)

    def hear(self, ticks: tuple[Tick, ...]) -> None:
        """Take ticks that need no reading; they put off what is due, at most."""
        if self.hearts:
            self.release(self._feed.handle(Ready(ticks=ticks), self.scheduler.now_ns))
        else:
            self.take(Ready(ticks=ticks))

    def take(self, message: Any) -> None:  # noqa: ANN401 each core has its own messages
        """Let the core answer a message; where it is not well any more, its wakes say so one by one."""
        super().take(message)
        if self.hearts:
            self._stir(self.scheduler.now_ns)

    def _idle_wakes(self) -> int:
        if not self.hearts or len(self.outbox) or not self.outbox.greeted:
            return super()._idle_wakes()
        return self._feed.idle_wakes(self._woken_ns, self._pace_ns, says_state=False)

    @property
    def has_news(self) -> bool:
        """Return whether it asks for headlines."""
        return len(self._lines) > 1

    def connect(self) -> None:
        """Open the streams."""
        for line in self._lines:
            line.connect()

    def cut(self, reason: str) -> None:
        """Lose the market data; the stream is opened again soon."""
        self._venue.cut_data()
        self.market.cut(reason)


class _Line:
    """One stream of the feed. What is on its way when it is cut belongs to the old connection, and never arrives."""

    def __init__(
        self,
        node: FeedNode,
        latency: Latency,
        dial: Callable[[Callable[[bytes | list[Row]], None]], None],
        frame: type[Frame],
        closed: type[Closed],
    ) -> None:
        self._node, self._dial, self._made, self._closed = node, dial, frame, closed
        self.socket = Link(node.scheduler, latency, self.frame)
        self.number = 0

    def connect(self) -> None:
        self.number += 1
        number = self.number
        self._dial(lambda raw: self.socket.send((number, raw)))

    def cut(self, reason: str) -> None:
        self.number += 1
        self._node.take(self._closed(reason=reason, retry_ms=RETRY_MS))
        self._node.scheduler.after(self._node.scheduler.ns(RETRY_MS), self._again, self.number)

    def _again(self, number: int) -> None:
        if self._node.alive and number == self.number:
            self.connect()

    def frame(self, found: tuple[int, bytes | list[Row]]) -> None:
        """Take what arrives, if it belongs to the present connection."""
        number, raw = found
        if number != self.number:
            return
        if isinstance(raw, list):
            self._node.hear(plain.read(raw, self._node.scheduler.now_ns))
        else:
            parts, malformed, unknown = frames.decode(raw)
            made: Any = self._made
            self._node.take(made(parts=tuple(parts), recv_ns=self._node.now_ns, malformed=malformed, unknown=unknown))
