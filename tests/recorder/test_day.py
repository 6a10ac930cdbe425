"""What a day of events says, and its rows."""

from __future__ import annotations

import msgspec
import pytest

from hft import events
from hft.words import OrdStatus, Refusal, Side
from recorder import summary
from recorder.day import Day
from tests.recorder.samples import filled


def sent(qty: int = 10, strategy: str = "mm") -> events.OrderSent:
    return events.OrderSent(
        strategy=strategy, client_order_id="c", symbol="SPY", side=Side.BUY, qty=qty, px=1, tif="day",
        bid_px=0, ask_px=0, intent_ns=0,
    )  # fmt: skip


def done(status: OrdStatus) -> events.OrderDone:
    return events.OrderDone(
        strategy="mm", client_order_id="c", order_id="o", symbol="SPY", side=Side.BUY, qty=10, cum_qty=0, px=1,
        status=status, text="", age_ms=1.0,
    )  # fmt: skip


def started(process: str) -> events.ProcessStarted:
    return events.ProcessStarted(process=process, pid=1, version="", config_hash="")


REFUSED = events.OrderRefused(
    strategy="mm", symbol="SPY", side=Side.BUY, qty=1, px=1, reason=Refusal.POSITION, text="", count=3
)
LAUNCH = events.FleetStarted(launch_id="L", mode="sim", strategies=("mm", "pairs"), symbols=("SPY",))


def after(*told: events.AnyEvent) -> Day:
    day = Day("2026-11-23")
    for event in told:
        day.add(event)
    return day


def row(day: Day, strategy: str) -> summary.Row:
    (found,) = (row for row in summary.rows_of(day) if row["strategy"] == strategy)
    return found


def moved(name: str, old: str, qty: int) -> events.OrderSent:
    return msgspec.structs.replace(sent(qty), client_order_id=name, replaces=old)


def test_an_order_that_is_moved_is_one_order_however_often() -> None:
    day = after(
        sent(10), moved("d", "c", 10), done(OrdStatus.REPLACED), moved("e", "d", 14), filled(7, 5_000_000),
    )  # fmt: skip
    mm = row(day, "mm")
    assert (mm["orders"], mm["moves"]) == ("1", "2")
    assert mm["fill_ratio"] == "0.5000", "7 of 14 shares wished, not of 34 sent"


def test_every_strategy_of_the_launch_has_a_row_and_all_comes_last() -> None:
    assert [row["strategy"] for row in summary.rows_of(after(LAUNCH))] == ["mm", "pairs", "ALL"]


def test_orders_fills_and_refusals_are_counted() -> None:
    day = after(
        sent(10), sent(30), filled(10, 5_000_000), done(OrdStatus.REJECTED), done(OrdStatus.CANCELED), REFUSED,
        events.CancelRequested(strategy="mm", client_order_id="c", reason=""),
        events.RequestsCounted(requests={"mm": 5, "router": 2}),
    )  # fmt: skip
    mm = row(day, "mm")
    assert {name: mm[name] for name in ("orders", "fills", "shares", "rejects", "denials", "cancels", "requests")} == {
        "orders": "2", "fills": "1", "shares": "10", "rejects": "1", "denials": "3", "cancels": "1", "requests": "5",
    }  # fmt: skip
    assert (mm["fill_ratio"], mm["notional"], mm["end_position_shares"]) == ("0.2500", "5000.0000", "10")
    assert row(day, "ALL")["requests"] == "7"


def test_profit_follows_the_marks_and_fees_stand_apart() -> None:
    day = after(
        filled(10, 5_000_000, fee=30), events.MarketMarked(mids={"SPY": 5_010_000}),
        events.MarketMarked(mids={"SPY": 4_990_000}),
    )  # fmt: skip
    mm = row(day, "mm")
    assert (mm["pnl_paper"], mm["fees"], mm["max_drawdown"]) == ("-10.0000", "0.0030", "20.0000")


def test_what_is_not_known_is_left_empty() -> None:
    mm = row(after(filled(10, 5_000_000)), "mm")
    assert {mm.get(name, "") for name in ("pnl_honest_low", "pnl_honest_mid", "markout_1s_bps")} == {""}


def test_two_strategies_on_opposite_sides_leave_the_account_flat() -> None:
    day = after(filled(10, 100), filled(10, 100, side=Side.SELL, strategy="pairs"))
    assert row(day, "ALL")["end_position_shares"] == "0"
    assert row(day, "pairs")["end_position_shares"] == "10"


def test_a_position_brought_into_the_day_earns_from_its_mark() -> None:
    opened = events.DayOpened(day="2026-11-23", positions={"mm": {"SPY": (10, 100)}})
    day = after(opened, filled(5, 110, position=15, mid_px=110))
    assert day.lines["mm"].paper.pnl == 10 * 10
    assert day.positions() == {"mm": {"SPY": (15, 110)}}


def test_a_restart_is_counted_and_a_new_launch_is_none() -> None:
    stopping = events.FleetStopping(reason="")
    day = after(started("mm"), started("mm"), started("feed"), stopping, started("mm"), LAUNCH)
    assert (row(day, "mm")["restarts"], row(day, "ALL")["restarts"]) == ("1", "1")


def test_the_file_is_the_same_bytes_for_the_same_events_and_is_read_back() -> None:
    rows = summary.rows_of(after(LAUNCH, sent(), filled(10, 5_000_000)))
    data = summary.encode(rows)
    assert data == summary.encode(summary.rows_of(after(LAUNCH, sent(), filled(10, 5_000_000))))
    assert summary.encode(summary.decode(data)) == data
    assert data.splitlines()[0].decode().split(",")[:3] == ["date", "strategy", "orders"]


def test_a_day_replaces_its_own_rows_and_no_others() -> None:
    old = summary.decode(summary.encode([{"date": "2026-11-20", "strategy": "mm", "fills": "9"}]))
    stale = summary.decode(summary.encode([{"date": "2026-11-23", "strategy": "gone", "fills": "9"}]))
    merged = summary.merge([*stale, *old], summary.rows_of(after(LAUNCH)))
    assert [(row["date"], row["strategy"]) for row in merged] == [
        ("2026-11-20", "mm"), ("2026-11-23", "mm"), ("2026-11-23", "pairs"), ("2026-11-23", "ALL"),
    ]  # fmt: skip


def test_money_has_four_exact_decimals() -> None:
    assert [summary.dollars(money) for money in (0, 1, -1, 12_345, -10_000)] == [
        "0.0000", "0.0001", "-0.0001", "1.2345", "-1.0000",
    ]  # fmt: skip


def test_a_cell_that_a_spreadsheet_would_calculate_is_quoted() -> None:
    data = summary.encode([{"date": "2026-11-23", "strategy": "=1+1"}])
    assert b"'=1+1" in data


def claimed(qty: int, px: int) -> events.PositionClaimed:
    return events.PositionClaimed(symbol="SPY", strategy="mm", qty=qty, px=px, position=qty)


@pytest.mark.parametrize("side", [1, -1])
def test_shares_that_a_person_gave_to_a_strategy_are_its_own_and_nobodys_no_longer(side: int) -> None:
    bought = filled(10, 1_000_000, side=Side(side), strategy="unclaimed")
    day = after(bought, claimed(4 * side, 1_000_500), events.MarketMarked(mids={"SPY": 1_001_000}))
    assert day.account_positions() == {"SPY": 10 * side}
    assert {name: line.paper.positions for name, line in day.lines.items()} == {
        "unclaimed": {"SPY": 6 * side},
        "mm": {"SPY": 4 * side},
    }
    assert day.lines["mm"].paper.pnl == 4 * side * 500, "what they had earned before stays with nobody"
    assert day.pnl == 10 * side * 1_000
    day.add(filled(4, 1_001_000, side=Side(-side), position=0))
    assert day.account_positions() == {"SPY": 6 * side}


def test_shares_that_the_record_never_saw_bought_come_to_a_strategy_at_the_price_of_the_claim() -> None:
    day = after(claimed(4, 1_000_500), events.MarketMarked(mids={"SPY": 1_001_000}))
    assert (day.account_positions(), day.pnl) == ({"SPY": 4}, 2_000)
    assert set(day.lines) == {"mm"}
