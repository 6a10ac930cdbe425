"""What the exchange's menu does to the two streams of a simulation: ends, silence, strange frames, shut doors.

A simulation has no sockets, but each of these has a consequence: the connection is lost at once, or when pings stay
unanswered; a frame comes that nobody can read; the next connection is not made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.clock import NS_PER_S
from venue import fault_sockets

if TYPE_CHECKING:
    from collections.abc import Callable

UNANSWERED_S = 10.0  # the longest until the client notices that its pings stay unanswered (router/alpaca.py)
HANDSHAKE_S = 10.0  # router/updates.py, feed/connection.py
# What keeps a connection out → how long the client waits for it in vain.
DOORS = {
    "upgrade-refused": 0.0,
    "auth-error": 0.0,
    "first-frame-406": 0.0,
    "mute-before-connected": HANDSHAKE_S,
    "mute-after-auth": HANDSHAKE_S,
}
# What happens to an open connection → why it is lost; "" where it is not.
ENDS = {
    "socket-close": "closed with 1001",
    "socket-abort": "the connection was reset",
    "slow-client": "407 slow client",
    "big-frame": "a frame of more than 1 MiB",
    "socket-half-open": "",
    "socket-mute": "",
    "bad-message": "",
    "text-frame": "",
    "unknown-type": "",
}


class Ear:
    """What venue/fault_sockets.py acts on: one end of a stream."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self.wire = self
        self.deaf = self.mute = False

    def put(self, body: bytes) -> bool:
        """Hear a frame."""
        self._send(body)
        return True

    put_other_way = put


MUTE_FROM_THE_START = "mute-after-subscribe"
SLOT_HELD = "slot-held"  # by a connection that is gone; the next one is refused as long
SLOT_TAKEN = "406: the slot is taken"


def strange(kind: str, send: Callable[[bytes], None], codec: str) -> Ear:
    """Let a strange frame come; return the ear: `mute` if nothing comes any more, `deaf` if pings stay unanswered."""
    ear = Ear(send)
    fault_sockets.ACTS[kind](ear, None, codec)  # type: ignore[arg-type]  # an Ear has all that these acts ask for
    return ear


def ns(seconds: float) -> int:
    """Return seconds as ns."""
    return round(seconds * NS_PER_S)
