"""What the official client cannot express, over real sockets: codecs, fragments, limits, news, frame types."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.conformance.conftest import serve
from tests.conformance.raw import RawSocket, data_socket, updates_socket
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.serve import Place

pytestmark = pytest.mark.e2e


def test_json_is_text_and_msgpack_is_binary(account: Callable[[], Place]) -> None:
    place = account()
    for codec, kind in (("application/json", str), ("application/msgpack", bytes)):
        socket = RawSocket(place.data, codec=codec)
        assert isinstance(socket.socket.recv(5), kind)
        socket.close()


def test_a_subscription_in_fragments_is_put_together(account: Callable[[], Place]) -> None:
    socket = data_socket(account())
    socket.socket.send(['{"action":"subscribe",', '"quotes":["SPY"]', "}", ""])
    assert socket.hear()[0]["quotes"] == ["SPY"]
    socket.close()


@pytest.mark.row("1.4/406 connection limit exceeded")
def test_a_second_connection_is_told_406_and_takes_over_when_the_first_leaves(account: Callable[[], Place]) -> None:
    place = account()
    first = data_socket(place)
    second = RawSocket(place.data)
    second.hear()
    auth = {"action": "auth", "key": place.key, "secret": place.secret}
    assert second.ask(auth)[0]["code"] == 406
    first.close()
    assert until(lambda: second.ask(auth)[0].get("msg") == "authenticated", within_s=5, what="the slot is free")
    second.close()


@pytest.mark.row("6.4 sockets/slot held after abort")
def test_an_aborted_connection_keeps_its_slot_for_a_while(account: Callable[[], Place]) -> None:
    place = account()
    first = data_socket(place)
    first.socket.socket.close()
    second = RawSocket(place.data)
    second.hear()
    auth = {"action": "auth", "key": place.key, "secret": place.secret}
    assert until(lambda: second.ask(auth)[0].get("msg") == "authenticated", within_s=5, what="the slot is free")
    second.close()


def test_odd_frames_break_no_connection(account: Callable[[], Place]) -> None:
    place = account()
    data, updates = data_socket(place), updates_socket(place)
    actions: tuple[Any, ...] = (["subscribe"], {}, ["auth"])
    for odd in [{"action": action} for action in actions]:
        assert data.ask(odd)[0] == {"T": "error", "code": 400, "msg": "invalid syntax"}
        updates.say(odd)
    assert updates.ask({"action": "listen", "data": {"streams": [["trade_updates"]]}})["data"] == {"streams": []}
    data.close()
    updates.close()


def test_a_session_that_breaks_gives_its_slot_back() -> None:
    broken = (
        "from venue.data_socket import DataSession; from venue.updates_socket import UpdatesSession;"
        "DataSession._change = UpdatesSession._listen = None"
    )
    process, place = serve(first=broken, symbols=("SPY",))
    auth = {"action": "auth", "key": place.key, "secret": place.secret}
    for _ in range(3):
        data = data_socket(place)
        with pytest.raises(ConnectionClosed):
            data.ask({"action": "subscribe", "quotes": ["SPY"]})
        updates = RawSocket(place.updates)
        assert updates.ask(auth)["data"]["status"] == "authorized"
        with pytest.raises(ConnectionClosed):
            updates.ask({"action": "listen", "data": {"streams": ["trade_updates"]}})
    health = requests.get(f"{place.admin}/health", timeout=5).json()
    assert (health["data_clients"], health["updates_clients"]) == ([], 0)
    process.terminate()
    assert process.wait(2) == 0
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.row("1.4/404 auth timeout")
def test_no_auth_in_time_ends_with_404() -> None:
    process, place = serve(symbols=("SPY",), auth_timeout_s=0.2)
    socket = RawSocket(place.data)
    assert socket.hear()[0]["msg"] == "connected"
    assert socket.hear()[0] == {"T": "error", "code": 404, "msg": "auth timeout"}
    socket.close()
    process.terminate()
    assert process.wait(2) == 0
    assert process.stdout is not None
    process.stdout.close()


def test_updates_come_as_binary_json(account: Callable[[], Place]) -> None:
    socket = RawSocket(account().updates)
    socket.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
    assert isinstance(socket.socket.recv(5), bytes)
    socket.close()


def test_a_second_updates_connection_of_an_account_is_refused(account: Callable[[], Place]) -> None:
    place = account()
    first = updates_socket(place)
    second = RawSocket(place.updates)
    assert second.ask({"action": "auth", "key": place.key, "secret": place.secret})["data"]["status"] == "unauthorized"
    first.close()


def test_with_one_account_a_second_updates_upgrade_is_a_429() -> None:
    process, place = serve(symbols=("SPY",))
    first = updates_socket(place)
    with pytest.raises(InvalidStatus) as caught:
        RawSocket(place.updates)
    assert caught.value.response.status_code == 429
    first.close()
    process.terminate()
    assert process.wait(2) == 0
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.row("1.4/407 slow client")
@pytest.mark.soak
def test_a_client_that_does_not_read_is_told_407_and_cut_off() -> None:
    process, place = serve(symbols=("SPY",), rate=30.0, send_queue_frames_max=4)
    socket = data_socket(place, max_queue=1)
    socket.ask({"action": "subscribe", "quotes": ["SPY"]})
    fault: dict[str, Any] = {"kind": "quote-burst", "size": 1_000}
    requests.post(f"{place.admin}/fault", json=fault, timeout=5)
    health = f"{place.admin}/health"
    until(lambda: requests.get(health, timeout=5).json()["data_clients"] == [], within_s=45, what="it is cut off")
    socket.close()
    process.terminate()
    assert process.wait(2) == 0
    assert process.stdout is not None
    process.stdout.close()


def test_a_broken_assumption_ends_the_process() -> None:
    code = (
        "from venue.config import VenueConfig; from venue.serve import start; from venue.market import nothing;"
        "from hft.clock import WallClock; from venue.exchange import Exchange;"
        "source = nothing(); source.until = None;"
        "start(VenueConfig(), source, WallClock(), port=0, keys=('K', 'S'), say=print, as_json=True)"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=10, check=False)
    assert process.returncode == 1
    assert b"TypeError" in process.stderr


def test_bars_come_just_after_the_minute() -> None:
    process, place = serve(symbols=("SPY",), rate=60.0)
    socket = data_socket(place)
    socket.ask({"action": "subscribe", "bars": ["SPY"], "dailyBars": ["SPY"]})
    kinds = {message["T"] for _ in range(2) for message in socket.hear()}
    assert kinds <= {"b", "d"}
    socket.close()
    process.terminate()
    assert process.wait(2) == 0
    assert process.stdout is not None
    process.stdout.close()
