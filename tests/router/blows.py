"""One fleet of the simulation at work, and what can be done to it: the faults of the exchange's menu, crashes, clocks.

A blow is a function of the scene; it strikes, and returns a question: has it hit? A blow that hits nothing proves
nothing, so the tests ask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from hft import control as asks
from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import CancelAll, CancelOrder, NewOrder, ReplaceOrder, Status, Ticks
from router import broker
from router.disk import DiskFull
from router.ids import PREFIX
from tests.simulation.markets import Walk
from tests.simulation.storms import LIMITS, MIDS, ROUTER, START_NS, storm
from venue.faults import Fault
from venue.units import SHARE

if TYPE_CHECKING:
    from pathlib import Path

    from replay.chaos import ChaosFleet
    from router.broker import AnyRequest
    from venue.books import Book
    from venue.orders import Order as VenueOrder

Hit = Callable[[], bool]
Blow = Callable[["Scene"], Hit]

BUSY_S = 1.5
STEP_S = 0.1
CANCELLED_NS_MAX = 2 * NS_PER_S
WISHES = (NewOrder, ReplaceOrder, CancelOrder, CancelAll)
WAKE_MS = 50  # live it is 20; what is waited for here takes seconds, and there are more than a hundred scenes
SYMBOLS_USD_MAX = 1_500.0  # so small that it binds in many scenes
PX_PER_USD = 10_000
UNTIL_THE_CLOSE = msgspec.structs.replace(ROUTER, no_new_risk_before_close_ms=1, flat_before_close_ms=1)
QUIET_STEP_NS = NS_PER_S  # nobody trades any more: a quote now and then is enough


class Scene:
    """The fleet, what its router heard and said, and orders that were too large for what is truly held."""

    def __init__(self, folder: Path, *, start_ns: int = START_NS, seed: int = 1) -> None:
        limits = msgspec.structs.replace(LIMITS, symbol_usd_max=SYMBOLS_USD_MAX)
        self.fleet: ChaosFleet = storm(
            seed, folder, start_ns=start_ns, limits=limits, router=UNTIL_THE_CLOSE, wake_ms=WAKE_MS
        ).fleet
        assert isinstance(self.fleet.venue.exchange.source, Walk)
        self.walk = self.fleet.venue.exchange.source
        self.faults = self.fleet.venue.exchange.engine.faults
        self.heard: list[Any] = []
        self.over: list[str] = []
        see = self.fleet.witness.see

        def watch(way: str, message: Any) -> None:  # noqa: ANN401 every message of the router
            self.heard.append(message)
            if isinstance(message, broker.SubmitOrder) and not message.exits:
                self._measure(message)
            see(way, message)

        self.fleet.watch = self.fleet.router.watch = watch

    @property
    def account(self) -> Book:
        """Return what is true at the venue."""
        return self.fleet.venue.exchange.engine.books[self.fleet.venue.account]

    def told(self, event: str) -> list[str]:
        """Return the symbols of all events of a kind in the record."""
        return [line["symbol"] for line in self.record() if line["event"] == event]

    def record(self) -> list[dict[str, Any]]:
        """Return every event in the record."""
        return [msgspec.json.decode(line) for chunk in self.fleet.kept for line in chunk.splitlines()]

    def begin(self, busy_s: float = BUSY_S) -> None:
        """Let the fleet come up and trade."""
        self.fleet.begin()
        self.run(busy_s)

    def run(self, seconds: float) -> None:
        """Let market time pass."""
        self.fleet.run(self.fleet.scheduler.now_ns + round(seconds * NS_PER_S))

    def run_until(self, hit: Hit, seconds_max: float) -> bool:
        """Let time pass until it has hit; return whether it has."""
        for _ in range(round(seconds_max / STEP_S)):
            if hit():
                return True
            self.run(STEP_S)
        return hit()

    def heal(self) -> None:
        """End all faults; strategies stop, so that what differs from now on is not their doing."""
        fleet = self.fleet
        fleet.venue.heal()
        fleet.router.skew_ns = fleet.router_skew_ns = 0
        self.walk.step_ns = QUIET_STEP_NS
        for name in fleet.strategies:
            fleet.revive_strategy(name)
        for node in fleet.strategies.values():
            node.stop()

    def rest(self) -> None:
        """Let the record be completed."""
        for program in self.fleet.programs():
            program.keep_record()
        self.run(0.5)

    def _measure(self, asked: AnyRequest) -> None:
        """Note an order that could make the position, as it truly is at the venue, larger than the limit."""
        assert isinstance(asked, broker.SubmitOrder)
        book = self.account
        same = [order for order in book.open_orders(asked.symbol) if order.side == asked.side.word]
        held = asked.side.sign * book.qty(asked.symbol) + sum(order.leaves_qty for order in same)
        if (held // SHARE + asked.qty) * asked.px > SYMBOLS_USD_MAX * PX_PER_USD and held >= 0:
            self.over.append(f"{asked.client_order_id}: {asked.qty} more on {held // SHARE} {asked.symbol}")


# --- blows


def menu(kind: str, **settings: Any) -> Blow:  # noqa: ANN401 the fault's own settings
    """Order a fault of the menu; it hits when the exchange has acted by it."""

    def strike(scene: Scene) -> Hit:
        fault = scene.fleet.venue.order_fault(Fault(kind=kind, **settings))
        armed = scene.faults._armed[fault.id]
        return lambda: armed.hits > 0

    return strike


def state(kind: str, seen: Callable[[Scene, Any], bool], **settings: Any) -> Blow:  # noqa: ANN401 as above
    """Order a fault that is a state: it hits when the router has heard something that only the state explains."""

    def strike(scene: Scene) -> Hit:
        scene.fleet.venue.order_fault(Fault(kind=kind, **settings))
        first = len(scene.heard)
        return lambda: any(seen(scene, message) for message in scene.heard[first:])

    return strike


def both(*blows: Blow) -> Blow:
    """Strike in this order; all must hit."""

    def strike(scene: Scene) -> Hit:
        hits = [blow(scene) for blow in blows]
        return lambda: all(hit() for hit in hits)

    return strike


def then(first: Blow, second: Blow) -> Blow:
    """Strike the second as soon as the first has hit; both must hit."""

    def strike(scene: Scene) -> Hit:
        hits, second_hits = first(scene), list[Hit]()

        def hit() -> bool:
            if not second_hits and hits():
                second_hits.append(second(scene))
            return bool(second_hits) and second_hits[0]()

        return hit

    return strike


def cut_updates(scene: Scene) -> Hit:
    """Reset the stream of trade updates."""
    first = len(scene.heard)
    scene.fleet.venue.cut_updates("the connection was reset")
    return lambda: any(isinstance(message, broker.UpdatesDown) for message in scene.heard[first:])


def cut_data(scene: Scene) -> Hit:
    """Reset the stream of market data."""
    scene.fleet.feed.cut("the connection was reset")
    return lambda: True


def kill_router(scene: Scene) -> Hit:
    """Kill the router between two turns; it comes back within seconds."""
    epoch = scene.fleet.router.epoch
    scene.fleet.router_died()
    return lambda: scene.fleet.router.alive and scene.fleet.router.epoch > epoch


def stall_disk(seconds: float) -> Blow:
    """Let the router's disk not answer; it hits when a cancel has left meanwhile, and no order may have."""

    def strike(scene: Scene) -> Hit:
        scene.fleet.router.stall_disk(round(seconds * NS_PER_S))
        end_ns, first = scene.fleet.scheduler.now_ns + round(seconds * NS_PER_S), len(scene.heard)
        until: list[Any] = []

        def watch() -> bool:
            if scene.fleet.scheduler.now_ns < end_ns:
                return False
            until[:] = until or scene.heard[first:]
            return any(isinstance(message, broker.CancelRequest) for message in until)

        return watch

    return strike


def kill_in_stall(scene: Scene) -> Hit:
    """Kill the router after a cancel has left while its disk stalls: the cancel's record is lost, or torn."""
    router, first = scene.fleet.router, len(scene.heard)
    router.stall_disk(60 * NS_PER_S)

    def hit() -> bool:
        left = any(isinstance(message, broker.CancelRequest) for message in scene.heard[first:])
        if left and scene.fleet.router is router and router.alive:
            scene.fleet.router_died()
        return scene.fleet.router is not router and scene.fleet.router.alive

    return hit


def kill_strategy(scene: Scene) -> Hit:
    """Kill a strategy whose orders work; the dead-man's switch takes them."""
    scene.fleet.kill_strategy("monkey")
    link = scene.fleet.router.router.desk.link("monkey")
    return lambda: not link.connected


def deafen_router(scene: Scene) -> Hit:
    """Let the router miss ticks: a hole in their numbers."""
    gaps = scene.fleet.router.router.desk.market.feed_gaps
    scene.fleet.deafen(scene.fleet.bus.router_ticks, round(0.8 * NS_PER_S))
    return lambda: scene.fleet.router.router.desk.market.feed_gaps > gaps


def jump_clock(ms: int) -> Blow:
    """Set the router's clock."""

    def strike(scene: Scene) -> Hit:
        scene.fleet.router.skew_ns = scene.fleet.router_skew_ns = ms * NS_PER_MS
        return lambda: scene.fleet.router.skew_ns == ms * NS_PER_MS

    return strike


def halt(scene: Scene) -> Hit:
    """Set the kill switch as a person does; it has hit when nothing of ours works at the venue any more."""
    scene.fleet.router.take(asks.Halt(peer="p", reason="enough"))
    return lambda: bool(scene.fleet.latch.text) and not any(ours(order) for order in scene.account.open_orders())


def fill_disk(scene: Scene) -> Hit:
    """Let the journal's disk be full: the account is halted on the reserve, and nothing new may leave."""
    first = len(scene.heard)
    scene.fleet.router.take(DiskFull(text="the disk is full; the journal lives on its reserve"))

    def hit() -> bool:
        sent = [message for message in scene.heard[first:] if isinstance(message, broker.SubmitOrder)]
        return bool(scene.fleet.latch.text) and not [message for message in sent if not message.exits]

    return hit


def orders_work(scene: Scene) -> Hit:
    """Do nothing but wait until orders of ours work at the venue."""
    return lambda: any(ours(order) for order in scene.account.open_orders())


def halt_alone(scene: Scene) -> Hit:
    """Set the kill switch while strategies only beat and nothing fills: the router cancels what works, or nobody."""
    for node in scene.fleet.strategies.values():
        node.edges.update(dict.fromkeys(WISHES, _lost))
    scene.fleet.venue.order_fault(Fault(kind="no-fills"))
    until_ns = scene.fleet.scheduler.now_ns + CANCELLED_NS_MAX
    hit = halt(scene)
    return lambda: scene.fleet.scheduler.now_ns <= until_ns and hit()


def _lost(_: object) -> None:
    """Take what never arrives."""


def ours(order: VenueOrder) -> bool:
    """Return whether an order at the venue is one of ours."""
    return order.client_order_id.startswith(f"{PREFIX}-")


def close_of_the_day(scene: Scene) -> Hit:
    """Do nothing but wait until the market is closed."""
    router = scene.fleet.router
    return lambda: not router.router.desk.market.is_open(router.now_ns)


def expire(scene: Scene) -> Hit:
    """Let everything that works expire at the venue."""
    engine, now_ns = scene.fleet.venue.exchange.engine, scene.fleet.scheduler.now_ns
    for order in list(scene.account.open_orders()):
        engine.end(scene.account, order, "expired", now_ns)
    ended = [order for order in scene.account.orders.values() if order.status == "expired"]
    return lambda: bool(ended)


def again(kind: str, seen: Callable[[Scene, Any], bool], **settings: Any) -> Blow:  # noqa: ANN401 as above
    """Order an act that needs an order or a fill to act on, again and again until the router has heard of it."""

    def strike(scene: Scene) -> Hit:
        first = len(scene.heard)

        def hit() -> bool:
            if any(seen(scene, message) for message in scene.heard[first:]):
                return True
            for symbol in MIDS:
                scene.fleet.venue.order_fault(Fault(kind=kind, symbol=symbol, **settings))
            return False

        hit()
        return hit

    return strike


def flatten(scene: Scene) -> Hit:
    """Close everything as a person does."""
    first = len(scene.heard)
    scene.fleet.router.take(asks.Flatten(peer="p", timeout_ms=10_000))
    return lambda: any(isinstance(message, asks.Done) for message in scene.heard[first:])


# --- what a state shows itself by


def refused(words: str) -> Callable[[Scene, Any], bool]:
    """Return whether the venue refused a request in these words."""
    return lambda _, message: isinstance(message, broker.BrokerRejected) and words in message.text


def answered(kind: type) -> Callable[[Scene, Any], bool]:
    """Return whether an answer of a kind came."""
    return lambda _, message: isinstance(message, kind)


def told(event: str) -> Callable[[Scene, Any], bool]:
    """Return whether the stream told of an event."""
    return lambda _, message: isinstance(message, broker.TradeUpdate) and message.event == event


def unasked(scene: Scene, message: object) -> bool:
    """Return whether the stream told of a cancel that the router never asked for."""
    if not isinstance(message, broker.TradeUpdate) or message.event != "canceled":
        return False
    asked = {request.order_id for request in scene.heard if isinstance(request, broker.CancelRequest)}
    return message.order.order_id not in asked


def strangers(_: Scene, message: object) -> bool:
    """Return whether the stream told of an order that is not ours."""
    return isinstance(message, broker.TradeUpdate) and not message.order.client_order_id.startswith(PREFIX)


def halted(_: Scene, message: object) -> bool:
    """Return whether the feed told of a halt."""
    return isinstance(message, Ticks) and any(type(tick) is Status and tick.halted for tick in message.ticks)


def closed(_: Scene, message: object) -> bool:
    """Return whether the venue told that its session is over."""
    return isinstance(message, broker.ClockReply) and not message.is_open


def blocked(_: Scene, message: object) -> bool:
    """Return whether the venue told that the account may not trade."""
    return isinstance(message, broker.AccountReply) and bool(message.blocked)
