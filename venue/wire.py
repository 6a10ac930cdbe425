"""The connections below the protocols: uvicorn's own classes, with a handle on the transport for faults.

A fault can drop a connection without a word, or go deaf: read nothing and answer no ping, as a half-dead peer does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping
    from typing import Any


class Wire:
    """One connection, as a fault can handle it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.deaf = False

    def abort(self) -> None:
        """Reset the connection: no close frame, no answer."""
        self._transport.abort()


class HttpProtocol(H11Protocol):
    """HTTP with a wire in its state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn types it so, too
        """Put the wire where the app finds it."""
        self.app_state = {**self.app_state, "wire": Wire(transport)}
        super().connection_made(transport)


class SocketProtocol(WebSocketsSansIOProtocol):
    """A websocket with a wire in its state."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the wire where the app finds it."""
        self._wire = Wire(cast("asyncio.Transport", transport))
        self.app_state = {**self.app_state, "wire": self._wire}
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes in, unless deaf."""
        if not self._wire.deaf:
            super().data_received(data)


def wire_of(scope: Mapping[str, Any]) -> Wire:
    """Return the wire of a request or a websocket."""
    return cast("Wire", scope["state"]["wire"])
