"""What the feed's shell tells its core of the two sockets, and the core the shell: frames, ends, wishes for a new one.

Rule: the socket of headlines has words of its own, so that nothing on it can be taken for market data.
"""

from __future__ import annotations

from feed.frames import AnyPart
from hft.messages import Message, Tick


class Frame(Message, frozen=True, kw_only=True):
    """Made by the feed's shell: what one read of the market-data socket brought."""

    parts: tuple[AnyPart, ...]
    recv_ns: int
    malformed: int = 0
    unknown: int = 0


class Ready(Message, frozen=True, kw_only=True):
    """Made by whoever plays a market without a socket: ticks as a frame would have brought them, at least one."""

    ticks: tuple[Tick, ...]


class Closed(Message, frozen=True, kw_only=True):
    """Made by the feed's shell: there is no market-data connection, why, and when it is tried again (0: never)."""

    reason: str
    retry_ms: int


class Reconnect(Message, frozen=True, kw_only=True):
    """Told to the feed's shell: drop the market-data connection and make a new one."""

    reason: str


class NewsFrame(Frame, frozen=True, kw_only=True):
    """Made by the feed's shell: what one read of the news socket brought."""


class NewsClosed(Closed, frozen=True, kw_only=True):
    """Made by the feed's shell: there is no news connection, why, and when it is tried again (0: never)."""


class NewsReconnect(Reconnect, frozen=True, kw_only=True):
    """Told to the feed's shell: drop the news connection and make a new one."""
