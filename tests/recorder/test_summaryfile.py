"""daily_summary.csv as it is found at a start: as it was written, or as a spreadsheet left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.home import Home
from recorder import summary
from recorder.day import Day
from recorder.summaryfile import ASIDE, path_of, rows_of
from tests.recorder.test_offline import DAY

if TYPE_CHECKING:
    from pathlib import Path

ROWS = summary.rows_of(Day(DAY))
WRITTEN = summary.encode(ROWS)


@pytest.fixture
def place(tmp_path: Path) -> Home:
    return Home(tmp_path).make()


def test_what_was_written_is_read_back(place: Home) -> None:
    path_of(place).write_bytes(WRITTEN)
    rows, why = rows_of(path_of(place))
    assert why == ""
    assert summary.encode(rows) == WRITTEN


def test_without_a_file_there_are_no_rows(place: Home) -> None:
    assert rows_of(path_of(place)) == ([], "")


def test_columns_that_are_new_since_then_are_empty(place: Home) -> None:
    path_of(place).write_text("date,strategy,orders\n2026-11-20,mm,3\n")
    (row,), why = rows_of(path_of(place))
    assert (row["orders"], row["moves"], why) == ("3", "", "")


@pytest.mark.parametrize(
    ("left", "why"),
    [
        pytest.param(WRITTEN.replace(b"ALL", "Süd".encode("latin-1")), "it is not UTF-8", id="another encoding"),
        pytest.param(b"\xef\xbb\xbf" + WRITTEN, "its first line is", id="a mark in front"),
        pytest.param(WRITTEN.replace(b",", b";"), "its first line is", id="semicolons"),
        pytest.param(WRITTEN.replace(DAY.encode(), b"11/23/2026"), "11/23/2026", id="dates"),
        pytest.param(b"", "its first line is", id="empty"),
    ],
)
def test_what_a_spreadsheet_made_of_it_is_put_aside(place: Home, left: bytes, why: str) -> None:
    path = path_of(place)
    path.write_bytes(left)
    rows, told = rows_of(path)
    assert rows == []
    assert why in told
    assert not path.exists()
    assert path.with_name(path.name + ASIDE).read_bytes() == left
