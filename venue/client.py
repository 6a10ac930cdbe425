"""One websocket client's way out: a bounded queue and one writer, so that a slow client delays nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from starlette.websockets import WebSocketDisconnect, WebSocketState

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from venue.data_socket import Reply

NORMAL, GOING_AWAY, TRY_AGAIN = 1000, 1001, 1013


class Client:
    """Frames to send, in order; text for JSON data clients, binary for the others."""

    def __init__(self, socket: WebSocket, *, frames_max: int, as_text: bool) -> None:
        self.socket = socket
        self._frames: deque[bytes] = deque()
        self._frames_max, self._as_text = frames_max, as_text
        self._wake = asyncio.Event()
        self._close_code = 0
        self.sent = 0

    def put(self, frame: bytes) -> bool:
        """Queue a frame; return False when the client is too slow to take it."""
        if len(self._frames) >= self._frames_max:
            return False
        self._frames.append(frame)
        self._wake.set()
        return True

    def reply(self, reply: Reply) -> None:
        """Queue a protocol answer, and the close that may follow it."""
        for frame in reply.frames:
            self.put(frame)
        if reply.close:
            self.close(NORMAL)

    def cut_off(self, warning: bytes | None) -> None:
        """Drop what is queued, say why if there are words for it, and close."""
        self._frames.clear()
        if warning is not None:
            self._frames.append(warning)
        self.close(TRY_AGAIN)

    def close(self, code: int) -> None:
        """Close after what is queued."""
        self._close_code = self._close_code or code
        self._wake.set()

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        socket = self.socket
        try:
            while socket.application_state is WebSocketState.CONNECTED:
                while self._frames:
                    frame = self._frames.popleft()
                    await (socket.send_text(frame.decode()) if self._as_text else socket.send_bytes(frame))
                    self.sent += 1
                if self._close_code:
                    await socket.close(self._close_code)
                    return
                self._wake.clear()
                await self._wake.wait()
        except WebSocketDisconnect:
            return
