"""The tape player: what each kind of row means, merging, looping, moving in time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.errors import ConfigError
from venue import market
from venue.config import VenueConfig
from venue.exchange import Exchange
from venue.rows import Nbbo, Print, Quote
from venue.tape import HEADER, Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECOND = 1_000_000_000


def tape(*rows: str, loop: bool = False, shift_ns: int = 0) -> Tape:
    def opener() -> Iterator[str]:
        return iter([HEADER, *rows])

    return Tape([opener], loop=loop, shift_ns=shift_ns)


def test_q_rows_serve_as_both_where_there_is_no_nbbo() -> None:
    player = tape("1,AAA,q,Q,100,5,200,6,,,")
    assert list(player.until(1)) == [Nbbo(1, "AAA", 100, 5, 200, 6), Quote(1, "AAA", 100, 5, 200, 6)]


def test_with_n_rows_the_q_rows_are_only_what_the_stream_shows() -> None:
    player = tape("1,AAA,n,N,100,5,200,6,,,", "2,AAA,q,V,90,1,210,1,,,")
    assert list(player.until(9)) == [Nbbo(1, "AAA", 100, 5, 200, 6), Quote(2, "AAA", 90, 1, 210, 1)]


def test_with_n_rows_only_iex_prints_are_published() -> None:
    player = tape("1,AAA,n,N,100,5,200,6,,,", "2,AAA,t,K,,,,,150,7,", "3,AAA,t,V,,,,,151,8,")
    prints = [row for row in player.until(9) if isinstance(row, Print)]
    assert [(row.px, row.qty, row.published) for row in prints] == [(150, 7, False), (151, 8, True)]


def test_where_there_are_only_prints_a_quote_of_one_tick_to_either_side_is_assumed() -> None:
    player = tape("1,ETF,t,,,,,,238200,3,")
    rows = list(player.until(1))
    assert [type(row) for row in rows] == [Nbbo, Quote, Print]
    assert rows[0] == Nbbo(1, "ETF", 238_100, 100, 238_300, 100)


def test_rows_come_when_their_time_has_come() -> None:
    player = tape("1,AAA,q,Q,100,5,200,6,,,", "5,AAA,q,Q,101,5,200,6,,,")
    assert len(list(player.until(4))) == 2
    assert player.next_ns() == 5
    assert len(list(player.until(5))) == 2
    assert player.next_ns() is None


def test_several_files_are_merged_by_time() -> None:
    first = [HEADER, "1,AAA,t,V,,,,,10,1,", "3,AAA,t,V,,,,,10,1,"]
    second = [HEADER, "2,BBB,t,V,,,,,10,1,"]
    player = Tape([lambda: iter(first), lambda: iter(second)])
    assert [row.t_ns for row in player.until(9) if isinstance(row, Print)] == [1, 2, 3]
    assert player.symbols == ("AAA", "BBB")


def test_a_loop_begins_again_with_shifted_time() -> None:
    player = tape("10,AAA,t,V,,,,,10,1,", "20,AAA,t,V,,,,,11,1,", loop=True)
    stamps = [row.t_ns for row in player.until(20 + SECOND + 20) if isinstance(row, Print)]
    assert stamps == [10, 20, 20 + SECOND, 30 + SECOND]


def test_a_shift_moves_every_row() -> None:
    player = tape("10,AAA,q,Q,100,5,200,6,,,", shift_ns=90)
    assert player.first_ns == 100


def test_begun_in_the_middle_of_the_day_it_starts_from_the_state_then() -> None:
    player = tape("1,AAA,q,Q,100,5,200,6,,,", "2,AAA,q,Q,101,5,200,6,,,", f"{20 * SECOND},AAA,q,Q,102,5,200,6,,,")
    assert [row.bid_px for row in player.until(10 * SECOND) if isinstance(row, Quote)] == [101]
    assert [row.bid_px for row in player.until(20 * SECOND) if isinstance(row, Quote)] == [102]


def test_what_is_no_tape_is_refused_with_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n")
    with pytest.raises(ConfigError, match="is not a tape"):
        market.tape([path])
    with pytest.raises(ConfigError, match="cannot be read"):
        market.tape([tmp_path / "absent.csv"])


def test_a_tape_of_another_day_is_moved_to_the_anchor(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{HEADER}\n10,AAA,q,Q,100,5,200,6,,,\n")
    assert market.tape_near(path, 10**18).first_ns == 10**18
    assert market.tape_near(path, 11).first_ns == 10


def test_the_real_day_of_two_stocks_plays_whole(data_file: Callable[[str], Path]) -> None:
    player = market.tape([data_file("nasdaq-2012-06-21-AAPL-AMZN.csv.gz")])
    counts = Counter(type(row) for row in _in_steps(player, hours=7))
    assert counts == {Nbbo: 162_236, Quote: 162_236, Print: 46_409}
    assert set(player.symbols) == {"AAPL", "AMZN"}


def test_the_real_iex_day_keeps_nbbo_and_view_apart(data_file: Callable[[str], Path]) -> None:
    player = market.tape([data_file("taq-2018-01-02-XXX-iex-nbbo.csv.gz")])
    rows = list(_in_steps(player, hours=7))
    published = sum(1 for row in rows if isinstance(row, Print) and row.published)
    assert sum(1 for row in rows if isinstance(row, Nbbo)) == 117_814
    assert sum(1 for row in rows if isinstance(row, Quote)) == 2_342
    assert 700 < published < 1_200


def _in_steps(player: Tape, *, hours: int) -> Iterator[Nbbo | Quote | Print]:
    for minute in range(hours * 60):
        yield from player.until(player.first_ns + minute * 60 * SECOND)


def test_fills_are_made_at_the_nbbo_that_the_stream_does_not_show(data_file: Callable[[str], Path]) -> None:
    player = market.tape([data_file("taq-2018-01-02-XXX-iex-nbbo.csv.gz")])
    exchange = Exchange(VenueConfig(partial_fill_pct=0.0, requests_per_min=10**9), player)
    now_ns = player.first_ns + 600 * SECOND
    account = exchange.open_account("K", "S", now_ns)
    shown: Quote | None = None
    inside = 0
    for minute in range(60):
        now_ns += 60 * SECOND
        side = ("buy", "sell")[minute % 2]
        shown = next((row for row in reversed(exchange.frames(now_ns).rows) if isinstance(row, Quote)), shown)
        body = {"symbol": "XXX", "side": side, "qty": 10, "type": "market", "time_in_force": "day"}
        assert exchange.request(account, "POST", "/v2/orders", {}, msgspec.json.encode(body), now_ns).status == 200
        exchange.frames(now_ns + SECOND)
        fill = exchange.engine.books[account].fills[-1]
        assert shown is not None
        inside += shown.bid_px < fill.px < shown.ask_px
    book = exchange.engine.books[account]
    assert len(book.fills) == 60
    assert book.account.cash == book.account.start_cash + book.position("XXX").realised
    assert inside > 30
