"""A day for other tools: dollars, names instead of numbers, one file for each kind."""

from __future__ import annotations

import csv
import importlib.util
from typing import TYPE_CHECKING

from hft.messages import Quote
from hftctl.__main__ import run
from hftctl.exporting import export
from tests.hftctl.days import DAY, recorded

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_quotes_are_in_dollars_in_the_order_of_the_tape(tmp_path: Path) -> None:
    home, market = recorded(tmp_path / "home")
    written = {path.name: path for path in export(home, DAY, tmp_path / "out", parquet=False)}
    assert set(written) == {f"{DAY}-{kind}.csv" for kind in ("quotes", "trades", "orders", "fills")}
    with written[f"{DAY}-quotes.csv"].open() as file:
        rows = list(csv.DictReader(file))
    quotes = [tick for batch in market.batches for tick in batch.ticks if isinstance(tick, Quote)]
    assert [(row["symbol"], float(row["bid_px"]), int(row["recv_ns"])) for row in rows] == [
        (quote.symbol, quote.bid_px / 10_000, quote.recv_ns) for quote in quotes
    ]


def test_parquet_is_written_or_its_extra_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(tmp_path)
    out = tmp_path / "out"
    code = run(["--home", str(tmp_path), "data", "export", "--parquet", "--out", str(out)])
    said = capsys.readouterr()
    if importlib.util.find_spec("duckdb") is None:
        assert code == 78
        assert "the extra `research`" in said.err
        assert not out.exists()
    else:
        assert code == 0
        assert (out / f"{DAY}-quotes.parquet").is_file()


def test_a_day_that_nobody_recorded_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(tmp_path)
    assert run(["--home", str(tmp_path), "data", "export", "2011-01-01"]) == 3
    assert DAY in capsys.readouterr().err
