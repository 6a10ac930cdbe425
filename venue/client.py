"""One websocket client's way out: a bounded queue and one writer, so that a slow client delays nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from starlette.websockets import WebSocketDisconnect, WebSocketState

from venue.wire import wire_of

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from venue.data_socket import Reply

NORMAL, TRY_AGAIN = 1000, 1013
RESET = -1  # no close frame at all


class Client:
    """Frames to send, in order; text for JSON data clients, binary for the others."""

    def __init__(self, socket: WebSocket, *, frames_max: int, as_text: bool) -> None:
        self.socket = socket
        self.wire = wire_of(socket.scope)
        self.mute = False
        self.gap_ms = 0.0
        self._frames: deque[tuple[bytes, bool]] = deque()
        self._frames_max, self._as_text = frames_max, as_text
        self._wake = asyncio.Event()
        self._close_code = 0
        self.sent = 0

    def put(self, frame: bytes) -> bool:
        """Queue a frame; return False when the client is too slow to take it."""
        if len(self._frames) >= self._frames_max:
            return False
        if self.mute:
            return True
        self._frames.append((frame, self._as_text))
        self._wake.set()
        return True

    def put_other_way(self, frame: bytes) -> None:
        """Queue a text frame where binary is spoken, and the other way round."""
        self._frames.append((frame, not self._as_text))
        self._wake.set()

    def reply(self, reply: Reply) -> None:
        """Queue a protocol answer, and the close that may follow it."""
        for frame in reply.frames:
            self.put(frame)
        self.mute = self.mute or reply.mute
        if reply.close:
            self.close(NORMAL)

    def cut_off(self, warning: bytes | None) -> None:
        """Drop what is queued, say why if there are words for it, and close."""
        self._frames.clear()
        if warning is not None:
            self._frames.append((warning, self._as_text))
        self.close(TRY_AGAIN)

    def close(self, code: int) -> None:
        """Close after what is queued."""
        self._close_code = self._close_code or code
        self._wake.set()

    def abort(self) -> None:
        """Reset the connection after what is queued."""
        self.close(RESET)

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        socket = self.socket
        try:
            while socket.application_state is WebSocketState.CONNECTED:
                while self._frames:
                    frame, as_text = self._frames.popleft()
                    await (socket.send_text(frame.decode()) if as_text else socket.send_bytes(frame))
                    self.sent += 1
                    if self.gap_ms:
                        await asyncio.sleep(self.gap_ms / 1000)
                if self._close_code == RESET:
                    self.wire.abort()
                    return
                if self._close_code:
                    await socket.close(self._close_code)
                    return
                self._wake.clear()
                await self._wake.wait()
        except WebSocketDisconnect:
            return
