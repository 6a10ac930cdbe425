"""The paper preflight: every answer of a broker becomes the right error, with the broker's own words."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from hft.errors import ConfigError, CredentialsRefused, FleetError, Unavailable
from hft.keys import Broker, Keys
from hftctl.broker_check import check_broker

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = {"status": "ACTIVE", "trading_blocked": False, "account_blocked": False}
SPY = {"symbol": "SPY", "status": "active", "tradable": True}
Answers = dict[str, tuple[int, Any]]


class _Broker(BaseHTTPRequestHandler):
    answers: Answers
    keys: list[str]

    def do_GET(self) -> None:
        type(self).keys.append(self.headers["APCA-API-KEY-ID"])
        status, value = self.answers.get(self.path, (404, {"code": 40410000, "message": "asset not found"}))
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(status)
        if status in {301, 302}:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the library's own signature
        """Say nothing: the test tells."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    _Broker.answers, _Broker.keys = {"/v2/account": (200, ACCOUNT), "/v2/assets/SPY": (200, SPY)}, []
    with HTTPServer(("127.0.0.1", 0), _Broker) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def broker(server: HTTPServer, key_id: str = "PKTEST") -> Broker:
    rest = f"http://127.0.0.1:{server.server_address[1]}"
    return Broker(rest=rest, data="", updates="", news="", keys=Keys(key_id=key_id, secret="s"))


def test_a_good_account_and_a_tradable_symbol_pass(server: HTTPServer) -> None:
    check_broker(broker(server), ("SPY",))
    assert _Broker.keys == ["PKTEST", "PKTEST"]


@pytest.mark.parametrize(
    ("path", "answer", "kind", "words"),
    [
        ("/v2/account", (401, {"message": "unauthorized."}), CredentialsRefused, "answered 401.*unauthorized"),
        ("/v2/account", (403, {"message": "forbidden."}), CredentialsRefused, "answered 403.*forbidden"),
        ("/v2/account", (302, ""), Unavailable, "answered 302"),
        ("/v2/account", (500, "<html>oops</html>"), Unavailable, "answered 500.*oops"),
        ("/v2/account", (429, {"message": "too many requests"}), Unavailable, "too many requests"),
        ("/v2/account", (200, "no json"), Unavailable, "cannot be reached"),
        ("/v2/account", (200, {**ACCOUNT, "trading_blocked": True}), ConfigError, "blocked from trading"),
        ("/v2/assets/SPY", (404, {"message": "asset not found for SPY"}), ConfigError, "asset not found for SPY"),
        ("/v2/assets/SPY", (200, {**SPY, "tradable": False}), ConfigError, "not tradable"),
    ],
)
def test_each_trouble_has_its_error(
    server: HTTPServer, path: str, answer: tuple[int, Any], kind: type[FleetError], words: str
) -> None:
    _Broker.answers[path] = answer
    with pytest.raises(FleetError) as caught:
        check_broker(broker(server), ("SPY",))
    assert type(caught.value) is kind
    assert re.search(words, str(caught.value), re.DOTALL), str(caught.value)
    assert caught.value.next_step


def test_a_key_that_does_not_look_like_paper_gets_the_better_sentence(server: HTTPServer) -> None:
    _Broker.answers["/v2/account"] = (401, {"message": "unauthorized."})
    with pytest.raises(CredentialsRefused) as caught:
        check_broker(broker(server, "AKLIVE"), ())
    assert "Paper keys usually begin with PK" in str(caught.value)
    assert "AKLIVE" not in str(caught.value)


def test_a_broker_that_is_not_there_is_unavailable() -> None:
    nobody = Broker(rest="http://127.0.0.1:1", data="", updates="", news="", keys=Keys(key_id="PK", secret="s"))
    with pytest.raises(Unavailable, match="cannot be reached"):
        check_broker(nobody, ())
