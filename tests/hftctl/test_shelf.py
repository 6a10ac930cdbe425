"""The recorded days: what is there, what is broken, what clearing takes and what it never takes."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_S
from hft.errors import UsageError
from hft.inputs import Began, InputTape, path_of
from hft.messages import Quote
from hftctl.__main__ import run
from hftctl.shelf import known_days, removals, remove, verify
from recorder import archive
from tests.hftctl.days import DAY, recorded
from tests.recorder.samples import MONDAY_NS

if TYPE_CHECKING:
    from pathlib import Path

DAY_NS = 86_400 * NS_PER_S
OLD = "2026-09-01"


def test_list_tells_ticks_and_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, market = recorded(tmp_path)
    assert run(["--home", str(tmp_path), "data", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["days"]
    assert (row["day"], row["symbols"], row["report"]) == (DAY, ["SPY"], False)
    assert row["quotes"] + row["trades"] == len(market.batches)
    assert row["events_bytes"] == (tmp_path / "logs" / "events.jsonl").stat().st_size


def test_a_whole_day_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, market = recorded(tmp_path)
    assert run(["--home", str(tmp_path), "data", "verify"]) == 0
    said = capsys.readouterr().out
    assert f"{DAY}: whole; {len(market.batches):,} ticks, {len(market.told):,} events" in said


def test_today_is_the_last_recorded_day_as_in_all_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(tmp_path)
    assert run(["--home", str(tmp_path), "data", "verify", "today"]) == 0
    assert f"{DAY}: whole" in capsys.readouterr().out


def test_a_hole_in_the_events_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, _ = recorded(tmp_path)
    lines = archive.live_file(home).read_bytes().splitlines(keepends=True)
    archive.live_file(home).write_bytes(b"".join(lines[:3] + lines[4:]))
    assert run(["--home", str(tmp_path), "data", "verify", DAY]) == 4
    assert "router epoch 1 goes from number 3 to 5" in capsys.readouterr().out


def test_a_torn_tape_and_a_torn_archive_are_found(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    with (home.data / DAY / "quotes.tape").open("ab") as tape:
        tape.write(b"half")
    archive.put_away(home, DAY, b"{}")
    archive.pack_all(home, print)
    packed = home.logs / f"events-{DAY}.jsonl.gz"
    packed.write_bytes(packed.read_bytes()[:-20])
    problems = " ".join(verify(home, DAY).problems)
    assert "quotes.tape: the last record is torn (4 bytes)" in problems
    assert "cannot be read after line" in problems


def test_records_whose_symbol_nobody_knows_any_more_are_found(tmp_path: Path) -> None:
    home, market = recorded(tmp_path)
    (home.data / DAY / "symbols.txt").write_bytes(b"")
    problems = " ".join(verify(home, DAY).problems)
    quotes = sum(type(tick) is Quote for batch in market.batches for tick in batch.ticks)
    assert f"quotes.tape: {quotes} records of a symbol that symbols.txt does not name" in problems


def test_clearing_takes_old_ticks_never_the_last_day_and_events_only_when_told(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    (home.data / OLD).mkdir()
    (home.data / OLD / "quotes.tape").write_bytes(bytes(48))
    (home.logs / f"events-{OLD}.jsonl.gz").write_bytes(b"x")
    far_ns = MONDAY_NS + 400 * DAY_NS
    assert [each.path for each in removals(home, "30d", far_ns, events=False)] == [str(home.data / OLD)]
    both = removals(home, "30d", far_ns, events=True)
    assert {each.path for each in both} == {str(home.data / OLD), str(home.logs / f"events-{OLD}.jsonl.gz")}
    remove(both, home)
    assert known_days(home) == [DAY]


def test_the_day_that_is_being_played_stays_however_old_it_is(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    (home.data / "2027-01-05").mkdir()  # generated later than the recording that is played now
    began = Began(name="mm", epoch=1, pid=1, at_ns=MONDAY_NS, version="1", made={})
    InputTape(path_of(home.data, "mm", 1), began).close()
    os.utime(path_of(home.data, "mm", 1), ns=(MONDAY_NS, MONDAY_NS))
    assert removals(home, "30d", MONDAY_NS + 400 * DAY_NS, events=True) == []


def test_what_is_young_stays(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    (home.data / OLD).mkdir()
    assert removals(home, "30d", MONDAY_NS - 70 * DAY_NS, events=True) == []
    with pytest.raises(UsageError):
        removals(home, "a month", MONDAY_NS, events=False)


def test_prune_does_not_ask_where_nobody_can_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, _ = recorded(tmp_path)
    old = home.data / "2001-01-02"
    old.mkdir()
    command = ["--home", str(tmp_path), "data", "prune", "--keep", "30d"]
    assert run(command) == 2
    assert run([*command, "--dry-run"]) == 0
    assert old.exists()
    assert run([*command, "--yes"]) == 0
    assert not old.exists()
    assert "removed 1" in capsys.readouterr().out


def test_what_ran_on_the_last_day_stays_with_it_however_long_ago_that_was(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    for epoch, began_ns in enumerate((MONDAY_NS - 7 * DAY_NS, MONDAY_NS), 1):
        began = Began(name="mm", epoch=epoch, pid=1, at_ns=began_ns, version="1", made={})
        InputTape(path_of(home.data, "mm", epoch), began).close()
        os.utime(path_of(home.data, "mm", epoch), ns=(began_ns, began_ns))
    gone = removals(home, "0d", MONDAY_NS + 3 * DAY_NS, events=False)
    assert [each.path for each in gone] == [str(path_of(home.data, "mm", 1))]
