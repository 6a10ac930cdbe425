"""Two homes, one account: the second router is refused with a sentence."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hft.errors import AlreadyRunning, ConfigError
from router import account_lock
from tests.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_process_on_the_same_key_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    code = "from router import account_lock; account_lock.claim('PKONE'); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning, match="Another fleet trades on this account"):
            account_lock.claim("PKONE")
        account_lock.claim("PKTWO")
        other.communicate("\n")
    account_lock.claim("PKONE")


def test_a_folder_that_others_can_read_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    (home / "hft").mkdir()
    (home / "hft").chmod(0o755)  # whatever umask an earlier test left
    with pytest.raises(ConfigError, match="not a private folder"):
        account_lock.claim("PKONE")
