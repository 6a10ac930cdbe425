"""The command line itself: every command has help and a place in the README, help is quick, colours are for people."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import click
import pytest

from hftctl.__main__ import cli, globals_first, main, run
from tests.e2e.pace import slack
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELP_MS_MAX = 150
RUNS = 5


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = list(commands(cli))


@pytest.mark.parametrize(("encoding", "unset"), [("latin-1", "?"), ("cp1252", "–"), ("utf-8", "–")])
def test_what_a_terminal_has_no_letter_for_is_a_question_mark(
    home: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, unset: str
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), "config", "show"])
    out.flush()
    shown = out.buffer.getvalue().decode(encoding).splitlines()
    assert ended.value.code == 0
    assert [line.split()[1] for line in shown if line.startswith("DISCORD_WEBHOOK_URL")] == [unset]


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_command_and_option_says_what_it_does(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help
    assert command.get_short_help_str()
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert all(option.help for option in options), path


@pytest.mark.parametrize("name", list(cli.commands))
def test_every_command_has_its_place_in_the_readme(name: str) -> None:
    assert f"hftctl {name}" in (ROOT / "README.md").read_text() or name == "demo"


@pytest.mark.e2e
def test_help_is_there_at_once() -> None:
    took_ms = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "hftctl", "--help"], cwd=ROOT, capture_output=True, check=True)
        took_ms.append((time.perf_counter() - began) * 1_000)
    assert min(took_ms) <= HELP_MS_MAX * slack(), took_ms


def test_nothing_heavy_is_imported_for_help() -> None:
    heavy = "{'zmq', 'rich', 'numpy', 'pandas', 'alpaca', 'msgspec', 'structlog', 'starlette'}"
    script = f"import sys, hftctl.__main__; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_version_names_everything_that_matters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("hft ", "Python ", "libzmq ", "alpaca-py "))


def test_json_is_one_object_on_one_line_even_when_down(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "status", "--json"]) == 3
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    status = json.loads(said)
    assert status["schema"] == 1
    assert status["running"] is False


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("status --no-color --home DIR --json", "--no-color --home DIR status --json"),
        ("logs mm -v -n 5 --home=DIR", "-v --home=DIR logs mm -n 5"),
        ("halt -- --home", "halt -- --home"),
        ("status --home", "status --home"),
    ],
)
def test_the_flags_of_hftctl_itself_may_stand_anywhere(typed: str, meant: str) -> None:
    assert globals_first(typed.split()) == meant.split()


def test_there_is_no_colour_where_nobody_looks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["--home", str(home), "config", "show"])
    assert "\x1b" not in capsys.readouterr().out


def test_a_setting_that_does_not_exist_is_not_an_empty_table(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "config", "show", "nonsuch"]) == 2
    assert "No setting has 'nonsuch' in its name." in capsys.readouterr().err


def test_config_check_starts_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "config", "check"]) == 0
    assert "nothing was started" in capsys.readouterr().out
    assert list(home.iterdir()) == []


def test_strategy_list_says_what_each_family_is_about(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "strategy", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["strategies"]}
    assert rows["mm"]["state"] == "down"
    assert "market making" in rows["mm"]["about"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_HFTCTL_COMPLETE" in capsys.readouterr().out
