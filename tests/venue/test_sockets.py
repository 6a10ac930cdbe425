"""The protocols of the two sockets, frame by frame, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]  # the client's own decoder, it has no types
import msgspec
import pytest

from tests.venue.desk import KEY, SECRET, Desk
from venue.config import VenueConfig
from venue.data_socket import DataSession
from venue.encode import JSON, MSGPACK, Message, array
from venue.hub import Tripwire
from venue.rows import Nbbo, News, Print, Quote
from venue.slots import Slots
from venue.updates import update_json
from venue.updates_socket import UpdatesSession

if TYPE_CHECKING:
    from venue.rows import Row

CHANNELS = "trades quotes bars updatedBars dailyBars statuses lulds corrections cancelErrors".split()
SECOND = 1_000_000_000


class Socket:
    """A data client of a desk's exchange, as bytes in and parsed messages out."""

    def __init__(
        self,
        desk: Desk,
        *,
        endpoint: str = "v2/iex",
        codec: str = JSON,
        number: int = 1,
        slots: Slots | None = None,
        **switches: Any,  # noqa: ANN401 any switch
    ) -> None:
        self.slots = slots or Slots()
        self.session = DataSession(
            endpoint=endpoint,
            codec=codec,
            number=number,
            config=VenueConfig(**switches),
            slots=self.slots,
            who=desk.exchange.who,
        )
        self.closed = False

    def parse(self, frames: tuple[bytes, ...]) -> list[Any]:
        decode = msgspec.json.decode if self.session.codec == JSON else msgspec.msgpack.decode
        return [message for frame in frames for message in decode(frame)]

    def say(self, message: object, mono_ns: int = 0) -> list[Any]:
        encode = msgspec.json.encode if self.session.codec == JSON else msgspec.msgpack.encode
        raw = message if isinstance(message, bytes) else encode(message)
        reply = self.session.receive(raw, mono_ns)
        self.closed = reply.close
        return self.parse(reply.frames)

    def auth(self, secret: str = SECRET, mono_ns: int = 0) -> Any:  # noqa: ANN401 any JSON
        return self.say({"action": "auth", "key": KEY, "secret": secret}, mono_ns)[0]

    def error(self, message: object) -> int:
        found = self.say(message)[0]
        assert found["T"] == "error"
        return int(found["code"])


def test_the_server_greets_at_once() -> None:
    socket = Socket(Desk())
    assert socket.parse(socket.session.opened({}, 0).frames) == [{"T": "success", "msg": "connected"}]


def test_keys_in_the_upgrade_authenticate_at_once() -> None:
    socket = Socket(Desk())
    headers = {"apca-api-key-id": KEY, "apca-api-secret-key": SECRET}
    assert [message["msg"] for message in socket.parse(socket.session.opened(headers, 0).frames)] == [
        "connected",
        "authenticated",
    ]


@pytest.mark.parametrize("codec", [JSON, MSGPACK])
def test_auth_then_subscribe_answers_with_the_full_lists(codec: str) -> None:
    socket = Socket(Desk(), codec=codec)
    assert socket.auth() == {"T": "success", "msg": "authenticated"}
    first = socket.say({"action": "subscribe", "quotes": ["AAA"], "trades": ["BBB"]})[0]
    assert first == {
        **{key: [] for key in CHANNELS},
        "T": "subscription",
        "quotes": ["AAA"],
        "trades": ["BBB"],
        "corrections": ["BBB"],
        "cancelErrors": ["BBB"],
    }
    assert socket.say({"action": "subscribe", "quotes": ["BBB"]})[0]["quotes"] == ["AAA", "BBB"]
    assert socket.say({"action": "unsubscribe", "quotes": ["AAA"]})[0]["quotes"] == ["BBB"]


@pytest.mark.row("1.4/400 invalid syntax")
def test_error_400_bad_message_and_the_connection_stays() -> None:
    socket = Socket(Desk())
    socket.auth()
    odd: tuple[Any, ...] = (
        b"{",
        [1],
        {"action": "dance"},
        {"action": ["subscribe"]},
        {"action": {}},
        {"action": ["auth"]},
        {"action": "subscribe", "quotes": "AAA"},
        {"action": "subscribe", "quotes": [""]},
        {"action": "subscribe", "nonsense": ["AAA"]},
    )
    for nonsense in odd:
        assert socket.error(nonsense) == 400
        assert not socket.closed


@pytest.mark.row("1.4/401 not authenticated")
def test_error_401_subscribe_before_auth() -> None:
    assert Socket(Desk()).error({"action": "subscribe", "quotes": ["AAA"]}) == 401


@pytest.mark.row("1.4/402 auth failed")
def test_error_402_wrong_key() -> None:
    assert Socket(Desk()).auth("wrong")["code"] == 402


@pytest.mark.row("1.4/403 already authenticated")
def test_error_403_auth_twice() -> None:
    socket = Socket(Desk())
    socket.auth()
    assert socket.auth()["code"] == 403


@pytest.mark.row("1.4/404 auth timeout")
def test_error_404_no_auth_in_time_and_the_connection_closes() -> None:
    socket = Socket(Desk())
    reply = socket.session.auth_timeout()
    assert (socket.parse(reply.frames)[0]["code"], reply.close) == (404, True)
    socket.auth()
    assert socket.session.auth_timeout().frames == ()


@pytest.mark.row("1.4/405 symbol limit exceeded")
def test_error_405_leaves_the_subscription_as_it_was() -> None:
    socket = Socket(Desk(), data_symbols_max=3)
    socket.auth()
    socket.say({"action": "subscribe", "quotes": ["A", "B"]})
    assert socket.error({"action": "subscribe", "trades": ["A", "B"]}) == 405
    assert socket.say({"action": "subscribe", "bars": ["C", "D", "E"]})[0]["trades"] == []


def test_symbols_instead_of_channels_may_be_counted() -> None:
    socket = Socket(Desk(), data_symbols_max=2, count_channels=False)
    socket.auth()
    lists = socket.say({"action": "subscribe", "quotes": ["A", "B"], "trades": ["A", "B"]})[0]
    assert lists["trades"] == ["A", "B"]


@pytest.mark.row("1.4/406 connection limit exceeded")
def test_error_406_second_connection_keeps_the_first_and_may_try_again_on_the_same_socket() -> None:
    desk, slots = Desk(), Slots()
    first, second = Socket(desk, slots=slots, number=1), Socket(desk, slots=slots, number=2)
    first.auth()
    assert second.auth()["code"] == 406
    assert not second.closed
    first.session.closed(0)
    assert second.auth()["msg"] == "authenticated"


def test_an_aborted_connection_keeps_its_slot_for_a_while() -> None:
    desk, slots = Desk(), Slots()
    first, second = Socket(desk, slots=slots, number=1), Socket(desk, slots=slots, number=2)
    first.auth()
    first.session.closed(0, held_ns=SECOND)
    assert second.auth(mono_ns=SECOND - 1)["code"] == 406
    assert second.auth(mono_ns=SECOND + 1)["msg"] == "authenticated"


@pytest.mark.row("1.4/410 invalid subscribe action for this feed")
def test_the_news_endpoint_has_a_slot_and_channels_of_its_own() -> None:
    desk, slots = Desk(), Slots()
    stocks, news = Socket(desk, slots=slots, number=1), Socket(desk, slots=slots, number=2, endpoint="v1beta1/news")
    stocks.auth()
    assert news.auth()["msg"] == "authenticated"
    assert news.error({"action": "subscribe", "quotes": ["AAA"]}) == 410
    assert news.say({"action": "subscribe", "news": ["*"]}) == [{"T": "subscription", "news": ["*"]}]
    assert stocks.error({"action": "subscribe", "news": ["*"]}) == 410


@pytest.mark.row("1.4/409 insufficient subscription")
def test_error_409_the_free_plan_has_no_sip() -> None:
    assert Socket(Desk(), endpoint="v2/sip").auth()["code"] == 409


QUOTE = Quote(1_795_444_502_000_123_456, "AAA", 251_000, 200, 0, 0)


def test_a_quote_in_json_has_the_keys_of_the_contract_with_t_first() -> None:
    assert Message(QUOTE).encoded(JSON) == (
        b'{"T":"q","S":"AAA","bx":"V","bp":25.1,"bs":200,"ax":"V","ap":0.0,"as":0,"c":["R"],"z":"C",'
        b'"t":"2026-11-23T14:35:02.000123456Z"}'
    )


def test_a_time_in_msgpack_is_the_eight_byte_form_of_the_timestamp_extension() -> None:
    raw = array([Message(QUOTE).encoded(MSGPACK)], MSGPACK)
    assert b"\xd7\xff" in raw
    found = msgpack.unpackb(raw)[0]
    assert next(iter(found)) == "T"
    assert found["t"].to_unix_nano() == QUOTE.t_ns


def test_sizes_may_be_told_in_round_lots() -> None:
    assert b'"bs":2,' in Message(QUOTE, lot=100).encoded(JSON)


@pytest.mark.parametrize("count", [1, 15, 16, 70_000])
@pytest.mark.parametrize("codec", [JSON, MSGPACK])
def test_many_messages_make_one_array(codec: str, count: int) -> None:
    part = Message(Print(1, "AAA", 1, 1, published=True)).encoded(codec)
    decode = msgspec.json.decode if codec == JSON else msgspec.msgpack.decode
    assert len(decode(array([part] * count, codec))) == count


def test_a_client_gets_what_it_asked_for_and_nothing_else() -> None:
    socket = Socket(Desk())
    socket.auth()
    rows: list[Row] = [QUOTE, Print(2, "BBB", 1, 5, published=True), News(3, 1, "Up", "", ("AAA",))]
    messages = [Message(row) for row in rows]
    assert socket.session.deliver(messages) is None
    socket.say({"action": "subscribe", "trades": ["*"], "quotes": ["BBB"]})
    frame = socket.session.deliver(messages)
    assert frame is not None
    assert [(one["T"], one["c"]) for one in socket.parse((frame,))] == [("t", ["@", "I"])]


def test_the_nbbo_is_never_published() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.quote(24.99, 25.03)
    assert [type(row) for row in desk.rows] == [Quote]
    assert not any(isinstance(row, Nbbo) for row in desk.rows)


# --- trade_updates ---


def updates_of(desk: Desk, number: int = 1, slots: Slots | None = None) -> UpdatesSession:
    return UpdatesSession(number=number, slots=slots or Slots(), who=desk.exchange.who)


def said(session: UpdatesSession, message: object) -> list[Any]:
    return [msgspec.json.decode(frame) for frame in session.receive(msgspec.json.encode(message), 0).frames]


FORM_A = {"action": "authenticate", "data": {"key_id": KEY, "secret_key": SECRET}}
FORM_B = {"action": "auth", "key": KEY, "secret": SECRET}
LISTEN = {"action": "listen", "data": {"streams": ["trade_updates"]}}


@pytest.mark.parametrize("form", [FORM_A, FORM_B])
def test_both_forms_of_auth_are_accepted(form: dict[str, object]) -> None:
    session = updates_of(Desk())
    expected = {"stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}}
    assert said(session, form) == [expected]
    assert said(session, LISTEN) == [{"stream": "listening", "data": {"streams": ["trade_updates"]}}]
    assert session.listens


def test_a_wrong_key_and_listening_before_auth_are_unauthorized() -> None:
    session = updates_of(Desk())
    assert said(session, {**FORM_B, "secret": "no"})[0]["data"]["status"] == "unauthorized"
    assert said(session, LISTEN)[0]["data"] == {"status": "unauthorized", "action": "listen"}


def test_the_list_replaces_the_one_before() -> None:
    session = updates_of(Desk())
    said(session, FORM_A)
    said(session, LISTEN)
    said(session, {"action": "listen", "data": {"streams": []}})
    assert not session.listens


def test_one_connection_an_account() -> None:
    desk, slots = Desk(), Slots()
    first, second = updates_of(desk, 1, slots), updates_of(desk, 2, slots)
    said(first, FORM_A)
    assert said(second, FORM_A)[0]["data"]["status"] == "unauthorized"


def test_garbage_gets_no_answer_and_does_no_harm() -> None:
    session = updates_of(Desk())
    for garbage in (b"\xff\xfe", b"[]", b'"x"', b"[" * 5000, b'{"action":["auth"]}', b'{"action":{}}'):
        assert session.receive(garbage, 0).frames == ()


def test_a_stream_whose_name_is_no_word_is_not_listened_to() -> None:
    session = updates_of(Desk())
    said(session, FORM_A)
    found = said(session, {"action": "listen", "data": {"streams": [["trade_updates"], {}, "trade_updates"]}})
    assert found == [{"stream": "listening", "data": {"streams": ["trade_updates"]}}]


@pytest.mark.row("2.2/envelope")
def test_an_update_carries_the_execution_and_the_whole_order() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.wait(10)
    frames = [update_json(update)["data"] for update in desk.updates]
    assert [frame["event"] for frame in frames] == ["pending_new", "new", "fill"]
    assert [frame["execution_id"] is None for frame in frames] == [True, False, False]
    assert {"price", "qty", "position_qty"} & set(frames[1]) == set()
    fill = frames[2]
    assert (fill["price"], fill["qty"], fill["position_qty"]) == ("25.02", "10", "10")
    assert (fill["order"]["status"], fill["order"]["cancel_requested_at"]) == ("filled", None)
    assert all(len(frame["event_id"]) == 26 for frame in frames)


def test_a_broken_assumption_is_noted_and_goes_on_its_way() -> None:
    seen: list[BaseException] = []
    tripwire = Tripwire()
    tripwire.tripped = seen.append
    with pytest.raises(AssertionError, match="broken"), tripwire:
        raise AssertionError("broken")
    with tripwire:
        pass
    assert [str(error) for error in seen] == ["broken"]
