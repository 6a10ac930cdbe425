"""The notebook of docs/ runs from its first cell to its last, and shows what comes out when it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.replay.notebook import cells, kept, notebook, printed

if TYPE_CHECKING:
    from pathlib import Path

HASH = re.compile(r"\b[0-9a-f]{32}\b")
WORD = re.compile(r"[^\W\d]\w*|±")


def words(text: str) -> list[str]:
    """Return what is not a number: a change in a strategy changes numbers, and no words."""
    return WORD.findall(HASH.sub("", text).replace("NaN", ""))


@pytest.mark.e2e
@pytest.mark.soak
@pytest.mark.timeout(300)
def test_every_cell_runs_and_shows_what_it_prints(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    tree = notebook()
    said = printed(tree)
    assert [words(text) for text in said] == [words(kept(cell)) for cell in cells(tree)]


def test_its_numbers_are_there_to_be_seen() -> None:
    shown = [kept(cell) for cell in cells(notebook())]
    assert len(shown) == 5
    assert all(re.search(r"\d", HASH.sub("", text)) for text in shown)
