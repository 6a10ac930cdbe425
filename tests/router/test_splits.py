"""A split is recognised by quantity and price together, told as what it is, and taken over by a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hft import events
from hft.control import Resume
from hft.messages import Refused
from hft.words import Refusal, Side
from router.broker import BrokerPosition
from router.ids import UNCLAIMED
from router.splits import RATIOS, Split, recognised
from tests.router.world import World

MID = 4_500_000


def there(qty: int, avg_px: int, px: int = 0) -> BrokerPosition:
    return BrokerPosition(symbol="SPY", qty=qty, avg_px=avg_px, px=px)


@pytest.mark.parametrize(
    ("ours", "theirs", "split"),
    [
        (20, there(40, 2_250_000), Split(2, 1)),
        (-20, there(-80, 1_125_000), Split(4, 1)),
        (30, there(45, 3_000_000), Split(3, 2)),
        (25, there(2, 45_000_000), Split(1, 10)),
        (20, there(40, 4_500_000, 2_300_000), Split(2, 1)),  # the broker's average is behind, its price is not
        (20, there(40, 4_500_000, 4_400_000), None),  # somebody bought as much again
        (20, there(41, 2_250_000), None),
        (20, there(-40, 2_250_000), None),
        (20, there(20, 2_250_000), None),
        (0, there(20, 2_250_000), None),
    ],
)
def test_both_witnesses_are_needed(ours: int, theirs: BrokerPosition, split: Split | None) -> None:
    assert recognised(ours, theirs, MID) == split


@given(st.sampled_from(RATIOS), st.integers(-5_000, 5_000), st.integers(50_000, 20_000_000))
def test_every_usual_ratio_is_recognised_and_explains_the_quantity(split: Split, ours: int, cost_px: int) -> None:
    qty = split.of(ours)
    found = recognised(ours, there(qty, round(cost_px / split.factor)), cost_px)
    assert (found is None) == (not ours or (not qty and found is None))
    assert found is None or found.of(ours) == qty


def world_with_twenty(*, and_short: int = 0) -> World:
    """Return a world in which mm holds twenty (and drift is short of some) at 450 dollars."""
    world = World().ready()
    for name, side, qty in (("mm", Side.BUY, 20 + and_short), ("drift", Side.SELL, and_short)):
        if qty:
            order = world.place(name, side, qty, MID + side.sign * 100)
            world.broker.fill(order, qty, MID)
            world.pump()
    world.run(16_000, 250)
    return world


def split_at_the_broker(world: World, new: int, old: int) -> None:
    world.broker.positions["SPY"] = Split(new, old).of(world.broker.positions["SPY"])
    world.broker.mid["SPY"] = MID * old // new
    world.run(30_000, 250)


def test_a_split_is_told_as_one_with_what_to_do_and_the_symbol_takes_exits_only() -> None:
    world = world_with_twenty()
    split_at_the_broker(world, 2, 1)
    told = world.told(events.SplitSuspected)
    assert [(event.symbol, event.new, event.old, event.ledgers, event.broker) for event in told] == [
        ("SPY", 2, 1, 20, 40)
    ]
    assert "2-for-1 split" in told[0].text
    assert "hftctl resume" in told[0].text
    assert not world.told(events.ReconcileBroken)
    assert world.status().breaks == (f"SPY: {told[0].text}",)
    world.turn(world.order("drift", Side.BUY, 1))
    answer = next(item for item in reversed(world.said) if isinstance(item, Refused))
    assert answer.reason is Refusal.REDUCING


def test_it_is_no_loss_and_halts_nobody_while_a_person_is_waited_for() -> None:
    world = world_with_twenty()
    before = world.core.desk.pnl.parts("mm")
    split_at_the_broker(world, 10, 1)
    assert world.core.desk.pnl.parts("mm") == before
    assert world.core.gates.standing("mm").is_active
    assert not world.told(events.HaltSet)


def test_resume_gives_each_ledger_its_part_for_the_same_cost_and_the_strategies_ask_anew() -> None:
    world = world_with_twenty(and_short=6)
    cost, seq = world.core.desk.book.ledgers["mm"]["SPY"].cost, world.core.desk.link("mm").update_seq
    split_at_the_broker(world, 2, 1)
    world.turn(Resume(peer="ctl"))
    book = world.core.desk.book
    assert (book.qty("mm", "SPY"), book.qty("drift", "SPY"), book.qty(UNCLAIMED, "SPY")) == (52, -12, 0)
    assert book.ledgers["mm"]["SPY"].cost == cost
    assert [(event.new, event.old) for event in world.told(events.SharesSplit)] == [(2, 1)]
    assert world.core.desk.link("mm").update_seq > seq + 1, "a number is missing: the strategy sees a hole"
    world.run(20_000, 250)
    assert world.core.reconciler.state == "ok"
    assert world.core.desk.pnl.worse_day("mm") == pytest.approx(0, abs=100_000)
    world.turn(world.recorded())
    world.boot()
    world.connect()
    world.run(2_500, 100)
    assert world.core.desk.book.qty("mm", "SPY") == 52


def test_what_a_reverse_split_cuts_off_goes_by_the_brokers_word() -> None:
    world = world_with_twenty(and_short=6)
    split_at_the_broker(world, 1, 10)
    assert world.told(events.SplitSuspected)[-1].text.count("1-for-10 reverse split")
    world.turn(Resume(peer="ctl"))
    world.run(20_000, 250)
    book = world.core.desk.book
    assert book.net_qty("SPY") == world.broker.positions["SPY"] == 2
    assert (book.qty("mm", "SPY"), book.qty("drift", "SPY"), book.qty(UNCLAIMED, "SPY")) == (2, 0, 0)


def test_a_position_that_somebody_doubled_by_hand_is_a_break_and_no_split() -> None:
    world = world_with_twenty()
    world.broker.positions["SPY"] = 40
    world.run(30_000, 250)
    assert world.told(events.ReconcileBroken)
    assert not world.told(events.SplitSuspected)


def test_a_list_that_shows_the_old_number_again_ends_it() -> None:
    world = world_with_twenty()
    split_at_the_broker(world, 2, 1)
    world.broker.positions["SPY"], world.broker.mid["SPY"] = 20, MID
    world.run(40_000, 250)
    assert not world.core.desk.broken
    assert not world.core.desk.splits
