"""report: which days, where to, and what else is written beside the page."""

from __future__ import annotations

import csv
import importlib.util
import json
from typing import TYPE_CHECKING

import pytest

from hft.errors import NotRunning
from hftctl.__main__ import run
from hftctl.reporting import days_meant, equity_start
from tests.hftctl.days import DAY, recorded

if TYPE_CHECKING:
    from pathlib import Path


def test_the_last_day_gets_its_page_and_a_summary_of_about_ten_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, _ = recorded(tmp_path)
    assert run(["--home", str(tmp_path), "report"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{DAY}: paper ")
    assert lines[-1] == f"page: {home.reports / f'{DAY}.html'}"
    assert len(lines) <= 12
    assert not any("_" in line for line in lines[:-1]), "words, not names of variables"
    assert (home.reports / f"{DAY}.html").read_text().startswith("<!doctype html>")


def test_returns_are_a_row_a_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(tmp_path)
    out = tmp_path / "returns.csv"
    assert run(["--home", str(tmp_path), "report", "--returns-csv", str(out), "--json"]) == 0
    (day,) = json.loads(capsys.readouterr().out)["days"]
    with out.open() as file:
        (row,) = csv.DictReader(file)
    total = next(each for each in day["strategies"] if each["name"] == "ALL")
    assert row["date"] == DAY
    assert float(row["pnl_honest_mid"]) == pytest.approx(total["mid"], abs=1e-4)
    assert row["return_paper"] == "", "the account was never read on that day, so there is nothing to divide by"


def test_a_range_takes_the_days_in_it(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    assert days_meant(home, "2026-11-01..2026-11-30") == days_meant(home, f"{DAY}..") == [DAY]
    with pytest.raises(NotRunning):
        days_meant(home, "2026-01-01..2026-01-31")
    assert equity_start(home, DAY) is None


def test_the_page_goes_where_it_is_told(tmp_path: Path) -> None:
    recorded(tmp_path)
    (tmp_path / "folder").mkdir()
    assert run(["--home", str(tmp_path), "report", "--out", str(tmp_path / "mine.html")]) == 0
    assert run(["--home", str(tmp_path), "report", "--out", str(tmp_path / "folder")]) == 0
    assert (tmp_path / "mine.html").is_file()
    assert (tmp_path / "folder" / f"{DAY}.html").is_file()


def test_a_picture_is_drawn_or_its_extra_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, _ = recorded(tmp_path)
    code = run(["--home", str(tmp_path), "report", "--png"])
    said = capsys.readouterr()
    if importlib.util.find_spec("matplotlib") is None:
        assert code == 78
        assert "the extra `plots`" in said.err
    else:
        assert code == 0
        assert (home.reports / f"{DAY}.png").is_file()
