"""The doctor: each thing that is wrong gets its row, what to do, and an exit code."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from hft.home import Home
from hft.process import claim
from hftctl.__main__ import run
from hftctl.checkup import Row, examine

if TYPE_CHECKING:
    from pathlib import Path

KEYS = "APCA_API_KEY_ID=PKTESTTEST\nAPCA_API_SECRET_KEY=secretsecret\n"


def rows(home: Path) -> dict[str, Row]:
    return {row.name: row for row in examine(Home(home), offline=True)}


def test_an_empty_home_is_well(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "doctor", "--offline", "--json"]) == 0
    checks = {row["name"]: row["state"] for row in json.loads(capsys.readouterr().out)["checks"]}
    assert {name for name, state in checks.items() if state == "fail"} == set()
    assert {"python", "libraries", "packages", "clock", "disk", "open files", "keys", "symbols", "account"} <= set(
        checks
    )
    assert checks["account"] == "skip"
    assert list(home.iterdir()) == [], "a check changes nothing"


@pytest.mark.parametrize(
    ("files", "name", "state", "words"),
    [
        ({"hft.toml": "[limits]\norder_qty_maxx=5\n"}, "settings", "fail", "Did you mean limits.order_qty_max?"),
        ({"hft.toml": "[fleet]\nmode='paper'\n"}, "keys", "fail", "Put the two paper keys into"),
        ({"hft.toml": "[fleet]\nstrategies=['mmm']\n"}, "strategies", "fail", "Did you mean mm?"),
        ({".env": "DISCORD_WEBHOOK_URL=https://example.com/x\n"}, "alerts", "fail", "not a Discord webhook"),
        ({".env": KEYS}, "keys", "warn", "chmod 600"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(
    home: Path, files: dict[str, str], name: str, state: str, words: str
) -> None:
    for file, text in files.items():
        (home / file).write_text(text)
        (home / file).chmod(0o644)
    row = rows(home)[name]
    assert row.state == state
    assert words in row.text + row.next_step


def test_no_secret_is_shown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".env").write_text(KEYS)
    run(["--home", str(home), "doctor", "--offline"])
    said = capsys.readouterr().out
    assert "PKTE…" in said
    assert "PKTESTTEST" not in said
    assert "secretsecret" not in said


def test_a_run_folder_that_others_can_read_fails(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Home(home).make().run.chmod(0o755)
    assert run(["--home", str(home), "doctor", "--offline"]) == 1
    assert "chmod 700" in capsys.readouterr().out


def test_processes_without_their_supervisord_fail(home: Path) -> None:
    held = claim(Home(home).make(), "router")
    row = rows(home)["processes"]
    os.close(held.lock_fd)
    assert (row.state, row.next_step) == ("fail", "hftctl stop")
    assert "router" in row.text
