"""alerts test: one message, and the answer in words."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hft.errors import Unavailable
from hft.home import Home
from hftctl.__main__ import run
from hftctl.alerting import send_test
from tests.recorder.test_discord import Hook, Reply, too_many

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GONE, UNDELIVERED = "The webhook is not accepted.", "The message was not delivered."
NEW, COPY = "Make a new one in the channel's settings.", "Copy the webhook's URL again from the channel's settings"
ELSEWHERE = (("Location", "http://127.0.0.1:9/sign-in"),)


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.stop()


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (Reply(204), (0, "Discord took it (204).")),
        (Reply(302, headers=ELSEWHERE), (69, UNDELIVERED, "302 Found: a redirect", COPY, "a proxy")),
        (Reply(400), (69, UNDELIVERED, "400 Bad Request", f"{COPY}.")),
        (Reply(401), (77, GONE, "401 Unauthorized", NEW)),
        (Reply(403), (77, GONE, "403 Forbidden", NEW)),
        (Reply(404), (77, GONE, "404 Not Found", NEW)),
        (too_many(7.5), (69, UNDELIVERED, "429 Too Many Requests", "Try again in 8 s.")),
        (Reply(429, b"<html>", (("Retry-After", "12"),)), (69, UNDELIVERED, "Try again in 12 s.")),
        (Reply(429, b"<html>"), (69, UNDELIVERED, "Try again in 1 s.")),
        (Reply(500, b"<html>"), (69, UNDELIVERED, "500 Internal Server Error", "Try again in a minute.")),
    ],
)
def test_the_answer_is_told(
    home: Path, hook: Hook, capsys: pytest.CaptureFixture[str], reply: Reply, answer: tuple[int, *tuple[str, ...]]
) -> None:
    (home / ".env").write_text(f"DISCORD_WEBHOOK_URL={hook.url}\n")
    hook.script = [reply]
    code, *words = answer
    assert run(["--home", str(home), "alerts", "test"]) == code
    captured = capsys.readouterr()
    said = " ".join((captured.out + captured.err).split())
    assert [each for each in words if each not in said] == [], said
    assert "secret-token" not in said
    assert len(hook.asked) == 1
    assert "this works" in hook.got[0]["content"]


def test_an_endpoint_that_hangs_is_told_when_the_time_is_up(home: Path, hook: Hook) -> None:
    (home / ".env").write_text(f"DISCORD_WEBHOOK_URL={hook.url}\n")
    hold = threading.Event()
    hook.script = [Reply(204, hold=hold)]
    with pytest.raises(Unavailable, match="was not delivered") as caught:
        send_test(Home(home), timeout_s=0.1)
    hold.set()
    assert caught.value.exit_code == 69
    # the socket's own limit and that of the whole request end at the same instant: either may say it
    assert caught.value.why in {"No answer: timed out", "No answer: not all of it within 0.1 s"}
    assert "reaches the internet" in caught.value.next_step


def test_where_nobody_listens_the_reason_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".env").write_text("DISCORD_WEBHOOK_URL=http://127.0.0.1:1/api/webhooks/1/secret-token\n")
    assert run(["--home", str(home), "alerts", "test"]) == 69
    said = capsys.readouterr().err
    assert "No answer: Connection refused" in said
    assert "reaches the internet" in said
    assert "secret-token" not in said


@pytest.mark.parametrize("line", ["", "DISCORD_WEBHOOK_URL=https://example.com/api/webhooks/1/secret-token\n"])
def test_without_a_webhook_nothing_is_sent_and_the_way_to_one_is_told(
    home: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    (home / ".env").write_text(line)
    assert run(["--home", str(home), "alerts", "test"]) == 78
    said = capsys.readouterr().err
    assert "channel" in said
    assert "secret-token" not in said
