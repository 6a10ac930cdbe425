"""Keeping a connection alive, of market data or of headlines: open, read, after a failure wait and try again, for ever.

Rule: every wait is bounded, and the reason for it is told, so that `hftctl status` can say what is being waited for.
Only refused keys end it: a third refusal in a row raises CredentialsRefused, because trying on would lock the account.
Settings that cannot be read are waited out: supervisord starts nobody again who ended because of them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

from feed import frames
from feed.lines import Closed, Frame, NewsClosed, NewsFrame, NewsReconnect, Reconnect
from feed.normalise import TICKS
from hft.errors import ConfigError, CredentialsRefused, Unavailable
from hft.keys import is_loopback

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from hft.clock import Clock
    from hft.keys import Broker
    from hft.messages import Message

RETRY_S_MIN = 0.5
RETRY_S_MAX = 30.0
RETRY_LOCAL_S_MAX = 2.0  # the embedded exchange has no rate limit on connections, and files have none
VENUE_RETRY_S = 0.1  # reading a small file costs nothing
SLOT_TAKEN = "connection limit exceeded"
SLOT_RETRY_S_MIN = 5.0  # Alpaca keeps the slot of a dead connection for up to 90 s
REFUSALS_MAX = 3
DOUBLINGS_MAX = 10


class Stream(Protocol):
    """One connection's life."""

    async def open(self) -> None:
        """Connect and subscribe; raise CredentialsRefused or Unavailable."""

    async def read(self) -> list[bytes | str]:
        """Return the frames that are there, at least one; raise Unavailable at the end."""
        ...

    async def shut(self) -> None:
        """Close, politely and within a second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One of the two sockets: where it is, the words that its life is told in, what proves that it is good."""

    url: Callable[[Broker], str]
    frame: type[Frame]
    closed: type[Closed]
    proofs: frozenset[type]


MARKET = Line(url=attrgetter("data"), frame=Frame, closed=Closed, proofs=frozenset(TICKS))
HEADLINES = Line(
    url=attrgetter("news"),
    frame=NewsFrame,
    closed=NewsClosed,
    proofs=frozenset({frames.NewsPart}),
)


class Connection:
    """The connection, whichever it is just now. Also the edge that the core's Reconnect goes to."""

    def __init__(
        self,
        *,
        broker: Callable[[], Broker],
        stream: Callable[[Broker], Stream],
        tell: Callable[[list[Message]], None],
        clock: Clock,
        chance: random.Random,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        line: Line = MARKET,
    ) -> None:
        self._pause, self._line = pause, line
        self._broker, self._stream, self._tell, self._clock, self._chance = broker, stream, tell, clock, chance
        self._reading: asyncio.Task[None] | None = None
        self._asked = ""
        self._failures = self._refusals = 0

    # --- as an edge

    def send(self, message: Reconnect | NewsReconnect) -> None:
        """Drop the connection that is there; `keep` makes a new one."""
        if self._reading is not None and not self._asked:
            self._asked = message.reason
            self._reading.cancel()

    def flush(self) -> None:
        """Nothing waits here."""

    # --- as a task

    async def keep(self) -> None:
        """Stay connected until cancelled; raise CredentialsRefused after the third refusal in a row."""
        while True:
            reason, wait_s = await self._once()
            self._tell([self._line.closed(reason=reason, retry_ms=round(wait_s * 1000))])
            await self._pause(wait_s)

    async def _once(self) -> tuple[str, float]:
        """Live through one connection; return why it ended and how long to wait."""
        try:
            broker = self._broker()
        except Unavailable as error:
            return error.what, VENUE_RETRY_S
        except ConfigError as error:
            reason = f"{error.what} {error.why}"
            return reason, self._wait_s(reason, local=True)
        stream = self._stream(broker)
        try:
            await stream.open()
            self._refusals = 0
            await self._read_until_asked(stream)
            reason = self._asked
        except CredentialsRefused as error:
            self._refusals += 1
            reason = f"{error.what} {error.why} (refusal {self._refusals} of {REFUSALS_MAX})"
            if self._refusals >= REFUSALS_MAX:
                self._tell([self._line.closed(reason=reason, retry_ms=0)])
                raise
        except Unavailable as error:
            reason = f"{error.what} {error.why}"
        finally:
            await stream.shut()
        return reason, self._wait_s(reason, local=is_loopback(self._line.url(broker)))

    async def _read_until_asked(self, stream: Stream) -> None:
        self._asked = ""
        self._reading = asyncio.ensure_future(self._read(stream))
        try:
            await self._reading
        except asyncio.CancelledError:
            if not self._asked:  # not the watchdog: the process is stopping
                raise
        finally:
            self._reading.cancel()
            self._reading = None

    async def _read(self, stream: Stream) -> None:
        while True:
            raw = await stream.read()
            recv_ns = self._clock.now_ns()
            frame = frame_of(raw, recv_ns, self._line.frame)
            self._tell([frame])
            if self._failures and any(type(part) in self._line.proofs for part in frame.parts):
                self._failures = 0  # only what it is there for proves that the connection is good

    def _wait_s(self, reason: str, *, local: bool) -> float:
        self._failures += 1
        doublings = min(self._failures - 1, DOUBLINGS_MAX)
        wait_s = min(RETRY_LOCAL_S_MAX if local else RETRY_S_MAX, RETRY_S_MIN * (1 << doublings))
        if SLOT_TAKEN in reason and not local:
            wait_s = max(wait_s, SLOT_RETRY_S_MIN)
        return wait_s * self._chance.uniform(0.5, 1.0)


def frame_of(raw: list[bytes | str], recv_ns: int, kind: type[Frame] = Frame) -> Frame:
    """Return everything that one read brought, decoded, under one receive time."""
    decoded = [frames.decode(one) for one in raw]
    if len(decoded) == 1:
        parts, malformed, unknown = decoded[0]
        return kind(parts=tuple(parts), recv_ns=recv_ns, malformed=malformed, unknown=unknown)
    return kind(
        parts=tuple(part for each in decoded for part in each.parts),
        recv_ns=recv_ns,
        malformed=sum(each.malformed for each in decoded),
        unknown=sum(each.unknown for each in decoded),
    )
