"""A process goes with its supervisor, even with one that died before the process could ask for it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hft.errors import DiskFailed
from hft.home import Home
from hft.process import SUPERVISOR_PID, claim
from tests.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SETTLE = "from hft.process import settle; settle(); print('settled')"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        pytest.param("us", 0, id="the supervisor is the parent"),
        pytest.param("1", -signal.SIGTERM, id="the parent is somebody else"),
        pytest.param("", 0, id="nobody told, and the parent is not pid 1"),
    ],
)
def test_it_ends_at_once_when_its_parent_is_not_the_supervisor(told: str, code: int) -> None:
    told = str(os.getpid()) if told == "us" else told
    run = subprocess.run(
        [sys.executable, "-c", SETTLE],
        cwd=ROOT,
        env={**os.environ, "SUPERVISOR_ENABLED": "1", SUPERVISOR_PID: told},
        capture_output=True,
        check=False,
    )
    assert run.returncode == code


def test_without_a_supervisor_nobody_is_asked() -> None:
    run = subprocess.run(
        [sys.executable, "-c", SETTLE],
        cwd=ROOT,
        env={**os.environ, SUPERVISOR_PID: "1"},
        capture_output=True,
        check=True,
    )
    assert run.stdout == b"settled\n"


def test_a_disk_that_refuses_the_lock_is_told_with_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Home(home).make()

    def refuse(*_: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DiskFailed, match=r"router cannot start: .* refuses its lock .*Read-only file system") as caught:
        claim(place, "router")
    assert "hftctl start" in caught.value.next_step
