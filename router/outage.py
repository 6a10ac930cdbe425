"""Whether the broker answers at all, and what it says instead: the cause that a screen must name before its effects.

Pure: it is given each reply and the time. One failed request is nobody's outage; so many in a row are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router import broker
from router.day import time_of

if TYPE_CHECKING:
    from hft.messages import Message

FAILED_MIN = 3
HTTP_UNAUTHORIZED, HTTP_FORBIDDEN = 401, 403
REFUSED_KEYS = "the broker refuses the keys"
TEXT_CHARS_MAX = 120


class Outage:
    """The requests in a row that had no answer of use, and why the last one had none."""

    def __init__(self) -> None:
        self.failed = 0
        self.since_ns = 0
        self.why = ""

    def note(self, reply: Message, now_ns: int) -> None:
        """Take a reply; what never left for a reason of ours (expired, halted) says nothing of the broker."""
        if isinstance(reply, broker.NotSent) and (reply.halted or reply.held):
            return
        why = _why(reply)
        self.since_ns = self.since_ns if self.failed else now_ns
        self.failed = self.failed + 1 if why else 0
        self.why = why

    @property
    def cause(self) -> str:
        """Return what the broker does instead of answering, e.g. `the broker answers 503 …`; "" while it answers."""
        return self.why if self.failed >= FAILED_MIN else ""

    @property
    def refuses_keys(self) -> bool:
        """Return whether what the broker does instead of answering is to refuse the keys: nobody can trade then."""
        return self.cause.startswith(REFUSED_KEYS)

    @property
    def words(self) -> tuple[str, ...]:
        """Return the warning of a running outage: its cause, since when, and what it means; nothing without one."""
        if not self.cause:
            return ()
        since = f"{self.failed} requests in a row since {time_of(self.since_ns)} New York time"
        return (f"{self.cause} ({since}): orders and account are as last heard; it is asked again by itself",)


def is_about_keys(reply: broker.BrokerRejected) -> bool:
    """Return whether the keys are refused: 401, or 403 without a code (with one it is about what was asked for)."""
    return reply.status == HTTP_UNAUTHORIZED or (reply.status == HTTP_FORBIDDEN and not reply.code)


def _why(reply: Message) -> str:
    if isinstance(reply, broker.BrokerRejected):
        return f"{REFUSED_KEYS}: {reply.status} {_short(reply.text)}" if is_about_keys(reply) else ""
    if not isinstance(reply, broker.BrokerUnknown | broker.NotSent):
        return ""
    answered = reply.reason[:3].isdigit() and reply.reason[:1] != "0"  # an HTTP status, as router/alpaca_calls.py tells
    return f"the broker {'answers' if answered else 'does not answer:'} {_short(reply.reason)}"


def _short(text: str) -> str:
    return text if len(text) <= TEXT_CHARS_MAX else f"{text[:TEXT_CHARS_MAX]}…"
