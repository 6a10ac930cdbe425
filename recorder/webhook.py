"""One message to a Discord webhook, and what came of it: the request, without queue and thread (recorder/discord.py).

Rules (Discord's): only the webhook's own answer is believed, so a redirect is not followed; no mention ever notifies
anyone; a 429 says how long to wait, which is kept between 0.5 and 60 s. All of a request ends within TIMEOUT_S, however
slowly its answer comes (recorder/deadline.py); a status that came in time is an answer.
"""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec

from hft.codec import UNREADABLE
from hft.errors import ConfigError
from hft.keys import LOOPBACK_HOSTS
from recorder.deadline import Deadline

TIMEOUT_S = 5.0
RETRY_S_MIN, RETRY_S_MAX = 0.5, 60.0
HOSTS = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})
GONE = frozenset({401, 403, 404})
REDIRECTS = range(300, 400)
TOO_MANY = 429
SERVER_ERROR = 500
BODY_BYTES_MAX = 4_096
SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
NO_ANSWER = (OSError, http.client.HTTPException, ValueError)  # ValueError: proxy settings that are none


class Answer(NamedTuple):
    """What came of one request: the status (0: none came), the words, how long to wait before the next."""

    status: int
    text: str
    retry_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Return whether Discord took it."""
        return 200 <= self.status < 300  # noqa: PLR2004 the meaning of 2xx

    @property
    def is_gone(self) -> bool:
        """Return whether the webhook must not be used again."""
        return self.status in GONE

    @property
    def may_pass(self) -> bool:
        """Return whether trying again can help."""
        return self.status in {0, TOO_MANY} or self.status >= SERVER_ERROR


def check_url(url: str) -> str:
    """Return a webhook URL unchanged; raise ConfigError unless it is Discord's (https) or on this machine."""
    parts = _parts(url)
    if parts is not None and _is_webhook(parts):
        return url
    raise ConfigError(
        "DISCORD_WEBHOOK_URL is not a Discord webhook.",
        f"Its host is {parts.hostname!r}; a webhook starts with https://discord.com/api/webhooks/."
        if parts is not None
        else "It is no URL: it has a space, a letter or a port that no URL has.",
        "Copy it again from the channel's settings, or remove the line to run without alerts.",
    )


def _parts(url: str) -> SplitResult | None:
    """Return the parts of what can be asked for, None where the request itself would raise."""
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 reading it is the check
    except ValueError:
        return None
    return parts


def _is_webhook(parts: SplitResult) -> bool:
    discord = parts.scheme == "https" and parts.hostname in HOSTS and parts.path.startswith("/api/")
    return discord or (parts.scheme in {"http", "https"} and parts.hostname in LOOPBACK_HOSTS)


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: what answers elsewhere is not the webhook."""

    def redirect_request(self, *_: object) -> None:
        """Return None: nothing is asked."""


def post(url: str, content: str, timeout_s: float = TIMEOUT_S) -> Answer:
    """Post one message; return what came of it. Never raises for anything that Discord or the network does."""
    body = msgspec.json.encode({"content": content, "allowed_mentions": {"parse": []}})
    headers = {"Content-Type": "application/json", "User-Agent": "alpaca-hft-paper-forward-tester (webhook, 1)"}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 check_url saw it
    with Deadline(timeout_s) as deadline:
        try:
            with deadline.opener(_Stay).open(request, timeout=timeout_s) as reply:
                return Answer(reply.status, "delivered")
        except urllib.error.HTTPError as error:
            with error:
                return _refused(error)
        except NO_ANSWER as error:
            late = f"not all of it within {timeout_s:g} s"
            return Answer(0, f"No answer: {late if deadline.is_over else _reason(error)}")


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return getattr(cause, "strerror", None) or str(cause)


def _refused(error: urllib.error.HTTPError) -> Answer:
    try:
        body = error.read(BODY_BYTES_MAX)
    except (OSError, http.client.HTTPException):
        body = b""
    retry_s = _retry_s(body, error.headers.get("Retry-After", "")) if error.code == TOO_MANY else 0.0
    more = ": a redirect, which is not followed" if error.code in REDIRECTS else ""
    return Answer(error.code, f"Discord answered {error.code} {error.reason}{more}", retry_s)


def _retry_s(body: bytes, header: str) -> float:
    """Return how long a 429 asks to wait, clamped; the body may be HTML, the number may be nonsense."""
    try:
        found = msgspec.json.decode(body, type=dict[str, msgspec.Raw]).get("retry_after", msgspec.Raw(b""))
        asked = msgspec.json.decode(bytes(found), type=float)
    except UNREADABLE:
        asked = float(header) if SECONDS.fullmatch(header) else 1.0
    return min(max(asked, RETRY_S_MIN), RETRY_S_MAX)
