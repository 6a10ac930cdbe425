"""Asking supervisord: whether it lives is the kernel's word, and one that is stuck does not hang a command."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from hft.errors import Unavailable
from hft.home import Home
from hftctl import supervisor

if TYPE_CHECKING:
    from pathlib import Path


def test_nobody_is_there_without_a_socket_or_with_a_stale_one(home: Path) -> None:
    fleet = Home(home).make()
    assert supervisor.pid_of(fleet) == 0
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(supervisor.socket_path(fleet)))
    assert supervisor.pid_of(fleet) == 0


def test_the_pid_is_that_of_whoever_listens(home: Path) -> None:
    fleet = Home(home).make()
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(supervisor.socket_path(fleet)))
        living.listen(1)
        assert supervisor.pid_of(fleet) == os.getpid()


def test_one_that_accepts_and_never_answers_is_unavailable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "CALL_S_MAX", 0.05)
    fleet = Home(home).make()
    with socket.socket(socket.AF_UNIX) as stuck:
        stuck.bind(str(supervisor.socket_path(fleet)))
        stuck.listen(1)
        with pytest.raises(Unavailable, match="does not answer"):
            supervisor.Supervisor(fleet).processes()


def test_one_that_is_not_there_is_unavailable(home: Path) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        supervisor.Supervisor(Home(home).make()).shutdown()
