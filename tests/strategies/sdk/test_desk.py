"""Wishes become orders one at a time, and what must be refused is never asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import CancelAll, CancelOrder, NewOrder, Quote
from hft.words import OrdStatus, Refusal, Side, Tif, TradingState
from tests.strategies.sdk.example import ELEVEN_NS, accepted, desk, kinds, quote, refused, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from strategies.sdk.desk import Desk

BID, ASK = 4_499_900, 4_500_500


def resting(side: Side = Side.BUY, px: int = BID, **rules: int) -> Desk:
    """Return a desk with one order of its own resting."""
    made = desk(**rules)
    list(made.quote("SPY", side, 4, px, basis_ns=ELEVEN_NS))
    made.orders.accepted(accepted(made.seq, "h1"))
    made.orders.reported(report("h1", OrdStatus.NEW, side=side, px=px), ELEVEN_NS)
    return made


def test_a_wish_becomes_a_new_order_that_expires_soon() -> None:
    assert list(desk().quote("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS - 1)) == [
        NewOrder(
            strategy="mm",
            epoch=3,
            seq=1,
            symbol="SPY",
            side=Side.BUY,
            qty=4,
            px=BID,
            tif=Tif.DAY,
            expires_ns=ELEVEN_NS + 500 * NS_PER_MS,
            basis_ns=ELEVEN_NS - 1,
        )
    ]


def test_an_order_that_rests_close_enough_to_the_wish_stays() -> None:
    made = resting()
    assert list(made.quote("SPY", Side.BUY, 4, BID + 100, basis_ns=ELEVEN_NS, keep_within=100)) == []


def test_a_wish_elsewhere_cancels_first_and_places_when_the_cancel_is_back() -> None:
    made = resting()
    moved = list(made.quote("SPY", Side.BUY, 4, BID - 300, basis_ns=ELEVEN_NS, keep_within=100))
    assert moved == [CancelOrder(strategy="mm", epoch=3, seq=2, client_order_id="h1")]
    assert list(made.settle()) == []
    made.orders.reported(report("h1", OrdStatus.CANCELED), ELEVEN_NS)
    (placed,) = made.settle()
    assert isinstance(placed, NewOrder)
    assert (placed.seq, placed.px) == (3, BID - 300)


def test_the_newest_wish_wins_while_a_cancel_is_on_its_way() -> None:
    made = resting()
    list(made.quote("SPY", Side.BUY, 4, BID - 300, basis_ns=ELEVEN_NS))
    assert list(made.quote("SPY", Side.BUY, 4, BID - 500, basis_ns=ELEVEN_NS)) == []
    made.orders.reported(report("h1", OrdStatus.CANCELED), ELEVEN_NS)
    (placed,) = made.settle()
    assert isinstance(placed, NewOrder)
    assert placed.px == BID - 500


def test_an_order_without_a_name_is_left_alone_until_it_has_one() -> None:
    made = desk()
    list(made.quote("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS))
    assert list(made.quote("SPY", Side.BUY, 4, BID - 300, basis_ns=ELEVEN_NS)) == []
    made.orders.accepted(accepted(1, "h1"))
    assert kinds(made.settle()) == ["CancelOrder"]


def test_an_order_older_than_a_minute_is_renewed_when_the_wish_moved_at_all() -> None:
    made = resting()
    made.now_ns += 61 * NS_PER_S
    same = list(made.quote("SPY", Side.BUY, 4, BID, basis_ns=made.now_ns, keep_within=500))
    moved = list(made.quote("SPY", Side.BUY, 4, BID - 100, basis_ns=made.now_ns, keep_within=500))
    assert (kinds(same), kinds(moved)) == ([], ["CancelOrder"])


def test_a_cancel_that_does_not_come_back_is_asked_again() -> None:
    made = resting()
    assert kinds(made.unquote("SPY", Side.BUY)) == ["CancelOrder"]
    made.now_ns += NS_PER_S
    assert list(made.settle()) == []
    made.now_ns += 3 * NS_PER_S
    assert kinds(made.settle()) == ["CancelOrder"]


def test_a_wish_to_close_is_forgotten_when_the_position_is_gone() -> None:
    made = desk()
    made.orders.positions["SPY"] = 4
    list(made.quote("SPY", Side.SELL, 4, ASK, basis_ns=ELEVEN_NS))
    made.orders.accepted(accepted(1, "h1"))
    made.orders.reported(
        report("h1", OrdStatus.FILLED, side=Side.SELL, px=ASK, last_qty=4, cum_qty=4, position=0), ELEVEN_NS
    )
    assert list(made.settle()) == []


def test_cancel_all_forgets_the_wishes_too() -> None:
    made = resting()
    assert list(made.cancel_all()) == [CancelAll(strategy="mm", epoch=3, seq=2)]
    made.orders.reported(report("h1", OrdStatus.CANCELED), ELEVEN_NS)
    assert list(made.settle()) == []


def long_four(made: Desk) -> None:
    made.orders.positions["SPY"] = 4


def sell_working(made: Desk) -> None:
    list(made.limit("SPY", Side.SELL, 4, ASK, basis_ns=ELEVEN_NS))
    assert len(made.orders) == 1


def sell_close_by(made: Desk) -> None:
    long_four(made)
    list(made.limit("SPY", Side.SELL, 4, BID + 100, basis_ns=ELEVEN_NS))
    assert len(made.orders) == 1


def set_to(name: str, value: object) -> Callable[[Desk], None]:
    return lambda made: setattr(made, name, value)


def later(made: Desk) -> None:
    made.now_ns += 2_100 * NS_PER_MS


def quoted(bid_px: int, ask_px: int) -> Callable[[Desk], None]:
    def show(made: Desk) -> None:
        made.quotes["SPY"] = quote(bid_px, ask_px)

    return show


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (set_to("closed_because", "the feed is down"), "its link: the feed is down"),
        (set_to("state", TradingState.HALTED), "its state: halted"),
        (set_to("state", TradingState.REDUCING), "its state: reducing"),
        (set_to("disabled_because", "lost too much"), "its state: no entries, lost too much"),
        (set_to("now_ns", ELEVEN_NS + 5 * 3_600 * NS_PER_S), "the time of day: outside the session"),
        (set_to("acting", value=False), "the age of the price: the tick came late"),
        (later, "the age of the price: 2,100 ms, 2,000 allowed"),
        (set_to("halted", {"SPY"}), "a trading halt: in SPY, until the exchange lifts it"),
        (quoted(0, 4_500_400), "the quote: none with two sides"),
        (quoted(4_490_000, 4_520_000), "the quote: its spread is 67 bps, 50 allowed"),
        (quoted(4_480_000, 4_480_400), "the quote: the order would go 44 bps through the mid, 25 allowed"),
        (quoted(4_600_000, 4_600_400), "the quote: the order would rest too far behind the mid"),
        (sell_working, "its own order on the other side: a sell that opens a position is working"),
        (sell_close_by, "its own order on the other side: its sell at 450.00"),
    ],
)
def test_an_entry_is_not_asked_for_when(spoil: Callable[[Desk], None], says: str) -> None:
    made = desk()
    spoil(made)
    assert list(made.limit("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS)) == []
    assert made.held_back.startswith(says)


@pytest.mark.parametrize(
    ("rule", "value", "says"),
    [
        ("order_qty_max", 3, "the size of the order: 4 shares, 3 allowed (limits.order_qty_max)"),
        ("order_notional_max", 17_000_000, "the size of the order: $1,799, $1,700 allowed (limits.order_usd_max)"),
        (
            "position_notional_max",
            17_000_000,
            "the size of the position: $1,799, $1,700 allowed (limits.position_usd_max)",
        ),
        ("working_orders_max", 0, "the number of working orders: 0 working, 0 allowed"),
        (
            "orders_per_min_max",
            0,
            "the number of orders a minute: 0 in the last, 0 allowed, the rest is kept for exits",
        ),
    ],
)
def test_an_entry_beyond_a_limit_is_not_asked_for(rule: str, value: int, says: str) -> None:
    made = desk(**{rule: value})
    assert list(made.limit("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS)) == []
    assert made.held_back == says


def test_an_exit_works_where_an_entry_does_not() -> None:
    made = desk(order_notional_max=1, orders_per_min_max=1)
    made.state, made.disabled_because = TradingState.REDUCING, "lost too much"
    long_four(made)
    (sold,) = made.limit("SPY", Side.SELL, 4, ASK, basis_ns=ELEVEN_NS)
    assert sold.reduce_only


def test_no_order_crosses_zero() -> None:
    made = desk()
    long_four(made)
    assert list(made.limit("SPY", Side.SELL, 5, ASK, basis_ns=ELEVEN_NS)) == []
    assert made.held_back == "what is left to close: 5 shares, 4 free to close"
    assert kinds(made.limit("SPY", Side.SELL, 3, ASK, basis_ns=ELEVEN_NS)) == ["NewOrder"]
    assert list(made.limit("SPY", Side.SELL, 2, ASK, basis_ns=ELEVEN_NS)) == []
    assert made.held_back == "what is left to close: 2 shares, 1 free to close"


def test_the_position_limit_counts_what_is_working_and_on_its_way() -> None:
    made = desk(position_notional_max=40_000_000)
    assert kinds(made.limit("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS)) == ["NewOrder"]
    assert kinds(made.limit("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS)) == ["NewOrder"]
    assert list(made.limit("SPY", Side.BUY, 1, BID, basis_ns=ELEVEN_NS)) == []
    assert made.held_back == "the size of the position: $4,049, $4,000 allowed (limits.position_usd_max)"


def test_a_refusal_lets_that_side_rest_for_a_while() -> None:
    made = desk()
    list(made.quote("SPY", Side.BUY, 4, BID, basis_ns=ELEVEN_NS))
    made.refused(refused(1, Refusal.WASH_TRADE, "drift sells at 450.00"))
    assert list(made.settle()) == []
    assert made.held_back == "a refusal: tries again in 2 s, because drift sells at 450.00"
    assert kinds(made.limit("SPY", Side.SELL, 4, ASK, basis_ns=ELEVEN_NS)) == ["NewOrder"]


def test_orders_are_counted_by_the_minute() -> None:
    made = desk(orders_per_min_max=2)
    assert kinds(made.limit("SPY", Side.BUY, 1, BID, basis_ns=ELEVEN_NS)) == ["NewOrder"]
    made.now_ns += 59 * NS_PER_S
    assert list(made.limit("SPY", Side.BUY, 1, BID, basis_ns=made.now_ns)) == []
    made.now_ns += 1 * NS_PER_S
    assert kinds(made.limit("SPY", Side.BUY, 1, BID, basis_ns=made.now_ns)) == ["NewOrder"]


def test_the_last_orders_of_a_minute_are_kept_for_exits() -> None:
    made = desk(orders_per_min_max=2)
    long_four(made)
    assert kinds(made.limit("SPY", Side.BUY, 1, BID, basis_ns=ELEVEN_NS)) == ["NewOrder"]
    assert list(made.limit("SPY", Side.BUY, 1, BID, basis_ns=ELEVEN_NS)) == []
    assert kinds(made.limit("SPY", Side.SELL, 1, ASK, basis_ns=ELEVEN_NS)) == ["NewOrder"]
    assert list(made.limit("SPY", Side.SELL, 1, ASK, basis_ns=ELEVEN_NS)) == []
    assert made.held_back == "the number of orders a minute: 2 in the last, 2 allowed"


def test_a_quote_is_what_the_example_says() -> None:
    assert isinstance(desk().quotes["SPY"], Quote)
    assert desk().quotes["SPY"].mid == 4_500_200
