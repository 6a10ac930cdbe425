"""Saying alerts to Discord from a thread of its own, so that a slow or failing webhook delays nothing else.

Rules (Discord's, and ours): wait as long as a 429 asks, between 0.5 and 60 s; stop using a webhook that answers 401,
403 or 404, because ten thousand invalid requests get an address banned; no mention ever notifies anyone; at most 2,000
characters. What became of each alert is told, so that the record and the status show it.
What waits outlives the process: promised alerts because the record holds them (recorder/recovery.py), the others in a
small file that the thread writes each time before it speaks, and at its end.
"""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import msgspec

from hft.codec import UNREADABLE
from hft.errors import ConfigError
from hft.keys import LOOPBACK_HOSTS
from recorder.alertfile import AlertFile
from recorder.alertqueue import AlertQueue, Waiting, content_of
from recorder.parcels import Alert, AlertDone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIMEOUT_S = 5.0
RETRY_S_MIN, RETRY_S_MAX = 0.5, 60.0
TRIES_MAX = 3  # of what was not promised
HOSTS = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})
GONE = frozenset({401, 403, 404})
TOO_MANY = 429
SERVER_ERROR = 500
BODY_BYTES_MAX = 4_096


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
    parts = urlsplit(url)
    discord = parts.scheme == "https" and parts.hostname in HOSTS and parts.path.startswith("/api/")
    if discord or (parts.scheme in {"http", "https"} and parts.hostname in LOOPBACK_HOSTS):
        return url
    raise ConfigError(
        "DISCORD_WEBHOOK_URL is not a Discord webhook.",
        f"Its host is {parts.hostname!r}; a webhook starts with https://discord.com/api/webhooks/.",
        "Copy it again from the channel's settings, or remove the line to run without alerts.",
    )


def post(url: str, content: str, timeout_s: float = TIMEOUT_S) -> Answer:
    """Post one message; return what came of it. Never raises for anything that Discord or the network does."""
    body = msgspec.json.encode({"content": content, "allowed_mentions": {"parse": []}})
    headers = {"Content-Type": "application/json", "User-Agent": "alpaca-hft-paper-forward-tester (webhook, 1)"}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 check_url saw it
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as reply:  # noqa: S310 check_url saw it
            return Answer(reply.status, "delivered")
    except urllib.error.HTTPError as error:
        with error:
            return _refused(error)
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"no answer: {error}")


def _refused(error: urllib.error.HTTPError) -> Answer:
    try:
        body = error.read(BODY_BYTES_MAX)
    except (OSError, http.client.HTTPException):
        body = b""
    retry_s = _retry_s(body, error.headers.get("Retry-After", "")) if error.code == TOO_MANY else 0.0
    return Answer(error.code, f"Discord answered {error.code} {error.reason}", retry_s)


def _retry_s(body: bytes, header: str) -> float:
    """Return how long a 429 asks to wait, clamped; the body may be HTML, the number may be nonsense."""
    try:
        found = msgspec.json.decode(body, type=dict[str, msgspec.Raw]).get("retry_after", msgspec.Raw(b""))
        asked = msgspec.json.decode(bytes(found), type=float)
    except UNREADABLE:
        asked = float(header) if header.replace(".", "", 1).isdigit() else 1.0
    return min(max(asked, RETRY_S_MIN), RETRY_S_MAX)


class Discord:
    """The edge that Alert goes to, and the thread behind it."""

    def __init__(self, *, url: str, host: str, tell: Callable[[AlertDone], None], kept: Path | None = None) -> None:
        self._url, self._host, self._tell = url, host, tell
        self._queue = AlertQueue()
        self._file = AlertFile(kept) if kept else None
        if self._file:
            self._queue.restore(self._file.read())
        self._changed = threading.Condition()
        self._busy = self._stopping = self._off = False
        self._thread = threading.Thread(target=self._work, name="discord", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Return how many messages are not delivered yet."""
        with self._changed:
            return len(self._queue) + self._busy

    def send(self, alert: Alert) -> None:
        """Take an alert; never waits."""
        with self._changed:
            if not self._off:
                self._queue.put(alert)
                self._changed.notify_all()

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Let the thread end; what is not delivered by then stays in the record as not delivered."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    # --- the thread

    def _work(self) -> None:
        self._speak()
        self._keep()

    def _keep(self, *under_way: Waiting) -> None:
        if self._file is not None:
            with self._changed:
                others = [*(each for each in under_way if not each.alert.promised), *self._queue.others()]
            self._file.write(others)

    def _speak(self) -> None:
        while (waiting := self._next()) is not None:
            answer = self._deliver(waiting)
            with self._changed:
                self._busy = False
                self._off = self._off or answer.is_gone
                if self._stopping and not answer.ok and answer.may_pass and not waiting.alert.promised:
                    self._queue.restore([waiting])  # the process ends before it was said
            alert = waiting.alert
            self._tell(
                AlertDone(kind=alert.kind, about=alert.about, ok=answer.ok, text=answer.text, off=answer.is_gone)
            )

    def _next(self) -> Waiting | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or (len(self._queue) > 0 and not self._off))
            if self._stopping:
                return None
            self._busy = True
            return self._queue.take()

    def _deliver(self, waiting: Waiting) -> Answer:
        """Return the last answer. A promised alert is tried until it is delivered, refused, or the process ends."""
        content, tries, backoff_s = content_of(waiting, self._host), 0, RETRY_S_MIN
        while True:
            self._keep(waiting)
            answer = post(self._url, content)
            tries += 1
            if answer.ok or not answer.may_pass or (tries >= TRIES_MAX and not waiting.alert.promised):
                return answer
            if self._pause(answer.retry_s if answer.status == TOO_MANY else backoff_s):
                return answer
            backoff_s = min(backoff_s * 2, RETRY_S_MAX)

    def _pause(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, timeout=seconds)
