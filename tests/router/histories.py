"""One random history of the router core from a number, and everything that must hold at its end.

The acts are those of the property tests, with fills at any price, cancels that are told before the fill that crossed
them, kill switches, and a disk that begins anew with the saved book. What was given up arrives within LATE_MS,
so nobody may call it absent before. The ledgers are compared with an oracle in exact fractions that reads all records.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from hft import control as asks
from hft.clock import NS_PER_MS
from hft.words import OrdStatus
from router import broker
from router.core import History
from router.ids import UNCLAIMED
from router.journal import _decoder
from router.orders import OrdEvent
from router.records import OrderFilled
from tests.risk.test_ledger import Oracle
from tests.router.test_crashes import ACTS, OFTEN
from tests.router.world import FAMILIES, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from router.book import Book

ACTS_MIN, ACTS_MAX = 20, 120
LATE_MS = 6_000
WHOSE = ("", *FAMILIES)
SAVE_SHARE = 0.03
SETTLED_MS, STEP_MS = 40_000, 500


def fill_anywhere(world: World, n: int) -> None:
    """Let an order trade at its price or better."""
    working = world.broker.working()
    if working:
        name = working[n % len(working)]
        request = world.broker.orders[name].request
        world.broker.fill(
            name, 1 + n % 4, px=(request.px or world.broker.mid[request.symbol]) - request.side.sign * n % 7
        )


def cancel_that_lags(world: World, n: int) -> None:
    """Let the venue tell of a cancel, with the shares of before, and only then of the fill that crossed it."""
    found = [held for held in world.broker.orders.values() if held.word in {"new", "partially_filled"}]
    if not found:
        return
    held = found[n % len(found)]
    before = held.seen()
    world.broker.fill(held.request.client_order_id, 1 + n % 4)
    crossed = world.broker.updates.pop()
    if held.is_done:
        world.broker.updates.append(crossed)
        return
    held.word = "canceled"
    stale = msgspec.structs.replace(before, event=OrdEvent.CANCELED, word="canceled")
    world.broker.updates += [broker.TradeUpdate(event="canceled", order=stale), crossed]


def halt(world: World, n: int) -> None:
    """Set the kill switch for the account or for one strategy."""
    world.turn(asks.Halt(peer="p", reason="enough", strategy=WHOSE[n % 3]))


def resume(world: World, n: int) -> None:
    """Open all latches."""
    world.turn(*(asks.Resume(peer="p", strategy=name) for name in WHOSE))


MORE: dict[str, Callable[[World, int], None]] = {
    **ACTS,
    "fill": fill_anywhere,
    "cancel_that_lags": cancel_that_lags,
    "halt": halt,
    "resume": resume,
}


class Watch:
    """Knows who was halted by hand; nothing that could open a position may leave for them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._halted: set[str] = set()

    def act(self, name: str, n: int) -> None:
        """Let an act happen, and look at the orders that it let out."""
        world, halted = self.world, set(self._halted)
        before = {id(request) for request in world.requests}
        MORE[name](world, n)
        if name == "halt":
            self._halted.add(WHOSE[n % 3])
        elif name == "resume":
            self._halted.clear()
        halted &= self._halted
        for request in world.requests:
            if isinstance(request, broker.SubmitOrder | broker.ReplaceRequest) and id(request) not in before:
                self._must_be_free(request.client_order_id, halted)

    def _must_be_free(self, name: str, halted: set[str]) -> None:
        order = self.world.core.desk.book.orders[name]
        assert not halted & {"", order.ledger}, f"5: {name} leaves while {halted} are halted"


class Post:
    """Requests that we gave up and that are still on their way."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._since_ns: dict[str, int] = {}

    def deliver(self, *, all_of_it: bool) -> None:
        """Let arrive what is on its way for long, or all of it; nobody may have called it absent meanwhile."""
        world, left = self.world, []
        for request in world.late:
            since_ns = self._since_ns.setdefault(getattr(request, "client_order_id", ""), world.now_ns)
            if all_of_it or world.now_ns - since_ns > LATE_MS * NS_PER_MS:
                world.broker.answer(request)
            else:
                left.append(request)
                self._must_be_hoped_for(request)
        world.late = left

    def _must_be_hoped_for(self, request: broker.AnyRequest) -> None:
        order = self.world.core.desk.book.orders.get(getattr(request, "client_order_id", ""))
        sent = isinstance(request, broker.SubmitOrder)
        assert not (sent and order is not None and order.presumed_absent), f"{request} may still arrive"


def lived(seed: int) -> World:
    """Return a world after a random history and a while of good behaviour."""
    dice, names = random.Random(f"{seed}/history"), [*MORE, *OFTEN, *("cancel_that_lags", "resume") * 4]
    world = World().ready()
    post, watch = Post(world), Watch(world)
    for _ in range(dice.randint(ACTS_MIN, ACTS_MAX)):
        if dice.random() < SAVE_SHARE:
            world.save()
            world.boot()
        name = dice.choice(names)
        post.deliver(all_of_it=name == "wait_long")
        watch.act(name, dice.randrange(32))
    resume(world, 0)
    post.deliver(all_of_it=True)
    if not world.stream_up:
        world.connect()
    world.run(SETTLED_MS, STEP_MS)
    return world


def examine(world: World) -> None:
    """Raise AssertionError where a promise does not hold."""
    book = world.core.desk.book
    assert not [order for order in book.orders.values() if order.status is OrdStatus.UNKNOWN]
    assert world.core.reconciler.state == "ok", world.core.desk.broken
    world.agree()
    assert replayed(world).saved(0) == book.saved(0), "the journal is the book"
    fractions_agree(world)


def replayed(world: World) -> Book:
    """Return what the disk says."""
    history = History(world.first_index)
    for raw in world.disk:
        history.add(_decoder.decode(raw))
    return history.book


def fractions_agree(world: World) -> None:
    """Assert that every ledger equals an oracle in fractions that books each order's executions once."""
    book = world.core.desk.book
    oracles: dict[tuple[str, str], Oracle] = {}
    fills: dict[tuple[str, str], int] = {}
    for record in map(_decoder.decode, [*world.archive, *world.disk]):
        if isinstance(record, OrderFilled):
            order = book.orders[record.client_order_id]
            whose = order.ledger, order.symbol
            oracle = oracles.setdefault(whose, Oracle())
            fills[whose] = fills.get(whose, 0) + 1
            oracle.book(order.side.sign * record.last_qty, Fraction(record.notional, record.last_qty))
    for (name, symbol), oracle in oracles.items():
        position = book.ledgers[name][symbol]
        assert name == UNCLAIMED or position.qty == oracle.qty, (name, symbol)
        assert abs(position.realised - oracle.realised) <= fills[name, symbol], (name, symbol)
