"""Saying alerts to Discord from a thread of its own, so that a slow or failing webhook delays nothing else.

Rules: wait as long as a 429 asks; stop using a webhook that answers 401, 403 or 404, because ten thousand invalid
requests get an address banned; at most 2,000 characters. What became of each alert is told, so that the record and the
status show it. How one message is sent is in recorder/webhook.py.
What waits outlives the process: promised alerts because the record holds them (recorder/recovery.py), the others in a
small file that the thread writes each time before it speaks, and at its end.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from recorder.alertfile import AlertFile
from recorder.alertqueue import AlertQueue, Waiting, content_of
from recorder.parcels import Alert, AlertDone
from recorder.webhook import RETRY_S_MAX, RETRY_S_MIN, TOO_MANY, post

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recorder.webhook import Answer

TRIES_MAX = 3  # of what was not promised


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
