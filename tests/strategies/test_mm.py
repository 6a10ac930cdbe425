"""mm in Alpaca's shape: one side at zero, an adding and a closing one with inventory, skewed, pulled, and honest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import CancelOrder, ExecutionReport, NewOrder, Quote, Trade
from hft.words import Side
from strategies.mm import MarketMaker
from tests.strategies.arena import Arena, core_of
from tests.strategies.sdk.example import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Tick
    from strategies.mm import View

START_NS = 1_795_446_300 * NS_PER_S  # Monday 23 November 2026, 10:05 in New York: at ten itself figures are due
BID, ASK = 1_000_000, 1_000_600


class Market:
    """One symbol around a dollar price, and mm in it."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 parameters of mm
        self.arena = Arena(core_of("mm", ("SPY",), **{"warm_s": 1.0, **given}))
        family = self.arena.core.strategy
        assert isinstance(family, MarketMaker)
        self.mm, self.now_ns = family, START_NS

    @property
    def view(self) -> View:
        return self.mm.views["SPY"]

    def quotes(self, count: int, bid: int = BID, ask: int = ASK, *, qty: int = 300) -> Iterator[tuple[int, Tick]]:
        """Return quotes 100 ms apart, their sizes wobbling a little as they do."""
        for step in range(count):
            self.now_ns += 100 * NS_PER_MS
            yield (
                self.now_ns,
                Quote(
                    symbol="SPY",
                    exch_ns=self.now_ns,
                    recv_ns=self.now_ns,
                    bid_px=bid,
                    bid_qty=qty + 100 * (step % 2),
                    ask_px=ask,
                    ask_qty=qty + 100 * (step % 3 == 0),
                ),
            )

    def play(self, seconds: float, bid: int = BID, ask: int = ASK, *, qty: int = 300) -> Market:
        self.arena.play(self.quotes(round(seconds * 10), bid, ask, qty=qty))
        return self

    def sides(self) -> dict[Side, NewOrder]:
        return {order.side: order for order in self.arena.orders.values()}

    def asked(self) -> int:
        return sum(isinstance(message, NewOrder) for _, message in self.arena.said)


def test_at_zero_it_quotes_one_side_only_and_behind_the_market() -> None:
    market = Market().play(10)
    ((side, order),) = market.sides().items()
    assert order.qty == 19  # two thousand dollars at a hundred and three cents each
    assert order.px < ASK if side is Side.BUY else order.px > BID
    assert order.px % 100 == 0


def test_at_zero_it_changes_sides_when_nothing_comes() -> None:
    market = Market(lean_s=3.0)
    seen = {side for _ in range(40) for side in market.play(1).sides()}
    assert seen == {Side.BUY, Side.SELL}


def test_with_inventory_one_side_adds_and_the_other_closes_what_is_held() -> None:
    market = Market().play(10)
    ((side, order),) = market.sides().items()
    shift = -side.sign * 1_000  # the market comes to us
    market.play(1, BID + shift, ASK + shift)
    assert market.arena.positions == {"SPY": side.sign * order.qty}
    market.play(
        16, BID + shift, ASK + shift
    )  # the move itself was order flow, which pulled the adding side for ten seconds
    sides = market.sides()
    assert set(sides) == {Side.BUY, Side.SELL}
    assert sides[side.opposite].qty <= order.qty
    assert sides[Side.SELL].px - sides[Side.BUY].px >= 200


def test_inventory_shifts_both_quotes_against_itself() -> None:
    flat, long = Market().play(10), Market()
    long.arena.core.desk.orders.positions["SPY"] = 19
    long.arena.positions["SPY"] = 19
    long.play(10)
    mid = (BID + ASK) / 2
    half = flat.view.half_px
    sides = long.sides()
    assert mid - sides[Side.BUY].px > half
    assert sides[Side.SELL].px - mid < half + 100


def test_it_never_adds_beyond_its_units() -> None:
    market = Market()
    market.arena.core.desk.orders.positions["SPY"] = market.arena.positions["SPY"] = 60
    assert set(market.play(10).sides()) == {Side.SELL}


def test_it_does_not_requote_for_a_move_smaller_than_a_quarter_of_its_half_spread() -> None:
    market = Market(lean_s=1_000.0).play(10)
    before = market.asked()
    market.play(20, BID, ASK + 100)
    assert market.asked() == before


def test_it_follows_a_market_that_moved() -> None:
    market = Market(lean_s=1_000.0).play(10)
    ((_, before),) = market.sides().items()
    market.play(10, BID + 3_000, ASK + 3_000)
    ((_, after),) = market.sides().items()
    assert after.px == pytest.approx(before.px + 3_000, abs=400) or market.arena.fills


def test_a_spread_far_over_its_median_takes_the_quotes_away() -> None:
    market = Market(spread_gate_bps=1_000.0).play(10)
    market.play(6, BID - 3_000, ASK + 3_000)
    assert not market.arena.orders
    assert "the quote is too wide (over 5 times the usual)" in market.mm.why()


def test_quotes_too_wide_to_be_prices_take_the_quotes_away_after_a_while() -> None:
    market = Market(spread_gate_bps=8.0, quote_age_s_max=5.0).play(10)
    market.play(12, BID - 1_000, ASK + 1_000)
    assert not market.arena.orders
    assert any(word in market.mm.why() for word in ("no usable quote", "not known well enough"))


def test_order_flow_against_a_side_pulls_it() -> None:
    market = Market(lean_s=1_000.0).play(20)
    market.arena.core.desk.orders.positions["SPY"] = market.arena.positions["SPY"] = -19
    market.play(8)
    assert set(market.sides()) == {Side.BUY, Side.SELL}
    cancels = sum(isinstance(message, CancelOrder) for _, message in market.arena.said)
    market.arena.play(flood(market))
    market.arena.until(market.now_ns + NS_PER_S)
    assert market.view.flow.z > 3
    assert sum(isinstance(message, CancelOrder) for _, message in market.arena.said) > cancels
    assert set(market.sides()) == {Side.BUY}  # what closes may stay


def flood(market: Market) -> Iterator[tuple[int, Tick]]:
    """Return quotes whose bid grows and grows."""
    for step in range(6):
        market.now_ns += 100 * NS_PER_MS
        yield (
            market.now_ns,
            Quote(
                symbol="SPY",
                exch_ns=market.now_ns,
                recv_ns=market.now_ns,
                bid_px=BID,
                bid_qty=20_000 * (step + 1),
                ask_px=ASK,
                ask_qty=300,
            ),
        )


def test_it_gives_up_when_fifty_fills_have_lost_more_than_the_half_spread() -> None:
    market = Market().play(10)
    report = next(message for message in reports(market) if message.last_qty)
    view = market.view
    for number in range(50):
        view.markouts.filled(1, 1_000_300.0, market.now_ns + number)
    market.now_ns += 6 * NS_PER_S
    view.markouts.priced(985_000.0, market.now_ns)
    said = list(market.mm.on_report(report))
    assert [type(message).__name__ for message in said] == ["CancelAll"]
    assert market.arena.core.desk.disabled_because.startswith("SPY: 50 fills lost")


def reports(market: Market) -> Iterator[Any]:
    """Return the reports that the core hears while the market runs through its quote."""
    heard: list[Any] = []
    original = market.arena.hear

    def listen(message: Any, now_ns: int) -> None:  # noqa: ANN401 any message
        heard.append(message)
        original(message, now_ns)

    market.arena.hear = listen  # type: ignore[method-assign]  # listens in
    market.play(3, BID - 4_000, ASK - 4_000)
    market.play(3, BID + 8_000, ASK + 8_000)
    yield from (message for message in heard if isinstance(message, ExecutionReport))


def test_prints_teach_how_deep_orders_reach() -> None:
    market = Market().play(2)
    for number in range(300):
        market.now_ns += 50 * NS_PER_MS
        px = BID - 100 * (number % 8)
        trade = Trade(symbol="SPY", exch_ns=market.now_ns, recv_ns=market.now_ns, px=px, qty=100)
        market.arena.play([(market.now_ns, trade)])
    a, k = market.view.reach(1_000_300.0)
    assert a > market.mm.params.fills_per_s_prior
    assert k > 0


def test_what_a_fill_captured_is_no_reason_to_quote_narrower_before_the_same_move() -> None:
    market = Market(adverse_prior_bps=4.0).play(10)
    view, fair_px = market.view, market.view.fair.px
    for number in range(60):
        view.filled(1, fair_px * (1 - 3e-4), market.now_ns + number)
    view.moves.priced(fair_px * (1 - 3.5e-4), market.now_ns + 40 * NS_PER_S)
    assert view.adverse_bps == pytest.approx((50 * 3.5 + 10 * 4.0) / 60, abs=0.01)
    view.measure(3.0, 1.0)
    assert view.half_bps > 3.5


def test_paper_money_is_not_spent_before_it_is_warm() -> None:
    market = Market(warm_s=60.0).play(30)
    assert market.asked() == 0
    assert "warming up: SPY 29" in market.mm.why()


def forget(market: Market) -> None:
    """Let the router hold nothing of ours any more."""
    orders = market.arena.core.desk.orders
    orders.restored(snapshot())


def test_when_nothing_rests_it_says_when_it_quotes_again() -> None:
    market = Market(lean_s=1_000.0).play(10)
    assert "half-spread" in market.mm.why()
    forget(market)
    market.arena.core.desk.filled("SPY")
    market.view.refresh_ns = market.now_ns + 7 * NS_PER_S
    assert market.mm.why() == "nothing rests, quotes again: SPY in 7 s"


def test_a_wish_that_is_held_back_says_by_what() -> None:
    market = Market(lean_s=1_000.0, orders_per_min_max=2).play(6)
    forget(market)
    market.play(2)
    assert market.mm.why().startswith("SPY held back by the number of orders a minute: 1 in the last, 1 allowed")


def test_what_holds_many_symbols_back_is_said_once() -> None:
    market = Market(lean_s=1_000.0, orders_per_min_max=2).play(6)
    forget(market)
    market.play(2)
    market.mm.views |= {"QQQ": market.view, "IWM": market.view}
    why = market.mm.why()
    assert why.count("held back by") == 1
    assert why.startswith("SPY, SPY, SPY held back by")


def test_a_wish_whose_price_has_grown_old_is_over_and_the_orders_that_ran_short_are_the_reason() -> None:
    market = Market(lean_s=1_000.0, orders_per_min_max=2).play(6)
    forget(market)
    market.play(2)
    market.view.refresh_ns = market.now_ns + 40 * NS_PER_S
    market.play(10)
    why = market.mm.why()
    assert why.startswith("nothing rests, quotes again (1 order in the last minute, the rest is spared): SPY in 30 s")
    assert "the age of the price" not in market.arena.core.desk.never_sent


def test_when_orders_run_short_it_still_quotes_once_a_minute() -> None:
    market = Market(lean_s=1_000.0, orders_per_min_max=10).play(10)
    desk = market.arena.core.desk
    desk.sent_ns.extend([market.now_ns] * 20)
    market.mm.views |= dict.fromkeys(map(str, range(9)), market.view)
    assert market.mm._refresh_s() <= 60
