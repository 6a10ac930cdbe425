"""The doctor: each thing that is wrong gets its row, what to do, and an exit code."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING

import pytest

from hft.home import Home
from hft.process import claim
from hft.settings import Launch, load
from hftctl.__main__ import run
from hftctl.checkup import Row, _settings, examine

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


def test_a_sentence_that_ends_in_a_full_stop_gets_no_second_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "hft.toml").write_text("[sim]\nbogus = 3\n")
    assert run(["--home", str(home), "doctor", "--offline"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "hft.toml. Did you mean" in said
    assert ".." not in said


def test_sockets_that_a_stop_leaves_are_not_called_a_killed_fleets(home: Path) -> None:
    folder = Home(home).make().sockets
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / "control"))
    assert rows(home)["processes"].text == (
        "none is running here; 1 sockets of the last fleet lie there, the next start takes them"
    )


@pytest.mark.parametrize(
    ("toml", "overrides", "text"),
    [
        ("", {}, "mode sim, all defaults"),
        ("[limits]\norder_qty_max = 5\n", {}, "mode sim, 1 told by you, the rest defaults"),
        ("", {"fleet.symbols": ["SPY"]}, "mode sim, 1 by hftctl start, the rest defaults"),
        (
            "[limits]\norder_qty_max = 5\n",
            {"fleet.symbols": ["SPY"], "sim.seed": 3},
            "mode sim, 1 told by you, 2 by hftctl start, the rest defaults",
        ),
    ],
)
def test_who_told_the_settings_is_said(home: Path, toml: str, overrides: dict[str, object], text: str) -> None:
    (home / "hft.toml").write_text(toml)
    assert _settings(load(Home(home), launch=Launch(launch_id="L", overrides=overrides))).text == text
