"""A webhook that sends its answer byte by byte: each byte ends a silence, so only a deadline over all of it helps."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from recorder.webhook import post

if TYPE_CHECKING:
    from collections.abc import Iterator

PAUSE_S = 0.05
DEADLINE_S = 0.5
LONG_S = 20.0  # what dripping on would take: no load of a machine makes the deadline so late
WHOLE = b"HTTP/1.1 503 Busy\r\nContent-Length: 10000\r\n\r\n"


class Dripping:
    """A server that reads a request and answers `at_once`, then one byte after another."""

    def __init__(self, at_once: bytes, slowly: bytes) -> None:
        self._at_once, self._slowly = at_once, slowly
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/api/webhooks/1/secret-token"

    def _serve(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return  # the test ended before anybody came
        with connection:
            connection.recv(65_536)
            try:
                connection.sendall(self._at_once)
                for at in range(len(self._slowly)):
                    if self._over.wait(PAUSE_S):
                        return
                    connection.sendall(self._slowly[at : at + 1])
            except OSError:
                return  # the other side has gone: that is what the test wants

    def stop(self) -> None:
        self._over.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture
def drips() -> Iterator[list[Dripping]]:
    made: list[Dripping] = []
    yield made
    for each in made:
        each.stop()


ENDLESS = b"x" * int(LONG_S / PAUSE_S)


@pytest.mark.parametrize(
    ("at_once", "status"),
    [
        pytest.param(b"", 0, id="status line"),
        pytest.param(b"HTTP/1.1 503 Busy\r\nX-Slow: ", 503, id="headers"),
        pytest.param(WHOLE, 503, id="body"),
    ],
)
def test_an_answer_that_drips_is_over_at_the_deadline(drips: list[Dripping], at_once: bytes, status: int) -> None:
    drips.append(Dripping(at_once, ENDLESS))
    began_s = time.monotonic()
    answer = post(drips[0].url, "hello", timeout_s=DEADLINE_S)
    took_s = time.monotonic() - began_s
    assert (answer.ok, answer.status) == (False, status)
    assert answer.may_pass
    assert took_s < LONG_S / 2, "the thread was held longer than the deadline"


def test_what_did_not_come_in_time_is_said_so(drips: list[Dripping]) -> None:
    drips.append(Dripping(b"", ENDLESS))
    assert post(drips[0].url, "hello", timeout_s=DEADLINE_S).text == "No answer: not all of it within 0.5 s"


def test_slow_but_in_time_is_delivered(drips: list[Dripping]) -> None:
    drips.append(Dripping(b"HTTP/1.1 204 No Content\r\nX-Slow: ", b"yes\r\n\r\n"))
    assert post(drips[0].url, "hello", timeout_s=30).ok
