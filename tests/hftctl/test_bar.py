"""The bar of progress: for a person's terminal only, and nothing is ever written behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hftctl.bar import Bar, line

if TYPE_CHECKING:
    import pytest


def test_it_says_how_far_it_is() -> None:
    assert line(0.5, "3 of 6 runs", "now ") == "now ████████░░░░░░░░  50%  3 of 6 runs"
    assert line(1.0, "").startswith("█" * 16 + " 100%")


def test_nothing_is_drawn_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.draw(0.5, "half")
    assert capsys.readouterr().err == ""


def test_what_comes_after_it_begins_on_a_line_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Bar() as bar:
        bar.draw(0.5, "half")
    assert capsys.readouterr().err.endswith("\n")
