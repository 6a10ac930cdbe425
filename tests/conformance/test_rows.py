"""Each row of the contract's tables has a test that names it; read from the tests' source, so that none is missed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.conformance.rows import EXCUSED, ROWS, TABLES
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("tests/conformance", "tests/venue")


def named() -> Iterator[str]:
    """Yield the rows that the marks of the exchange's tests name."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).glob("test_*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.row":
                    yield from (ast.literal_eval(argument) for argument in node.args)


def test_every_row_has_a_test_or_an_excuse() -> None:
    assert sorted(ROWS - set(named()) - set(EXCUSED)) == []


def test_every_mark_names_a_row() -> None:
    assert sorted(set(named()) - ROWS) == []


def test_no_excuse_outlives_its_reason() -> None:
    assert set(EXCUSED) <= ROWS - set(named())
    documented = (ROOT / "docs/venue.md").read_text(encoding="utf-8")
    assert [row for row in EXCUSED if f"`{row}`" not in documented] == []


def test_no_row_is_listed_twice() -> None:
    assert sum(len(rows) for rows in TABLES.values()) == len(ROWS)
