"""The feed without its sockets: frames in, numbered batches of ticks out, one per symbol and frame.

It keeps the last quote, trade and status of each symbol for late joiners, says every 500 ms whether the market-data
socket lives, and asks for a new connection when a subscribed socket stays silent during the session.
Rule: silence of a symbol is normal (IEX is a few percent of the market), silence of the socket is not; the two are
counted apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feed.frames import AnyPart, ErrorPart, SubscriptionPart
from feed.hours import in_session
from feed.lines import Closed, Frame, NewsClosed, NewsFrame, Ready, Reconnect
from feed.normalise import TICKS
from hft.actor import Report
from hft.clock import NS_PER_MS, NS_PER_S
from hft.endpoints import NEWS_TOPIC
from hft.events import FeedConnected, FeedDisconnected, SymbolHalted
from hft.messages import ALL_SYMBOLS, FeedState, Message, Quote, Recorded, Status, Subscribed, Ticks, Trade
from hft.words import Health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from feed.headlines import NewsDesk
    from hft.actor import Output
    from hft.messages import Tick

__all__ = ["Closed", "FeedCore", "Frame", "Ready", "Reconnect"]

FAR_NS = 1 << 62
STATE_EVERY_MS = 500
TOLD_AFTER_MS = 10_000  # not connected for so long: say so, even if it never was
QUIET_AFTER_MS = 30_000  # a symbol without a quote for so long is counted as quiet
PATIENCE_MAX = 8  # each reconnect for silence doubles the patience, up to so many times mute_after_ms
CALM_AFTER_MS = 1_800_000  # a tick so long after the last of them ends it; at once, quiet symbols would never rest
KEPT = (Quote, Trade, Status)  # the last of each is given to a late joiner, in this order
SYMBOL_LIMIT_CODE = 405


class FeedCore:
    """Last values, batch numbers and the health of one market-data connection."""

    def __init__(
        self, *, epoch: int, symbols: tuple[str, ...], mute_after_ms: int, news: NewsDesk | None = None
    ) -> None:
        self._news = news  # no headlines are asked for without one
        self._epoch, self._symbols, self._mute_after_ms = epoch, symbols, mute_after_ms
        self._seq = dict.fromkeys(symbols, 0)
        self._last: dict[str, dict[type, Tick]] = {symbol: {} for symbol in symbols}
        self._connected = False
        self._missing: tuple[str, ...] = ()  # asked for, and not subscribed
        self._note = "connecting"
        self._since_ns = 0  # when the connection came, or went
        self._told_lost = False
        self._patience = 1
        self._silenced_ns = 0  # when the patience was doubled last
        self._last_recv_ns = 0
        self._state_seq = self._state_due_ns = 0
        self._reconnects = -1  # the first connection is none
        self._ticks = self._frames = self._malformed = self._unknown = self._foreign = 0
        self._stopping = False
        self._handlers: dict[type, Callable[[Any, int], Iterable[Output]]] = {
            Frame: self._on_frame,
            Ready: self._on_ready,
            Closed: self._on_closed,
            Subscribed: self._on_subscribed,
            Recorded: self._on_recorded,
        }
        if news:
            self._handlers |= {NewsFrame: self._aside(news.on_frame), NewsClosed: self._aside(news.on_closed)}

    def handle(self, message: Message, now_ns: int) -> Iterable[Output]:
        """Return what follows from a Frame, a Closed, or a reader that joined."""
        return self._handlers[type(message)](message, now_ns)

    def wake(self, now_ns: int) -> Iterator[Output]:
        """Return the state that is due, and a Reconnect when the socket has been mute for too long."""
        self._since_ns = self._since_ns or now_ns
        if self._news:
            yield from self._news.wake(now_ns)
        if now_ns >= self._state_due_ns:
            yield self._state(now_ns)
        if self._is_mute(now_ns):
            silent_s = (now_ns - max(self._last_recv_ns, self._since_ns)) / NS_PER_S
            self._patience = min(self._patience * 2, PATIENCE_MAX)
            self._since_ns = self._silenced_ns = now_ns
            yield Reconnect(reason=f"the market-data socket was silent for {silent_s:.0f} s")
        if not self._connected and not self._told_lost and now_ns - self._since_ns > TOLD_AFTER_MS * NS_PER_MS:
            self._told_lost = True
            yield FeedDisconnected(reason=self._note)

    @property
    def state_due_ns(self) -> int:
        """Return from when on a wake says again that all is well; far away while it is not."""
        return self._state_due_ns if self._connected else FAR_NS

    def idle_wakes(self, now_ns: int, pace_ns: int, *, says_state: bool = True) -> int:
        """Return how many wakes from here would do nothing, if nothing is heard before.

        Without `says_state`, those count too that would do nothing but say again that all is well.
        """
        if self._news or not self._since_ns:
            return 0
        due_ns = FAR_NS if self._connected and not says_state else self._state_due_ns
        if self._connected:
            silent_ns = self._mute_after_ms * self._patience * NS_PER_MS
            due_ns = min(due_ns, max(self._last_recv_ns, self._since_ns) + silent_ns)
        elif not self._told_lost:
            due_ns = min(due_ns, self._since_ns + TOLD_AFTER_MS * NS_PER_MS)
        return max((due_ns - now_ns - 1) // pace_ns, 0)

    def rested(self, wakes: int, now_ns: int) -> None:
        """Take note of idle wakes that were left out: nothing here counts them."""

    def left_out(self, states: int) -> None:
        """Count states that nobody needed to hear, because another said the same after them."""
        self._state_seq += states

    def report(self, now_ns: int) -> Report:
        """Return the health: warming before the first connection, degraded without one."""
        age_ns = now_ns - self._last_recv_ns if self._last_recv_ns else 0
        return Report(
            state=self._health(),
            note=f"{self._sentence(age_ns)}; {self._news.sentence()}" if self._news else self._sentence(age_ns),
            counters={
                "ticks": self._ticks,
                "frames": self._frames,
                "malformed": self._malformed,
                "unknown": self._unknown,
                "foreign_symbols": self._foreign,
                "reconnects": max(self._reconnects, 0),
                "quiet_symbols": self._quiet(now_ns),
                "halted_symbols": sum(self._is_halted(last) for last in self._last.values()),
                "last_message_age_ms": age_ns // NS_PER_MS,
                **self._news_counters(),
            },
        )

    def stop(self, now_ns: int) -> Iterator[Output]:
        """Return the last word: the feed is not connected any more."""
        self._stopping, self._connected, self._note = True, False, "stopping"
        yield self._state(now_ns)

    def is_done(self, now_ns: int) -> bool:
        """Return True: the feed owes nobody anything."""
        return self._stopping

    # --- the market-data socket

    def _on_frame(self, frame: Frame, now_ns: int) -> Iterator[Output]:
        self._frames += 1
        self._malformed += frame.malformed
        self._unknown += frame.unknown
        batches: dict[str, list[Tick]] = {}
        for part in frame.parts:
            translate = TICKS.get(type(part))
            if translate is None:
                yield from self._on_control(part, now_ns)
                continue
            last = self._last.get(part.S)  # type: ignore[union-attr]  # every kind in TICKS has a symbol
            if last is None:
                self._foreign += 1
                continue
            try:
                tick = translate(part, frame.recv_ns, self._is_halted(last))
            except ValueError:
                self._malformed += 1
                continue
            if type(tick) is Status:
                yield from self._on_status(tick, last)
            last[type(tick)] = tick
            batches.setdefault(tick.symbol, []).append(tick)
        for ticks in batches.values():
            yield self._batch(tuple(ticks))

    def _on_ready(self, ready: Ready, _: int) -> list[Ticks]:
        return self.ready(ready.ticks)

    def ready(self, found: tuple[Tick, ...]) -> list[Ticks]:
        """Return what is published of ticks that need no reading."""
        self._frames += 1
        batches: dict[str, list[Tick]] = {}
        for tick in found:
            last = self._last.get(tick.symbol)
            if last is None:
                self._foreign += 1
                continue
            last[type(tick)] = tick
            if len(found) == 1:  # as usual, and asked for each quote of a replay: no further calls
                self._last_recv_ns = tick.recv_ns
                if self._patience > 1:
                    self._calm_down(tick.recv_ns)
                self._ticks += 1
                self._seq[tick.symbol] = seq = self._seq[tick.symbol] + 1
                return [Ticks(epoch=self._epoch, seq=seq, ticks=found)]
            batches.setdefault(tick.symbol, []).append(tick)
        return [self._batch(tuple(ticks)) for ticks in batches.values()]

    def _batch(self, ticks: tuple[Tick, ...]) -> Ticks:
        """Return what came of one symbol under the symbol's next number."""
        first = ticks[0]
        self._last_recv_ns = first.recv_ns
        if self._patience > 1:
            self._calm_down(first.recv_ns)
        self._ticks += len(ticks)
        self._seq[first.symbol] = seq = self._seq[first.symbol] + 1
        return Ticks(epoch=self._epoch, seq=seq, ticks=ticks)

    def _calm_down(self, recv_ns: int) -> None:
        if recv_ns - self._silenced_ns > CALM_AFTER_MS * NS_PER_MS:
            self._patience = 1

    def _on_control(self, part: AnyPart, now_ns: int) -> Iterator[Output]:
        if type(part) is SubscriptionPart:
            self._missing = tuple(symbol for symbol in self._symbols if symbol not in part.quotes)
        if type(part) is SubscriptionPart and not self._connected:
            self._connected, self._told_lost, self._since_ns = True, False, now_ns
            self._reconnects += 1
            self._note = ""
            yield FeedConnected(symbols=part.quotes, reconnects=self._reconnects)
            yield self._state(now_ns)
        elif type(part) is ErrorPart:
            hint = f" ({len(self._symbols)} symbols asked for)" if part.code == SYMBOL_LIMIT_CODE else ""
            yield Reconnect(reason=f"the data stream said {part.code} {part.msg}{hint}")

    def _on_status(self, status: Status, last: dict[type, Tick]) -> Iterator[Output]:
        if status.halted != self._is_halted(last):
            yield SymbolHalted(symbol=status.symbol, halted=status.halted, code=status.code, reason=status.reason)

    def _on_closed(self, closed: Closed, now_ns: int) -> Iterator[Output]:
        final = not closed.retry_ms
        self._note = closed.reason if final else f"{closed.reason}; next try in {closed.retry_ms / 1000:.1f} s"
        if self._connected or final:
            self._connected, self._told_lost, self._since_ns = False, True, now_ns
            yield FeedDisconnected(reason=closed.reason)
        yield self._state(now_ns)

    # --- the news socket

    def _aside(self, of_news: Callable[[Any, int], Iterator[Output]]) -> Callable[[Any, int], Iterator[Output]]:
        """Return a handler that also says when the news socket has come or gone."""

        def handler(message: Frame | Closed, now_ns: int) -> Iterator[Output]:
            before = self._news_word()
            yield from of_news(message, now_ns)
            if self._news_word() != before:
                yield self._state(now_ns)

        return handler

    def _news_word(self) -> str:
        return self._news.word if self._news else ""

    def _news_counters(self) -> dict[str, int]:
        return {"headlines": self._news.headlines} if self._news else {}

    # --- the readers

    def _on_subscribed(self, joined: Subscribed, now_ns: int) -> Iterator[Output]:
        symbols = self._symbols if joined.topic == ALL_SYMBOLS else (joined.topic,)
        for symbol in symbols:
            last = self._last.get(symbol)
            ticks = tuple(last[kind] for kind in KEPT if kind in last) if last else ()
            if ticks:
                yield Ticks(epoch=self._epoch, seq=self._seq[symbol], ticks=ticks, snapshot=True)
        if self._news and joined.topic in {NEWS_TOPIC, ALL_SYMBOLS}:
            yield from self._news.again(now_ns)
        if joined.topic not in self._last:
            yield self._state(now_ns)

    def _on_recorded(self, _: Recorded, __: int) -> Iterator[Output]:
        """Nothing follows: a tick that was missed cannot be told again."""
        return iter(())

    def _state(self, now_ns: int) -> FeedState:
        self._state_due_ns = now_ns + STATE_EVERY_MS * NS_PER_MS
        self._state_seq += 1
        return FeedState(
            epoch=self._epoch,
            seq=self._state_seq,
            connected=self._connected,
            last_recv_ns=self._last_recv_ns,
            ticks=self._ticks,
            reconnects=max(self._reconnects, 0),
            note=self._note,
            news=self._news_word(),
        )

    # --- what is known

    @staticmethod
    def _is_halted(last: dict[type, Tick]) -> bool:
        status = last.get(Status)
        return type(status) is Status and status.halted

    def _is_mute(self, now_ns: int) -> bool:
        if not self._connected or self._stopping:
            return False
        silent_ns = now_ns - max(self._last_recv_ns, self._since_ns)
        return silent_ns > self._mute_after_ms * self._patience * NS_PER_MS and in_session(now_ns)

    def _quiet(self, now_ns: int) -> int:
        quotes = (last.get(Quote) for last in self._last.values())
        return sum(1 for quote in quotes if not quote or now_ns - quote.recv_ns > QUIET_AFTER_MS * NS_PER_MS)

    def _health(self) -> Health:
        if self._connected:
            return Health.DEGRADED if self._missing else Health.READY
        return Health.DEGRADED if self._reconnects >= 0 else Health.WARMING

    def _sentence(self, age_ns: int) -> str:
        if not self._connected:
            return self._note
        if self._missing:
            return f"the data stream does not send {', '.join(self._missing)}: is each a symbol that it knows?"
        if not self._last_recv_ns:
            return f"{len(self._symbols)} symbols subscribed, no tick yet"
        return f"{len(self._symbols)} symbols, {self._ticks} ticks, last {age_ns / NS_PER_S:.1f} s ago"
