"""A moved order in the honest book: one fate under several names, that never fills more than it was for."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from hft import events
from hft.words import OrdStatus, Side
from recorder.fillmodels import Scale
from tests.recorder.market import Market
from tests.recorder.test_honest import PX, account, positions, reasons

if TYPE_CHECKING:
    from recorder.honest import Honest


def resting(qty: int = 100) -> Market:
    """Return a market of 300 shown on each side, in which a buy rests at the bid behind them."""
    market = Market()
    market.quote(0, PX, PX + 200)
    market.order(1, "a", PX, qty)
    return market


def honest_of(market: Market) -> Honest:
    return market.session().honest


def test_while_both_names_work_the_shares_fill_once() -> None:
    market = resting()
    market.order(2, "b", PX - 100, replaces="a")  # accepted at 2.05; the venue replaces later
    market.trade(2.1, PX - 200, 500)
    market.done(2.2, "a", OrdStatus.REPLACED)
    market.trade(3, PX - 300, 500)
    assert positions(honest_of(market)) == [100, 100, 100]


def test_it_stands_at_the_old_price_until_the_venue_says_so_and_then_at_the_new_one() -> None:
    market = resting()
    market.order(2, "b", PX - 300, replaces="a")
    early = market.copy()
    early.trade(2.1, PX - 100, 500)
    market.done(2.2, "a", OrdStatus.REPLACED)
    market.trade(2.3, PX - 100, 500)
    assert positions(honest_of(early)) == [100, 100, 100]
    assert positions(honest_of(market)) == [0, 0, 0]
    market.trade(2.4, PX - 400, 500)
    assert positions(honest_of(market)) == [100, 100, 100]


@pytest.mark.parametrize(
    ("px", "qty", "filled"),
    [(PX, 80, 80), (PX, 120, 0), (PX - 100, 100, 0)],
    ids=["smaller keeps its place", "larger is the last", "another price is the last"],
)
def test_the_place_in_the_queue(px: int, qty: int, filled: int) -> None:
    market = resting()
    market.trade(1.5, PX, 250)  # of the 300 before it
    market.move(2, "a", "b", px, qty)
    market.quote(3, px, px + 200)
    market.trade(4, px, 150)
    assert positions(honest_of(market))[1] == filled


def test_what_was_filled_before_the_move_stays_filled() -> None:
    market = resting()
    market.trade(1.5, PX - 100, 40)
    market.move(2, "a", "b", PX - 200)
    market.trade(3, PX - 300, 500)
    honest = honest_of(market)
    assert positions(honest) == [100, 100, 100]
    assert account(honest).books["strict"].holdings["SPY"].cash == -(40 * PX + 60 * (PX - 200))


def test_one_that_is_smaller_than_what_it_filled_fills_nothing_more() -> None:
    market = resting()
    market.trade(1.5, PX - 100, 70)
    market.move(2, "a", "b", PX - 200, 50)
    market.trade(3, PX - 300, 500)
    assert positions(honest_of(market)) == [70, 70, 100]


@pytest.mark.parametrize("told_first", ["the fill", "the smaller size"])
def test_fills_of_paper_that_cross_the_move_make_the_new_order_smaller_and_nothing_else(told_first: str) -> None:
    market = resting()
    market.order(2, "b", PX - 100, replaces="a")
    at_s = 2.1 if told_first == "the fill" else 2.3
    market.fill(at_s, "a", PX, 30)
    market.tell(2.2, events.OrderResized(strategy="mm", client_order_id="b", qty=70))
    market.done(2.4, "a", OrdStatus.REPLACED)
    market.fill(3, "b", PX - 100, 70)
    market.done(3, "b")
    market.trade(4, PX - 200, 500)
    market.quote(60, PX, PX + 200)
    honest = honest_of(market)
    assert positions(honest) == [100, 100, 100]
    assert sum(account(honest).orders.values()) == 1
    assert account(honest).paper.positions == {"SPY": 100}


def test_more_than_was_asked_is_believed() -> None:
    market = resting()
    market.order(2, "b", PX - 100, 60, replaces="a")
    market.tell(2.1, events.OrderResized(strategy="mm", client_order_id="b", qty=90))
    market.done(2.2, "a", OrdStatus.REPLACED)
    market.trade(3, PX - 200, 500)
    assert positions(honest_of(market)) == [90, 90, 90]


def test_a_refused_move_leaves_it_where_it_was() -> None:
    market = resting()
    market.trade(1.5, PX, 250)
    market.order(2, "b", PX - 100, replaces="a")
    market.done(2.1, "b", OrdStatus.REJECTED)
    market.trade(3, PX, 150)
    assert positions(honest_of(market))[1] == 100


def test_a_fill_told_before_the_word_replaced_stands_at_the_new_price() -> None:
    market = resting()
    market.order(2, "b", PX + 200, replaces="a")
    market.fill(2.1, "b", PX + 200)
    market.done(2.1, "b")
    market.done(2.2, "a", OrdStatus.REPLACED)
    market.quote(60, PX, PX + 200)
    honest = honest_of(market)
    assert positions(honest) == [100, 100, 100]
    assert reasons(market) == {"same": 1}


def test_a_size_that_it_took_is_not_taken_again_after_the_move() -> None:
    market = Market()
    market.quote(0, PX, PX + 200, ask_qty=60)
    market.order(1, "a", PX + 200)
    market.move(2, "a", "b", PX + 200, 150)
    assert positions(honest_of(market)) == [60, 60, 150]


def test_a_move_of_an_order_of_another_day_is_an_order_of_its_own() -> None:
    market = Market()
    market.quote(0, PX, PX + 200)
    market.order(2, "b", PX, replaces="of-yesterday")
    market.tell(2.2, events.OrderResized(strategy="mm", client_order_id="b", qty=70))
    market.trade(3, PX - 100, 500)
    assert positions(honest_of(market)) == [70, 70, 70]


def moving_market(seed: int) -> Market:
    """Return two hundred seconds in which one order after another is moved about, and some fills on paper."""
    chance, market, px = random.Random(seed), Market(), PX
    for step in range(40):
        at_s, side, name = step * 5.0, chance.choice(list(Side)), f"o{step}"
        market.quote(at_s, px - 100, px + 100, chance.randrange(1, 500), chance.randrange(1, 500))
        market.order(at_s + 0.1, name, px - side.sign * 100, side=side)
        for turn in range(chance.randrange(4)):
            offset = chance.choice((-100, 0, 100, 200))
            market.move(
                at_s + 0.5 + turn,
                name,
                f"{name}.{turn}",
                px - side.sign * offset,
                chance.randrange(50, 150),
                side=side,
            )
            name = f"{name}.{turn}"
            market.trade(at_s + 0.9 + turn, px + chance.choice((-200, -100, 100, 200)), chance.randrange(1, 200))
        if chance.random() < 0.5:
            market.fill(at_s + 4, name, px, chance.randrange(1, 50), side)
            market.done(at_s + 4, name)
        else:
            market.done(at_s + 4, name, OrdStatus.CANCELED)
        px += chance.choice((-100, 0, 100))
        market.mark(at_s + 4.5, px)
    market.quote(300, px - 100, px + 100)
    market.mark(300, px)
    return market


@pytest.mark.parametrize("seed", range(6))
def test_paper_minus_every_reason_is_the_expected_book_and_nothing_is_kept(seed: int) -> None:
    honest = moving_market(seed).session(Scale(depth=2.0, flow=3.0)).honest
    mm = account(honest)
    assert mm.paper.pnl - sum(honest.gaps("mm").values()) == honest.interval("mm").mid
    assert sum(mm.orders.values()) == 40
    assert not honest._known
    assert not honest._first
    assert not any(honest._resting.values())
