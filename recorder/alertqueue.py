"""What waits to be said to Discord. Promised alerts keep their order and their place; others are merged by kind.

Pure and bounded. Were there ever more promised alerts than PROMISED_MAX, the newest says how many it stands for.
"""

from __future__ import annotations

from collections import OrderedDict, deque

import msgspec

from recorder.parcels import Alert

PROMISED_MAX = 200
KINDS_MAX = 50
CONTENT_CHARS_MAX = 2_000
SIGNS = {"info": "ℹ️", "good": "✅", "warning": "⚠️", "critical": "🛑"}  # noqa: RUF001 the sign that Discord shows as an icon


class Waiting(msgspec.Struct):
    """An alert with how many of its like it stands for."""

    alert: Alert
    count: int = 1


class AlertQueue:
    """First in, first out; promised alerts before all others."""

    def __init__(self) -> None:
        self._promised: deque[Waiting] = deque()
        self._others: OrderedDict[str, Waiting] = OrderedDict()
        self.dropped = 0

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._promised) + len(self._others)

    def put(self, alert: Alert) -> None:
        """Add an alert; one of a kind that waits already takes its place and counts on."""
        if alert.promised and len(self._promised) < PROMISED_MAX:
            self._promised.append(Waiting(alert))
        elif alert.promised:
            last = self._promised[-1]
            last.alert, last.count = alert, last.count + 1
        elif alert.kind in self._others:
            waiting = self._others[alert.kind]
            waiting.alert, waiting.count = alert, waiting.count + 1
        elif len(self._others) < KINDS_MAX:
            self._others[alert.kind] = Waiting(alert)
        else:
            self.dropped += 1

    def others(self) -> list[Waiting]:
        """Return what waits and was not promised (what was promised is in the record until it is delivered)."""
        return list(self._others.values())

    def restore(self, others: list[Waiting]) -> None:
        """Put back what waited when the last process ended, before all that is new; at most one of each kind."""
        for waiting in others[:KINDS_MAX]:
            self._others.setdefault(waiting.alert.kind, waiting)

    def take(self) -> Waiting | None:
        """Return the next message and forget it, or None."""
        if self._promised:
            return self._promised.popleft()
        return self._others.popitem(last=False)[1] if self._others else None


def content_of(waiting: Waiting, host: str) -> str:
    """Return the words for Discord, cut to its limit."""
    alert = waiting.alert
    more = f" ({waiting.count} of this kind)" if waiting.count > 1 else ""
    text = f"{SIGNS.get(alert.severity, '')} **{alert.kind}** {alert.text}{more}\n-# {host}"
    return text if len(text) <= CONTENT_CHARS_MAX else text[: CONTENT_CHARS_MAX - 1] + "…"
