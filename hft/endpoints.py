"""Every socket between our processes: who binds, which kind, how deep (DESIGN §5, docs/wire.md).

ipc only, in the home's private socket folder; the kernel tells each peer's uid and strangers are refused. There is no
setting for tcp: a socket that leaves the host would need keys, and is not offered before it has them.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import zmq

from hft.errors import DiskFailed

if TYPE_CHECKING:
    from hft.home import Home

MAX_MESSAGE_BYTES = 1 << 20
LINGER_MS = 700
RECONNECT_MS = 20
RECONNECT_MS_MAX = 200
SNAPSHOT_TOPIC = "#feed"
NEWS_TOPIC = "#news"
DISK_REFUSES = {errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One stream: its name, the kinds of socket at both ends, and how many messages may wait."""

    name: str
    bind_kind: int
    connect_kind: int
    depth: int

    def address(self, home: Home) -> str:
        """Return the ipc address in this home."""
        return f"ipc://{home.sockets}/{self.name}"


TICKS = Endpoint("ticks", zmq.XPUB, zmq.SUB, 1_000)  # small on purpose: newest matters
TAPE_DEPTH = 100_000  # the recorder's own subscription loses nothing
INTENTS = Endpoint("intents", zmq.ROUTER, zmq.DEALER, 1_000)
UPDATES = Endpoint("updates", zmq.PUB, zmq.SUB, 10_000)
EVENTS = Endpoint("events", zmq.ROUTER, zmq.DEALER, 10_000)
CONTROL = Endpoint("control", zmq.ROUTER, zmq.DEALER, 100)


def health(process: str) -> Endpoint:
    """Return the endpoint on which `process` beats; a new subscriber gets the last beat at once."""
    return Endpoint(f"health-{process}", zmq.XPUB, zmq.SUB, 10)


def bind(context: zmq.Context[zmq.Socket[bytes]], endpoint: Endpoint, home: Home) -> zmq.Socket[bytes]:
    """Return a bound socket. The caller holds the process lock: an ipc bind silently steals a live path.

    Raises DiskFailed when the disk is full or can only be read.
    """
    socket = _made(context, endpoint.bind_kind, endpoint.depth)
    if endpoint.bind_kind == zmq.ROUTER:
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    if endpoint.bind_kind == zmq.XPUB:
        socket.setsockopt(zmq.XPUB_VERBOSE, 1)  # each joiner announces itself, so each gets the last value
    try:
        socket.bind(endpoint.address(home))
    except zmq.ZMQError as error:
        socket.close(linger=0)
        if error.errno not in DISK_REFUSES:
            raise
        raise DiskFailed(
            f"The disk under {home.sockets} refuses the socket {endpoint.name} ({os.strerror(error.errno)}).",
            "Without it nobody can talk to this process, so it has not started.",
            f"Look at the disk: df -h {home.root}, dmesg. When it can be written again: hftctl start.",
        ) from error
    return socket


def connect(
    context: zmq.Context[zmq.Socket[bytes]],
    endpoint: Endpoint,
    home: Home,
    *,
    identity: str = "",
    topics: tuple[bytes, ...] = (),
    depth: int = 0,
) -> zmq.Socket[bytes]:
    """Return a connected socket; a DEALER needs an `identity` no other living socket has, a SUB its `topics`."""
    socket = _made(context, endpoint.connect_kind, depth or endpoint.depth)
    if identity:
        socket.setsockopt(zmq.IDENTITY, identity.encode())
    for topic in topics:
        socket.setsockopt(zmq.SUBSCRIBE, topic)
    socket.connect(endpoint.address(home))
    return socket


def _made(context: zmq.Context[zmq.Socket[bytes]], kind: int, depth: int) -> zmq.Socket[bytes]:
    socket: zmq.Socket[bytes] = context.socket(kind)
    socket.setsockopt(zmq.LINGER, LINGER_MS)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
    socket.setsockopt(zmq.SNDHWM, depth)
    socket.setsockopt(zmq.RCVHWM, depth)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MS_MAX)
    socket.setsockopt(zmq.IPC_FILTER_UID, os.getuid())
    return socket
