"""On a terminal a sentence is broken between words; what is laid out, or not for a terminal, stays as it is."""

from __future__ import annotations

import pytest

from hftctl.invocation import Invocation, broken


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("as wide as it is", ["as wide as it is"]),
        ("a sentence that is too wide", ["a sentence that", "  is too wide"]),
        ("  indented already, and long", ["  indented", "    already, and", "    long"]),
        ("one\na second that is too wide", ["one", "a second that is", "  too wide"]),
        ("a-word-that-is-much-longer-than-a-line", ["a-word-that-is-much-longer-than-a-line"]),
        ("\x1b[32ma painted row that is laid out\x1b[0m", ["\x1b[32ma painted row that is laid out\x1b[0m"]),
    ],
)
def test_a_line_is_broken_between_words(text: str, lines: list[str]) -> None:
    assert broken(text, 16) == lines


@pytest.mark.parametrize(("terminal", "count"), [(True, 3), (False, 1)])
def test_only_a_terminal_gets_broken_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, terminal: bool, count: int
) -> None:
    monkeypatch.setattr("hftctl.invocation.on_terminal", lambda: terminal)
    monkeypatch.setenv("COLUMNS", "80")
    Invocation(no_color=True).say("word " * 40)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == count
    assert not terminal or all(len(line) <= 80 for line in said)
