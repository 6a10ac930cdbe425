"""Which days there are, whether they are whole, taking them out, letting old ones go."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from hft.errors import ConfigError, NotRunning
from hft.home import Home
from hft.messages import Quote, Trade
from recorder import archive, tapereader
from recorder.keeping import export, inventory, prune, verify
from recorder.tapeformat import FILES, STRUCTS
from tests.recorder.samples import raw_line
from tests.recorder.test_honest import random_market
from tests.recorder.test_offline import DAY, record

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Home:
    home = Home(tmp_path).make()
    record(home, random_market(5))
    return home


def put_away(place: Home, day: str) -> None:
    archive.put_away(place, day, b"{}")
    archive.pack_all(place, print)


def test_the_inventory_counts_what_is_there(place: Home) -> None:
    (kept,) = inventory(place)
    assert (kept.day, kept.is_live) == (DAY, True)
    assert kept.event_bytes == archive.live_file(place).stat().st_size
    assert kept.ticks["quote"] == 400
    assert kept.tape_bytes == sum((place.data / DAY / name).stat().st_size for name in FILES.values()
                                  if (place.data / DAY / name).is_file())  # fmt: skip


def test_an_empty_home_has_no_day(tmp_path: Path) -> None:
    assert inventory(Home(tmp_path).make()) == []


def test_a_whole_day_has_no_trouble_live_or_put_away(place: Home) -> None:
    assert verify(place, DAY) == []
    put_away(place, DAY)
    assert verify(place, DAY) == []


def test_a_hole_a_repetition_and_garbage_are_named(place: Home) -> None:
    with archive.live_file(place).open("ab") as file:
        file.write(b"\n".join((raw_line(1), raw_line(3), raw_line(3), b"garbage")) + b"\n")
    hole, again, garbage = verify(place, DAY)
    assert "mm/1/3 follows 1" in hole
    assert "mm/1/3 comes again" in again
    assert "not one object" in garbage


def test_a_torn_record_and_missing_batches_are_named(place: Home) -> None:
    quotes = place.data / DAY / FILES[Quote]
    width = STRUCTS[Quote].size
    data = quotes.read_bytes()
    quotes.write_bytes(data[: 10 * width] + data[12 * width :] + b"torn")
    torn, missing = verify(place, DAY)
    assert "torn" in torn
    assert missing.startswith("SPY: ")


def test_a_symbol_without_a_name_is_named(place: Home) -> None:
    (place.data / DAY / "symbols.txt").write_text("")
    assert verify(place, DAY) == ["symbols.txt names 0 symbols, the tape uses number 0"]


def test_a_day_that_is_not_there_is_refused(place: Home) -> None:
    with pytest.raises(NotRunning):
        verify(place, "2001-01-01")


def test_the_tape_is_taken_out_as_csv_with_names_for_symbols(place: Home, tmp_path: Path) -> None:
    paths = export(place, DAY, tmp_path / "out")
    assert [path.name for path in paths] == ["quotes.csv", "trades.csv", "bars.csv", "statuses.csv"]
    with paths[0].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), rows[0]["symbol"]) == (400, "SPY")
    assert rows[0]["bid_px"].isdigit()
    assert Trade in FILES


def test_parquet_without_duckdb_says_what_to_do(place: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)  # as if the extra were not installed
    with pytest.raises(ConfigError) as caught:
        export(place, DAY, tmp_path / "out", "parquet")
    assert "research" in caught.value.next_step


def test_the_tape_is_taken_out_as_parquet_and_read_back(place: Home, tmp_path: Path) -> None:
    paths = {path.stem: path for path in export(place, DAY, tmp_path / "out", "parquet")}
    names = tapereader.symbols(place.data / DAY)
    for kind, columns in ((Quote, ("recv_ns", "seq", "bid_px", "ask_qty")), (Trade, ("recv_ns", "px", "qty"))):
        tape = tapereader.array(place.data / DAY, kind)
        file = str(paths[f"{kind.__name__.lower()}s"])
        found = duckdb.read_parquet(file).project(", ".join(("symbol", *columns))).fetchall()
        assert len(found) > 100
        assert found == [(names[row["symbol"]], *(int(row[column]) for column in columns)) for row in tape]


def test_old_days_go_and_what_must_stay_stays(place: Home) -> None:
    (place.logs / "daily_summary.csv").write_text("date\n")
    put_away(place, DAY)
    assert prune(place, 30, "2026-12-20") == []
    gone = prune(place, 5, "2026-12-20")
    assert {path.name for path in gone} == {DAY, f"events-{DAY}.jsonl.gz"}
    assert inventory(place) == []
    assert (place.logs / "daily_summary.csv").is_file()


def test_the_day_that_is_being_recorded_is_never_pruned(place: Home) -> None:
    assert prune(place, 1, "2027-12-20") == []
