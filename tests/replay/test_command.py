"""hftctl replay as a person and as a script meet it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from hftctl.__main__ import run
from tests.replay.test_sources import DAY, play_twice

if TYPE_CHECKING:
    from pathlib import Path


SHORT = ("generated", "--seconds", "15")


def test_json_has_the_hash_and_is_the_same_twice(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for _ in range(2):
        assert run(["--home", str(home), "replay", *SHORT, "--strategy", "mm", "--json"]) == 0
        found.append({**json.loads(capsys.readouterr().out), "took_s": 0})
    assert found[0] == found[1]
    assert (found[0]["schema"], found[0]["strategies"]) == (1, ["mm"])
    assert len(found[0]["hash"]) == 32


def test_a_person_sees_a_table_and_the_hashes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "replay", *SHORT]) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("STRATEGY", "PAPER P&L", "mm", "pairs", "ALL", "decisions", "seed 7"))
    (total,) = (line.split() for line in said.splitlines() if line.startswith("ALL"))
    dollars = [cell for cell in total if cell[0] in "+-" and cell != "-"]
    assert len(dollars) >= 4
    assert all(re.fullmatch(r"[+-][\d,]+\.\d\d", cell) for cell in dollars)


def test_a_parameter_that_is_set_changes_what_is_decided(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hashes = []
    for extra in ((), ("--set", "orders_per_min_max=1")):
        assert run(["--home", str(home), "replay", *SHORT, "--strategy", "mm", "--json", *extra]) == 0
        hashes.append(json.loads(capsys.readouterr().out)["hash"])
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize("limit", ["limits.order_usd_max", "mm.limits.order_usd_max"])
def test_a_replay_without_orders_says_which_limit_held_them_back(
    home: Path, capsys: pytest.CaptureFixture[str], limit: str
) -> None:
    words = ["replay", "generated", "--seconds", "40", "--strategy", "mm", "--set", f"{limit}=300"]
    assert run(["--home", str(home), *words]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "mm sent no order: held back" in said
    assert "$300 allowed (limits.order_usd_max)" in said


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("nothing-there",), 78, "nothing-there"),
        ((*SHORT, "--set", "gamme=1", "--strategy", "mm"), 78, "gamm"),
        ((*SHORT, "--set", "oops"), 2, "oops"),
        ((*SHORT, "--strategy", "mmm"), 78, "mmm"),
        (("2030-01-01", "--verify"), 78, "on tape"),
    ],
)
def test_a_mistake_has_its_code_and_its_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, word: str
) -> None:
    assert run(["--home", str(home), "replay", *arguments]) == code
    assert word in capsys.readouterr().err


def test_of_a_day_that_was_played_twice_a_person_is_told_which_time_it_is(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play_twice(home / "data")
    assert run(["--home", str(home), "replay", DAY, "--strategy", "mm"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"{DAY} was played 2 times here: this is the last time." in said


def test_nothing_is_left_in_the_home(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "replay", *SHORT]) == 0
    assert list(home.iterdir()) == []
