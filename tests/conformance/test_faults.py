"""Faults that only a network shows: dropped and late answers, resets, silence. Ordered through the admin URL."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import LimitOrderRequest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.conformance.raw import RawSocket, data_socket, updates_socket
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from venue.serve import Place

pytestmark = pytest.mark.e2e


@pytest.fixture
def place(account: Callable[[], Place]) -> Iterator[Place]:
    found = account()
    yield found
    requests.delete(f"{found.admin}/fault", timeout=5)


def order_fault(place: Place, kind: str, **more: Any) -> Any:  # noqa: ANN401 any JSON
    answer = requests.post(f"{place.admin}/fault", json={"kind": kind, **more}, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(place: Place, mine: str, timeout: float = 5) -> requests.Response:
    headers = {"APCA-API-KEY-ID": place.key, "APCA-API-SECRET-KEY": place.secret}
    body: dict[str, Any] = {
        "symbol": "SPY",
        "side": "buy",
        "qty": 1,
        "type": "limit",
        "limit_price": 100,
        "time_in_force": "day",
        "client_order_id": mine,
    }
    return requests.post(f"{place.rest}/v2/orders", json=body, headers=headers, timeout=timeout)


def lives(place: Place, mine: str) -> bool:
    headers = {"APCA-API-KEY-ID": place.key, "APCA-API-SECRET-KEY": place.secret}
    url = f"{place.rest}/v2/orders:by_client_order_id"
    return requests.get(url, params={"client_order_id": mine}, headers=headers, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "executed"),
    [
        ("accept-then-504", 504, True),
        ("accept-then-500", 500, True),
        ("rest-500", 500, False),
        ("rest-502", 502, False),
        ("rest-503", 503, False),
        ("rest-504", 504, False),
        ("rest-429", 429, False),
        ("rest-401", 401, False),
        ("rest-html", 200, True),
        ("rest-empty", 200, True),
        ("rest-truncated", 200, True),
        ("rest-no-code", 422, False),
    ],
)
@pytest.mark.row(
    "6.4 REST/500",
    "6.4 REST/502 HTML",
    "6.4 REST/503",
    "6.4 REST/504",
    "6.4 REST/accept then 504",
    "6.4 REST/429 burst with headers",
    "6.4 REST/401 mid-session",
    "6.4 REST/truncated JSON",
    "6.4 REST/missing code",
    "3.5/500 internal server error",
    "3.5/503 service unavailable",
    "3.5/504 gateway timeout",
)
def test_the_answer_lies_about_what_happened(place: Place, kind: str, status: int, *, executed: bool) -> None:
    order_fault(place, kind, method="POST", account=place.key)
    mine = uuid4().hex
    assert post(place, mine).status_code == status
    assert lives(place, mine) is executed


@pytest.mark.parametrize(("kind", "executed"), [("accept-then-drop", True), ("rest-drop", False)])
@pytest.mark.row("6.4 REST/accept then drop")
def test_the_connection_is_dropped_without_an_answer(place: Place, kind: str, *, executed: bool) -> None:
    order_fault(place, kind, method="POST")
    mine = uuid4().hex
    with pytest.raises(requests.ConnectionError):
        post(place, mine)
    assert lives(place, mine) is executed


@pytest.mark.parametrize(("kind", "executed"), [("accept-then-slow", True), ("rest-hang", False)])
@pytest.mark.row("6.4 REST/never answers", "6.4 REST/accept then slow")
def test_the_answer_comes_too_late(place: Place, kind: str, *, executed: bool) -> None:
    order_fault(place, kind, method="POST", ms=500)
    mine = uuid4().hex
    with pytest.raises(requests.Timeout):
        post(place, mine, timeout=0.1)
    assert lives(place, mine) is executed


def test_the_answer_comes_byte_by_byte(place: Place) -> None:
    order_fault(place, "rest-drip", method="POST", ms=1)
    begun_s = time.monotonic()
    answer = post(place, uuid4().hex)
    assert (answer.status_code, answer.json()["status"]) == (200, "pending_new")
    assert time.monotonic() - begun_s > len(answer.content) / 1_000


@pytest.mark.row("6.4 updates/event before the REST reply")
def test_the_event_can_come_before_the_answer(place: Place) -> None:
    socket = updates_socket(place)
    order_fault(place, "accept-then-slow", method="POST", account=place.key, ms=500)
    with pytest.raises(requests.Timeout):
        post(place, mine := uuid4().hex, timeout=0.3)
    told = socket.hear()["data"]
    assert (told["event"], told["order"]["client_order_id"]) == ("pending_new", mine)
    socket.close()


@pytest.mark.row("6.4 REST/fixed and random latency")
@pytest.mark.parametrize("size", [0, 50])
def test_answers_come_late_by_a_fixed_time_or_by_a_random_one(place: Place, size: int) -> None:
    order_fault(place, "rest-latency", method="POST", account=place.key, ms=100, size=size, count=1)
    begun_s = time.monotonic()
    assert post(place, uuid4().hex).status_code == 200
    assert time.monotonic() - begun_s > 0.1


def test_a_request_can_arrive_after_its_client_gave_up(place: Place) -> None:
    order_fault(place, "slow-then-accept", method="POST", ms=1_500)
    mine = uuid4().hex
    with pytest.raises(requests.Timeout):
        post(place, mine, timeout=0.1)
    assert not lives(place, mine)
    until(lambda: lives(place, mine), within_s=10, what="the order arrives after all")


def test_the_official_client_sends_an_order_again_after_a_504_and_is_told_that_its_id_is_taken(place: Place) -> None:
    order_fault(place, "accept-then-504", method="POST")
    client = TradingClient(place.key, place.secret, url_override=place.rest)
    client._retry_wait = 0
    request = LimitOrderRequest(
        symbol="SPY",
        qty=1,
        side=OrderSide.BUY,
        time_in_force=TimeInForce.DAY,
        limit_price=100,
        client_order_id=uuid4().hex,
    )
    with pytest.raises(APIError, match="client_order_id must be unique"):
        client.submit_order(request)
    client._session.close()


def test_faults_are_listed_and_ended_through_the_admin_url(place: Place) -> None:
    armed = order_fault(place, "rest-500", account="nobody")
    listed = requests.get(f"{place.admin}/fault", timeout=5).json()
    assert [row["id"] for row in listed["faults"]] == [armed["id"]]
    assert {"kind", "area", "what", "takes", "once"} <= set(listed["menu"][0])
    assert requests.delete(f"{place.admin}/fault/{armed['id']}", timeout=5).json()["ended"] == 1
    answer = requests.post(f"{place.admin}/fault", json={"kind": "accept-than-504"}, timeout=5)
    assert (answer.status_code, "did you mean accept-then-504" in answer.json()["message"]) == (422, True)
    assert requests.post(f"{place.admin}/fault", data=b"{", timeout=5).status_code == 422


# --- sockets ---


@pytest.mark.row("6.4 sockets/clean close 1001")
def test_socket_close(place: Place) -> None:
    socket = data_socket(place)
    order_fault(place, "socket-close", stream="data")
    with pytest.raises(ConnectionClosed) as caught:
        socket.hear()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001


@pytest.mark.row("6.4 sockets/abort")
def test_socket_abort(place: Place) -> None:
    socket = updates_socket(place)
    order_fault(place, "socket-abort", stream="updates", account=place.key)
    with pytest.raises(ConnectionClosed) as caught:
        socket.hear()
    assert caught.value.rcvd is None


@pytest.mark.row("6.4 sockets/half-open", "6.4 sockets/no pong")
def test_socket_half_open(place: Place) -> None:
    socket = data_socket(place)
    order_fault(place, "socket-half-open", stream="data", account=place.key)
    assert not socket.socket.ping().wait(0.3)
    socket.socket.socket.close()


@pytest.mark.parametrize("kind", ["socket-mute", "mute-after-subscribe"])
@pytest.mark.row("6.4 sockets/mute after subscribe")
def test_connected_but_silent(place: Place, kind: str) -> None:
    socket = data_socket(place)
    order_fault(place, kind, stream="data", account=place.key)
    socket.say({"action": "subscribe", "quotes": ["*"]})
    if kind == "mute-after-subscribe":
        assert socket.hear()[0]["T"] == "subscription"
    with pytest.raises(TimeoutError):
        socket.hear(0.5)
    assert socket.socket.ping().wait(5)
    socket.close()


@pytest.mark.row("6.4 sockets/mute before connected")
def test_mute_before_connected(place: Place) -> None:
    order_fault(place, "mute-before-connected", stream="data")
    socket = RawSocket(place.data)
    with pytest.raises(TimeoutError):
        socket.hear(0.3)
    socket.close()


@pytest.mark.row("6.4 sockets/mute after auth")
def test_mute_after_auth(place: Place) -> None:
    order_fault(place, "mute-after-auth", account=place.key)
    socket = RawSocket(place.data)
    socket.hear()
    socket.say({"action": "auth", "key": place.key, "secret": place.secret})
    with pytest.raises(TimeoutError):
        socket.hear(0.3)
    socket.close()


@pytest.mark.parametrize(("stream", "code"), [("data", 429), ("updates", 502), ("news", 503)])
@pytest.mark.row("6.4 sockets/upgrade 429, 502, 503")
def test_upgrade_refused(place: Place, stream: str, code: int) -> None:
    order_fault(place, "upgrade-refused", stream=stream, code=code)
    with pytest.raises(InvalidStatus) as caught:
        RawSocket(getattr(place, stream))
    assert caught.value.response.status_code == code


@pytest.mark.parametrize("code", [402, 404, 406, 409, 411, 500])
@pytest.mark.row(
    "1.4/411 insufficient scope",
    "1.4/500 internal error",
    "6.4 sockets/402 frame",
    "6.4 sockets/404 frame",
    "6.4 sockets/406 frame",
    "6.4 sockets/409 frame",
    "6.4 sockets/500 frame",
)
def test_auth_error(place: Place, code: int) -> None:
    order_fault(place, "auth-error", stream="data", code=code)
    socket = RawSocket(place.data)
    socket.hear()
    auth = {"action": "auth", "key": place.key, "secret": place.secret}
    assert socket.ask(auth)[0]["code"] == code
    assert socket.ask(auth)[0]["msg"] == "authenticated"
    socket.close()


@pytest.mark.row("6.4 sockets/406 frame")
def test_406_as_often_as_it_was_told_and_then_the_same_socket_gets_in(place: Place) -> None:
    order_fault(place, "auth-error", stream="data", code=406, count=3)
    socket = RawSocket(place.data)
    socket.hear()
    auth = {"action": "auth", "key": place.key, "secret": place.secret}
    assert [socket.ask(auth)[0].get("code") for _ in range(4)] == [406, 406, 406, None]
    socket.close()


@pytest.mark.row("6.4 sockets/406 as first frame")
def test_first_frame_406(place: Place) -> None:
    order_fault(place, "first-frame-406", stream="data")
    socket = RawSocket(place.data)
    assert socket.hear()[0]["code"] == 406
    socket.close()


@pytest.mark.row("6.4 sockets/405 frame")
def test_subscribe_error_and_a_subscription_that_lacks_a_symbol(place: Place) -> None:
    socket = data_socket(place)
    order_fault(place, "subscribe-error", stream="data", code=405)
    assert socket.ask({"action": "subscribe", "quotes": ["SPY"]})[0]["code"] == 405
    order_fault(place, "subscription-short", stream="data", account=place.key)
    assert socket.ask({"action": "subscribe", "lulds": ["KO", "SPY"]})[0]["lulds"] == ["KO"]
    socket.close()


@pytest.mark.row("1.4/407 slow client", "6.4 sockets/407 frame")
def test_slow_client(place: Place) -> None:
    socket = data_socket(place)
    order_fault(place, "slow-client", stream="data", account=place.key)
    assert socket.hear()[0]["code"] == 407
    with pytest.raises(ConnectionClosed):
        socket.hear()


@pytest.mark.parametrize("kind", ["bad-message", "unknown-type"])
@pytest.mark.row("6.4 sockets/bad message in the middle of a frame", "6.4 sockets/unknown T")
def test_frames_with_messages_nobody_knows(place: Place, kind: str) -> None:
    socket = data_socket(place)
    order_fault(place, kind, stream="data", account=place.key)
    kinds = [message["T"] for message in socket.hear()]
    assert kinds == (["success", "q", "success"] if kind == "bad-message" else ["zz"])
    socket.close()


@pytest.mark.row("6.4 sockets/frame of more than 1 MiB")
def test_big_frame_closes_a_client_with_the_default_limit(place: Place) -> None:
    socket = data_socket(place)
    order_fault(place, "big-frame", stream="data", account=place.key)
    with pytest.raises(ConnectionClosed) as caught:
        socket.hear()
    assert caught.value.sent is not None
    assert caught.value.sent.code == 1009


@pytest.mark.row("6.4 sockets/text frame")
def test_text_frame_where_binary_is_spoken(place: Place) -> None:
    socket = updates_socket(place)
    order_fault(place, "text-frame", stream="updates", account=place.key)
    assert socket.socket.recv(5) == '[{"T":"success","msg":"text"}]'
    socket.close()


@pytest.mark.row("6.4 sockets/slow drip")
def test_slow_drip(place: Place) -> None:
    socket = data_socket(place)
    order_fault(place, "slow-drip", stream="data", account=place.key, ms=200)
    begun_s = time.monotonic()
    for _ in range(3):
        socket.say({"action": "dance"})
    for _ in range(3):
        socket.hear()
    assert time.monotonic() - begun_s > 0.35
    socket.close()


@pytest.mark.row("6.4 sockets/slot held after abort")
def test_slot_held(place: Place) -> None:
    order_fault(place, "slot-held", stream="data", account=place.key, ms=60_000)
    data_socket(place).close()
    second = RawSocket(place.data)
    second.hear()
    auth = {"action": "auth", "key": place.key, "secret": place.secret}
    assert second.ask(auth)[0]["code"] == 406
    second.close()


@pytest.mark.row("6.4 updates/disconnect exactly at a fill")
def test_updates_cut_at_fill_and_a_fill_that_is_told_twice(place: Place) -> None:
    socket = updates_socket(place)
    headers = {"APCA-API-KEY-ID": place.key, "APCA-API-SECRET-KEY": place.secret}
    body: dict[str, Any] = {"symbol": "SPY", "side": "buy", "qty": 1, "type": "market", "time_in_force": "day"}
    order_fault(place, "updates-duplicated", account=place.key, for_s=60)
    order_fault(place, "updates-cut-at-fill", account=place.key)
    requests.post(f"{place.rest}/v2/orders", json=body, headers=headers, timeout=5)
    events = [socket.hear()["data"]["event"] for _ in range(4)]
    assert events == ["pending_new", "pending_new", "new", "new"]
    with pytest.raises(ConnectionClosed):
        socket.hear()
