"""Alpaca's streams of market data and of headlines: the official client's handshake, our receive loop.

Rule: connect, authenticate and subscribe go through alpaca-py's own methods, because they are what the real service has
proved. Its `_consume` and `_run_forever` are not used: they cost ten times our decoding, lose the rest of a frame after
one bad message, hang for ever on a mute server, and never return (alpaca-py 0.44). Every wait here has an end.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from websockets.exceptions import WebSocketException

from hft.errors import CredentialsRefused, Unavailable
from hft.standins import without_pandas
from hft.unreachable import told

with without_pandas():
    from alpaca.data.live import NewsDataStream, StockDataStream
    from alpaca.data.live.websocket import DataStream

if TYPE_CHECKING:
    from hft.keys import Broker

HANDSHAKE_S_MAX = 6.0
CLOSE_S_MAX = 1.0
FRAMES_PER_READ_MAX = 256
CHANNELS = ("quotes", "trades", "bars", "statuses")

# alpaca-py replaces its defaults by this table, it does not merge: so every parameter stands here.
WEBSOCKET = {
    "open_timeout": 5,
    "ping_interval": 5,
    "ping_timeout": 5,  # the default of 180 s would leave a half-open link unnoticed for three minutes
    "close_timeout": 0.5,
    "max_queue": 4096,
    "max_size": 8 << 20,
    "compression": None,
}
KEYS_REFUSED = ("auth failed", "not authenticated", "insufficient scope")  # the venue's own words after the upgrade
KEYS_REFUSED_STATUS = frozenset({401, 403})  # its answer to the upgrade
NEXT_STEP = "Check APCA_API_KEY_ID and APCA_API_SECRET_KEY: paper keys and live keys are different pairs."


def _refuses_keys(error: Exception) -> bool:
    """Return whether the venue said no to the keys; never by digits in an error's words, which may be a port's."""
    if isinstance(error, WebSocketException):
        return getattr(error, "status_code", 0) in KEYS_REFUSED_STATUS
    return isinstance(error, ValueError) and any(sign in str(error) for sign in KEYS_REFUSED)


class _OneLife(DataStream):
    """One connection's life: open, read until it breaks, close. A new one is made for each try."""

    what = "data stream"

    def ask_for(self, channels: tuple[str, ...], symbols: tuple[str, ...]) -> None:
        """Note what `open` will subscribe to."""
        logging.getLogger("alpaca").setLevel(logging.ERROR)  # we say ourselves what went wrong
        for channel in channels:
            self._handlers[channel] = dict.fromkeys(symbols, _unused)

    async def open(self) -> None:
        """Connect, authenticate and subscribe.

        Raises CredentialsRefused when the keys are not accepted, Unavailable for all else that can be waited out.
        """
        try:
            async with asyncio.timeout(HANDSHAKE_S_MAX):
                await self._start_ws()
                await self._send_subscribe_msg()
        except (OSError, TimeoutError, ValueError, WebSocketException) as error:
            if _refuses_keys(error):
                raise CredentialsRefused(f"Alpaca's {self.what} refused the keys.", str(error), NEXT_STEP) from None
            raise Unavailable(f"The {self.what} cannot be had.", told(error)) from None

    async def read(self) -> list[bytes | str]:
        """Return the frames that are there, at least one; raise Unavailable when the connection is gone."""
        socket: Any = self._ws  # the attribute starts as None, so alpaca-py's own annotation says None
        try:
            frames = [await socket.recv()]
            while socket.messages and len(frames) < FRAMES_PER_READ_MAX:
                frames.append(await socket.recv())
        except (OSError, WebSocketException) as error:
            raise Unavailable(f"The {self.what} broke off.", told(error)) from None
        return frames

    async def shut(self) -> None:
        """Close with a close frame, so that the server gives the one connection back; never longer than a second."""
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                await self.close()
        except (OSError, TimeoutError, WebSocketException):
            return  # it is gone all the same


class AlpacaStream(_OneLife, StockDataStream):
    """Market data: every channel of every symbol."""

    def __init__(self, broker: Broker, symbols: tuple[str, ...]) -> None:
        super().__init__(
            broker.keys.key_id,
            broker.keys.secret,
            raw_data=True,
            websocket_params=dict(WEBSOCKET),
            url_override=broker.data,
        )
        self.ask_for(CHANNELS, symbols)


class HeadlineStream(_OneLife, NewsDataStream):
    """Headlines that name one of the symbols."""

    what = "news stream"

    def __init__(self, broker: Broker, symbols: tuple[str, ...]) -> None:
        super().__init__(
            broker.keys.key_id,
            broker.keys.secret,
            raw_data=True,
            websocket_params=dict(WEBSOCKET),
            url_override=broker.news,
        )
        self.ask_for(("news",), symbols)


async def _unused(_: Any) -> None:  # noqa: ANN401 the signature that alpaca-py asks of a handler
    """Stand where alpaca-py wants a handler; frames never come here."""
