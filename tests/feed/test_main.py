"""The feed as a process: real sockets on both sides, a real SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import pytest
import zmq

from hft import codec, endpoints
from hft.home import Home
from hft.messages import Beat, FeedState, Ticks
from tests.e2e.pace import slack
from tests.feed.server import KEY, SECRET, DataServer, pack, quote, until_closed
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from websockets.sync.server import ServerConnection

    from hft.codec import Wire

pytestmark = pytest.mark.e2e
GONE_WITHIN_S = 2


def say_where(home: Home, server: DataServer) -> None:
    venue = {"rest": "", "data": server.url, "news": "", "updates": "", "key": KEY, "secret": SECRET, "admin": ""}
    home.venue_file.write_text(json.dumps(venue))


@contextmanager
def process_in(home: Home, name: str) -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, "HFT_HOME": str(home.root), "HFT_SYMBOLS": "SPY,QQQ"}
    process = subprocess.Popen([sys.executable, "-m", name], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def feed_in(home: Home) -> AbstractContextManager[subprocess.Popen[str]]:
    return process_in(home, "feed")


@contextmanager
def reader(home: Home, endpoint: endpoints.Endpoint) -> Iterator[Callable[[], Wire | None]]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = endpoints.connect(context, endpoint, home, topics=(b"",))

    def read() -> Wire | None:
        try:
            return codec.decode(codec.split(socket.recv(zmq.NOBLOCK))[1])
        except zmq.Again:
            return None

    yield read
    socket.close(0)
    context.term()


def one_quote(client: ServerConnection) -> None:
    client.send(pack(quote("SPY", 500.01, 500.02)))
    until_closed(client)


def first(read: Callable[[], Wire | None], wanted: Callable[[Wire], bool], what: str, within_s: float = 10) -> Wire:
    def found() -> Wire | None:
        message = read()
        return message if message is not None and wanted(message) else None

    message = until(found, within_s=within_s * slack(), what=what)
    assert message is not None
    return message


def test_from_the_socket_to_a_late_joiner_and_out_with_a_close_frame(home: Path) -> None:
    place, server = Home(home).make(), DataServer(one_quote)
    say_where(place, server)
    with feed_in(place) as process:
        with reader(place, endpoints.TICKS) as read:
            batch = first(read, lambda message: isinstance(message, Ticks), "a batch of ticks")
        assert isinstance(batch, Ticks)
        assert batch.ticks[0].symbol == "SPY"
        with reader(place, endpoints.TICKS) as late:
            snapshot = first(late, lambda message: isinstance(message, Ticks), "the last value")
        assert isinstance(snapshot, Ticks)
        assert (snapshot.snapshot, snapshot.ticks) == (True, batch.ticks)
        process.send_signal(signal.SIGTERM)
        assert process.wait(GONE_WITHIN_S * slack()) == 0
    server.stop()
    assert server.close_codes == [1000]


def test_it_waits_for_the_exchange_to_say_where_it_is(home: Path) -> None:
    place = Home(home).make()
    with feed_in(place) as process, reader(place, endpoints.health("feed")) as health:
        beat = first(health, lambda message: isinstance(message, Beat) and "not up" in message.note, "a waiting beat")
        assert isinstance(beat, Beat)
        assert beat.state == "warming"
        server = DataServer(one_quote)
        say_where(place, server)
        first(health, lambda message: isinstance(message, Beat) and message.state == "ready", "a ready beat")
        process.send_signal(signal.SIGTERM)
        assert process.wait(GONE_WITHIN_S * slack()) == 0
    server.stop()


def test_a_dropped_connection_is_made_anew_under_the_same_epoch(home: Path) -> None:
    def drop_the_first(client: ServerConnection) -> None:
        client.send(pack(quote("SPY", 1, 2)))
        if len(server.asked) > 2:
            until_closed(client)

    place, server = Home(home).make(), DataServer(drop_the_first)
    say_where(place, server)
    with feed_in(place), reader(place, endpoints.TICKS) as read:
        state = first(read, lambda m: isinstance(m, FeedState) and m.connected and m.reconnects == 1, "a reconnect")
    server.stop()
    assert isinstance(state, FeedState)
    assert state.epoch == 1


def test_keys_that_are_refused_three_times_end_it_with_77(home: Path) -> None:
    place = Home(home).make()
    server = DataServer(until_closed, {"T": "error", "code": 402, "msg": "auth failed"})
    say_where(place, server)
    with feed_in(place) as process:
        assert process.wait(15 * slack()) == 77
    server.stop()


def test_a_second_feed_in_the_same_home_is_refused_with_75(home: Path) -> None:
    place, server = Home(home).make(), DataServer(until_closed)
    say_where(place, server)
    with feed_in(place), reader(place, endpoints.health("feed")) as health:
        first(health, lambda message: isinstance(message, Beat), "a beat")
        with feed_in(place) as second:
            assert second.wait(10 * slack()) == 75
    server.stop()
