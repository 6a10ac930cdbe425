"""Every hftctl command that a page or script shows is taken as it is written, and none ends in a mistake of ours.

What can be typed without a fleet is really run, in an empty home. `NAME`, `DAY` and the like are filled in.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

from hftctl.__main__ import cli, globals_first, run
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/*.s*"))
    if "hftctl " in path.read_text(encoding="utf-8")
)
FILLED = {
    "NAME": "mm", "DAY": "2026-11-20", "DIR": ".", "PROCESS": "router", "URL": "http://127.0.0.1:9/sim", "KIND": "halt",
    "TAPE": "day.csv.gz", "FILE": "day.csv.gz",
}  # fmt: skip
IN_MARKS = re.compile(r"`((?:\S*/)?hftctl [^`]+)`")
IN_A_BLOCK = re.compile(r"^(?:\S*/)?hftctl .+", re.MULTILINE)
IN_A_SCRIPT = re.compile(r"(?:/hftctl|\"\$hftctl\") ((?:[a-z-].*?))(?= *(?:$|[|)'\";&]))", re.MULTILINE)
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
STARTS_SOMETHING = {"start", "demo", "sim serve", "replay"}  # other tests do, with time for it
TERMINAL_ONLY = ("top", "status --watch", "flatten", "logs -f", "logs --follow")
TYPED_WRONG, MISTAKE = 2, 1


def told(page: str) -> Iterator[str]:
    """Yield the command lines of a page, without `hftctl` and without a comment."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if not page.endswith(".md"):
        yield from IN_A_SCRIPT.findall(text)
        return
    blocks = FENCE.findall(text)
    lines = [line for block in blocks for line in IN_A_BLOCK.findall(block)]
    for line in (*lines, *IN_MARKS.findall(FENCE.sub("", text))):
        yield re.sub(r"\s+#.*|\s*;.*", "", line).partition("hftctl ")[2]


def typed(line: str) -> list[list[str]]:
    """Return the words of a line with what it leaves open filled in; of `list|verify` each."""
    line = re.sub(r"\"?…\"?", "x", line)
    line = re.sub(r"\b[A-Z]{3,}\b(?=\s|$|\.)", lambda found: FILLED.get(found[0], found[0]), line)
    alternatives = [line] if "|" not in line else []
    for choice in re.findall(r"\S+(?:\|\S+)+", line):
        alternatives += [line.replace(choice, each) for each in choice.split("|")]
    return [globals_first(shlex.split(each)) for each in alternatives]


def leaf(words: list[str]) -> tuple[tuple[str, ...], click.Command, list[str]]:
    """Return the command that words name, its path, and the words left for it."""
    command: click.Command = cli
    path: tuple[str, ...] = ()
    words = words[2:] if words[:1] == ["--home"] else words
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        path, command, words = (*path, words[0]), command.commands[words[0]], words[1:]
    return path, command, words


def is_only_named(line: str) -> bool:
    """Return whether a page speaks of a command without giving what it must be given."""
    _, command, left = leaf(shlex.split(line))
    return not left and any(parameter.required for parameter in command.params)


ALL = sorted({shlex.join(words) for page in PAGES for line in told(page) for words in typed(line)})
WHOLE = [line for line in ALL if not is_only_named(line)]
ALONE = [
    line
    for line in WHOLE
    if " ".join(leaf(shlex.split(line))[0]) not in STARTS_SOMETHING
    and not any(line.startswith(each) for each in TERMINAL_ONLY)
    and not {"fade", "/opt/hft/fleet"} & set(line.split())  # a family, a folder that the reader has made
]


def test_the_pages_are_read() -> None:
    assert {"README.md", "docs/runbook.md", "deploy/run_paper.sh", "deploy/alpaca_hft_paper.service"} <= set(PAGES)
    assert {"status", "strategy why mm", "stop --flatten", "start --paper --foreground"} <= set(WHOLE)
    assert (len(WHOLE) > 60, len(ALONE) > 40) == (True, True), "a pattern that finds nothing proves nothing"


@pytest.mark.parametrize("line", ALL)
def test_every_command_on_a_page_is_there(line: str) -> None:
    path, command, left = leaf(shlex.split(line))
    assert path
    assert not isinstance(command, click.Group) or command.invoke_without_command, f"no command {left[:1]}"


@pytest.mark.parametrize("line", WHOLE)
def test_a_command_on_a_page_is_taken_as_it_is_written(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("day.csv.gz", "ticks.csv.gz", "mon.csv", "tue.csv", "grid.toml"):
        (tmp_path / name).touch()
    path, command, left = leaf(shlex.split(line))
    command.make_context(" ".join(path), left)  # raises what a person would be shown


@pytest.mark.parametrize("line", ALONE)
def test_a_command_on_a_page_ends_well_or_in_words_where_no_fleet_runs(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY", "DISCORD_WEBHOOK_URL", "HFT_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    code = run(shlex.split(line))
    out, err = capfd.readouterr()
    assert code not in {MISTAKE, TYPED_WRONG}, err
    assert "Unexpected" not in err
    assert out or err, "something is said"
