"""The stream's thread against a small websocket server that plays Alpaca's /stream, well and badly."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from hft import log
from hft.errors import Unavailable
from hft.keys import Broker, Keys
from router import broker
from router.alpaca import Stream
from router.updates import Updates
from tests.router.test_alpaca_words import ORDER
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from hft.messages import Message


async def shake(socket: ServerConnection) -> None:
    """Play the handshake as the paper stream does: text in, JSON in binary frames out."""
    asked = json.loads(await socket.recv())
    assert asked["action"] == "authenticate"
    await tell(socket, "authorization", {"status": "authorized", "action": "authenticate"})
    assert json.loads(await socket.recv())["action"] == "listen"
    await tell(socket, "listening", {"streams": ["trade_updates"]})


async def tell(socket: ServerConnection, stream: str, data: Any) -> None:  # noqa: ANN401 whatever is to be told
    await socket.send(json.dumps({"stream": stream, "data": data}).encode())


class Venue:
    """The server: `play` gets each connection and its number."""

    def __init__(self, play: Callable[[ServerConnection, int], Awaitable[None]]) -> None:
        self._play, self.connections = play, 0
        self._loop = asyncio.new_event_loop()
        self._ready, self._over = threading.Event(), asyncio.Event()
        self.port = 0
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))
        self._thread.start()
        assert self._ready.wait(5)

    async def _serve(self) -> None:
        async with serve(self._take, "127.0.0.1", 0) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._ready.set()
            await self._over.wait()

    async def _take(self, socket: ServerConnection) -> None:
        self.connections += 1
        await self._play(socket, self.connections)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def listen() -> Iterator[Callable[[Any], tuple[list[Message], Venue]]]:
    """Give a function that starts a venue and the stream's thread, and returns what the stream says."""
    running: list[tuple[Updates, Venue]] = []

    def start(play: Any) -> tuple[list[Message], Venue]:  # noqa: ANN401 how the venue plays
        venue = Venue(play)
        heard: list[Message] = []
        where = Broker(
            rest="http://127.0.0.1:9",
            data="",
            updates=f"ws://127.0.0.1:{venue.port}/stream",
            news="",
            keys=Keys(key_id="PKTEST", secret="secret-of-a-test"),
        )
        updates = Updates(
            find_broker=lambda: where,
            open_stream=Stream,
            put=heard.append,
            log=log.light("router", stream=io.StringIO()),
            seed=1,
        )
        running.append((updates, venue))
        return heard, venue

    yield start
    for updates, venue in running:
        updates.close()
        venue.close()


def kinds(heard: list[Message]) -> list[str]:
    return [type(message).__name__ for message in heard]


async def forever(socket: ServerConnection) -> None:
    async for _ in socket:
        pass


def test_up_is_said_when_the_venue_confirms_and_updates_come_in_order(listen: Any) -> None:  # noqa: ANN401 the fixture
    async def play(socket: ServerConnection, _: int) -> None:
        await shake(socket)
        await tell(socket, "trade_updates", {"event": "new", "order": ORDER})
        await tell(socket, "trade_updates", {"event": "fill", "order": {**ORDER, "status": "filled"}})
        await forever(socket)

    heard, _ = listen(play)
    until(lambda: len(heard) >= 3, within_s=5, what="the stream's messages")
    assert kinds(heard) == ["UpdatesUp", "TradeUpdate", "TradeUpdate"]
    assert [message.event for message in heard[1:]] == ["new", "fill"]


def test_after_a_drop_it_says_down_and_comes_back(listen: Any) -> None:  # noqa: ANN401 the fixture
    async def play(socket: ServerConnection, number: int) -> None:
        await shake(socket)
        if number > 1:
            await forever(socket)

    heard, _ = listen(play)
    until(lambda: len(heard) >= 3, within_s=5, what="up, down, up")
    assert kinds(heard) == ["UpdatesUp", "UpdatesDown", "UpdatesUp"]


def test_what_cannot_be_read_is_told_by_its_order_and_the_rest_still_comes(listen: Any) -> None:  # noqa: ANN401 the fixture
    async def play(socket: ServerConnection, _: int) -> None:
        await shake(socket)
        await tell(socket, "trade_updates", None)
        await tell(socket, "trade_updates", {"event": "fill", "order": {"client_order_id": "h1-mm-1.1-1"}})
        await socket.send(b"\xff\x00 garbage")
        await tell(socket, "trade_updates", {"event": "new", "order": {**ORDER, "status": "never heard of"}})
        await forever(socket)

    heard, _ = listen(play)
    until(lambda: len(heard) >= 4, within_s=5, what="the stream's messages")
    assert heard[1:3] == [
        broker.UpdateUnreadable(client_order_id=""),
        broker.UpdateUnreadable(client_order_id="h1-mm-1.1-1"),
    ]
    assert isinstance(heard[3], broker.TradeUpdate)
    assert heard[3].order.event is None


def test_refused_keys_are_told_as_such(listen: Any) -> None:  # noqa: ANN401 the fixture
    async def play(socket: ServerConnection, _: int) -> None:
        await socket.recv()
        await tell(socket, "authorization", {"status": "unauthorized", "action": "authenticate"})
        await forever(socket)

    heard, venue = listen(play)
    until(lambda: heard and venue.connections >= 2, within_s=5, what="a second try")
    assert heard == [broker.UpdatesDown(reason="ValueError: failed to authenticate", refused=True)]


def test_a_mute_venue_is_given_up_and_tried_again(listen: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 the fixture
    monkeypatch.setattr("router.updates.HANDSHAKE_S", 0.2)

    async def play(socket: ServerConnection, number: int) -> None:
        if number > 1:
            await shake(socket)
        await forever(socket)

    heard, _ = listen(play)
    until(lambda: len(heard) >= 2, within_s=5, what="down, then up")
    assert heard == [
        broker.UpdatesDown(reason="the venue did not answer the handshake in time"),
        broker.UpdatesUp(),
    ]


def test_no_other_host_is_ever_reached() -> None:
    heard: list[Message] = []

    def elsewhere() -> Broker:
        keys = Keys(key_id="PKTEST", secret="secret-of-a-test")
        return Broker(rest="", data="", updates="wss://api.alpaca.markets/stream", news="", keys=keys)

    quiet = log.light("router", stream=io.StringIO())
    updates = Updates(find_broker=elsewhere, open_stream=Stream, put=heard.append, log=quiet, seed=1)
    until(lambda: heard, within_s=5, what="a refusal")
    updates.close()
    assert isinstance(heard[0], broker.UpdatesDown)
    assert "not Alpaca's paper stream" in heard[0].reason


def test_it_waits_for_a_venue_that_is_not_up_yet() -> None:
    heard: list[Message] = []

    def nowhere() -> Broker:
        raise Unavailable("The embedded exchange is not up yet.")

    quiet = log.light("router", stream=io.StringIO())
    updates = Updates(find_broker=nowhere, open_stream=Stream, put=heard.append, log=quiet, seed=1)
    until(lambda: heard, within_s=5, what="a word")
    updates.close()
    assert heard == [broker.UpdatesDown(reason="The embedded exchange is not up yet.")]
