"""The tick tape, written and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hft.messages import Bar, Quote, Status, Ticks, Trade
from recorder.parcels import FlushTape, OpenTape, TapeFault
from recorder.tape import Tape
from recorder.tapeformat import FILES, STRUCTS, SYMBOLS
from recorder.tapereader import DTYPES, array, batches, symbols

if TYPE_CHECKING:
    from pathlib import Path

    from hft.messages import Message, Tick

DAY = "2026-11-23"


def quote(symbol: str, recv_ns: int, bid_px: int = 100) -> Quote:
    return Quote(symbol=symbol, exch_ns=recv_ns - 5, recv_ns=recv_ns, bid_px=bid_px, bid_qty=3, ask_px=0, ask_qty=0)


def ticks(seq: int, *members: Tick) -> Ticks:
    return Ticks(epoch=2, seq=seq, ticks=members)


SPY = ticks(1, quote("SPY", 10, 10**12), Trade(symbol="SPY", exch_ns=1, recv_ns=10, px=7, qty=10**9, conditions="@I"))
QQQ = ticks(
    1,
    Bar(
        symbol="QQQ", start_ns=3, recv_ns=11, open_px=1, high_px=2, low_px=3, close_px=4, qty=5, trades=6, vwap_px=7
    ),
    Status(symbol="QQQ", exch_ns=4, recv_ns=11, halted=True, code="H", reason="T12"),
)  # fmt: skip


def written(folder: Path, *messages: Message) -> list[TapeFault]:
    told: list[TapeFault] = []
    tape = Tape(folder, told.append)
    tape.send(OpenTape(day=DAY))
    for message in messages:
        tape.send(message)  # type: ignore[arg-type]  # the route table decides; here the test does
    tape.close()
    return told


def test_what_was_published_is_read_back_batch_by_batch(tmp_path: Path) -> None:
    second = ticks(2, quote("SPY", 12))
    written(tmp_path, SPY, QQQ, second)
    assert list(batches(tmp_path / DAY)) == [SPY, QQQ, second]
    assert symbols(tmp_path / DAY) == ["SPY", "QQQ"]


def test_numpy_reads_a_day_in_one_call(tmp_path: Path) -> None:
    written(tmp_path, SPY, ticks(2, quote("SPY", 12)))
    quotes = array(tmp_path / DAY, Quote)
    assert quotes["recv_ns"].tolist() == [10, 12]
    assert quotes["bid_px"].tolist() == [10**12, 100]
    assert quotes["seq"].tolist() == [1, 2]
    assert len(array(tmp_path / DAY, Bar)) == 0


def test_a_day_is_continued_after_a_restart_under_the_same_symbol_numbers(tmp_path: Path) -> None:
    written(tmp_path, SPY)
    written(tmp_path, QQQ, ticks(2, quote("SPY", 12)))
    assert symbols(tmp_path / DAY) == ["SPY", "QQQ"]
    assert [batch.ticks[0].symbol for batch in batches(tmp_path / DAY)] == ["SPY", "QQQ", "SPY"]


def test_a_record_that_a_crash_tore_is_cut_off(tmp_path: Path) -> None:
    written(tmp_path, SPY)
    path = tmp_path / DAY / FILES[Quote]
    with path.open("ab") as file:
        file.write(b"torn")
    assert len(array(tmp_path / DAY, Quote)) == 1
    written(tmp_path, ticks(2, quote("SPY", 12)))
    assert path.stat().st_size == 2 * STRUCTS[Quote].size
    assert array(tmp_path / DAY, Quote)["recv_ns"].tolist() == [10, 12]


def test_a_day_that_was_played_twice_is_told_in_the_order_of_time(tmp_path: Path) -> None:
    minute_ns = 60 * 10**9
    once = [ticks(seq, quote("SPY", seq * minute_ns)) for seq in (1, 3, 5)]
    again = [ticks(seq, quote("SPY", seq * minute_ns)) for seq in (2, 4)]
    written(tmp_path, *once, *again)
    assert [batch.seq for batch in batches(tmp_path / DAY)] == [1, 2, 3, 4, 5]


def test_it_writes_when_it_is_time_and_not_for_each_tick(tmp_path: Path) -> None:
    tape = Tape(tmp_path, lambda _: None)
    tape.send(OpenTape(day=DAY))
    tape.send(SPY)
    tape.flush()
    assert not (tmp_path / DAY / FILES[Quote]).exists()
    tape.send(FlushTape())
    tape.flush()
    assert (tmp_path / DAY / FILES[Quote]).stat().st_size == STRUCTS[Quote].size
    tape.close()


def test_a_disk_that_refuses_is_told_once_and_the_ticks_are_counted(tmp_path: Path) -> None:
    (tmp_path / DAY).write_text("a file where the folder should be")
    (first, *_) = written(tmp_path, SPY, FlushTape())
    assert first.reason


@pytest.mark.parametrize("kind", list(FILES))
def test_every_kind_has_one_layout_for_writer_and_reader(kind: type) -> None:
    assert DTYPES[kind].itemsize == STRUCTS[kind].size


@given(st.lists(st.tuples(st.sampled_from(["SPY", "QQQ", "BRK.B"]), st.integers(0, 10**12)), min_size=1, max_size=50))
def test_any_stream_of_quotes_survives(rows: list[tuple[str, int]]) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as name:
        sent = [ticks(seq, quote(symbol, seq * 10, px)) for seq, (symbol, px) in enumerate(rows, 1)]
        written(Path(name), *sent)
        assert list(batches(Path(name) / DAY)) == sent


def test_a_symbol_that_could_not_be_named_costs_its_ticks_and_nothing_else(tmp_path: Path) -> None:
    day = tmp_path / DAY
    day.mkdir()
    tape = Tape(tmp_path, lambda _: None)
    tape.send(OpenTape(day=DAY))
    (day / SYMBOLS).mkdir()  # where the table should be: the disk refuses
    tape.send(SPY)
    (day / SYMBOLS).rmdir()
    tape.send(QQQ)
    tape.send(ticks(2, quote("SPY", 12)))
    tape.close()
    assert symbols(day) == ["QQQ", "SPY"]
    assert [(batch.ticks[0].symbol, batch.seq) for batch in batches(day)] == [("QQQ", 1), ("SPY", 2)]


@pytest.mark.parametrize("left", [b"", b"SP", b"SPY\nQ", b"\0\0\0\0\n", None])
def test_what_a_power_cut_left_of_the_table_costs_those_ticks_and_no_number_comes_twice(
    tmp_path: Path, left: bytes | None
) -> None:
    written(tmp_path, SPY, QQQ)
    table = tmp_path / DAY / SYMBOLS
    table.unlink() if left is None else table.write_bytes(left)
    named = [SPY] if left == b"SPY\nQ" else []
    assert list(batches(tmp_path / DAY)) == named
    later = ticks(2, quote("IWM", 12))
    written(tmp_path, later)
    assert list(batches(tmp_path / DAY)) == [*named, later]
    assert symbols(tmp_path / DAY) == (["SPY", "", "IWM"] if named else ["", "", "IWM"])
