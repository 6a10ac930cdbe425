"""daily_summary.csv anew from the record."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hft.process import claim
from hft.settings import load
from hftctl.__main__ import run
from recorder import summary
from recorder.offline import rebuild_summary, scale_of
from recorder.summaryfile import ASIDE, path_of
from tests.hftctl.days import DAY, recorded

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from hft.home import Home

BEFORE = {**dict.fromkeys(summary.COLUMNS, "7"), "date": "2026-11-20", "strategy": "mm"}  # its events were pruned


def rows(home: Home) -> list[summary.Row]:
    return summary.decode(path_of(home).read_bytes())


def rebuild(home: Home) -> int:
    return run(["--home", str(home.root), "data", "rebuild"])


def test_it_is_what_the_record_says(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    assert rebuild(home) == 0
    assert path_of(home).read_bytes() == rebuild_summary(home, scale_of(load(home).settings))


def test_days_whose_events_are_gone_keep_their_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, _ = recorded(tmp_path)
    spoilt = {**BEFORE, "date": DAY}
    path_of(home).write_bytes(summary.encode([BEFORE, spoilt]))
    assert rebuild(home) == 0
    assert rows(home)[0] == BEFORE
    assert spoilt not in rows(home)
    assert "2 days" in capsys.readouterr().out


def test_one_that_cannot_be_read_is_kept_beside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, _ = recorded(tmp_path)
    path_of(home).write_bytes(b"date;strategy\n")
    assert rebuild(home) == 0
    assert path_of(home).with_name(path_of(home).name + ASIDE).read_bytes() == b"date;strategy\n"
    assert {row["date"] for row in rows(home)} == {DAY}
    assert "the old one was not readable (its first line is 'date;strategy')" in capsys.readouterr().out


def test_a_recorder_that_runs_writes_it_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, _ = recorded(tmp_path)
    held = claim(home, "recorder")
    assert rebuild(home) == 75
    os.close(held.lock_fd)
    assert "hftctl stop" in capsys.readouterr().err
    assert not path_of(home).exists()
