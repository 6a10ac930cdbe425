"""The official client's handshake against a server of our own, over a real socket on this machine."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from feed.alpaca import AlpacaStream, HeadlineStream
from hft.errors import CredentialsRefused, Unavailable
from hft.keys import Broker, Keys
from tests.feed.server import KEY, SECRET, DataServer, pack, quote, until_closed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.server import ServerConnection


@pytest.fixture
def servers() -> Iterator[list[DataServer]]:
    started: list[DataServer] = []
    yield started
    for server in started:
        server.stop()


def stream_to(server: DataServer) -> AlpacaStream:
    keys = Keys(key_id=KEY, secret=SECRET)
    return AlpacaStream(Broker(rest="", data=server.url, updates="", news="", keys=keys), ("SPY", "QQQ"))


def test_it_asks_as_alpaca_py_does_and_for_every_channel(servers: list[DataServer]) -> None:
    servers.append(server := DataServer(until_closed))

    async def live() -> None:
        stream = stream_to(server)
        await stream.open()
        await stream.read()
        await stream.shut()

    asyncio.run(live())
    auth, wanted = server.asked
    assert auth == {"action": "auth", "key": KEY, "secret": SECRET}
    assert wanted.pop("action") == "subscribe"
    assert wanted == {key: ["SPY", "QQQ"] for key in ("quotes", "trades", "bars", "statuses")}
    assert server.headers[0]["Content-Type"] == "application/msgpack"
    assert "Sec-WebSocket-Extensions" not in server.headers[0]


def test_headlines_are_asked_for_on_their_own_socket_by_symbol(servers: list[DataServer]) -> None:
    servers.append(server := DataServer(until_closed))
    broker = Broker(rest="", data="", updates="", news=server.url, keys=Keys(key_id=KEY, secret=SECRET))

    async def live() -> None:
        stream = HeadlineStream(broker, ("SPY", "QQQ"))
        await stream.open()
        await stream.read()
        await stream.shut()

    asyncio.run(live())
    _, wanted = server.asked
    assert wanted == {"action": "subscribe", "news": ["SPY", "QQQ"]}


def test_closing_sends_a_close_frame(servers: list[DataServer]) -> None:
    servers.append(server := DataServer(until_closed))

    async def live() -> None:
        stream = stream_to(server)
        await stream.open()
        await stream.shut()

    asyncio.run(live())
    server.stop()
    servers.clear()
    assert server.close_codes == [1000]


def test_frames_that_are_there_come_together(servers: list[DataServer]) -> None:
    def burst(client: ServerConnection) -> None:
        for _ in range(20):
            client.send(pack(quote("SPY", 1, 2)))
        until_closed(client)

    servers.append(server := DataServer(burst))

    async def live() -> list[int]:
        stream = stream_to(server)
        await stream.open()
        sizes: list[int] = []
        while sum(sizes) < 21:  # the burst and the subscription's answer
            sizes.append(len(await stream.read()))
        await stream.shut()
        return sizes

    assert sum(asyncio.run(live())) == 21


def test_the_end_of_the_connection_is_unavailable(servers: list[DataServer]) -> None:
    def leave(client: ServerConnection) -> None:
        client.close()

    servers.append(server := DataServer(leave))

    async def live() -> None:
        stream = stream_to(server)
        await stream.open()
        while True:
            await stream.read()

    with pytest.raises(Unavailable, match="broke off"):
        asyncio.run(live())


@pytest.mark.parametrize(
    ("code", "msg", "error"),
    [
        (402, "auth failed", CredentialsRefused),
        (406, "connection limit exceeded", Unavailable),
        (409, "insufficient subscription", Unavailable),
        (404, "auth timeout", Unavailable),
    ],
)
def test_each_refusal_at_the_door_has_its_kind(
    servers: list[DataServer], code: int, msg: str, error: type[Exception]
) -> None:
    servers.append(server := DataServer(until_closed, {"T": "error", "code": code, "msg": msg}))

    async def live() -> None:
        stream = stream_to(server)
        try:
            await stream.open()
        finally:
            await stream.shut()

    with pytest.raises(error) as caught:
        asyncio.run(live())
    assert msg in str(caught.value)


@pytest.mark.parametrize(
    ("status", "error"), [(401, CredentialsRefused), (403, CredentialsRefused), (429, Unavailable), (503, Unavailable)]
)
def test_each_answer_to_the_upgrade_has_its_kind(
    servers: list[DataServer], status: int, error: type[Exception]
) -> None:
    servers.append(server := DataServer(until_closed, upgrade_status=status))
    with pytest.raises(error, match=str(status)):
        asyncio.run(stream_to(server).open())


def test_a_port_with_403_in_its_number_refuses_no_keys() -> None:
    with socket.socket() as nobody:  # bound, and not listening: whoever comes is refused
        port = next(port for port in range(40_300, 40_400) if is_bound(nobody, port))
        broker = Broker(
            rest="", data=f"ws://127.0.0.1:{port}", updates="", news="", keys=Keys(key_id=KEY, secret=SECRET)
        )
        with pytest.raises(Unavailable, match=f"{port}"):
            asyncio.run(AlpacaStream(broker, ("SPY",)).open())


def is_bound(wanted: socket.socket, port: int) -> bool:
    """Return whether the port was free, and is the socket's now."""
    try:
        wanted.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def test_nobody_there_is_unavailable(servers: list[DataServer]) -> None:
    servers.append(server := DataServer(until_closed))
    stream = stream_to(server)
    server.stop()
    servers.clear()
    with pytest.raises(Unavailable):
        asyncio.run(stream.open())
