"""Options that contradict each other are refused: one that is left out without a word is a wish not heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hftctl.__main__ import run
from hftctl.together import mode_of

if TYPE_CHECKING:
    from pathlib import Path

TOGETHER = (
    ("status --json --watch", "--json and --watch"),
    ("status --json --quiet", "--json and --quiet"),
    ("trades --json --csv", "--json and --csv"),
    ("orders --day 2026-11-20 --json --csv", "--json and --csv"),
    ("data export --csv --parquet", "--csv and --parquet"),
    ("start --sim --paper", "--sim and --paper"),
    ("config check --paper --sim", "--sim and --paper"),
    ("start --paper --tape day.csv", "--paper and --tape"),
    ("start nobody --strategies drift", "STRATEGY... and --strategies"),
)
NOT_WITH_VERIFY = (
    ("--set", "order_usd=5"),
    ("--symbols", "SPY"),
    ("--seed", "3"),
    ("--seconds", "9"),
    ("--latency", "none"),
    ("--out", "x"),
    ("--as-run",),
)


@pytest.mark.parametrize(("typed", "named"), TOGETHER)
def test_of_two_options_that_contradict_each_other_none_is_dropped(
    home: Path, capsys: pytest.CaptureFixture[str], typed: str, named: str
) -> None:
    assert run(["--home", str(home), *typed.split()]) == 2
    said = capsys.readouterr()
    assert f"{named} cannot hold together." in said.err
    assert "Leave one of them away." in said.err
    assert said.out == ""


@pytest.mark.parametrize("given", NOT_WITH_VERIFY)
def test_verify_takes_nothing_that_changes_the_day(
    home: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...]
) -> None:
    assert run(["--home", str(home), "replay", "2026-11-20", "--verify", *given]) == 2
    assert f"--verify takes no {given[0]}." in capsys.readouterr().err


def test_the_mode_is_the_one_that_was_asked_for() -> None:
    assert mode_of(sim=True, paper=False) == "sim"
    assert mode_of(sim=False, paper=True) == "paper"
    assert mode_of(sim=False, paper=False) is None


@pytest.mark.parametrize("seeds", ["5-2", ",", "x"])
def test_a_sweep_without_a_seed_is_refused(home: Path, capsys: pytest.CaptureFixture[str], seeds: str) -> None:
    words = ["sweep", "generated", "--strategy", "mm", "--grid", "grid.toml", "--seeds", seeds]
    assert run(["--home", str(home), *words]) == 2
    assert "as 1-5" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["top"], ["status", "--watch"]])
def test_a_view_that_nobody_sees_is_refused(home: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert run(["--home", str(home), *command]) == 2
    assert f"{' '.join(command)} needs a terminal." in capsys.readouterr().err


@pytest.mark.parametrize(
    "typed",
    [
        "demo --seconds -5",
        "start nobody --wait -1",
        "restart all --wait -1",
        "stop --timeout -1",
        "flatten --yes --timeout -1",
        "replay generated --seconds -1",
        "sweep generated --strategy mm --grid grid.toml --seconds -1",
    ],
)
def test_no_time_is_shorter_than_none(home: Path, capsys: pytest.CaptureFixture[str], typed: str) -> None:
    assert run(["--home", str(home), *typed.split()]) == 2
    assert "is not in the range x>=0" in capsys.readouterr().err
