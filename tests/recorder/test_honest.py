"""The honest book: the same orders, filled as a market would, and one reason for each difference to paper."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from hft import events
from hft.words import OrdStatus, Side
from recorder.fillmodels import Scale
from tests.recorder.market import Market

if TYPE_CHECKING:
    from recorder.account import Account
    from recorder.honest import Honest

PX = 1_000_000  # 100 dollars


def account(honest: Honest) -> Account:
    return honest.account("mm")


def positions(honest: Honest) -> list[int]:
    return [book.positions.get("SPY", 0) for book in account(honest).books.values()]


def paper_filled_at_the_cross() -> Market:
    """Return a market in which a buy at the bid rests, paper fills it when the ask comes to it."""
    market = Market()
    market.quote(0, PX, PX + 200)
    market.order(1, "a", PX)
    return market


def reasons(market: Market) -> dict[str, int]:
    return dict(account(market.session().honest).orders)


def test_an_order_fills_only_after_its_acknowledgement() -> None:
    market = Market()
    market.quote(0, PX, PX + 200)
    market.order(1, "a", PX)
    market.trade(1.01, PX - 100, 500)  # before the venue had it
    assert positions(market.session().honest) == [0, 0, 0]
    market.trade(1.06, PX - 100, 500)
    assert positions(market.session().honest) == [100, 100, 100]


def test_an_order_stays_fillable_until_its_cancel_is_acknowledged() -> None:
    market = paper_filled_at_the_cross()
    market.tell(2, events.CancelRequested(strategy="mm", client_order_id="a", reason=""))
    market.trade(2.01, PX - 100, 500)
    market.done(2.05, "a", OrdStatus.CANCELED)
    market.trade(2.10, PX - 100, 500)
    honest = market.session().honest
    assert positions(honest) == [100, 100, 100]
    assert dict(account(honest).orders) == {"paper_never_filled": 1}


def test_after_paper_filled_it_an_order_keeps_its_place_for_half_a_minute() -> None:
    market = paper_filled_at_the_cross()
    market.trade(1.5, PX, 50)
    market.fill(2, "a", PX)
    market.done(2, "a")
    early, late = market.copy(), market.copy()
    for target, at_s in ((early, 31.0), (late, 33.0)):
        target.trade(at_s, PX, 400)
        target.quote(40, PX, PX + 200)
    assert positions(early.session().honest)[1] == 100
    assert positions(late.session().honest)[1] == 0
    assert reasons(late) == {"queue": 1}


def test_paper_fills_that_the_market_never_printed_have_a_name() -> None:
    market = paper_filled_at_the_cross()
    market.fill(2, "a", PX)
    market.done(2, "a")
    market.quote(40, PX, PX + 200)
    assert reasons(market) == {"never_traded": 1}


def test_a_taker_gets_what_is_shown_and_pays_for_the_rest() -> None:
    market = Market()
    market.quote(0, PX, PX + 200, ask_qty=60)
    market.order(1, "a", PX + 300, tif="ioc")
    market.fill(1.05, "a", PX + 200)
    market.done(1.06, "a")
    honest = market.session().honest
    assert positions(honest) == [100, 100, 100]
    assert dict(account(honest).orders) == {"latency": 1}
    assert account(honest).books["strict"].holdings["SPY"].cash == -(60 * (PX + 200) + 40 * (PX + 300))


def test_a_difference_in_papers_disfavour_counts_too() -> None:
    market = Market()
    market.quote(0, PX, PX + 200)
    market.order(1, "a", PX + 200, tif="ioc")
    market.fill(1.05, "a", PX + 300)  # paper paid more than the quote
    market.done(1.06, "a")
    assert market.session().honest.gaps("mm")["latency"] == -100 * 100


def test_a_taker_that_wants_more_than_there_is_does_not_get_it() -> None:
    market = Market()
    market.quote(0, PX, PX + 200, ask_qty=60)
    market.order(1, "a", PX + 200, tif="ioc")
    market.fill(1.05, "a", PX + 200)
    market.done(1.06, "a")
    assert reasons(market) == {"size": 1}


def test_a_taker_on_a_quote_that_is_no_price_gets_nothing() -> None:
    market = Market()
    market.quote(0, PX, PX + 20_000)  # two percent wide
    market.order(1, "a", PX + 20_000, tif="ioc")
    market.fill(1.05, "a", PX + 100)
    market.done(1.06, "a")
    assert reasons(market) == {"stale_quote": 1}


def held_shares(market: Market) -> dict[str, int]:
    books = account(market.session().honest).books
    return {name: abs(sum(book.positions.values())) for name, book in books.items()}


def show(market: Market, at_s: float, side: Side, px: int, qty: int) -> None:
    """Show so many shares at a price to an order of this side."""
    if side is Side.BUY:
        market.quote(at_s, px - 200, px, ask_qty=qty)
    else:
        market.quote(at_s, px, px + 200, bid_qty=qty)


@pytest.mark.parametrize("side", list(Side))
def test_the_same_shown_shares_are_not_taken_twice(side: Side) -> None:
    market = Market()
    show(market, 0, side, PX, 100)
    for number in range(10):
        market.order(1 + number * 0.1, f"a{number}", PX, side=side, tif="ioc")
        market.done(1.06 + number * 0.1, f"a{number}", OrdStatus.CANCELED)
    assert held_shares(market) == {"strict": 100, "expected": 100, "optimistic": 1_000}


@pytest.mark.parametrize("side", list(Side))
def test_a_size_that_grows_gives_the_rest_and_a_new_price_gives_all(side: Side) -> None:
    market = Market()
    show(market, 0, side, PX, 100)
    market.order(1, "a", PX, side=side, tif="ioc")
    show(market, 2, side, PX, 130)
    market.order(3, "b", PX, side=side, tif="ioc")
    assert held_shares(market)["strict"] == 130
    show(market, 4, side, PX - side.sign * 100, 100)
    show(market, 5, side, PX, 100)
    market.order(6, "c", PX, side=side, tif="ioc")
    assert held_shares(market)["strict"] == 230


def test_one_print_is_shared_by_the_orders_of_a_strategy_in_the_order_in_which_they_came() -> None:
    market = Market()
    market.quote(0, PX + 100, PX + 200, bid_qty=1)
    for number in range(5):
        market.order(1 + number, f"a{number}", PX, qty=60)
    market.trade(10, PX - 100, 100)
    assert held_shares(market) == {"strict": 100, "expected": 100, "optimistic": 300}


def test_a_new_size_is_shared_by_the_orders_that_it_reaches() -> None:
    market = Market()
    market.quote(0, PX - 300, PX + 200)
    for number in range(3):
        market.order(1 + number, f"a{number}", PX, qty=60)
    market.quote(10, PX - 300, PX, ask_qty=100)
    market.quote(11, PX - 300, PX, ask_qty=110)
    assert held_shares(market) == {"strict": 110, "expected": 110, "optimistic": 180}


def test_another_strategys_shares_are_another_world() -> None:
    """Each strategy is judged alone: whether it would have earned something, not what all of them together move."""
    market, other = Market(), Market("drift")
    market.quote(0, PX - 200, PX, ask_qty=100)
    market.order(1, "a", PX, tif="ioc")
    other.order(1, "b", PX, tif="ioc")
    market.told_by_others = other.events()
    honest = market.session().honest
    assert [honest.account(name).books["strict"].positions for name in ("mm", "drift")] == [{"SPY": 100}] * 2


def flattened(side: Side, *arrival: int) -> Market:
    """Return a market in which 100 shares were brought into the day, and a market order is sent to leave them."""
    market, qty = Market(), -side.sign * 100
    market.hold(0, qty, PX)
    if arrival:
        market.quote(0.5, *arrival)
    market.order(1, "a", 0, side=side)
    market.fill(1.1, "a", PX - side.sign * 100, side=side)
    market.done(1.1, "a")
    return market


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(
    "arrival",
    [
        pytest.param((), id="no quote"),
        pytest.param((PX - 20_000, PX + 20_000), id="a wide one"),
        pytest.param((PX - 100, 0), id="no ask"),
        pytest.param((0, PX + 100), id="no bid"),
        pytest.param((PX - 100, PX + 100), id="a good one"),
    ],
)
def test_a_market_order_leaves_every_book_flat_at_a_price_of_the_market(side: Side, arrival: tuple[int, ...]) -> None:
    market = flattened(side, *arrival)
    market.quote(40, PX - 100, PX + 100)  # later than a limit order would have stayed
    market.trade(41, PX, 500)
    honest = market.session().honest
    paper = honest.account("mm").paper
    for name, book in honest.account("mm").books.items():
        assert book.positions == paper.positions == {}, name
        at_most_px = 20_000 if name == "optimistic" else 100  # believed or not, it gets what was shown
        assert abs(book.pnl) <= 100 * at_most_px, name


def test_a_fill_of_an_order_that_nobody_sent_is_taken_by_every_book() -> None:
    market = Market()
    market.fill(1, "by hand", PX)
    honest = market.session().honest
    assert positions(honest) == [100, 100, 100]
    assert honest.gaps("mm") == {"fee": 100}  # 0.03 cents of CAT, rounded up to one


def test_fees_are_in_the_honest_books_only() -> None:
    market = Market()
    market.quote(0, PX, PX + 200)
    market.order(1, "a", PX, side=Side.SELL, tif="ioc")
    market.fill(1.05, "a", PX, side=Side.SELL)
    market.done(1.06, "a")
    honest = market.session().honest
    fee = 2_400  # 20.6 cents of SEC, 1.95 of TAF, 0.03 of CAT, each rounded up
    assert {book.fees for book in account(honest).books.values()} == {fee}
    assert account(honest).paper.fees == 0
    assert honest.gaps("mm") == {"fee": fee}


def test_a_position_brought_into_the_day_is_in_all_books() -> None:
    market = Market()
    market.tell(0, events.DayOpened(day="2026-11-23", positions={"mm": {"SPY": (50, PX)}}))
    market.mark(1, PX + 100)
    honest = market.session().honest
    assert positions(honest) == [50, 50, 50]
    assert honest.interval("mm") == (5_000, 5_000, 5_000)


def test_shares_that_two_strategies_had_of_each_other_are_in_every_book_and_cost_no_fee() -> None:
    market = Market()
    market.tell(1, events.SharesCrossed(symbol="SPY", seller="drift", buyer="mm", qty=100, px=PX, reason="a and b"))
    market.mark(2, PX + 100)
    honest = market.session().honest
    assert positions(honest) == [100, 100, 100]
    assert honest.interval("mm") == (10_000, 10_000, 10_000)
    assert honest.interval("drift") == (-10_000, -10_000, -10_000)
    assert honest.gaps("mm") == {}
    assert "unclaimed" not in honest.accounts


def test_shares_that_a_person_gave_to_a_strategy_are_in_every_book() -> None:
    market = Market("unclaimed")
    market.fill(1, "by-hand", PX)
    market.tell(2, events.PositionClaimed(symbol="SPY", strategy="mm", qty=40, px=PX + 50, position=40))
    market.mark(3, PX + 100)
    honest = market.session().honest
    assert positions(honest) == [40, 40, 40]
    assert {book.positions["SPY"] for book in honest.account("unclaimed").all_books()} == {60}
    assert honest.interval("mm") == (2_000, 2_000, 2_000)
    assert honest.gaps("mm") == {}


SUSPECTED = events.SplitSuspected(symbol="SPY", new=2, old=1, ledgers=50, broker=100, text="")
TAKEN_OVER = events.SharesSplit(symbol="SPY", new=2, old=1)


def held_over_a_split() -> Market:
    """Return a market in which fifty shares at 100 dollars become a hundred at 50, and the split is suspected."""
    market = Market()
    market.tell(0, events.DayOpened(day="2026-11-23", positions={"mm": {"SPY": (50, PX)}}))
    market.tell(1, SUSPECTED)
    market.mark(2, PX // 2)
    return market


@pytest.mark.parametrize("taken_over", [True, False])
def test_a_split_earns_and_costs_nothing_from_the_suspicion_on(*, taken_over: bool) -> None:
    market = held_over_a_split()
    if taken_over:
        market.tell(3, TAKEN_OVER)
    honest = market.session().honest
    assert positions(honest) == [100, 100, 100]
    assert honest.interval("mm") == (0, 0, 0)


def test_after_an_exit_of_the_old_shares_what_is_left_is_split_when_it_is_taken_over() -> None:
    market = held_over_a_split()
    market._position = 50  # the router's ledgers are split later
    market.fill(3, "exit", PX // 2, 20, Side.SELL)
    market.tell(4, TAKEN_OVER)
    assert account(market.session().honest).paper.positions == {"SPY": 60}


def test_the_account_is_the_sum_of_its_strategies() -> None:
    honest = random_market(3).session().honest
    assert honest.interval_of_all().mid == sum(honest.interval(name).mid for name in honest.accounts)


def random_market(seed: int, strategy: str = "mm") -> Market:
    chance, market, px = random.Random(seed), Market(strategy), PX
    for step in range(400):
        at_s = step * 0.5
        px += chance.choice((-100, 0, 0, 100))
        market.quote(at_s, px - 100, px + 100, chance.randrange(1, 500), chance.randrange(1, 500))
        if chance.random() < 0.5:
            market.trade(at_s + 0.1, px + chance.choice((-100, 100)), chance.randrange(1, 300))
        if step % 10 == 0:
            side, name = chance.choice(list(Side)), f"{strategy}{step}"
            limit_px = px - side.sign * chance.choice((-100, 100, 200))
            market.order(at_s + 0.2, name, limit_px, chance.randrange(1, 200), side=side)
            if chance.random() < 0.6:
                market.fill(at_s + 2, name, limit_px, chance.randrange(1, 100), side)
                market.done(at_s + 2, name)
            else:
                market.done(at_s + 4, name, OrdStatus.CANCELED)
        if step % 20 == 0:
            market.mark(at_s + 0.3, px)
    market.mark(200, px)
    return market


@pytest.mark.parametrize("seed", range(8))
def test_paper_minus_every_reason_is_the_expected_book_to_the_last_ten_thousandth(seed: int) -> None:
    honest = random_market(seed).session(Scale(depth=2.0, flow=3.0)).honest
    mm = account(honest)
    assert len(mm.orders) >= 3
    assert mm.paper.pnl - sum(honest.gaps("mm").values()) == honest.interval("mm").mid


@pytest.mark.parametrize("seed", range(8))
def test_the_interval_holds_the_expected_book(seed: int) -> None:
    low, mid, high = random_market(seed).session().honest.interval("mm")
    assert low <= mid <= high
