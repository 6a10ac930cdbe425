"""One random history of the router core from a number, and everything that must hold at its end.

The acts are those of the property tests, with fills at any price, cancels that are told before the fill that crossed
them, kill switches, and a disk that begins anew with the saved book. What was given up arrives within LATE_MS,
so nobody may call it absent before. The ledgers are compared with an oracle in exact fractions that reads all records.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from hft import control as asks
from hft.clock import NS_PER_MS
from hft.words import OrdStatus, Side
from router import broker
from router.core import History
from router.journal import _decoder
from router.orders import OrdEvent
from router.records import AmendmentBooked
from tests.router.fake_broker import SYMBOLS
from tests.router.oracle import Ledgers
from tests.router.test_crashes import ACTS, OFTEN, answer, cancel, come_back, settle_down, stream_down
from tests.router.world import FAMILIES, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from router.book import Book

ACTS_MIN, ACTS_MAX = 20, 120
LATE_MS = 6_000
WHOSE = ("", *FAMILIES)
OFTEN_HERE = (
    *("cancel_that_lags", "resume", "bust", "correct", "meet") * 4,
    *("tell_again", "miss_one") * 12,
    *("halt", "disk_answers") * 6,
    *("split",) * 2,
)
SAVE_SHARE = 0.06
SETTLED_MS, STEP_MS = 40_000, 500
RESUMES_MAX = 3  # what is found while a person resumes is for the next look


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


def meet(world: World, n: int) -> None:
    """Let one strategy bid where the other offers."""
    come_back(world, n)
    symbol, px = SYMBOLS[n % 2], world.broker.mid[SYMBOLS[n % 2]]
    for name, side in zip(FAMILIES, (Side.BUY, Side.SELL) if n % 4 < 2 else (Side.SELL, Side.BUY), strict=True):
        world.turn(world.order(name, side, 1 + n % 5, px + side.sign * 100, symbol))
        answer(world, 0)


def halt(world: World, n: int) -> None:
    """Set the kill switch for the account or for one strategy."""
    world.turn(asks.Halt(peer="p", reason="enough", strategy=WHOSE[n % 3]))


def resume(world: World, n: int) -> None:
    """Open all latches."""
    world.turn(*(asks.Resume(peer="p", strategy=name) for name in WHOSE))


def bust(world: World, n: int) -> None:
    """Let the venue take an execution back, of whatever order, and tell of it when it will."""
    amend(world, n)


def correct(world: World, n: int) -> None:
    """Let the venue book an execution anew, a little dearer or cheaper."""
    amend(world, n, cents=n % 7 - 3 or 4)


def amend(world: World, n: int, *, cents: int = 0) -> None:
    traded = [name for name, held in world.broker.orders.items() if held.cum_qty]
    if traded:
        name = traded[n % len(traded)]
        px = world.broker.px_of(name, n)
        world.broker.amend(name, n, px=px + 100 * cents if cents and px else 0)


def miss_one(world: World, n: int) -> None:
    """Let an order trade twice, at two prices, and the stream lose the first of them."""
    working = [name for name in world.broker.working() if world.broker.orders[name].word in {"new", "partially_filled"}]
    if working:
        name = working[n % len(working)]
        request, before = world.broker.orders[name].request, len(world.broker.updates)
        for step in (0, 100):
            world.broker.fill(name, 1 + n % 2, px=request.px - request.side.sign * step)
        if len(world.broker.updates) - before == 2:  # the second fill is not for lack of shares left away
            world.broker.updates.pop(before)


def tell_again(world: World, n: int) -> None:
    """Let the stream tell of something again that happened long ago."""
    if world.broker.told and world.stream_up:
        world.turn(world.broker.told[7 * n % len(world.broker.told)])


def strangers(world: World, n: int) -> None:
    """Let shares come from nowhere, wait for the verdict, and give some of them to a strategy."""
    symbol = SYMBOLS[n % 2]
    settle_down(world, n)
    world.broker.positions[symbol] = world.broker.positions.get(symbol, 0) + 1 + n % 5
    world.run(3_000, 300)
    world.turn(asks.Resume(peer="p"))
    claim(world, n)


def claim(world: World, n: int) -> None:
    """Ask for unclaimed shares, with a key that may have been used before."""
    asked = asks.Claim(peer="p", key=f"k{n % 8}", symbol=SYMBOLS[n % 2], strategy=FAMILIES[n % 2], qty=n % 3)
    world.turn(asked, crash=("", "", "before", "after")[n % 4])


def split(world: World, n: int) -> None:
    """Double the shares of a symbol over night, and let a person take that over."""
    symbol = SYMBOLS[n % 2]
    for name in FAMILIES:
        cancel(world, FAMILIES.index(name))
    settle_down(world, n)
    if world.core.desk.broken or world.broker.working() or not world.broker.positions.get(symbol):
        return
    world.broker.positions[symbol] *= 2
    world.broker.mid[symbol] //= 2
    world.run(6_000, 300)
    world.turn(asks.Resume(peer="p"))


MORE: dict[str, Callable[[World, int], None]] = {
    **ACTS,
    "fill": fill_anywhere,
    "cancel_that_lags": cancel_that_lags,
    "halt": halt,
    "resume": resume,
    "bust": bust,
    "correct": correct,
    "miss_one": miss_one,
    "tell_again": tell_again,
    "strangers": strangers,
    "claim": claim,
    "split": split,
    "meet": meet,
}


class Watch:
    """Knows who was halted by hand; nothing that could open a position may leave for them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._halted: set[str] = set()

    def act(self, name: str, n: int) -> None:
        """Let an act happen, and look at the orders that it let out."""
        world, halted = self.world, set(self._halted)
        before, frozen = {id(request) for request in world.requests}, set(world.core.desk.book.frozen.symbols)
        MORE[name](world, n)
        if name == "halt":
            self._halted.add(WHOSE[n % 3])
        elif name == "resume":
            self._halted.clear()
        elif name in {"strangers", "split"}:  # a person resumes the account there
            self._halted.discard("")
        halted &= self._halted
        for request in world.requests:
            if isinstance(request, broker.SubmitOrder | broker.ReplaceRequest) and id(request) not in before:
                self._must_be_free(request.client_order_id, halted)
                self._must_not_enter(request.client_order_id, frozen & world.core.desk.book.frozen.symbols.keys())

    def _must_not_enter(self, name: str, frozen: set[str]) -> None:
        book = self.world.core.desk.book
        order = book.orders[name]
        if name in self.world.waited:  # for the disk: it was on its way
            return
        enters = order.side.sign * book.qty(order.ledger, order.symbol) >= 0
        assert not (enters and order.symbol in frozen), f"{name} enters {order.symbol}, which the venue amended"

    def _must_be_free(self, name: str, halted: set[str]) -> None:
        order = self.world.core.desk.book.orders[name]
        ours = {""} if name in self.world.waited else {"", order.ledger}  # what waited for the disk was on its way
        assert not halted & ours, f"5: {name} leaves while {halted} are halted"


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
    dice, names = random.Random(f"{seed}/history"), [*MORE, *OFTEN, *OFTEN_HERE]
    world = World(conflict=("hold-newer", "internal-cross")[seed % 2]).ready()
    post, watch = Post(world), Watch(world)
    for _ in range(dice.randint(ACTS_MIN, ACTS_MAX)):
        if dice.random() < SAVE_SHARE:
            world.save()
            frozen = dict(world.core.desk.book.frozen.symbols)
            assert world.boot().desk.book.frozen.symbols == frozen, "a saved book is frozen as it was"
        name = dice.choice(names)
        post.deliver(all_of_it=name == "wait_long")
        watch.act(name, dice.randrange(32))
    world.unstall()
    resume(world, 0)
    post.deliver(all_of_it=True)
    stream_down(world, 0)  # a price that is amended unheard of shows in a list of orders, and a round asks for one
    world.connect()
    world.run(SETTLED_MS, STEP_MS)
    for _ in range(RESUMES_MAX):
        if world.core.desk.broken:
            resume(world, 0)
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
    amended_once(world)


def amended_once(world: World) -> None:
    """Assert that nothing was amended more often than the venue did: what heals a mistake would hide it."""
    found = map(_decoder.decode, [*world.archive, *world.disk])
    booked = Counter(record.client_order_id for record in found if isinstance(record, AmendmentBooked))
    assert all(count <= world.broker.amended.get(name, 0) for name, count in booked.items()), booked


def replayed(world: World) -> Book:
    """Return what the disk says."""
    history = History(world.first_index)
    for raw in world.disk:
        history.add(_decoder.decode(raw))
    return history.book


def fractions_agree(world: World) -> None:
    """Assert that every ledger equals an oracle in fractions that books what each record says, once."""
    book, ledgers = world.core.desk.book, Ledgers()
    ledgers.read(map(_decoder.decode, [*world.archive, *world.disk]))
    for (name, symbol), oracle in ledgers.oracles.items():
        position, booked = book.ledgers[name][symbol], ledgers.bookings[name, symbol]
        assert position.qty == oracle.qty, (name, symbol)
        assert abs(position.realised - oracle.realised) <= booked, (name, symbol)
