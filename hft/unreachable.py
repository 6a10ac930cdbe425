"""Why somebody cannot be reached, in words: what failed and where to look. For edges that speak HTTP and websockets.

A library wraps what the kernel, the resolver or TLS said in errors of its own, so the whole chain is looked through.
The table is in order: the first row that any error of the chain belongs to is told.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHAIN_MAX = 20
ERRNO = re.compile(r"\[Errno (\d+)\]")
SEVERAL = "Multiple exceptions"  # asyncio's word when each address of a host failed in its own way

REFUSED = "nobody listens there (connection refused): look at its status page, a firewall"
NO_WAY = "there is no way to it (network unreachable): is this machine online?"
CUT = "the connection was cut"
LATE = "no answer in time: a slow network or a slow server"
BY_ERRNO = {
    errno.ECONNREFUSED: REFUSED,
    errno.ENETUNREACH: NO_WAY,
    errno.EHOSTUNREACH: NO_WAY,
    errno.ECONNRESET: CUT,
    errno.EPIPE: CUT,
    errno.ETIMEDOUT: LATE,
}


def _is(kind: type[BaseException], words: str) -> Callable[[BaseException], str]:
    return lambda error: words if isinstance(error, kind) else ""


def _by_errno(error: BaseException) -> str:
    if not isinstance(error, OSError):
        return ""
    told = [int(number) for number in ERRNO.findall(str(error))] if str(error).startswith(SEVERAL) else [error.errno]
    return next((BY_ERRNO[number] for number in told if number in BY_ERRNO), "")


ROWS: tuple[Callable[[BaseException], str], ...] = (
    _is(socket.gaierror, "its name is not found (DNS): look at the network, /etc/resolv.conf"),
    _is(
        ssl.SSLCertVerificationError,
        "its certificate is not accepted (TLS): look at the clock, ca-certificates, a proxy",
    ),
    _is(ssl.SSLError, "no secure connection (TLS): does a proxy or a firewall stand between?"),
    _by_errno,
    _is(TimeoutError, LATE),
)


def told(error: BaseException) -> str:
    """Return the cause in words and behind it what the library said; only that where the cause is none of the table."""
    raw = f"{type(error).__name__}: {' '.join(str(error).split())}"
    chain = list(_chain(error))
    words = next((words for row in ROWS for each in chain if (words := row(each))), "")
    return f"{words} [{raw}]" if words else raw


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was made of: its causes, and the errors that it carries (those of requests do)."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < CHAIN_MAX:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        parts = (each.__cause__, each.__context__, *each.args)
        waiting += [part for part in parts if isinstance(part, BaseException)]
