"""A resting order moved by one request: journalled first, sent once, both counted until the venue has spoken."""

from __future__ import annotations

import msgspec
import pytest

from hft import events
from hft.messages import Accepted, CancelAll, ExecutionReport, Refused
from hft.words import OrdStatus, Refusal, Side
from router import broker
from router.broker import Priority
from router.orders import OrdEvent
from tests.router.world import World

PX = 4_499_000


@pytest.fixture
def world() -> World:
    return World().ready()


def asked(world: World) -> broker.ReplaceRequest:
    found = [request for request in world.requests if isinstance(request, broker.ReplaceRequest)]
    assert len(found) == 1, world.requests
    return found[0]


def answer(world: World) -> Accepted | Refused:
    return next(item for item in reversed(world.said) if isinstance(item, Accepted | Refused))


def moved(world: World, name: str, qty: int, px: int, **changes: object) -> str:
    """Ask for a move that must be accepted; return the new order's name."""
    world.turn(world.replacement(name, qty, px, **changes))
    told = answer(world)
    assert isinstance(told, Accepted), told
    return told.client_order_id


def status(world: World, name: str) -> OrdStatus:
    return world.core.desk.book.orders[name].status


def test_a_move_is_one_request_journalled_before_it_leaves(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    out = list(world.core.handle(world.replacement(old, 10, PX - 100), world.now_ns))
    kinds = [type(item).__name__ for item in out]
    assert kinds == ["OrderOpened", "OrderSent", "OrderMoved", "ExecutionReport", "Accepted", "ReplaceRequest"]
    request = out[-1]
    assert (request.order_id, request.px, request.qty, request.priority) == (f"v-{old}", PX - 100, 0, Priority.REPLACE)
    assert out[0].replaces == out[1].replaces == old
    assert (out[3].client_order_id, out[3].status) == (old, OrdStatus.PENDING_REPLACE)


def test_both_count_until_the_venue_has_spoken_and_one_afterwards(world: World) -> None:
    book, old = world.core.desk.book, world.place("mm", Side.BUY, 10, PX)
    new = moved(world, old, 12, PX - 100)
    assert book.open_qty("mm", "SPY", Side.BUY) == 22
    assert asked(world).qty == 12
    world.pump()
    assert book.open_qty("mm", "SPY", Side.BUY) == 12
    assert (status(world, old), status(world, new)) == (OrdStatus.REPLACED, OrdStatus.NEW)
    done = world.told(events.OrderDone)[-1]
    assert (done.client_order_id, done.status) == (old, OrdStatus.REPLACED)
    report = next(item for item in reversed(world.said) if isinstance(item, ExecutionReport))
    assert (report.client_order_id, report.replaces) == (new, old)
    world.agree()


def test_an_equal_wish_costs_nothing(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    assert moved(world, old, 10, PX) == old
    assert not world.requests
    assert world.core.desk.link("mm").suppressed == {"equal": 1}


def test_a_young_entry_is_moved_away_from_the_market_at_once_and_towards_it_later(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    world.turn(world.replacement(old, 10, PX + 100))
    told = answer(world)
    assert isinstance(told, Refused)
    assert (told.reason, told.text) == (Refusal.SUPPRESSED, "it rests for 0 ms, at least 500")
    away = moved(world, old, 10, PX - 100)
    world.pump()
    world.run(600)
    moved(world, away, 10, PX)
    assert world.core.desk.link("mm").suppressed == {"life": 1}


def test_a_step_that_is_too_small_is_suppressed_but_less_risk_is_always_worth_a_request() -> None:
    world = World(replace_ticks_min=3).ready()
    old = world.place("mm", Side.BUY, 10, PX)
    world.turn(world.replacement(old, 10, PX - 200))
    assert answer(world).reason is Refusal.SUPPRESSED  # type: ignore[union-attr]  # that it was refused is the point
    moved(world, old, 7, PX - 200)
    assert world.core.desk.link("mm").suppressed == {"move": 1}


def test_suppressed_wishes_are_told_in_status_and_event_and_are_no_refusals(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    world.turn(world.replacement(old, 10, PX), world.replacement(old, 10, PX + 100, seq=3))
    line = next(line for line in world.status().strategies if line.name == "mm")
    assert line.suppressed == {"equal": 1, "life": 1}
    assert line.refusals == 0
    assert not world.told(events.OrderRefused)
    world.run(61_000, 500)
    assert world.told(events.WishesSuppressed)[-1].suppressed == {"mm": {"equal": 1, "life": 1}}


@pytest.mark.parametrize("case", ["done", "partly", "unnamed", "cancelled", "moving", "off", "foreign"])
def test_what_does_not_rest_untouched_is_not_moved(case: str) -> None:
    world = World(replace=case != "off").ready()
    if case == "unnamed":
        world.turn(world.order("mm", Side.BUY, 10, PX))
        old = answer(world).client_order_id  # type: ignore[union-attr]  # an order that rests is always taken
    else:
        old = world.place("mm", Side.BUY, 10, PX)
    if case in {"done", "partly"}:
        world.broker.fill(old, {"done": 10, "partly": 4}[case])
        world.pump()
    elif case == "cancelled":
        world.turn(CancelAll(strategy="mm", epoch=1, seq=world.core.desk.link("mm").last_seq + 1))
    elif case == "moving":
        moved(world, old, 10, PX - 100)
    message = world.replacement(old, 10, PX - 200)
    if case == "foreign":
        message = msgspec.structs.replace(message, strategy="drift", seq=1)
    before = len(world.requests)
    world.turn(message)
    told = answer(world)
    assert isinstance(told, Refused)
    assert told.reason is (Refusal.UNKNOWN_ORDER if case == "foreign" else Refusal.NOT_REPLACEABLE)
    assert len([r for r in world.requests if isinstance(r, broker.ReplaceRequest)]) == (case == "moving")
    assert before <= len(world.requests)
    assert world.told(events.OrderRefused)[-1].reason is told.reason


def test_limits_bind_a_move_as_they_bind_a_new_order(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    world.turn(world.replacement(old, 500, PX - 100))
    assert answer(world).reason is Refusal.ORDER_QTY  # type: ignore[union-attr]  # that it was refused is the point
    assert status(world, old) is OrdStatus.NEW


def test_an_exit_of_everything_can_be_moved(world: World) -> None:
    bought = world.place("mm", Side.BUY, 10, 4_500_100)
    world.broker.fill(bought, 10)
    world.pump()
    old = world.place("mm", Side.SELL, 10, 4_501_000)
    new = moved(world, old, 10, 4_500_900, reduce_only=True)
    assert asked(world).priority is Priority.REDUCE
    world.pump()
    world.broker.fill(new, 10)
    world.pump()
    assert world.core.desk.book.net_qty("SPY") == 0
    world.agree()


def test_fills_that_cross_the_move_are_booked_once_and_make_the_new_order_smaller(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    new = moved(world, old, 10, PX - 100)
    request = asked(world)
    world.requests.clear()
    reply = world.broker.answer(request)
    world.broker.fill(old, 3)
    world.broker.settle_replaces()
    updates, world.broker.updates = world.broker.updates, []
    world.turn(reply, *updates, *updates)
    order = world.core.desk.book.orders[new]
    assert (order.qty, order.status) == (7, OrdStatus.NEW)
    assert world.told(events.OrderResized)[-1].qty == 7
    world.turn(reply)  # told late: it does not make the order larger again
    assert world.core.desk.book.orders[new].qty == 7
    world.broker.fill(new, 7)
    world.run(1_000)
    assert status(world, new) is OrdStatus.FILLED
    assert world.core.desk.book.qty("mm", "SPY") == 10
    world.agree()


def test_a_fill_of_the_old_one_told_after_the_new_one_works_is_still_booked(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    moved(world, old, 10, PX - 100)
    reply = world.broker.answer(asked(world))
    world.requests.clear()
    world.broker.fill(old, 2)
    world.broker.settle_replaces()
    late = [update for update in world.broker.updates if update.event == "fill"]
    rest = [update for update in world.broker.updates if update.event != "fill"]
    world.broker.updates = []
    world.turn(reply, *reversed(rest), *late)
    assert world.core.desk.book.orders[old].cum_qty == 2
    assert status(world, old) is OrdStatus.REPLACED
    world.run(1_000)
    world.agree()


def test_more_than_was_asked_is_believed_and_taken_back(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    new = moved(world, old, 6, PX - 100)
    reply = world.broker.answer(asked(world))
    world.requests.clear()
    world.turn(broker.OrderReply(ticket=reply.ticket, order=msgspec.structs.replace(reply.order, qty=10)))
    assert world.core.desk.book.open_qty("mm", "SPY", Side.BUY) == 20
    assert new in world.core.desk.cancels


def test_when_the_old_one_fills_first_the_new_one_is_rejected_and_nobody_is_blamed(world: World) -> None:
    for _ in range(6):
        old = world.place("mm", Side.BUY, 2, PX)
        new = moved(world, old, 2, PX - 100)
        world.broker.fill(old, 2)
        world.pump()
        assert (status(world, old), status(world, new)) == (OrdStatus.FILLED, OrdStatus.REJECTED)
        world.run(500)
    assert world.core.gates.standing("mm").is_active
    world.agree()


def test_a_refused_replace_leaves_the_old_order_at_work(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    new = moved(world, old, 10, PX - 100)
    reply = world.broker.answer(asked(world))
    world.requests.clear()
    world.broker.settle_replaces(refuse=True)
    updates, world.broker.updates = world.broker.updates, []
    world.turn(reply, *updates)
    assert (status(world, old), status(world, new)) == (OrdStatus.NEW, OrdStatus.REJECTED)
    assert world.core.desk.book.open_qty("mm", "SPY", Side.BUY) == 10


@pytest.mark.parametrize("arrived", [True, False])
def test_a_replace_of_unknown_fate_is_never_sent_again(world: World, *, arrived: bool) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    new = moved(world, old, 10, PX - 100)
    request = asked(world)
    world.requests.clear()
    if arrived:
        world.broker.answer(request)
    lost = broker.BrokerUnknown(
        ticket=request.ticket, request="ReplaceRequest", client_order_id=new, reason="ReadTimeout"
    )
    world.turn(lost)
    assert status(world, new) is OrdStatus.UNKNOWN
    assert world.core.desk.book.open_qty("mm", "SPY", Side.BUY) == 20
    world.run(30_000, 250)  # the broker asserts that nothing is sent twice
    ends = (OrdStatus.REPLACED, OrdStatus.NEW) if arrived else (OrdStatus.NEW, OrdStatus.REJECTED)
    assert (status(world, old), status(world, new)) == ends
    assert world.core.desk.book.open_qty("mm", "SPY", Side.BUY) == 10


def test_a_router_that_dies_between_record_and_request_gives_the_old_order_its_place_back(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    world.turn(world.replacement(old, 10, PX - 100), crash="after")
    new = next(order for order in world.core.desk.book.orders.values() if order.replaces == old)
    assert (status(world, old), new.status) == (OrdStatus.PENDING_REPLACE, OrdStatus.UNKNOWN)
    world.connect()
    world.run(40_000, 250)
    assert new.status is OrdStatus.REJECTED
    assert status(world, old) is OrdStatus.CANCELED  # its strategy never came back


def test_a_cancel_takes_both_back(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    moved(world, old, 10, PX - 100)
    world.turn(CancelAll(strategy="mm", epoch=1, seq=world.core.desk.link("mm").last_seq + 1))
    world.run(2_000)
    assert not world.core.desk.book.working
    world.agree()


def test_a_move_costs_half_of_what_cancel_and_new_cost_in_its_strategys_share(world: World) -> None:
    budget = world.core.desk.budget
    budget._taken.clear()
    assert budget.has_room(Priority.REPLACE, world.now_ns, "mm")
    assert budget.has_room(Priority.NEW, world.now_ns, "mm")
    assert [cost for _, _, cost in budget._taken] == [1, 2]


def test_an_order_whose_replacement_was_cancelled_goes_on_when_the_venue_says_so(world: World) -> None:
    old = world.place("mm", Side.BUY, 10, PX)
    new = moved(world, old, 10, PX - 100)
    world.requests.clear()
    book = world.core.desk.book
    seen = msgspec.structs.replace(world.broker.orders[old].seen(), client_order_id=new, order_id="v-new")
    gone = msgspec.structs.replace(seen, event=OrdEvent.CANCELED, word="canceled", replaces=f"v-{old}")
    world.turn(broker.OrderReply(ticket=999, order=gone))
    assert (book.orders[new].status, status(world, old)) == (OrdStatus.CANCELED, OrdStatus.PENDING_REPLACE)
    world.turn(broker.OrderReply(ticket=999, order=world.broker.orders[old].seen()))
    assert status(world, old) is OrdStatus.NEW
