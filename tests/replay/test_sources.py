"""A tape, a recorded day and the generator as markets; everything else is refused with what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from hft.clock import NS_PER_S
from hft.errors import ConfigError
from hft.eventline import line
from hft.events import Event, FeedConnected, NewsReceived
from hft.messages import Quote, Status, Ticks, Trade
from recorder.parcels import OpenTape
from recorder.tape import Tape
from replay.sources import GENERATED, RecordedDay, open_source
from replay.taped import ticks_of
from tests.replay.plans import settings
from venue import rows

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "t_ns,symbol,kind,venue,bid_px,bid_qty,ask_px,ask_qty,px,qty,aggressor\n"
DAY = "2026-11-20"
NOON_NS = 1_795_194_000_000_000_000


def quote(recv_ns: int, bid_px: int) -> Quote:
    return Quote(
        symbol="SPY",
        exch_ns=recv_ns - 1,
        recv_ns=recv_ns,
        bid_px=bid_px,
        bid_qty=100,
        ask_px=bid_px + 100,
        ask_qty=200,
    )


def record(folder: Path) -> None:
    tape = Tape(folder, lambda _: None)
    tape.send(OpenTape(day=DAY))
    trade = Trade(symbol="SPY", exch_ns=NOON_NS, recv_ns=NOON_NS + 5, px=4_500_100, qty=7)
    status = Status(symbol="SPY", exch_ns=NOON_NS, recv_ns=NOON_NS + 9, halted=True, code="H", reason="T1")
    tape.send(Ticks(epoch=1, seq=1, ticks=(quote(NOON_NS, 4_500_000),)))
    tape.send(Ticks(epoch=1, seq=2, ticks=(trade, quote(NOON_NS + 5, 4_500_100))))
    tape.send(Ticks(epoch=1, seq=3, ticks=(status,)))
    tape.close()


def test_a_recorded_day_is_played_in_the_order_and_at_the_times_of_receipt(tmp_path: Path) -> None:
    record(tmp_path)
    opened = open_source(DAY, settings(), tmp_path)
    assert (opened.symbols, opened.start_ns, opened.is_received) == (("SPY",), NOON_NS, True)
    top = NOON_NS, "SPY", 4_500_000, 100, 4_500_100, 200
    later = NOON_NS + 5, "SPY", 4_500_100, 100, 4_500_200, 200
    assert list(opened.source.until(NOON_NS + 5)) == [
        rows.Nbbo(*top),
        rows.Quote(*top),
        rows.Print(NOON_NS + 5, "SPY", 4_500_100, 7, published=True),
        rows.Nbbo(*later),
        rows.Quote(*later),
    ]
    assert opened.source.next_ns() == NOON_NS + 9
    assert list(opened.source.until(NOON_NS + 9)) == [rows.Status(NOON_NS + 9, "SPY", "H", "", "T1", "", halted=True)]
    assert opened.source.next_ns() is None


@pytest.mark.parametrize(("table", "has"), [(b"SPY\nQQ", ("SPY",)), (b"\0\0\0\nQQQ\n", ("QQQ",)), (b"", ())])
def test_a_day_that_lost_a_part_of_its_symbols_is_played_with_those_that_it_knows(
    tmp_path: Path, table: bytes, has: tuple[str, ...]
) -> None:
    tape = Tape(tmp_path, lambda _: None)
    tape.send(OpenTape(day=DAY))
    for number, symbol in enumerate(("SPY", "QQQ")):
        at_ns = NOON_NS + number
        trade = Trade(symbol=symbol, exch_ns=at_ns, recv_ns=at_ns, px=4_500_100, qty=7)
        status = Status(symbol=symbol, exch_ns=at_ns, recv_ns=at_ns, halted=False, code="T", reason="")
        tape.send(Ticks(epoch=1, seq=1, ticks=(replace(quote(at_ns, 4_500_000), symbol=symbol), trade, status)))
    tape.close()
    (tmp_path / DAY / "symbols.txt").write_bytes(table)
    day = RecordedDay(ticks_of(tmp_path / DAY), [])
    assert day.symbols == has
    played = [row.symbol for row in day.until(NOON_NS + 9) if not isinstance(row, rows.News)]
    assert played == [*has] * 4  # best prices, quote, print, status


def play_twice(data: Path) -> None:
    """Record a day whose tape began anew after ten seconds, and then went on for six."""
    tape = Tape(data, lambda _: None)
    tape.send(OpenTape(day=DAY))
    for epoch, seconds in ((1, (0, 5, 10)), (2, (1, 6))):
        for seq, second in enumerate(seconds, 1):
            at_ns = NOON_NS + second * NS_PER_S
            trade = Trade(symbol="SPY", exch_ns=at_ns, recv_ns=at_ns, px=4_500_000 + epoch, qty=7)
            tape.send(Ticks(epoch=epoch, seq=seq, ticks=(quote(at_ns, 4_500_000 * epoch), trade)))
    halted = Status(symbol="SPY", exch_ns=NOON_NS, recv_ns=NOON_NS + 9 * NS_PER_S, halted=True, code="H", reason="T1")
    tape.send(Ticks(epoch=1, seq=4, ticks=(halted,)))
    tape.close()
    tell(data, (1, headline(3, NOON_NS + 8 * NS_PER_S)), (2, headline(3, NOON_NS + 5 * NS_PER_S)))


def test_of_a_day_that_was_played_twice_the_last_time_is_played(tmp_path: Path) -> None:
    play_twice(tmp_path / "data")
    opened = open_source(DAY, settings(), tmp_path / "data")
    assert (opened.passes, opened.start_ns, opened.end_ns) == (2, NOON_NS + NS_PER_S, NOON_NS + 6 * NS_PER_S)
    played = [row for row in opened.source.until(NOON_NS + 60 * NS_PER_S) if not isinstance(row, rows.Nbbo)]
    assert [type(row) for row in played] == [rows.Quote, rows.Print, rows.News, rows.Quote, rows.Print]
    assert [(row.t_ns - NOON_NS) // NS_PER_S for row in played] == [1, 1, 5, 6, 6]
    assert {row.bid_px for row in played if isinstance(row, rows.Quote)} == {9_000_000}


def test_a_feed_that_was_restarted_in_mid_day_is_no_second_time(tmp_path: Path) -> None:
    tape = Tape(tmp_path, lambda _: None)
    tape.send(OpenTape(day=DAY))
    for epoch in (1, 2):
        tape.send(Ticks(epoch=epoch, seq=1, ticks=(quote(NOON_NS + epoch, 4_500_000),)))
    tape.close()
    opened = open_source(DAY, settings(), tmp_path)
    assert (opened.passes, opened.start_ns) == (1, NOON_NS + 1)


def tell(data: Path, *told: tuple[int, Event]) -> None:
    """Write the record of the day: the feed's events, each with its epoch."""
    logs = data.parent / "logs"
    logs.mkdir()
    lines = [line(event, ts_ns=NOON_NS, producer="feed", epoch=epoch, seq=n) for n, (epoch, event) in enumerate(told)]
    (logs / f"events-{DAY}.jsonl").write_bytes(b"".join(raw + b"\n" for raw in lines))


def headline(number: int, recv_ns: int) -> NewsReceived:
    return NewsReceived(
        id=str(number),
        symbols=("SPY",),
        headline="SPY beats",
        source="wire",
        created_ns=recv_ns - 7,
        recv_ns=recv_ns,
    )


def test_a_recorded_day_has_the_headlines_of_its_record(tmp_path: Path) -> None:
    record(tmp_path / "data")
    connected = FeedConnected(symbols=("SPY",), reconnects=0)
    tell(tmp_path / "data", (1, headline(3, NOON_NS + 2)), (1, connected), (1, headline(4, NOON_NS + 8)))
    opened = open_source(DAY, settings(), tmp_path / "data")
    assert opened.has_news
    found = [row for row in opened.source.until(NOON_NS + 9) if not isinstance(row, rows.Nbbo | rows.Print)]
    assert [type(row) for row in found] == [rows.Quote, rows.News, rows.Quote, rows.News, rows.Status]
    assert found[1] == rows.News(NOON_NS + 2, 3, "SPY beats", "", ("SPY",), "wire", NOON_NS - 5)


def test_a_tape_trades_what_it_has_of_what_the_settings_name(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(HEADER + "5,SPY,q,V,100,1,200,1,,,\n6,ZZZ,q,V,100,1,200,1,,,\n")
    opened = open_source(str(path), settings(), tmp_path)
    assert (opened.symbols, opened.start_ns) == (("SPY",), 5)
    assert open_source(str(path), settings(), tmp_path, ("ZZZ",)).symbols == ("ZZZ",)


def test_a_symbol_that_the_tape_does_not_trade_is_named(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(HEADER + "5,SPY,q,V,100,1,200,1,,,\n")
    with pytest.raises(ConfigError, match="does not trade KO"):
        open_source(str(path), settings(), tmp_path, ("KO",))


def test_the_generated_day_is_always_the_same_day(tmp_path: Path) -> None:
    one, two = (open_source(GENERATED, settings(), tmp_path) for _ in range(2))
    until_ns = one.start_ns + 10**10
    assert list(one.source.until(until_ns)) == list(two.source.until(until_ns)) != []


@pytest.mark.parametrize("name", ["no-such-file.csv", "2031-01-01"])
def test_what_is_not_there_is_refused_with_what_is(tmp_path: Path, name: str) -> None:
    (tmp_path / DAY).mkdir()
    with pytest.raises(ConfigError) as error:
        open_source(name, settings(), tmp_path)
    assert DAY in str(error.value) or "2031" in str(error.value)
