"""Orders, trades and positions of a day are what the events say, also with the fleet down."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from hft import events
from hft.errors import NotRunning, UsageError
from hft.home import Home
from hftctl.__main__ import run
from hftctl.commands.lists import _held
from hftctl.picture import PositionRow
from hftctl.record import RecordedPosition, day_named, day_of_record, orders, positions, trades
from recorder import archive
from tests.hftctl.days import DAY, recorded
from tests.recorder.market import Market
from tests.recorder.test_offline import record

if TYPE_CHECKING:
    from pathlib import Path

PX = 4_500_000


def test_every_fill_is_a_trade_in_dollars(tmp_path: Path) -> None:
    home, market = recorded(tmp_path)
    fills = [event for _, event, _ in market.told if isinstance(event, events.OrderFilled)]
    found = trades(home, DAY)
    assert [(row.qty, row.px, row.side) for row in found] == [
        (event.last_qty, event.last_px / 10_000, event.side.word) for event in fills
    ]


def test_an_order_has_its_whole_life_in_one_row(tmp_path: Path) -> None:
    home, market = Home(tmp_path).make(), Market()
    market.order(1, "filled", PX, 100)
    market.fill(2, "filled", PX, 100)
    market.done(2.1, "filled")
    market.order(3, "working", PX, 50)
    market.fill(4, "working", PX, 20)
    record(home, market)
    assert [(row.client_order_id, row.qty, row.cum_qty, row.order_id) for row in orders(home, DAY)] == [
        ("filled", 100, 100, "o"),
        ("working", 50, 20, "o"),
    ]
    assert orders(home, DAY)[0].status == "filled"


def test_a_moved_order_has_the_quantity_that_the_venue_gave_it(tmp_path: Path) -> None:
    home, market = Home(tmp_path).make(), Market()
    market.order(1, "old", PX, 100)
    market.order(2, "new", PX - 100, 100, replaces="old")
    market.tell(2.1, events.OrderResized(strategy="mm", client_order_id="new", qty=70))
    record(home, market)
    assert [(row.client_order_id, row.qty) for row in orders(home, DAY)] == [("old", 100), ("new", 70)]


def test_positions_are_summed_over_the_strategies(tmp_path: Path) -> None:
    home, market = Home(tmp_path).make(), Market()
    market.order(1, "a", PX, 100)
    market.fill(2, "a", PX, 100)
    market.mark(3, PX + 100)
    record(home, market)
    (row,) = positions(home, DAY)
    assert (row.symbol, row.qty, row.ledgers, row.mark_px) == ("SPY", 100, {"mm": 100}, 450.01)


def test_a_day_that_was_put_away_is_read_too(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    before = trades(home, DAY)
    archive.put_away(home, DAY, b"{}")
    archive.pack_all(home, print)
    assert trades(home, DAY) == before


def test_the_last_day_is_meant_when_none_is_named_and_another_is_refused_with_those_there_are(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    assert day_of_record(home, None) == day_of_record(home, "today") == DAY
    with pytest.raises(NotRunning) as refused:
        day_of_record(home, "2011-01-01")
    with pytest.raises(UsageError, match="'foo' is no day"):
        day_of_record(home, "foo")
    assert DAY in str(refused.value)


def test_today_is_the_day_that_was_recorded_last_also_where_an_old_one_is_played(tmp_path: Path) -> None:
    home, _ = recorded(tmp_path)
    (home.logs / "events-2027-01-05.jsonl").write_bytes(archive.live_file(home).read_bytes())
    assert day_of_record(home, "today") == DAY
    assert day_named(home, "today") == DAY
    assert day_named(home, "generated") == "generated"


def test_today_can_be_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(tmp_path)
    assert run(["--home", str(tmp_path), "replay", "today", "--strategy", "drift"]) == 0
    assert f"{DAY}: SPY" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["trades"], ["orders", "--day", "today"], ["positions", "--day", DAY]])
def test_each_list_speaks_three_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    recorded(tmp_path)
    whole = ["--home", str(tmp_path), *command]
    assert run(whole) == 0
    assert "SPY" in capsys.readouterr().out
    assert run([*whole, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)[command[0]]
    assert run([*whole, "--csv"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(table) > 0
    assert list(rows[0]) == list(table[0])


def test_strategy_and_symbol_choose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(tmp_path)
    assert run(["--home", str(tmp_path), "trades", "--strategy", "drift"]) == 0
    assert capsys.readouterr().out == "no trades\n"
    assert run(["--home", str(tmp_path), "trades", "--symbol", "spy", "--strategy", "mm"]) == 0
    assert "SPY" in capsys.readouterr().out


def test_nobodys_shares_are_found_under_their_name_live_and_recorded() -> None:
    live = PositionRow(symbol="SPY", qty=10, broker_qty=10, avg_px=1.0, ledgers={"mm": 4}, unclaimed=6)
    told = RecordedPosition(symbol="SPY", qty=10, ledgers={"mm": 4, "unclaimed": 6}, mark_px=None)
    for row in (live, told):
        assert [_held(row, name, None) for name in ("unclaimed", "mm", "drift", None)] == [True, True, False, True]
    assert not _held(msgspec.structs.replace(live, unclaimed=0), "unclaimed", None)
