"""Garbage on every way in: always a documented answer, memory bounded. FUZZ_ROUNDS=100000 asks for the long run."""

from __future__ import annotations

import os
import random
import tracemalloc
from typing import Any

import msgspec
import pytest

from tests.venue.desk import KEY, SECRET, Desk, ticket
from venue.config import VenueConfig
from venue.data_socket import ERRORS, DataSession
from venue.encode import JSON, MSGPACK
from venue.slots import Slots
from venue.updates_socket import UpdatesSession

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "4000"))
DOCUMENTED = {200, 204, 207, 401, 403, 404, 422, 429}
GROWTH_BYTES_MAX = 3_000_000
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, -0.0, 2**63, 2**64, "", " ", "nan", "inf", "-inf", "1e400", "1e-400", "0x10",
    "1_000", "\u0661\u0662", "SPY\n", "spy", "\u0410APL", "BRK.B", "x" * 300, "\x00", [], {}, [[]], {"a": {}}, "1" * 40,
    "+5", "5.", ".5", "9" * 5000, "9999-12-31", "9999-12-31T23:00:00Z", "0001-01-01", 10**17,
)  # fmt: skip
PATCHED = ("qty", "limit_price", "stop_price", "time_in_force", "trail", "client_order_id")
FIELDS = (
    *("symbol", "side", "qty", "notional", "type", "time_in_force", "limit_price", "stop_price", "trail_price"),
    *("trail_percent", "extended_hours", "client_order_id", "order_class", "take_profit", "stop_loss"),
    "position_intent",
)
PATHS = (
    *("/orders", "/orders/x", "/positions", "/positions/AAA", "/account", "/account/activities"),
    *("/account/activities/FILL", "/account/configurations", "/clock", "/calendar", "/assets", "/assets/AAA"),
    *("/orders:by_client_order_id", "/", "//", "/\U0001f980"),
)
METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "")
QUERIES = (
    *("status", "limit", "after", "until", "direction", "symbols", "side", "page_size", "page_token", "date"),
    *("start", "end", "percentage", "qty", "cancel_orders", "client_order_id", "nested", "before_order_id"),
)
ASKED = {
    "/orders": ("status", "limit", "after", "until", "direction", "symbols", "side", "before_order_id", "nested"),
    "/account/activities": ("activity_types", "page_size", "page_token", "date", "after", "until", "direction"),
    "/calendar": ("start",),
    "/assets": ("status", "asset_class", "exchange"),
}
BROKEN = (
    b"[" * 5_000,
    b'{"a":' * 500,
    b"null",
    b'"x"',
    b"\xef\xbb\xbf{}",
    b'{"qty":1,"qty":2}',
    b"{",
    b'{"qty":' + b"9" * 5_000 + b"}",
)


def odd_bytes(dice: random.Random) -> bytes:
    """Return a body: an order with odd fields, broken JSON, or noise."""
    kind = dice.random()
    if kind < 0.6:
        body = {**ticket(limit=25), **{dice.choice(FIELDS): dice.choice(ODD) for _ in range(dice.randint(1, 4))}}
        raw = msgspec.json.encode(body)
        return raw[: dice.randint(0, len(raw))] if dice.random() < 0.2 else raw
    if kind < 0.8:
        return dice.choice(BROKEN)
    return dice.randbytes(dice.randint(0, 200))


def test_any_request_gets_a_documented_answer() -> None:
    dice, desk = random.Random(1), Desk()
    desk.nbbo(25.00, 25.02)
    tracemalloc.start()
    settled = 0
    for turn in range(ROUNDS):
        path = dice.choice(PATHS)
        if dice.random() < 0.4:
            path += "?" + "&".join(f"{dice.choice(QUERIES)}={dice.choice(ODD)}" for _ in range(2))
        response = desk.call(dice.choice(METHODS), path, odd_bytes(dice))
        assert response.status in DOCUMENTED, (path, response)
        if response.status not in {200, 204, 207}:
            assert "message" in msgspec.json.decode(response.body)
        desk.wait(1)
        desk.updates.clear()
        if turn == ROUNDS // 2:
            settled = tracemalloc.get_traced_memory()[0]
    taken_in = len(desk.book.orders)
    assert tracemalloc.get_traced_memory()[0] - settled < GROWTH_BYTES_MAX + taken_in * 2_000
    tracemalloc.stop()


def test_any_word_of_a_query_gets_a_documented_answer() -> None:
    desk = Desk()
    for path, words in ASKED.items():
        for word in words:
            for odd in ODD:
                response = desk.call("GET", f"{path}?{word}={odd}")
                assert response.status in DOCUMENTED, (path, word, odd, response)


@pytest.mark.parametrize("field", PATCHED)
def test_any_change_of_an_open_order_gets_a_documented_answer(field: str) -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 1000)
    desk.events()
    for odd in (*ODD, ["day"], 2**40):
        order = desk.order("sell", 10, 26, type="stop_limit", stop_price=24)
        desk.wait(10)
        response = desk.call("PATCH", f"/orders/{order['id']}", {"qty": 11, field: odd})
        assert response.status in {200, 403, 422}, (field, odd, response)
        desk.wait(10)
        desk.call("DELETE", "/orders")
        desk.wait(10)


@pytest.mark.parametrize(
    "patch",
    [
        {"limit_price": 10**17},
        {"qty": 10**17},
        {"qty": 11, "client_order_id": ["x"]},
        {"qty": 11, "client_order_id": "x" * 129},
    ],
)
def test_error_a_change_is_as_bounded_as_a_new_order(patch: dict[str, Any]) -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 1000)
    desk.events()
    order = desk.order("sell", 10, 26)
    desk.wait(10)
    assert desk.refused("PATCH", f"/orders/{order['id']}", patch)[:2] == (422, 40010001)


EXT = msgspec.msgpack.Ext(5, b"x")
ODD_PACKED = tuple(
    msgspec.msgpack.encode(odd)
    for odd in (
        EXT,
        {"action": EXT},
        {"action": "subscribe", "quotes": EXT},
        {"action": "subscribe", "quotes": [EXT]},
        {"action": "subscribe", 5: ["AAA"]},
        {"action": "subscribe", (1, 2): ["AAA"]},
        {"action": "subscribe", None: ["AAA"]},
    )
)


@pytest.mark.parametrize("codec", [JSON, MSGPACK])
def test_any_frame_on_the_data_socket_gets_a_documented_answer(codec: str) -> None:
    dice, desk = random.Random(2), Desk()
    session = DataSession(
        endpoint="v2/iex", codec=codec, number=1, config=VenueConfig(), slots=Slots(), who=desk.exchange.who
    )
    encode: Any = msgspec.json.encode if codec == JSON else msgspec.msgpack.encode
    decode: Any = msgspec.json.decode if codec == JSON else msgspec.msgpack.decode
    auth = encode({"action": "auth", "key": KEY, "secret": SECRET})
    for turn in range(ROUNDS):
        frame = auth if turn == ROUNDS // 4 else odd_frame(dice, encode)
        for sent in session.receive(frame, 0).frames:
            message = decode(sent)[0]
            assert message["T"] in {"success", "subscription"} or message["code"] in ERRORS
    for frame in ODD_PACKED if codec == MSGPACK else ():
        assert decode(session.receive(frame, 0).frames[0])[0]["code"] == 400
    assert session.account
    assert sum(map(len, session.subscriptions.values())) < 10_000


ACTIONS: tuple[Any, ...] = (
    "auth",
    "subscribe",
    "unsubscribe",
    "listen",
    "authenticate",
    5,
    None,
    ["subscribe"],
    ["auth"],
    {},
    [[]],
)
LISTS: tuple[Any, ...] = (
    *(["AAA"], ["*"], [1], ["x" * 50], [["trade_updates"]], {"streams": [["trade_updates"]]}, {"streams": [{}]}),
    *({"streams": ["trade_updates"]}, {"key_id": [], "secret_key": {}}),
)


def odd_frame(dice: random.Random, encode: Any) -> bytes:  # noqa: ANN401 either codec's encoder
    if dice.random() < 0.3:
        return dice.randbytes(dice.randint(0, 100))
    message: dict[Any, Any] = {"action": dice.choice(ACTIONS)}
    for name in ("key", "secret", "quotes", "trades", "bars", "news", "imbalances", "data", "*"):
        if dice.random() < 0.3:
            message[name] = dice.choice((*[odd for odd in ODD if odd != 2**64], *LISTS))
    raw: bytes = encode(message)
    return raw[: dice.randint(0, len(raw))] if dice.random() < 0.2 else raw


@pytest.mark.parametrize("secret", [SECRET, "wrong"])
def test_any_frame_on_the_updates_socket_does_no_harm(secret: str) -> None:
    dice, desk = random.Random(3), Desk()
    session = UpdatesSession(number=1, slots=Slots(), who=desk.exchange.who)
    session.receive(msgspec.json.encode({"action": "auth", "key": KEY, "secret": secret}), 0)
    for _ in range(ROUNDS):
        for sent in session.receive(odd_frame(dice, msgspec.json.encode), 0).frames:
            assert msgspec.json.decode(sent)["stream"] in {"authorization", "listening"}
    assert bool(session.account) == (secret == SECRET)
