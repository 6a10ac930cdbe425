"""The news socket without its socket: headlines in, numbered News out; and whether there are any to be had.

Rules: nothing here touches the market data. An outage is told once, when it has lasted ten seconds or is final, and a
new connection ends it. Headlines are rare, so silence is suspicious only after half an hour of a session.
Who joins late is told the headlines of the last five minutes again, under new numbers: a blackout outlives a restart.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from feed.frames import ErrorPart, NewsPart, SubscriptionPart, ns_of
from feed.hours import in_session
from feed.lines import NewsClosed, NewsFrame, NewsReconnect
from hft.clock import NS_PER_MS, NS_PER_S
from hft.events import NewsReceived, NewsUnavailable
from hft.messages import News

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.actor import Output
    from hft.schema import Settings

TOLD_AFTER_MS = 10_000
MUTE_AFTER_MS = 1_800_000
AGAIN_MS = 300_000  # the longest blackout
KEPT_MAX = 64
HEADLINE_CHARS_MAX = 500
SOURCE_CHARS_MAX = 50
SYMBOLS_MAX = 100
CONNECTED = "connected"


def are_wanted(settings: Settings) -> bool:
    """Return whether headlines are asked for: by the setting, or by the family that lives on them."""
    return settings.feed.news or "news" in settings.fleet.strategies


class NewsDesk:
    """Numbers headlines, keeps the last ones, and knows how the socket is."""

    def __init__(self, *, epoch: int, symbols: tuple[str, ...]) -> None:
        self._epoch, self._symbols = epoch, frozenset(symbols)
        self._kept: deque[News] = deque(maxlen=KEPT_MAX)
        self._seq = 0
        self.headlines = self.malformed = 0
        self.reconnects = -1  # the first connection is none
        self.word = "connecting"  # `connected`, or why there are no headlines
        self._since_ns = 0  # of the outage, or of the last frame
        self._told = False

    @property
    def is_connected(self) -> bool:
        """Return whether headlines are subscribed to."""
        return self.word == CONNECTED

    def on_frame(self, frame: NewsFrame, _: int) -> Iterator[Output]:
        """Return the headlines of a read, each as News and as an event; errors ask for a new connection."""
        self.malformed += frame.malformed
        self._since_ns = frame.recv_ns
        for part in frame.parts:
            if type(part) is NewsPart:
                yield from self._headline(part, frame.recv_ns)
            elif type(part) is SubscriptionPart and not self.is_connected:
                self.word, self._told = CONNECTED, False
                self.reconnects += 1
            elif type(part) is ErrorPart:
                yield NewsReconnect(reason=f"the news stream said {part.code} {part.msg}")

    def on_closed(self, closed: NewsClosed, now_ns: int) -> Iterator[Output]:
        """Note why there are no headlines; told at once when it is final."""
        if self.is_connected:
            self._since_ns = now_ns
        self.word = closed.reason
        if not closed.retry_ms:
            yield from self._tell()

    def wake(self, now_ns: int) -> Iterator[Output]:
        """Return what an outage, or silence in the session, asks for."""
        self._since_ns = self._since_ns or now_ns
        past_ms = (now_ns - self._since_ns) // NS_PER_MS
        if not self.is_connected and past_ms > TOLD_AFTER_MS:
            yield from self._tell()
        if self.is_connected and past_ms > MUTE_AFTER_MS and in_session(now_ns):
            self._since_ns = now_ns
            yield NewsReconnect(reason=f"the news socket was silent for {past_ms * NS_PER_MS // NS_PER_S} s")

    def again(self, now_ns: int) -> Iterator[News]:
        """Return the headlines of the last five minutes under new numbers, for a reader that joined."""
        oldest_ns = now_ns - AGAIN_MS * NS_PER_MS
        for news in list(self._kept):
            if news.recv_ns >= oldest_ns:
                self._seq += 1
                yield News(
                    epoch=self._epoch,
                    seq=self._seq,
                    id=news.id,
                    symbols=news.symbols,
                    headline=news.headline,
                    source=news.source,
                    created_ns=news.created_ns,
                    recv_ns=news.recv_ns,
                )

    def sentence(self) -> str:
        """Return how it stands with the headlines."""
        return f"{self.headlines} headlines" if self.is_connected else f"no headlines: {self.word}"

    def _tell(self) -> Iterator[Output]:
        if not self._told:
            self._told = True
            yield NewsUnavailable(reason=self.word)

    def _headline(self, part: NewsPart, recv_ns: int) -> Iterator[Output]:
        if self._symbols.isdisjoint(part.symbols):
            return
        try:
            created_ns = ns_of(part.created_at)
        except ValueError:
            self.malformed += 1
            return
        self.headlines += 1
        self._seq += 1
        news = News(
            epoch=self._epoch,
            seq=self._seq,
            id=str(part.id),
            symbols=part.symbols[:SYMBOLS_MAX],
            headline=part.headline[:HEADLINE_CHARS_MAX],
            source=part.source[:SOURCE_CHARS_MAX],
            created_ns=created_ns,
            recv_ns=recv_ns,
        )
        self._kept.append(news)
        yield news
        yield NewsReceived(
            id=news.id,
            symbols=news.symbols,
            headline=news.headline,
            source=news.source,
            created_ns=created_ns,
            recv_ns=recv_ns,
        )
