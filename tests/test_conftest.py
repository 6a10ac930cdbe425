"""What conftest.py promises to every test: short private homes, no way out, nobody's keys."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

UNIX_SOCKET_BYTES_MAX = 107
SOME_ADDRESS_ELSEWHERE = "192.0.2.1"  # RFC 5737: for documentation, belongs to nobody


def test_a_test_cannot_reach_another_machine() -> None:
    with socket.socket() as out, pytest.raises(ConnectionRefusedError, match="tests stay on this machine"):
        out.connect((SOME_ADDRESS_ELSEWHERE, 443))


def test_a_test_can_reach_its_own_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as out:
        assert out.getpeername() == server.getsockname()


def test_a_home_is_empty_private_and_short_enough_for_a_socket(home: Path) -> None:
    assert list(home.iterdir()) == []
    assert home.stat().st_mode & 0o777 == 0o700
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(home / ("s" * 40)))
    assert len(bytes(home / ("s" * 40))) <= UNIX_SOCKET_BYTES_MAX


def test_no_test_sees_the_keys_of_the_person_who_runs_it() -> None:
    assert not [name for name in os.environ if name.startswith(("APCA_", "ALPACA_", "DISCORD_"))]
