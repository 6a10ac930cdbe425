"""The webhook against a local server that answers with whatever Discord and the world may answer."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hft.errors import ConfigError
from recorder.alertfile import AlertFile
from recorder.alertqueue import Waiting
from recorder.discord import Discord
from recorder.parcels import Alert, AlertDone
from recorder.webhook import RETRY_S_MAX, RETRY_S_MIN, check_url, post
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Reply(NamedTuple):
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    hold: threading.Event | None = None


class Hook:
    """A webhook that plays its script, then says 204 for ever."""

    def __init__(self) -> None:
        self.script: list[Reply] = []
        self.got: list[dict[str, Any]] = []
        self.asked: list[str] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hook.asked.append(f"GET {self.path}")
                self.send_response(200)
                self.end_headers()

            def do_POST(self) -> None:
                hook.asked.append(f"POST {self.path}")
                hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                reply = hook.script.pop(0) if hook.script else Reply(204)
                if reply.hold is not None:
                    reply.hold.wait(30)
                self.send_response(reply.status)
                for name, value in (*reply.headers, ("Content-Length", str(len(reply.body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/api/webhooks/1/secret-token"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.stop()


def too_many(retry_after: object) -> Reply:
    return Reply(429, json.dumps({"message": "slow down", "retry_after": retry_after}).encode())


@pytest.mark.parametrize(
    ("reply", "retry_s"),
    [
        (too_many(0), RETRY_S_MIN),
        (too_many(0.3), RETRY_S_MIN),
        (too_many(7.5), 7.5),
        (too_many(300), RETRY_S_MAX),
        (too_many("abc"), 1.0),
        (too_many(None), 1.0),
        (Reply(429, b"<html>Cloudflare</html>", (("Retry-After", "12"),)), 12.0),
        (Reply(429, b"<html>Cloudflare</html>"), 1.0),
        (Reply(429, b"\xff\x00[", (("Retry-After", "soon"),)), 1.0),
        (Reply(429, b"<html>", (("Retry-After", "2.5"),)), 2.5),
        (Reply(429, b"<html>", (("Retry-After", "9" * 400),)), RETRY_S_MAX),
        (Reply(429, b"<html>", (("Retry-After", "²"),)), 1.0),
        (Reply(429, b"<html>", (("Retry-After", "1²"),)), 1.0),
        (Reply(429, b"<html>", (("Retry-After", "-5"),)), 1.0),
        (Reply(429, b"<html>", (("Retry-After", "1.2.3"),)), 1.0),
        (Reply(429, b"<html>", (("Retry-After", "1_0"),)), 1.0),
        (Reply(429, b"<html>", (("Retry-After", "nan"),)), 1.0),
        (Reply(429, b"<html>", (("Retry-After", "inf"),)), 1.0),
        (Reply(429, b"<html>", (("Retry-After", "Fri, 27 Nov 2026 21:00:00 GMT"),)), 1.0),
    ],
)
def test_a_429_is_obeyed_within_bounds_whatever_it_says(hook: Hook, reply: Reply, retry_s: float) -> None:
    hook.script = [reply]
    answer = post(hook.url, "hello")
    assert (answer.status, answer.retry_s, answer.may_pass, answer.is_gone) == (429, retry_s, True, False)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_webhook_that_is_gone_must_not_be_used_again(hook: Hook, status: int) -> None:
    hook.script = [Reply(status)]
    answer = post(hook.url, "hello")
    assert (answer.ok, answer.is_gone, answer.may_pass) == (False, True, False)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_may_pass(hook: Hook, status: int) -> None:
    hook.script = [Reply(status, b"<html>")]
    assert post(hook.url, "hello").may_pass


def test_a_message_that_is_refused_is_not_tried_again(hook: Hook) -> None:
    hook.script = [Reply(400)]
    answer = post(hook.url, "hello")
    assert (answer.ok, answer.is_gone, answer.may_pass) == (False, False, False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_is_no_delivery(hook: Hook, status: int) -> None:
    hook.script = [Reply(status, headers=(("Location", f"{hook.url}/elsewhere"),))]
    answer = post(hook.url, "hello")
    assert (answer.status, answer.ok, answer.is_gone, answer.may_pass) == (status, False, False, False)
    assert "not followed" in answer.text
    assert "secret-token" not in answer.text
    assert hook.asked == ["POST /api/webhooks/1/secret-token"]


def test_a_redirect_is_told_as_not_delivered_and_the_next_alert_is_said(hook: Hook) -> None:
    hook.script = [Reply(302, headers=(("Location", f"{hook.url}/elsewhere"),))]
    desk = Desk(hook)
    for text in ("1", "2"):
        desk.discord.send(alert("halt.set", text, promised=True))
    assert [(done.about, done.ok, done.off) for done in desk.until_done(2)] == [
        ("router/1/1", False, False),
        ("router/1/2", True, False),
    ]
    desk.discord.close()


def test_a_proxy_setting_that_is_none_is_an_answer_and_not_an_exception(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", "http:nowhere")
    assert (post(hook.url, "hello").status, hook.asked) == (0, [])


def test_silence_ends_after_the_timeout(hook: Hook) -> None:
    hold = threading.Event()
    hook.script = [Reply(204, hold=hold)]
    answer = post(hook.url, "hello", timeout_s=0.1)
    hold.set()
    assert (answer.status, answer.may_pass) == (0, True)


def test_nobody_there_is_an_answer_and_not_an_exception(hook: Hook) -> None:
    assert post("http://127.0.0.1:1/api/webhooks/1/x", "hello").may_pass


def test_no_mention_ever_notifies_anyone(hook: Hook) -> None:
    assert post(hook.url, "@everyone").ok
    assert hook.got == [{"content": "@everyone", "allowed_mentions": {"parse": []}}]


def alert(kind: str, text: str, *, promised: bool = False) -> Alert:
    return Alert(kind=kind, severity="info", text=text, about=f"router/1/{text}", promised=promised)


class Desk:
    def __init__(self, hook: Hook, kept: Path | None = None) -> None:
        self.done: list[AlertDone] = []
        self.discord = Discord(url=hook.url, host="test", tell=self.done.append, kept=kept)

    def until_done(self, count: int) -> list[AlertDone]:
        until(lambda: len(self.done) >= count, within_s=10, what=f"{count} alerts answered")
        return self.done


def test_what_was_delivered_is_told_with_the_event_it_was_about(hook: Hook) -> None:
    desk = Desk(hook)
    desk.discord.send(alert("halt.set", "7", promised=True))
    assert desk.until_done(1) == [AlertDone(kind="halt.set", about="router/1/7", ok=True, text="delivered")]
    desk.discord.close()


def test_a_promised_alert_is_tried_until_it_is_taken(hook: Hook) -> None:
    hook.script = [Reply(503), too_many(0.5), Reply(500)]
    desk = Desk(hook)
    desk.discord.send(alert("halt.set", "7", promised=True))
    (done,) = desk.until_done(1)
    assert (done.ok, len(hook.got)) == (True, 4)
    desk.discord.close()


def test_while_the_webhook_hangs_nothing_waits_and_its_like_are_merged(hook: Hook) -> None:
    hold = threading.Event()
    hook.script = [Reply(204, hold=hold)]
    desk = Desk(hook)
    desk.discord.send(alert("restart.loop", "first"))
    until(lambda: hook.got, within_s=5, what="the first message on its way")
    for number in range(1_000):
        desk.discord.send(alert("restart.loop", str(number)))
    assert desk.discord.waiting == 2
    hold.set()
    desk.until_done(2)
    assert "999" in hook.got[1]["content"]
    assert "1000 of this kind" in hook.got[1]["content"]
    desk.discord.close()


def test_what_waited_when_the_process_ended_is_said_by_the_next(hook: Hook, tmp_path: Path) -> None:
    kept = tmp_path / "alerts.json"
    hook.script = [too_many(60), too_many(60)]
    first = Desk(hook, kept)
    first.discord.send(alert("restart.loop", "loop"))
    until(lambda: hook.got, within_s=5, what="the first message on its way")
    for number in range(3):
        first.discord.send(alert("feed.mute", str(number)))
    first.discord.send(alert("halt.set", "promised", promised=True))
    first.discord.close()
    first.until_done(1)
    until(lambda: kept.is_file() and b"feed.mute" in kept.read_bytes(), within_s=5, what="what waits on disk")
    assert b"halt.set" not in kept.read_bytes(), "the record has it"
    hook.script, hook.got = [], []
    second = Desk(hook, kept)
    assert [done.kind for done in second.until_done(2)] == ["feed.mute", "restart.loop"]
    assert "3 of this kind" in hook.got[0]["content"]
    second.discord.close()
    until(lambda: kept.read_bytes() == b"[]", within_s=5, what="an empty file")


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b" " * 300_000])
def test_a_file_that_is_not_ours_is_as_good_as_none(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    path.write_bytes(data)
    assert AlertFile(path).read() == []


def test_a_disk_that_refuses_costs_the_file_and_nothing_else(tmp_path: Path) -> None:
    file = AlertFile(tmp_path / "missing" / "alerts.json")
    file.write([Waiting(alert("feed.mute", "1"))])
    assert file.read() == []


def test_after_a_404_nothing_more_is_sent(hook: Hook) -> None:
    hook.script = [Reply(404)]
    desk = Desk(hook)
    desk.discord.send(alert("halt.set", "1", promised=True))
    (done,) = desk.until_done(1)
    assert (done.ok, done.off) == (False, True)
    desk.discord.send(alert("halt.set", "2", promised=True))
    assert (desk.discord.waiting, len(hook.got)) == (0, 1)
    desk.discord.close()


@pytest.mark.parametrize(
    "url", ["https://discord.com/api/webhooks/1/t", "https://canary.discord.com/api/v10/webhooks/1/t",
            "http://127.0.0.1:9/x"],
)  # fmt: skip
def test_a_webhook_of_discords_or_on_this_machine_is_accepted(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url", ["http://discord.com/api/webhooks/1/t", "https://discord.com.evil.example/api/webhooks/1/t", "discord",
            "https://example.com/api/webhooks/1/t", "https://discord.com/channels/1", "file:///etc/passwd",
            "http://[::1/x", "https://discord.com:port/api/webhooks/1/t", "https://discord.com:99999/api/webhooks/1/t",
            "https://discord.com/api/webhooks/1/secret token", "https://discord.com/api/webhooks/1/secret…",
            "https://discord.com/api/webhooks/1/secret\n"],
)  # fmt: skip
def test_any_other_url_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_url(url)
    assert "channel's settings" in caught.value.next_step
    assert "secret" not in str(caught.value)
