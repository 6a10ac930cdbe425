"""Each pre-trade check at its very edge, and what an exit is spared."""

from __future__ import annotations

from typing import Any

import pytest

from hft.clock import NS_PER_S
from hft.words import Refusal, Side
from risk.limits import APPROVED, CHECKS, Denied, Limits, Proposal, check
from risk.state import halted, reducing

LIMITS = Limits(
    order_qty_max=200,
    order_notional_max=50_000_000,
    position_notional_max=100_000_000,
    symbol_notional_max=200_000_000,
    gross_notional_max=600_000_000,
    daily_loss_max=10_000_000,
    strategy_daily_loss_max=2_500_000,
    collar_bps=25.0,
    passive_bps_max=200.0,
    spread_bps_max=50.0,
    stale_after_ns=2 * NS_PER_S,
    working_orders_max=30,
    strategy_working_orders_max=10,
    strategy_orders_per_min_max=40,
)


def proposal(**changes: Any) -> Proposal:  # noqa: ANN401 any field of Proposal
    """Return an order that passes every check, with some facts changed."""
    fields: dict[str, Any] = {
        "symbol": "SPY",
        "side": Side.BUY,
        "qty": 10,
        "px": 1_000_000,
        "reduces": False,
        "bid_px": 999_900,
        "ask_px": 1_000_100,
        "position_after": 10,
        "symbol_after": 10,
        "gross_after": 10_000_000,
        "buying_power": 4_000_000_000,
    }
    return Proposal(**{**fields, **changes})


# Each row: what is changed, and the refusal that must follow; the first row of each pair is still allowed.
EDGES: list[tuple[dict[str, Any], dict[str, Any], Refusal]] = [
    ({}, {"known_symbol": False}, Refusal.UNKNOWN_SYMBOL),
    ({"qty": 1}, {"qty": 0}, Refusal.BAD_ORDER),
    ({"px": 1_000_100}, {"px": 1_000_150}, Refusal.TICK_SIZE),
    ({"qty": 200, "px": 9_999, "bid_px": 9_998, "ask_px": 10_000}, {"qty": 201, "px": 10_000}, Refusal.ORDER_QTY),
    ({"qty": 50}, {"qty": 51}, Refusal.ORDER_NOTIONAL),
    ({}, {"standing": halted("kill switch")}, Refusal.HALTED),
    ({}, {"standing": reducing("updates are down")}, Refusal.REDUCING),
    ({"quote_age_ns": 2 * NS_PER_S}, {"quote_age_ns": 2 * NS_PER_S + 1}, Refusal.STALE_QUOTE),
    ({}, {"bid_px": 0}, Refusal.STALE_QUOTE),
    ({"bid_px": 997_600, "ask_px": 1_002_500}, {"bid_px": 997_400, "ask_px": 1_002_600}, Refusal.WIDE_QUOTE),
    ({}, {"bid_px": 1_000_100, "ask_px": 1_000_100}, Refusal.WIDE_QUOTE),
    ({"px": 1_002_500}, {"px": 1_002_600}, Refusal.PRICE_COLLAR),
    ({"px": 980_000}, {"px": 979_900}, Refusal.PRICE_COLLAR),
    ({"side": Side.SELL, "px": 997_500}, {"side": Side.SELL, "px": 997_400}, Refusal.PRICE_COLLAR),
    ({"strategy_working": 9}, {"strategy_working": 10}, Refusal.WORKING_ORDERS),
    ({"working": 29}, {"working": 30}, Refusal.WORKING_ORDERS),
    ({"orders_last_min": 39}, {"orders_last_min": 40}, Refusal.ORDER_RATE),
    ({"position_after": 100}, {"position_after": 101}, Refusal.POSITION),
    ({"symbol_after": 200}, {"symbol_after": 201}, Refusal.SYMBOL_EXPOSURE),
    ({"gross_after": 600_000_000}, {"gross_after": 600_000_001}, Refusal.GROSS_EXPOSURE),
    ({"buying_power": 10_000_000}, {"buying_power": 9_999_999}, Refusal.BUYING_POWER),
    ({"strategy_day_pnl": -2_499_999}, {"strategy_day_pnl": -2_500_000}, Refusal.DAILY_LOSS),
    ({"day_pnl": -9_999_999}, {"day_pnl": -10_000_000}, Refusal.DAILY_LOSS),
]


@pytest.mark.parametrize(("fine", "wrong", "reason"), EDGES, ids=[f"{row[2]}-{n}" for n, row in enumerate(EDGES)])
def test_each_limit_holds_at_its_edge(fine: dict[str, Any], wrong: dict[str, Any], reason: Refusal) -> None:
    assert check(proposal(**fine), LIMITS) is APPROVED
    denied = check(proposal(**{**fine, **wrong}), LIMITS)
    assert isinstance(denied, Denied)
    assert denied.reason is reason
    assert denied.text


@pytest.mark.parametrize(
    "facts",
    [
        {"qty": 500},
        {"quote_age_ns": 60 * NS_PER_S},
        {"bid_px": 0, "ask_px": 0},
        {"bid_px": 900_000, "ask_px": 1_100_000},
        {"position_after": 10_000, "symbol_after": 10_000, "gross_after": 10**12},
        {"working": 1_000, "strategy_working": 1_000},
        {"buying_power": 0},
        {"strategy_day_pnl": -(10**9), "day_pnl": -(10**9)},
        {"standing": reducing("anything")},
        {"orders_last_min": 60},
    ],
)
def test_an_exit_passes_what_holds_back_new_risk(facts: dict[str, Any]) -> None:
    assert check(proposal(reduces=True, side=Side.SELL, **facts), LIMITS) is APPROVED


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"standing": halted("kill switch")}, Refusal.HALTED),
        ({"px": 990_000}, Refusal.PRICE_COLLAR),
        ({"px": 1_000_050}, Refusal.TICK_SIZE),
        ({"orders_last_min": 80}, Refusal.ORDER_RATE),
    ],
)
def test_an_exit_is_still_no_fat_finger(facts: dict[str, Any], reason: Refusal) -> None:
    denied = check(proposal(reduces=True, side=Side.SELL, **facts), LIMITS)
    assert isinstance(denied, Denied)
    assert denied.reason is reason


def test_a_share_below_a_dollar_has_finer_ticks_and_a_collar_of_two_cents() -> None:
    cheap = {"bid_px": 5_000, "ask_px": 5_010, "position_after": 1}
    assert check(proposal(px=5_205, **cheap), LIMITS) is APPROVED
    assert isinstance(check(proposal(px=5_206, **cheap), LIMITS), Denied)


def test_each_refusal_of_the_table_is_there_once() -> None:
    reasons = [row.reason for row in CHECKS]
    assert len(reasons) == len(set(reasons))


def test_a_refusal_gives_the_numbers() -> None:
    denied = check(proposal(qty=51), LIMITS)
    assert denied == Denied(Refusal.ORDER_NOTIONAL, "$5,100.00 in one order, at most $5,000.00")
