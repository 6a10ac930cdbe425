"""A market-data server of the tests' own, small enough to read: it speaks the handshake, then plays a script."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]  # the packer that alpaca-py uses ships no types
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.http11 import Request, Response

NS_PER_S = 1_000_000_000
KEY, SECRET = "test-key-1", "test-secret-1"


def stamp(ns: int) -> msgpack.Timestamp:
    return msgpack.Timestamp(*divmod(ns, NS_PER_S))


def pack(*messages: dict[str, Any]) -> bytes:
    return bytes(msgpack.packb(list(messages)))


def quote(symbol: str, bid: float, ask: float, *, ns: int = NS_PER_S, size: int = 100) -> dict[str, Any]:
    return {
        "T": "q", "S": symbol, "bx": "V", "bp": bid, "bs": size, "ax": "V", "ap": ask, "as": size,
        "c": ["R"], "z": "B", "t": stamp(ns),
    }  # fmt: skip


def trade(symbol: str, price: float, size: int, *, ns: int = NS_PER_S) -> dict[str, Any]:
    return {"T": "t", "S": symbol, "i": 1, "x": "V", "p": price, "s": size, "c": ["@", "I"], "z": "B", "t": stamp(ns)}


class DataServer:
    """Each connection authenticates, subscribes, and is then handed to `script`; what clients asked is kept.

    With `upgrade_status` none comes so far: the upgrade is answered with it.
    """

    def __init__(
        self,
        script: Callable[[ServerConnection], None],
        auth_reply: dict[str, Any] | None = None,
        *,
        upgrade_status: int = 0,
    ) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.close_codes: list[int | None] = []
        self._script = script
        self._auth_reply = auth_reply or {"T": "success", "msg": "authenticated"}
        self._upgrade_status = upgrade_status
        self._server: Server = serve(self._handle, "127.0.0.1", 0, compression=None, process_request=self._door)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/v2/iex"

    def _door(self, client: ServerConnection, _: Request) -> Response | None:
        return client.respond(self._upgrade_status, "no\n") if self._upgrade_status else None

    def _handle(self, client: ServerConnection) -> None:
        assert client.request is not None
        self.headers.append(dict(client.request.headers.raw_items()))
        with contextlib.suppress(ConnectionClosed):
            client.send(pack({"T": "success", "msg": "connected"}))
            self.asked.append(msgpack.unpackb(client.recv()))
            client.send(pack(self._auth_reply))
            if self._auth_reply["T"] == "success":
                wanted = msgpack.unpackb(client.recv())
                self.asked.append(wanted)
                client.send(pack({"T": "subscription", **{k: v for k, v in wanted.items() if k != "action"}}))
            self._script(client)
        client.close()
        self.close_codes.append(client.protocol.close_rcvd.code if client.protocol.close_rcvd else None)

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()


def until_closed(client: ServerConnection) -> None:
    """Stay until the client goes."""
    for _ in client:
        continue
