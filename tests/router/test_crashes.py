"""Random histories: lost, repeated and reordered news, lost answers, crashes at every instant of a turn.

Whatever happened, once the world behaves well for a while the book equals the broker: every order, share and position;
and no order was ever sent twice (the broker asserts it). DESIGN §6, invariants 1 to 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hft.messages import CancelAll, Register
from hft.words import OrdStatus, Side
from risk.ledger import net_qty
from router import broker
from router.core import History
from router.journal import _decoder
from tests.router.fake_broker import SYMBOLS
from tests.router.world import FAMILIES, World

if TYPE_CHECKING:
    from collections.abc import Callable

Act = tuple[str, int]


def come_back(world: World, n: int) -> None:
    """What strategies and the stream do by themselves after a while."""
    if n % 3 == 0 and not world.core.gates.reconciled:
        settle_down(world, n)
    if not world.core.desk.link(FAMILIES[n % 2]).epoch:
        register(world, n)


def place(world: World, n: int) -> None:
    come_back(world, n)
    name, symbol = FAMILIES[n % 2], SYMBOLS[(n // 2) % 2]
    side = Side.BUY if (n // 4) % 2 else Side.SELL
    world.turn(world.order(name, side, 1 + n % 7, symbol=symbol))


def place_and_crash_before(world: World, n: int) -> None:
    come_back(world, n)
    order = world.order(FAMILIES[n % 2], Side.BUY, 1 + n % 7)
    world.turn(order, crash="before")


def place_and_crash_after(world: World, n: int) -> None:
    come_back(world, n)
    order = world.order(FAMILIES[n % 2], Side.BUY, 1 + n % 7)
    world.turn(order, crash="after")


def move(world: World, n: int) -> None:
    """Ask for another price or size of something that rests, or should."""
    come_back(world, n)
    working = [order for order in world.core.desk.book.working.values() if order.seq]
    if working:
        order = working[n % len(working)]
        world.turn(world.replacement(order.client_order_id, 1 + n % 9, order.px - order.side.sign * 100 * (n % 5)))


def move_and_crash(world: World, n: int) -> None:
    come_back(world, n)
    working = [order for order in world.core.desk.book.working.values() if order.seq]
    if working:
        order = working[n % len(working)]
        asked = world.replacement(order.client_order_id, 1 + n % 9, order.px - order.side.sign * 100)
        world.turn(asked, crash=("before", "after")[n % 2])


def end_replaces(world: World, n: int) -> None:
    world.broker.settle_replaces(refuse=n % 3 == 0)


def answer(world: World, n: int) -> None:
    if world.requests:
        request = world.requests.pop(n % len(world.requests))
        world.turn(world.broker.answer(request))


def answer_and_crash(world: World, n: int) -> None:
    if world.requests:
        request = world.requests.pop(n % len(world.requests))
        world.turn(world.broker.answer(request), crash=("before", "after")[n % 2])


def lose_answer(world: World, n: int) -> None:
    """The broker does it, and its answer is lost."""
    if world.requests:
        request = world.requests.pop(n % len(world.requests))
        world.broker.answer(request)
        world.turn(unknown(request))


def lose_request(world: World, n: int) -> None:
    """The broker never hears of it, and we cannot know."""
    if world.requests:
        world.turn(unknown(world.requests.pop(n % len(world.requests))))


def give_up_request(world: World, n: int) -> None:
    """We do not wait any longer; the request arrives later."""
    if world.requests:
        request = world.requests.pop(n % len(world.requests))
        world.late.append(request)
        world.turn(unknown(request))


def arrive_late(world: World, n: int) -> None:
    if world.late:
        world.broker.answer(world.late.pop(n % len(world.late)))


def wait_long(world: World, n: int) -> None:
    world.run(2_000 + 1_000 * n, 500)


def unknown(request: broker.AnyRequest) -> broker.BrokerUnknown:
    return broker.BrokerUnknown(
        ticket=request.ticket,
        request=type(request).__name__,
        client_order_id=getattr(request, "client_order_id", ""),
        reason="ReadTimeout",
    )


def fill(world: World, n: int) -> None:
    working = world.broker.working()
    if working:
        world.broker.fill(working[n % len(working)], 1 + n % 4)


def deliver(world: World, n: int) -> None:
    """Any update, in any order."""
    if world.broker.updates and world.stream_up:
        world.turn(world.broker.updates.pop(n % len(world.broker.updates)))


def deliver_twice(world: World, n: int) -> None:
    if world.broker.updates and world.stream_up:
        update = world.broker.updates[n % len(world.broker.updates)]
        world.turn(update, update)


def deliver_and_crash(world: World, n: int) -> None:
    if world.broker.updates and world.stream_up:
        update = world.broker.updates.pop(n % len(world.broker.updates))
        world.turn(update, crash=("before", "after")[n % 2])


def lose_update(world: World, n: int) -> None:
    if world.broker.updates:
        world.broker.updates.pop(n % len(world.broker.updates))


def stream_down(world: World, n: int) -> None:
    world.stream_up = False
    world.broker.updates.clear()
    world.turn(broker.UpdatesDown(reason="gone"))


def stream_up(world: World, n: int) -> None:
    if not world.stream_up:
        world.connect()


def cancel(world: World, n: int) -> None:
    name = FAMILIES[n % 2]
    link = world.core.desk.link(name)
    world.turn(CancelAll(strategy=name, epoch=link.epoch, seq=link.last_seq + 1))


def wait(world: World, n: int) -> None:
    world.pass_ms(50 + 100 * (n % 20))
    world.turn(*world.quotes(), *(world.beat(name) for name in FAMILIES))


def disk_stalls(world: World, n: int) -> None:
    """From here on nothing that is written is safe, and what waits for it waits."""
    come_back(world, n)
    world.stalls = True


def disk_answers(world: World, n: int) -> None:
    world.unstall()


def crash_in_stall(world: World, n: int) -> None:
    """Killed while cancels have left and their records are not safe: any part of those may be on disk."""
    if world.stalls:
        world.crash_in_stall(n % (len(world.unsafe) + 1))


def register(world: World, n: int) -> None:
    world.turn(*(Register(strategy=name, epoch=world.epoch, pid=1) for name in FAMILIES))


def settle_down(world: World, n: int) -> None:
    """A spell of good behaviour in the middle."""
    world.unstall()
    if not world.stream_up:
        world.connect()
    world.run(3_000, 300)
    register(world, n)


ACTS: dict[str, Callable[[World, int], None]] = {
    act.__name__: act
    for act in (
        place,
        place_and_crash_before,
        place_and_crash_after,
        move,
        move_and_crash,
        end_replaces,
        answer,
        answer_and_crash,
        lose_answer,
        lose_request,
        give_up_request,
        arrive_late,
        wait_long,
        fill,
        deliver,
        deliver_twice,
        deliver_and_crash,
        lose_update,
        stream_down,
        stream_up,
        cancel,
        wait,
        register,
        settle_down,
        disk_stalls,
        disk_answers,
        crash_in_stall,
    )
}
OFTEN = (
    *("place",) * 12,
    *("answer",) * 16,
    *("fill",) * 12,
    *("move",) * 10,
    *("end_replaces",) * 4,
    *("deliver",) * 8,
    *("stream_up", "settle_down") * 4,
    *("give_up_request",) * 3,
)


HISTORIES = st.lists(st.tuples(st.sampled_from([*ACTS, *OFTEN]), st.integers(0, 31)), min_size=20, max_size=120)
COUNTS = pytest.mark.parametrize(
    "count", [40, pytest.param(400, marks=[pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(600)])]
)


def hold(promise: Callable[[list[Act]], None], count: int) -> None:
    """Let a promise be kept by so many histories."""
    settings(max_examples=count)(given(HISTORIES)(promise))()


@COUNTS
def test_whatever_happens_the_book_ends_up_equal_to_the_broker(count: int) -> None:
    hold(ends_up_equal_to_the_broker, count)


@COUNTS
def test_every_event_of_the_journal_is_recorded_once_and_in_order(count: int) -> None:
    hold(is_recorded_once_and_in_order, count)


@COUNTS
def test_the_replayed_journal_is_the_very_same_book(count: int) -> None:
    hold(is_the_same_when_replayed, count)


def ends_up_equal_to_the_broker(acts: list[Act]) -> None:
    world = World().ready()
    for name, n in acts:
        ACTS[name](world, n)
    world.unstall()
    if not world.stream_up:
        world.connect()
    world.run(40_000, 250)
    unknown_orders = [o for o in world.core.desk.book.orders.values() if o.status is OrdStatus.UNKNOWN]
    assert not unknown_orders
    assert world.core.reconciler.state == "ok", world.core.desk.broken
    world.agree()


def is_recorded_once_and_in_order(acts: list[Act]) -> None:
    world = World().ready()
    for name, n in acts:
        ACTS[name](world, n)
    world.unstall()
    world.turn(world.recorded())
    history = History()
    for raw in world.disk:
        history.add(_decoder.decode(raw))
    assert [event for event in world.events if event.mark] == list(history.events)


def is_the_same_when_replayed(acts: list[Act]) -> None:
    world = World().ready()
    for name, n in acts:
        ACTS[name](world, n)
    world.unstall()
    world.turn()  # a router that has just started writes its first record in its first turn
    before = world.core.desk.book.saved(world.now_ns)
    book = world.core.desk.book
    sums = (book._open, book._net_open, book._net, book.working_of)
    index = world.core.desk.book.index
    history = History()
    for raw in world.disk:
        history.add(_decoder.decode(raw))
    assert history.book.saved(world.now_ns) == before
    nonzero = [{key: qty for key, qty in found.items() if qty} for found in sums]
    replayed = history.book
    again = [
        {key: qty for key, qty in found.items() if qty}
        for found in (replayed._open, replayed._net_open, replayed._net, replayed.working_of)
    ]
    assert nonzero == again
    assert replayed.unknown.keys() == book.unknown.keys()
    assert replayed.unnamed.keys() == book.unnamed.keys()
    assert all(book.net_qty(symbol) == net_qty(book.ledgers, symbol) for symbol in SYMBOLS)
    assert history.book.index == index
