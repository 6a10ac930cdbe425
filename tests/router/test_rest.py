"""The REST edge against a server that misbehaves: each answer becomes the one reply that is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import NS_PER_S, FakeClock
from hft.errors import Unavailable
from hft.keys import Broker, Keys
from hft.words import Side, Tif
from router import broker
from router.alpaca import Rest
from router.broker import Priority
from router.workers import Workers
from tests.router.servers import Script, Server
from tests.router.test_alpaca_words import FILLED, HELD, OPTION, ORDER, SPREAD
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hft.messages import Message

SUBMIT = broker.SubmitOrder(
    ticket=7,
    priority=Priority.NEW,
    client_order_id="h1-mm-tot2b2.1-r",
    symbol="AAPL",
    side=Side.BUY,
    qty=10,
    px=1_901_300,
    tif=Tif.DAY,
)
NAME: dict[str, Any] = {"ticket": 7, "request": "SubmitOrder", "client_order_id": "h1-mm-tot2b2.1-r"}
Answer = tuple[int, Any, dict[str, str]] | None


def rest_at(where: Broker, *, halted: bool = False, put: Callable[[Message], None] | None = None) -> Rest:
    return Rest(
        find_broker=lambda: where,
        clock=FakeClock(1_000 * NS_PER_S),
        timeouts_s=(0.5, 0.2),
        is_halted=lambda: halted,
        put=put or (lambda _: None),
    )


@pytest.fixture
def ask() -> Iterator[Callable[[Answer], tuple[Any, Script]]]:
    """Give a function that submits the order to a server which answers as told, and returns reply and server's log."""
    opened: list[tuple[Server, Rest]] = []

    def submit(answer: Answer) -> tuple[Any, Script]:
        script = Script(lambda *_: answer)
        server = Server(script)
        server.__enter__()
        rest = rest_at(server.broker)
        opened.append((server, rest))
        return rest.perform(SUBMIT), script

    yield submit
    for server, rest in opened:
        rest.close()
        server.__exit__()


def test_an_accepted_order_comes_back_as_the_venue_sees_it(ask: Any) -> None:  # noqa: ANN401 the fixture above
    reply, script = ask((200, ORDER, {}))
    assert type(reply) is broker.OrderReply
    assert reply.order.client_order_id == SUBMIT.client_order_id
    assert script.seen == [
        (
            "POST",
            "/v2/orders",
            {
                "symbol": "AAPL",
                "qty": "10",
                "side": "buy",
                "type": "limit",
                "time_in_force": "day",
                "limit_price": "190.13",
                "client_order_id": SUBMIT.client_order_id,
            },
        )
    ]


@pytest.mark.parametrize(
    ("status", "body", "code", "text"),
    [
        (403, {"code": 40310000, "message": "insufficient buying power"}, 40310000, "insufficient buying power"),
        (
            422,
            {"code": 42210000, "message": "client_order_id must be unique"},
            42210000,
            "client_order_id must be unique",
        ),
        (401, {"message": "unauthorized."}, 0, "unauthorized."),
        (403, b"<html><body>forbidden</body></html>", 0, "<html><body>forbidden</body></html>"),
        (404, ["odd"], 0, '["odd"]'),
    ],
)
def test_a_definite_no_keeps_its_status_code_and_words(
    ask: Any,  # noqa: ANN401 the fixture above
    status: int,
    body: Any,  # noqa: ANN401 any body
    code: int,
    text: str,
) -> None:
    reply, _ = ask((status, body, {}))
    assert reply == broker.BrokerRejected(**NAME, status=status, code=code, text=text)


@pytest.mark.parametrize(
    "answer",
    [
        (500, {"code": 50010000, "message": "internal server error"}, {}),
        (502, b"<html>bad gateway</html>", {}),
        (504, b"gateway timeout", {}),
        (200, b"<html>welcome</html>", {}),
        (200, b'{"id": "61e6', {}),
        (200, {"hello": "world"}, {}),
        (200, b"", {}),
        (302, b"", {"Location": "https://api.alpaca.markets/v2/orders"}),
        None,
    ],
    ids=["500", "502-html", "504", "200-html", "200-cut", "200-other", "200-empty", "redirect", "hang-up"],
)
def test_what_is_no_answer_is_unknown_and_never_sent_again(
    ask: Any,  # noqa: ANN401 the fixture above
    answer: Answer,
) -> None:
    reply, script = ask(answer)
    assert type(reply) is broker.BrokerUnknown
    assert reply.client_order_id == SUBMIT.client_order_id
    assert len(script.seen) == 1


def test_a_server_that_never_answers_costs_the_read_timeout_and_is_unknown() -> None:
    def hang(*_: object) -> Answer:
        script.hold.wait(5)
        return 200, ORDER, {}

    script = Script(hang)
    with Server(script) as server:
        rest = rest_at(server.broker)
        reply = rest.perform(SUBMIT)
        script.hold.set()
        rest.close()
    assert type(reply) is broker.BrokerUnknown
    assert "ReadTimeout" in reply.reason


def test_a_refused_connection_means_surely_not_sent() -> None:
    with Server(Script(lambda *_: None)) as server:
        gone = server.broker
    reply = rest_at(gone).perform(SUBMIT)
    assert type(reply) is broker.NotSent
    assert not reply.halted


def test_429_says_when_to_come_back() -> None:
    headers = {"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1012"}
    noted: list[Message] = []
    script = Script(lambda *_: (429, {"code": 42910000, "message": "rate limit exceeded"}, headers))
    with Server(script) as server:
        rest = rest_at(server.broker, put=noted.append)
        reply = rest.perform(SUBMIT)
        rest.close()
    assert type(reply) is broker.BrokerRejected
    assert (reply.status, reply.retry_after_ms) == (429, 12_000)
    assert noted == [broker.RateNoted(limit=200, remaining=0, resets_ms=12_000)]
    assert len(script.seen) == 1, "the official client would have tried three times more"


def test_a_429_without_headers_waits_all_the_same(ask: Any) -> None:  # noqa: ANN401 the fixture above
    reply, _ = ask((429, b"too many requests", {}))
    assert reply.retry_after_ms > 0


def test_an_expired_order_is_not_sent() -> None:
    late = broker.SubmitOrder(**{**_fields(SUBMIT), "expires_ns": 1})
    reply = rest_at(_nowhere()).perform(late)
    assert type(reply) is broker.NotSent
    assert "expired" in reply.reason
    assert reply.held, "and says nothing of the broker"


def test_the_halt_file_stops_an_order_at_the_last_step_but_not_an_exit() -> None:
    script = Script(lambda *_: (200, ORDER, {}))
    with Server(script) as server:
        rest = rest_at(server.broker, halted=True)
        held, sent = rest.perform(SUBMIT), rest.perform(broker.SubmitOrder(**{**_fields(SUBMIT), "exits": True}))
        rest.close()
    assert type(held) is broker.NotSent
    assert held.halted
    assert type(sent) is broker.OrderReply


@pytest.mark.parametrize(
    "url", ["https://api.alpaca.markets", "https://example.com", "http://paper-api.alpaca.markets"]
)
def test_no_other_host_is_ever_reached(url: str) -> None:
    where = Broker(rest=url, data="", updates="", news="", keys=Keys(key_id="PKTEST", secret="secret-of-a-test"))
    reply = rest_at(where).perform(SUBMIT)
    assert type(reply) is broker.NotSent
    assert "not Alpaca's paper host" in reply.reason


def test_a_session_reaches_only_the_host_it_was_made_for() -> None:
    import requests

    script = Script(lambda *_: (200, ORDER, {}))
    with Server(script) as server:
        rest = rest_at(server.broker)
        session = rest.client._session
        with pytest.raises(requests.exceptions.InvalidSchema):
            session.get("http://127.0.0.1:9/v2/orders")
        assert session.trust_env is False
        assert rest.client._retry == 0
        rest.close()


def test_while_the_venue_is_not_up_nothing_is_sent() -> None:
    def nowhere() -> Broker:
        raise Unavailable("The embedded exchange is not up yet.")

    rest = Rest(
        find_broker=nowhere,
        clock=FakeClock(0),
        timeouts_s=(0.5, 0.2),
        is_halted=lambda: False,
        put=lambda _: None,
    )
    assert type(rest.perform(SUBMIT)) is broker.NotSent


def test_executions_are_fetched_page_by_page() -> None:
    fill = {"id": "1", "order_id": "o", "symbol": "SPY", "qty": "1", "price": "1", "cum_qty": "1"}

    def pages(_: str, path: str, __: object) -> Answer:
        return 200, [fill] * (3 if "page_token" in path else 100), {}

    with Server(Script(pages)) as server:
        rest = rest_at(server.broker)
        reply = rest.perform(broker.ListFills(ticket=1, priority=Priority.QUERY, after_ns=NS_PER_S))
        rest.close()
    assert type(reply) is broker.FillsReply
    assert len(reply.fills) == 103


def test_a_multi_leg_order_of_somebody_elses_spoils_no_list() -> None:
    lists: dict[str, list[dict[str, Any]]] = {
        "/v2/orders": [SPREAD, ORDER],
        "/v2/account/activities/FILL": [{**FILLED, "symbol": OPTION}, {**FILLED, "id": "1", "symbol": None}],
        "/v2/positions": [{**HELD, "symbol": OPTION, "asset_class": "us_option", "current_price": "-"}, HELD],
    }
    with Server(Script(lambda _, path, __: (200, lists[path.partition("?")[0]], {}))) as server:
        rest = rest_at(server.broker)
        asked: dict[str, Any] = {"ticket": 1, "priority": Priority.QUERY}
        orders, fills, positions = (
            rest.perform(broker.ListOrders(**asked)),
            rest.perform(broker.ListFills(**asked, after_ns=NS_PER_S)),
            rest.perform(broker.ListPositions(**asked)),
        )
        rest.close()
    assert isinstance(orders, broker.OrdersReply)
    assert [order.client_order_id for order in orders.orders] == [ORDER["client_order_id"]]
    assert isinstance(fills, broker.FillsReply)
    assert isinstance(positions, broker.PositionsReply)
    assert [(held.symbol, held.qty) for held in positions.positions] == [("SPY", 5)]


def test_a_slow_call_does_not_stand_before_a_cancel() -> None:
    def slow_orders(method: str, *_: object) -> Answer:
        if method == "POST":
            script.hold.wait(5)
        return 200, ORDER, {}

    script = Script(slow_orders)
    replies: list[Message] = []
    with Server(script) as server:
        workers = Workers(1, session=lambda: rest_at(server.broker), put=replies.append)
        for ticket in range(3):
            workers.send(broker.SubmitOrder(**{**_fields(SUBMIT), "ticket": ticket}))
        workers.send(broker.CancelRequest(ticket=9, priority=Priority.CANCEL, client_order_id="x", order_id="venue-1"))
        taken = broker.CancelTaken(ticket=9, client_order_id="x")
        until(lambda: taken in replies, within_s=3, what="the cancel's answer while an order hangs")
        assert replies[0] == taken
        script.hold.set()
        workers.close()


def _fields(message: broker.SubmitOrder) -> dict[str, Any]:
    import msgspec

    return msgspec.structs.asdict(message)


def _nowhere() -> Broker:
    return Broker(
        rest="http://127.0.0.1:9", data="", updates="", news="", keys=Keys(key_id="PKTEST", secret="secret-of-a-test")
    )
