"""A websocket client that speaks what alpaca-py cannot: wrong frames, other codecs, sudden ends. Synchronous."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]  # the official client's own decoder, it has no types
import msgspec
from websockets.sync.client import ClientConnection, connect

if TYPE_CHECKING:
    from venue.serve import Place

WAIT_S = 5.0


class RawSocket:
    """One websocket connection to an exchange."""

    def __init__(self, url: str, *, codec: str = "application/json", **options: Any) -> None:  # noqa: ANN401 the library's own options
        self.codec = codec
        headers = {"Content-Type": codec}
        self._open = contextlib.ExitStack()
        self.socket: ClientConnection = self._open.enter_context(
            connect(url, additional_headers=headers, proxy=None, compression=None, **options)
        )

    def hear(self, wait_s: float = WAIT_S) -> Any:  # noqa: ANN401 any JSON
        """Return the next message of the server; raise TimeoutError when none comes."""
        frame = self.socket.recv(wait_s)
        return msgpack.unpackb(frame, timestamp=1) if "msgpack" in self.codec else msgspec.json.decode(frame)

    def say(self, message: object) -> None:
        """Send a message in the connection's codec."""
        packed = msgpack.packb(message) if "msgpack" in self.codec else msgspec.json.encode(message).decode()
        self.socket.send(packed)

    def ask(self, message: object) -> Any:  # noqa: ANN401 any JSON
        """Send, and return what comes next."""
        self.say(message)
        return self.hear()

    def close(self) -> None:
        """Close cleanly."""
        self._open.close()


def data_socket(place: Place, **options: Any) -> RawSocket:  # noqa: ANN401 the library's own options
    """Return a connection to the data stream that has been greeted and authenticated."""
    socket = RawSocket(place.data, **options)
    assert socket.hear() == [{"T": "success", "msg": "connected"}]
    assert socket.ask({"action": "auth", "key": place.key, "secret": place.secret})[0]["msg"] == "authenticated"
    return socket


def updates_socket(place: Place) -> RawSocket:
    """Return a connection to /stream that listens."""
    socket = RawSocket(place.updates)
    auth = {"action": "auth", "key": place.key, "secret": place.secret}
    assert socket.ask(auth)["data"]["status"] == "authorized"
    assert socket.ask({"action": "listen", "data": {"streams": ["trade_updates"]}})["stream"] == "listening"
    return socket
