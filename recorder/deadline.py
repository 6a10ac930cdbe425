"""One end for a whole HTTP request: to connect, to agree on keys, to send, and to read all of the answer.

A socket's timeout counts only the silence between two bytes, so a peer that sends a byte now and then holds its reader
for ever. At the deadline the connection is shut down from outside, and the reader finds its end.
Rule: the handle that is shut down is a duplicate, because TLS takes the first one over.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self


class Deadline:
    """`with Deadline(5.0) as deadline: deadline.opener(…).open(…)`."""

    def __init__(self, seconds: float) -> None:
        self._end_s = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._lock = threading.Lock()  # between the timer, and a connection that is just made
        self._handle: socket.socket | None = None
        self.is_over = False

    def __enter__(self) -> Self:
        """Begin to count."""
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the watch."""
        self._timer.cancel()
        with self._lock:
            handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def opener(self, *handlers: type[urllib.request.BaseHandler]) -> urllib.request.OpenerDirector:
        """Return an opener whose connections end with the deadline."""
        return urllib.request.build_opener(_Plain(self), _Secure(self), *handlers)

    def watched(self, kind: type[http.client.HTTPConnection]) -> Callable[..., http.client.HTTPConnection]:
        """Return what makes a connection of this kind, as urllib wants it."""

        def make(host: str, timeout: float) -> http.client.HTTPConnection:
            connection = kind(host, timeout=timeout)
            setattr(connection, "_create_connection", self._dial)  # noqa: B010 http.client's own place for it
            return connection

        return make

    def _dial(self, address: tuple[str, int], *__: object) -> socket.socket:
        """Return a connection to the first address that answers; raise OSError when none does in time."""
        failure: OSError = TimeoutError("timed out")
        for family, kind, protocol, _, target in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            left_s = self._end_s - time.monotonic()
            if left_s <= 0:
                break
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(left_s)
                made.connect(target)
                self._watch(made)
            except OSError as error:
                made.close()
                failure = error
            else:
                return made
        raise failure

    def _watch(self, made: socket.socket) -> None:
        with self._lock:
            if self.is_over:
                raise TimeoutError("timed out")
            self._handle = made.dup()

    def _expire(self) -> None:
        with self._lock:
            self.is_over = True
            if self._handle is not None:
                try:
                    self._handle.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return  # the other side has ended it: so does the reader


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._deadline.watched(http.client.HTTPConnection), req)


class _Secure(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._deadline.watched(http.client.HTTPSConnection), req)
