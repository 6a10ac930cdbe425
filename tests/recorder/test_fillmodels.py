"""Three answers to one question: would this order have been filled?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hft.messages import Quote
from hft.words import Side
from recorder.fillmodels import Expected, Fill, Limit, Model, Optimistic, Scale, Strict, walk

BUY_AT_100 = Limit(Side.BUY, 1_000_000, 100)
ONE = Scale()


def quote(bid_px: int, ask_px: int, bid_qty: int = 300, ask_qty: int = 300) -> Quote:
    return Quote(symbol="SPY", exch_ns=0, recv_ns=0, bid_px=bid_px, bid_qty=bid_qty, ask_px=ask_px, ask_qty=ask_qty)


TOUCH = quote(1_000_000, 1_000_200)


def models(limit: Limit = BUY_AT_100, scale: Scale = ONE) -> tuple[Strict, Expected, Optimistic]:
    return Strict(limit), Expected(limit, scale), Optimistic(limit, scale)


def resting(limit: Limit = BUY_AT_100, at: Quote = TOUCH) -> tuple[Strict, Expected, Optimistic]:
    made = models(limit)
    assert [model.arrive(at, take=True) for model in made] == [[], [], []]
    return made


def test_a_print_at_the_price_fills_the_optimist_moves_the_queue_and_is_nothing_to_the_strict() -> None:
    strict, expected, optimistic = resting()
    assert strict.on_trade(1_000_000, 200) == []
    assert expected.on_trade(1_000_000, 200) == []
    assert expected.ahead == 100
    assert optimistic.on_trade(1_000_000, 1) == [Fill(100, 1_000_000)]


@pytest.mark.parametrize("left", [quote(999_900, 1_000_200), quote(0, 1_000_200)])
def test_where_trades_go_unseen_the_optimist_is_filled_when_the_touch_leaves_its_price(left: Quote) -> None:
    seen, unseen = models()[2], models(scale=Scale(flow=10.0))[2]
    for model in (seen, unseen):
        model.arrive(TOUCH, take=True)
        assert model.on_quote(quote(1_000_000, 1_000_300)) == []
    assert seen.on_quote(left) == []
    assert unseen.on_quote(left) == [Fill(100, 1_000_000)]


def test_what_prints_beyond_the_queue_fills_and_not_more() -> None:
    _, expected, _ = resting()
    assert expected.on_trade(1_000_000, 340) == [Fill(40, 1_000_000)]
    assert expected.on_trade(1_000_000, 10) == [Fill(10, 1_000_000)]
    assert expected.leaves == 50


def test_a_print_through_the_price_fills_all_three_up_to_its_size() -> None:
    strict, expected, optimistic = resting()
    assert strict.on_trade(999_900, 30) == [Fill(30, 1_000_000)]
    assert expected.on_trade(999_900, 30) == [Fill(30, 1_000_000)]
    assert optimistic.on_trade(999_900, 30) == [Fill(100, 1_000_000)]


def test_a_print_above_a_buy_is_nobodys() -> None:
    for model in resting():
        assert model.on_trade(1_000_100, 1_000) == []


def test_shown_size_that_shrinks_moves_the_queue_and_growing_size_joins_behind() -> None:
    _, expected, _ = resting()
    expected.on_quote(quote(1_000_000, 1_000_200, bid_qty=120))
    assert expected.ahead == 120
    expected.on_quote(quote(1_000_000, 1_000_200, bid_qty=900))
    assert expected.ahead == 120


def test_when_the_touch_falls_back_behind_us_nobody_is_ahead() -> None:
    _, expected, _ = resting()
    expected.on_quote(quote(999_900, 1_000_200))
    assert expected.ahead == 0


def test_an_order_inside_the_spread_is_first_and_one_behind_the_touch_waits_for_the_usual_depth() -> None:
    _, inside, _ = models(Limit(Side.BUY, 1_000_100, 100))
    inside.arrive(TOUCH, take=True)
    assert inside.ahead == 0
    _, behind, _ = models(Limit(Side.BUY, 999_900, 100, typical_qty=700))
    behind.arrive(TOUCH, take=True)
    assert behind.ahead == 700


def test_the_other_side_at_our_price_fills_what_it_shows_once() -> None:
    strict, expected, optimistic = resting()
    crossed = quote(999_800, 1_000_000, ask_qty=40)
    for model in (strict, expected):
        assert model.on_quote(crossed) == [Fill(40, 1_000_000)]
        assert model.on_quote(crossed) == []
        assert model.on_quote(quote(999_800, 1_000_000, ask_qty=50)) == [Fill(10, 1_000_000)]
    assert optimistic.on_quote(crossed) == [Fill(100, 1_000_000)]


def test_a_taker_walks_the_book_and_the_optimist_does_not() -> None:
    taker = Limit(Side.BUY, 1_000_300, 100)
    strict, expected, optimistic = models(taker, Scale(depth=2.0))
    thin = quote(1_000_000, 1_000_200, ask_qty=30)
    assert strict.arrive(thin, take=True) == [Fill(30, 1_000_200), Fill(30, 1_000_300)]
    assert expected.arrive(thin, take=True) == [Fill(60, 1_000_200), Fill(40, 1_000_300)]
    assert optimistic.arrive(thin, take=True) == [Fill(100, 1_000_200)]
    assert strict.leaves == 40


def test_nobody_but_the_optimist_takes_from_a_quote_that_is_no_price() -> None:
    taker = Limit(Side.BUY, 1_000_300, 100)
    strict, expected, optimistic = models(taker)
    assert strict.arrive(TOUCH, take=False) == []
    assert expected.arrive(TOUCH, take=False) == []
    assert optimistic.arrive(TOUCH, take=False) == [Fill(100, 1_000_200)]


def test_the_whole_markets_queue_and_flow_are_scaled() -> None:
    expected = Expected(BUY_AT_100, Scale(depth=5.0, flow=40.0))
    expected.arrive(TOUCH, take=True)
    assert expected.ahead == 1_500
    assert expected.on_trade(1_000_000, 30) == []
    assert expected.ahead == 300
    assert expected.on_trade(1_000_000, 10) == [Fill(100, 1_000_000)]


def test_a_walk_stops_at_the_limit_and_below_a_dollar_walks_in_smaller_steps() -> None:
    assert walk(Limit(Side.SELL, 1_000_000, 100), 100, 1_000_100, 30) == [Fill(30, 1_000_100), Fill(30, 1_000_000)]
    assert walk(Limit(Side.BUY, 5_002, 100), 100, 5_000, 30) == [Fill(30, 5_000), Fill(30, 5_001), Fill(30, 5_002)]
    assert walk(Limit(Side.BUY, 1_000_000, 100), 100, 0, 30) == []


steps = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), st.integers(-3, 3), st.integers(1, 400)),
        st.tuples(st.just("quote"), st.integers(-3, 3), st.integers(0, 400)),
    ),
    max_size=40,
)


def play(model: Model, side: Side, moves: list[tuple[str, int, int]]) -> list[int]:
    """Return the shares filled after each step; the market's moves are mirrored for a sale."""
    px, done = 1_000_000, []
    filled = sum(fill.qty for fill in model.arrive(quote(px - 100, px + 100), take=True))
    for kind, offset, qty in moves:
        at = px + side.sign * offset * 100
        fills = model.on_trade(at, qty) if kind == "trade" else model.on_quote(quote(at - 100, at + 100, qty, qty))
        assert all(side.sign * (model.limit.px - fill.px) >= 0 for fill in fills)
        filled += sum(fill.qty for fill in fills)
        assert filled + model.leaves == model.limit.qty
        done.append(filled)
    return done


@given(steps, st.integers(-2, 2), st.sampled_from(Side))
def test_strict_fills_never_more_than_expected_and_expected_never_more_than_optimistic(
    moves: list[tuple[str, int, int]], offset: int, side: Side
) -> None:
    limit = Limit(side, 1_000_000 + side.sign * offset * 100, 250)
    played: list[list[int]] = [play(model, side, moves) for model in models(limit)]
    strict, expected, optimistic = played
    assert all(low <= mid <= high for low, mid, high in zip(strict, expected, optimistic, strict=True))


@given(steps, st.integers(-2, 2))
def test_buys_and_sells_share_one_path(moves: list[tuple[str, int, int]], offset: int) -> None:
    buy, sell = (Limit(side, 1_000_000 + side.sign * offset * 100, 250) for side in (Side.BUY, Side.SELL))
    pairs: list[tuple[Model, Model]] = list(zip(models(buy), models(sell), strict=True))
    for bought, sold in pairs:
        assert play(bought, Side.BUY, moves) == play(sold, Side.SELL, moves)


@pytest.mark.parametrize("size", [1, 50, 300, 5_000])
def test_the_update_step_is_that_of_the_risk_averse_queue(size: int) -> None:
    """hftbacktest, RiskAdverseQueueModel: front -= trade; front = min(front, new size)."""
    _, expected, _ = resting(Limit(Side.BUY, 1_000_000, 10_000))
    front = 300.0
    for shown, traded in ((280, 0), (400, 30), (size, 20), (90, 0)):
        if traded:
            expected.on_trade(1_000_000, traded)
            front = max(0.0, front - traded)
        expected.on_quote(quote(1_000_000, 1_000_200, bid_qty=shown))
        front = min(front, shown)
        assert expected.ahead == front
