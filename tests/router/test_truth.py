"""What the venue says, in every order and number of times, and what becomes of orders in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft import events
from hft.messages import Accepted, CancelAll
from hft.words import OrdStatus, Side
from router import broker
from router.ids import UNCLAIMED
from tests.router.fake_broker import START_NS, Held
from tests.router.test_crashes import unknown
from tests.router.world import World

if TYPE_CHECKING:
    from router.orders import Order


@pytest.fixture
def world() -> World:
    return World().ready()


def order_of(world: World, name: str) -> Order:
    return world.core.desk.book.orders[name]


def sent(world: World, qty: int = 10) -> tuple[str, broker.SubmitOrder]:
    """Place an order whose request is still on its way; return its name and the request."""
    world.turn(world.order("mm", Side.BUY, qty))
    request = next(r for r in world.requests if isinstance(r, broker.SubmitOrder))
    world.requests.remove(request)
    return request.client_order_id, request


def test_a_fill_is_booked_once_whoever_tells_of_it(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 4)
    updates = list(world.broker.updates)
    world.turn(*updates, *updates, *updates)
    reply = world.broker.answer(broker.QueryOrder(ticket=999, priority=broker.Priority.QUERY, client_order_id=name))
    world.turn(reply, *updates)
    assert order_of(world, name).cum_qty == 4
    assert len(world.told(events.OrderFilled)) == 1


def test_the_fill_may_come_before_the_answer_to_the_order(world: World) -> None:
    name, request = sent(world)
    reply = world.broker.answer(request)
    world.broker.fill(name, 10)
    world.turn(*reversed(world.broker.updates))
    world.turn(reply)
    assert (order_of(world, name).status, order_of(world, name).cum_qty) == (OrdStatus.FILLED, 10)
    assert [type(event).__name__ for event in world.events if event.mark][-3:] == [
        "OrderAccepted",
        "OrderFilled",
        "OrderDone",
    ]


def test_each_execution_keeps_its_own_price_and_a_missed_one_gets_what_is_left(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 2, 4_499_000)
    world.broker.fill(name, 3, 4_498_000)
    world.broker.fill(name, 5, 4_497_000)
    first, missed, last = world.broker.updates
    world.turn(first)
    world.turn(last)
    fills = world.told(events.OrderFilled)
    assert [(fill.last_qty, fill.last_px) for fill in fills] == [
        (2, 4_499_000),
        (8, round((3 * 4_498_000 + 5 * 4_497_000) / 8)),
    ]
    world.turn(missed)
    assert len(world.told(events.OrderFilled)) == 2
    position = world.core.desk.book.ledgers["mm"]["SPY"]
    assert position.cost == 2 * 4_499_000 + 3 * 4_498_000 + 5 * 4_497_000


def test_a_fill_that_crosses_our_cancel_is_booked_even_after_the_cancel(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    held = world.broker.orders[name]
    world.broker.fill(name, 3)
    late = world.broker.updates.pop()
    held.word = "canceled"
    early = msgspec.structs.replace(late, event="canceled", order=msgspec.structs.replace(held.seen(), cum_qty=0))
    world.turn(early)
    assert order_of(world, name).status is OrdStatus.CANCELED
    world.turn(late)
    assert (order_of(world, name).cum_qty, order_of(world, name).status) == (3, OrdStatus.CANCELED)
    assert world.core.desk.book.net_qty("SPY") == 3


@pytest.mark.parametrize("text", ["client_order_id must be unique"])
def test_must_be_unique_means_that_the_order_may_live(world: World, text: str) -> None:
    name, request = sent(world)
    world.broker.answer(request)
    world.broker.updates.clear()
    world.turn(
        broker.BrokerRejected(
            ticket=request.ticket, request="SubmitOrder", client_order_id=name, status=422, code=40010001, text=text
        )
    )
    assert order_of(world, name).status is OrdStatus.UNKNOWN
    world.run(1_000)
    assert order_of(world, name).status is OrdStatus.NEW
    assert [type(e).__name__ for e in world.events if e.mark][-2:] == ["OrderUnknown", "OrderResolved"]


def test_an_unknown_order_counts_against_the_limits_until_it_is_resolved(world: World) -> None:
    _, request = sent(world)
    world.turn(unknown(request))
    assert world.core.desk.book.worst("SPY") == 10


def test_not_found_is_no_proof_before_the_request_can_no_longer_arrive(world: World) -> None:
    name, request = sent(world)
    world.turn(unknown(request))
    world.run(14_000)
    assert order_of(world, name).status is OrdStatus.UNKNOWN
    world.run(6_000)
    assert (order_of(world, name).status, order_of(world, name).presumed_absent) == (OrdStatus.REJECTED, True)
    assert world.core.desk.book.worst("SPY") == 0


def test_an_order_that_turns_up_after_all_is_adopted_and_cancelled(world: World) -> None:
    name, request = sent(world)
    world.turn(unknown(request))
    world.run(20_000)
    world.broker.answer(request)
    world.broker.fill(name, 2)
    world.run(2_000)
    world.agree()
    assert world.broker.orders[name].word == "canceled"
    assert world.core.desk.book.qty("mm", "SPY") == 2


def test_a_rejection_after_the_answer_is_a_rejection(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    held = world.broker.orders[name]
    held.word = "rejected"
    world.turn(broker.TradeUpdate(event="rejected", order=held.seen(), text="not shortable"))
    assert (order_of(world, name).status, order_of(world, name).text) == (OrdStatus.REJECTED, "not shortable")


def test_a_lost_fill_is_found_by_the_poll_of_open_orders(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.broker.updates.clear()
    world.run(6_000)
    assert order_of(world, name).status is OrdStatus.FILLED
    assert not world.told(events.ReconcileBroken)
    world.agree()


@pytest.mark.parametrize(
    "changes",
    [{"cum_qty": 11, "qty": 11}, {"symbol": "QQQ"}, {"side": Side.SELL}],
    ids=["more shares than ordered", "another symbol", "another side"],
)
def test_what_makes_no_sense_freezes_the_symbol_and_ends_nothing(world: World, changes: dict[str, Any]) -> None:
    name = world.place("mm", Side.BUY, 10)
    odd = msgspec.structs.replace(world.broker.orders[name].seen(), **changes)
    world.turn(broker.TradeUpdate(event="fill", order=odd))
    assert order_of(world, name).cum_qty == 0
    assert "SPY" in world.core.desk.broken
    assert len(world.told(events.ReconcileBroken)) == 1
    world.turn(*world.quotes(), world.order("drift", Side.BUY, 1))
    assert not isinstance(world.said[-1], Accepted)


def foreign(world: World, *, name: str, created_ns: int, cum_qty: int = 0, word: str = "new") -> broker.BrokerOrder:
    request = broker.SubmitOrder(
        ticket=0,
        priority=broker.Priority.NEW,
        client_order_id=name,
        symbol="QQQ",
        side=Side.SELL,
        qty=10,
        px=3_800_000,
        tif=world.order("mm", Side.BUY, 1).tif,
    )
    held = Held(f"v-{name}", request, created_ns, cum_qty, cum_qty * 3_800_000, word)
    world.broker.orders[name] = held
    world.broker.positions["QQQ"] = world.broker.positions.get("QQQ", 0) - cum_qty
    return held.seen()


def test_a_hundred_fills_of_one_share_and_then_a_cancel(world: World) -> None:
    name = world.place("mm", Side.BUY, 101)
    for _ in range(100):
        world.broker.fill(name, 1)
        world.pump()
    link = world.core.desk.link("mm")
    world.turn(CancelAll(strategy="mm", epoch=link.epoch, seq=link.last_seq + 1))
    world.pump()
    assert len(world.told(events.OrderFilled)) == 100
    order = order_of(world, name)
    assert (order.cum_qty, order.leaves_qty, order.status) == (100, 0, OrdStatus.CANCELED)
    world.agree()


@pytest.mark.parametrize(("truly", "status"), [("new", OrdStatus.NEW), ("done_for_day", OrdStatus.EXPIRED)])
def test_done_for_day_is_believed_from_an_answer_only(world: World, truly: str, status: OrdStatus) -> None:
    name = world.place("mm", Side.BUY, 10)
    held = world.broker.orders[name]
    held.word = "done_for_day"
    update = broker.TradeUpdate(event="done_for_day", order=held.seen())
    held.word = truly
    world.turn(update)
    assert order_of(world, name).status is OrdStatus.NEW, "it may work on"
    world.pump()
    assert order_of(world, name).status is status


def test_a_manual_trade_goes_to_the_unclaimed_ledger(world: World) -> None:
    seen = foreign(world, name="made-by-hand", created_ns=world.now_ns, cum_qty=10, word="filled")
    world.turn(broker.TradeUpdate(event="fill", order=seen, exec_id="x", qty=10, px=3_800_000, position=-10))
    world.pump()
    assert world.core.desk.book.qty(UNCLAIMED, "QQQ") == -10
    world.run(20_000)
    assert world.core.reconciler.state == "ok"


def test_an_update_for_an_order_that_the_account_does_not_have_changes_nothing(world: World) -> None:
    for number, qty in enumerate((10, 4)):
        seen = foreign(world, name="somebody-elses", created_ns=world.now_ns, cum_qty=qty, word="filled")
        seen = msgspec.structs.replace(seen, order_id=f"nowhere-{number}")
        del world.broker.orders["somebody-elses"]
        world.broker.positions.clear()
        world.turn(broker.TradeUpdate(event="fill", order=seen, exec_id=f"x{number}", qty=qty, px=3_800_000))
    world.run(20_000)
    assert "somebody-elses" not in world.core.desk.book.orders
    assert world.core.desk.book.net_qty("QQQ") == 0
    assert world.core.reconciler.state == "ok"
    assert not world.told(events.ReconcileBroken)


def test_of_a_foreign_order_older_than_we_only_what_fills_from_now_on_is_booked(world: World) -> None:
    seen = foreign(world, name="old", created_ns=START_NS - 10**9, cum_qty=10, word="partially_filled")
    world.core.desk.book.orders.pop("old", None)
    world.turn(broker.TradeUpdate(event="partial_fill", order=seen, exec_id="x", qty=4, px=3_800_000))
    world.pump()
    assert world.core.desk.book.qty(UNCLAIMED, "QQQ") == -4


def test_an_order_of_ours_that_the_journal_does_not_know_is_adopted_and_cancelled(world: World) -> None:
    seen = foreign(world, name="h1-drift-zzz.1-5", created_ns=world.now_ns)
    world.turn(broker.TradeUpdate(event="new", order=seen))
    world.pump()
    adopted = order_of(world, "h1-drift-zzz.1-5")
    assert adopted.ledger == "drift"
    assert world.broker.orders["h1-drift-zzz.1-5"].word == "canceled"


def test_a_forgotten_order_of_this_journal_is_not_adopted_again(world: World) -> None:
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 10)
    update = world.broker.updates[-1]
    world.pump()
    book = world.core.desk.book
    order = book.orders.pop(name)
    del book.by_order_id[order.order_id]
    world.turn(update)
    assert name not in book.orders
    assert book.net_qty("SPY") == 10


def test_a_closing_order_sent_past_the_router_is_booked_to_those_who_held_the_shares(world: World) -> None:
    for family, qty in (("mm", 10), ("drift", 4)):
        name = world.place(family, Side.BUY, qty, symbol="QQQ")
        world.broker.fill(name, qty)
        world.pump()
    seen = foreign(world, name="h1-panic-abc-1", created_ns=world.now_ns, cum_qty=10, word="filled")
    world.turn(broker.TradeUpdate(event="fill", order=seen, exec_id="p", qty=10, px=3_800_000, position=4))
    book = world.core.desk.book
    assert (book.qty("mm", "QQQ"), book.qty("drift", "QQQ"), book.qty(UNCLAIMED, "QQQ")) == (0, 4, 0)
    assert world.said[-1].position == 0, "mm hears that its shares are gone"


def test_shares_held_before_the_first_start_are_nobodys() -> None:
    world = World()
    world.broker.positions["SPY"] = 7
    world.ready()
    assert world.core.desk.book.qty(UNCLAIMED, "SPY") == 7
    assert not world.told(events.ReconcileBroken)
    assert [event.qty for event in world.told(events.PositionUnclaimed)] == [7]


def test_an_order_that_was_half_filled_before_the_first_start_is_not_counted_twice() -> None:
    world = World()
    foreign(world, name="old", created_ns=START_NS - 10**9, cum_qty=4, word="partially_filled")
    world.ready()
    world.broker.fill("old", 6)
    world.run(1_000)
    assert world.core.desk.book.qty(UNCLAIMED, "QQQ") == -10
    world.run(20_000)
    assert world.core.reconciler.state == "ok"
