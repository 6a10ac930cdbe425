"""A tiny HTTP server on loopback that answers as it is told: late, wrong, or not at all."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from hft.keys import Broker, Keys

if TYPE_CHECKING:
    from collections.abc import Callable


class Script:
    """How a server answers: a function from (method, path, body) to (status, body, headers), or None to hang up."""

    def __init__(self, answer: Callable[[str, str, Any], tuple[int, Any, dict[str, str]] | None]) -> None:
        self.answer = answer
        self.seen: list[tuple[str, str, Any]] = []
        self.hold = threading.Event()


class _Quiet(ThreadingHTTPServer):
    """A client that hung up while it was answered is the point of some tests, and no news."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that is gone."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            raise  # noqa: PLE0704 called while the error is being handled


class Server:
    """The server; use it in a `with`."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self._http = _Quiet(("127.0.0.1", 0), _handler(script))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def broker(self) -> Broker:
        """Return where it listens."""
        port = self._http.server_address[1]
        url = f"http://127.0.0.1:{port}"
        return Broker(rest=url, data="", updates="", news="", keys=Keys(key_id="PKTEST", secret="secret-of-a-test"))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.script.hold.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler(script: Script) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(size)
            body = json.loads(raw) if raw else None
            script.seen.append((self.command, self.path, body))
            told = script.answer(self.command, self.path, body)
            if told is None:
                self.close_connection = True
                return
            status, answer, headers = told
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode() if answer is not None else b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing: the tests look at what was seen."""

    return Handler
