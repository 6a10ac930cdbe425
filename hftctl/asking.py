"""Asking the router: one question, one answer, always with a bound. A silent router is a fact, not an error."""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING, Self, TypeVar

import zmq

from hft import codec, endpoints
from hft.control import Done, GetStatus, RouterStatus

if TYPE_CHECKING:
    from types import TracebackType

    from hft.home import Home
    from hft.messages import Message

ROUTER_SILENT_S = 2.0  # after so long without an answer the router counts as gone
MS_PER_S = 1_000
FRAMES_MAX = 10_000

Answer = TypeVar("Answer", bound="Message")


class RouterLine:
    """A connection to the router's control socket."""

    def __init__(self, home: Home) -> None:
        self.peer = f"ctl:{os.getpid()}:{secrets.token_hex(4)}"
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = endpoints.connect(self._context, endpoints.CONTROL, home, identity=self.peer)
        self._socket.setsockopt(zmq.LINGER, 0)

    def ask_status(self) -> bool:
        """Ask for the router's account without waiting; `poll` brings it. Return whether the question is on its way."""
        try:
            self.send(GetStatus(peer=self.peer))
        except zmq.Again:
            return False
        return True

    def status(self, within_s: float = ROUTER_SILENT_S) -> RouterStatus | None:
        """Return the router's own account of everything, or None when it is silent."""
        return self._ask(GetStatus(peer=self.peer), RouterStatus, within_s)

    def order(self, request: Message, within_s: float) -> Done | None:
        """Send a request that ends with Done; return the answer, or None when none came in time."""
        return self._ask(request, Done, within_s)

    def send(self, request: Message) -> None:
        """Send a request; `poll` brings its answer."""
        self._socket.send(codec.encode(request), zmq.NOBLOCK)

    def poll(self, kind: type[Answer] | tuple[type[Answer], ...], within_s: float) -> Answer | None:
        """Return the next answer of this kind, or None when none came in time."""
        end_s = time.monotonic() + within_s
        for _ in range(FRAMES_MAX):
            left_ms = max(0, int((end_s - time.monotonic()) * MS_PER_S))
            if not self._socket.poll(left_ms):
                return None
            message = codec.decode(self._socket.recv(zmq.NOBLOCK))
            if isinstance(message, kind):
                return message
        return None

    def _ask(self, request: Message, kind: type[Answer], within_s: float) -> Answer | None:
        try:
            self.send(request)
        except zmq.Again:
            return None
        return self.poll(kind, within_s)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close(0)
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
