"""Why somebody cannot be reached: each cause has words of its own, through every wrapping of the libraries we use.

No network: the resolver and TLS fail by themselves, or the error is raised as the libraries raise it.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
import requests
from websockets.asyncio.client import connect

from hft import unreachable
from hft.unreachable import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Way = Callable[..., Callable[[], object]]

DNS, CERTIFICATE, TLS = "not found (DNS)", "certificate is not accepted (TLS)", "no secure connection (TLS)"
REFUSED, LATE, CUT, NO_WAY = "connection refused", "no answer in time", "was cut", "network unreachable"
EVERY = (DNS, CERTIFICATE, TLS, REFUSED, LATE, CUT, NO_WAY)
HERE = "127.0.0.1"
GONE = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def words_of(failing: Callable[[], object]) -> str:
    """Return what is told of the error that a call ends with."""
    with pytest.raises((OSError, http.client.HTTPException)) as caught:
        failing()
    return told(caught.value)


def by_requests(port: int, scheme: str = "http", timeout_s: float = 20, host: str = HERE) -> Callable[[], object]:
    return lambda: requests.get(f"{scheme}://{host}:{port}/", timeout=timeout_s)


def by_websockets(port: int, scheme: str = "ws", timeout_s: float = 20, host: str = HERE) -> Callable[[], object]:
    async def go() -> None:
        async with asyncio.timeout(timeout_s), connect(f"{scheme}://{host}:{port}/", open_timeout=None):
            pass

    return lambda: asyncio.run(go())


def by_http_client(port: int, scheme: str = "http", timeout_s: float = 20, host: str = HERE) -> Callable[[], object]:
    kind = http.client.HTTPConnection if scheme == "http" else http.client.HTTPSConnection
    return lambda: kind(host, port, timeout=timeout_s).request("GET", "/")


WAYS = pytest.mark.parametrize("way", [by_requests, by_websockets, by_http_client])


@contextlib.contextmanager
def port(answer: bytes | None) -> Iterator[int]:
    """Give a port of this machine that says so much to who comes, and no more; None: it never says anything."""
    with socket.create_server((HERE, 0)) as server:
        kept: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):  # the listener is shut at the end
                while True:
                    peer, _ = server.accept()
                    kept.append(peer)
                    if answer is not None:
                        peer.recv(1)
                        peer.sendall(answer)
                        peer.recv(65_536)
                        peer.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for peer in kept:
            peer.close()


def only(words: str, text: str) -> None:
    """Assert that a text tells of this cause and of no other."""
    assert [each for each in EVERY if each in text.partition("[")[0]] == [words], text


@WAYS
@pytest.mark.parametrize("scheme", ["plain", "secure"])
def test_a_name_that_is_not_found(way: Way, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> None:
        raise GONE

    monkeypatch.setattr(socket, "getaddrinfo", lost)
    only(DNS, words_of(way(1, _scheme(way, scheme), host="venue.invalid")))


@WAYS
def test_a_port_where_nobody_listens(way: Way) -> None:
    with socket.create_server((HERE, 0)) as server:
        gone = server.getsockname()[1]
    only(REFUSED, words_of(way(gone)))


@WAYS
def test_a_server_that_speaks_no_tls(way: Way) -> None:
    with port(b"HTTP/1.1 400 Bad Request\r\n\r\n") as number:
        only(TLS, words_of(way(number, _scheme(way, "secure"))))


@pytest.mark.parametrize("way", [by_requests, by_websockets])
def test_a_server_that_never_answers(way: Way) -> None:
    with port(None) as number:
        only(LATE, words_of(way(number, timeout_s=0.5)))


@WAYS
def test_a_certificate_that_is_not_accepted(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenSSL raises it within the handshake."""

    def refuse(*_: object, **__: object) -> None:
        raise ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired")

    monkeypatch.setattr(ssl.SSLObject, "do_handshake", refuse)
    monkeypatch.setattr(ssl.SSLSocket, "do_handshake", refuse)
    with port(None) as number:
        only(CERTIFICATE, words_of(way(number, _scheme(way, "secure"))))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), CUT),
        (OSError(101, "Network is unreachable"), NO_WAY),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed ('1.2.3.4', 443), [Errno 101] no"), REFUSED),
        (TimeoutError(), LATE),
    ],
)
def test_what_the_kernel_says(error: OSError, words: str) -> None:
    only(words, told(error))


def test_what_is_none_of_these_is_told_as_the_library_said_it() -> None:
    assert told(ValueError("failed to\n authenticate")) == "ValueError: failed to authenticate"
    assert told(OSError(5, "Input/output error")) == "OSError: [Errno 5] Input/output error"


def test_errors_that_carry_each_other_in_a_ring_have_an_end() -> None:
    first, second = OSError("a"), OSError("b")
    first.__cause__, second.__cause__ = second, first
    assert told(first) == "OSError: a"


def test_every_cause_says_where_to_look_and_fits_a_line() -> None:
    """The status line cuts a reason at 120 characters, with `no connection: ` in front."""
    rows = [told(error).partition(" [")[0] for error in (GONE, ssl.SSLCertVerificationError(), ssl.SSLError())]
    for words in (*rows, *unreachable.BY_ERRNO.values()):
        assert len(words) <= 105, words


def _scheme(way: Way, kind: str) -> str:
    name = "ws" if way is by_websockets else "http"
    return name if kind == "plain" else f"{name}s"
