"""The whole fleet on one scheduler: exchange, feed, strategies, router, recorder, and the ways between them.

The wiring is that of the five `__main__` files, socket by socket; what a socket does (order, delay, holes, what happens
to messages for a program that is not there) the links do. Nothing here decides anything.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from feed import headlines
from hft import control as asks
from hft import messages
from hft.clock import NS_PER_S
from hft.endpoints import NEWS_TOPIC, SNAPSHOT_TOPIC
from hft.events import DayPlayed
from hft.messages import ALL_SYMBOLS, EventAck, Subscribed
from hft.schema import Settings
from recorder.offline import scale_of
from replay.block import Block
from replay.bus import Bus
from replay.decisions import Decisions
from replay.feed import FeedNode
from replay.latency import INTERNET, Ways
from replay.link import Link
from replay.node import rest
from replay.record import LAUNCH, RecorderNode
from replay.rest import Rest
from replay.router import RECONNECT_MS, Forgetful, Journal, Latch, RouterNode, never, unwatched
from replay.scheduler import Scheduler
from replay.strategy import StrategyNode, family
from replay.venue import Venue
from router import broker, config
from router.core import History
from venue.config import VenueConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.tape import Tape
    from replay.link import Reader
    from replay.node import Node
    from venue.rows import Source

HELD_MAX = 1_000  # intents that wait in a socket for a router that is not there
FINISH_NS = 8 * NS_PER_S
SETTLE_NS = 3 * NS_PER_S


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be played: the settings of a fleet, the ways, the seed of everything that varies."""

    settings: Settings = Settings()
    ways: Ways = INTERNET
    seed: int = 1
    families_dir: str = ""
    memories: dict[str, bytes] = {}  # what strategies have learnt before the day, by name
    market: str = ""  # its name, for the record
    venue: VenueConfig = VenueConfig()  # its seed and cash are those of the settings
    has_honest_book: bool = True
    rate: float = 1.0  # market seconds in one real second, in which programs wait and messages travel
    router_wake_ms: int = 100  # live it is 20: five times the work, for timers that wait for seconds
    router_idle_ms: int = 500  # and while no order works and no answer is awaited


def _played(plan: Plan) -> DayPlayed | None:
    """Return what the record is to say of the day, so that who reads it judges by the same scale; None of no market."""
    scale = scale_of(plan.settings)
    if not plan.market:
        return None
    return DayPlayed(
        day="",
        launch_id=LAUNCH,
        mode="sim",
        market=f"replay of {plan.market}",
        seed=plan.seed,
        rate=plan.rate,
        config_hash="",
        depth_scale=scale.depth,
        flow_scale=scale.flow,
    )


class Fleet:
    """The programs and the links. `run` plays, `finish` puts things away."""

    rests = True  # whether heartbeats are reckoned up when needed: programs neither die nor miss anything

    def __init__(
        self,
        plan: Plan,
        source: Source,
        start_ns: int,
        *,
        keep: Callable[[bytes], None] = lambda _: None,
        journal: Journal | None = None,
        tape: Tape | None = None,
    ) -> None:
        self.plan, self.settings = plan, plan.settings
        self.scheduler = Scheduler(start_ns, plan.rate)
        self._ways = plan.ways.at(plan.rate)
        self.decisions = Decisions()
        self.journal: Journal = journal or Forgetful()
        self.latch = Latch()
        self.step: Callable[[str], None] = never
        self.watch: Callable[[str, Any], None] = unwatched
        self.router_skew_ns = 0
        sim, seed = plan.settings.sim, plan.seed
        rules = msgspec.structs.replace(plan.venue, seed=seed, cash_usd=sim.cash_usd)
        self.venue = Venue(rules, source, self.scheduler)
        self._held: list[Any] = []
        self._links: dict[str, Link] = {}
        self.strategies: dict[str, StrategyNode] = {}
        self.recorder = RecorderNode(
            self.scheduler,
            strategies=self.settings.fleet.strategies,
            symbols=self.settings.fleet.symbols,
            ack=self._acknowledge,
            keep=keep,
            scale=scale_of(self.settings) if plan.has_honest_book else None,
            tape=tape,
            played=_played(plan),
        )
        self.feed = FeedNode(
            self.scheduler,
            venue=self.venue,
            latency=self._ways.feed.latency(f"{seed}/feed"),
            symbols=self.settings.fleet.symbols,
            mute_after_ms=self.settings.feed.mute_after_ms,
            news_latency=self._ways.feed.latency(f"{seed}/news") if headlines.are_wanted(self.settings) else None,
        )
        self.feed.record = self.recorder.take
        self.bus = Bus(self, self._way("ticks", self._deliver), self._way("states", self._deliver))
        self.recorder.beat_to = self._way("recorder/beats", self._router_hears_beat).send
        self.router = self._made_router(History(), 1)
        for name in self.settings.fleet.strategies:
            self.strategies[name] = self._made_strategy(name, 1)
        if self.rests:
            self._let_beats_rest()
            if self._ways.ipc.least_us:  # else what is asked for at the same instant would come in another order
                self.venue.in_blocks = Block(self.scheduler, self.venue, self.bus, self).run

    def _let_beats_rest(self) -> None:
        """Reckon up heartbeats when they are needed, for programs that neither die nor miss anything."""
        ends: dict[Node, Reader | None] = {node: node.ticks for node in self.strategies.values()}
        self.router.router.quiet.vouched = True
        for node in self.strategies.values():
            node.strategy_core.link.vouched = True
        ends |= {self.router: self.bus.router_ticks, self.recorder: self.bus.recorder_ticks}
        rest(self.feed, self.bus.states, ends, SNAPSHOT_TOPIC)
        rest(self.recorder, self._way("recorder/beats", self._router_hears_beat), {self.router: None})
        for name, node in self.strategies.items():
            rest(node, self._way(f"{name}/intents", self._router_hears), {self.router: None})
            rest(self.router, self._way(f"{name}/_hand_beat", self._hand_beat), {node: node.beats}, "router")

    # --- playing

    def begin(self) -> None:
        """Start everything, in the order in which supervisord does."""
        self.venue.begin()
        self.recorder.begin()
        self._start_router()
        self.feed.begin()
        self.feed.connect()
        for node in self.strategies.values():
            self._start_strategy(node)

    def run(self, until_ns: int) -> None:
        """Play up to a time."""
        self.scheduler.run(until_ns)

    def finish(self) -> None:
        """Stop in order: strategies, then the router; then let the record be completed."""
        for node in self.strategies.values():
            node.stop()
        self.scheduler.run(self.scheduler.now_ns + SETTLE_NS)
        if self.router.alive:
            self.router.stop()
        self.scheduler.run(self.scheduler.now_ns + FINISH_NS)
        for program in self.programs():
            program.keep_record()
        self.recorder.stop()
        self.scheduler.run(self.scheduler.now_ns + SETTLE_NS)

    def programs(self) -> list[Any]:
        """Return every program that is alive."""
        found = [self.recorder, self.router, self.feed, *self.strategies.values()]
        return [program for program in found if program.alive]

    # --- crashes and restarts

    def _step(self, where: str) -> None:
        self.step(where)

    def router_died(self) -> None:
        """Take notice of a crash in the middle of a turn."""
        self.kill_router()

    def kill_router(self) -> None:
        """End the router as SIGKILL does: what it had sent is on its way, what it knew is gone."""
        self.router.alive = False
        self.venue.forget_updates()

    def start_router(self, history: History) -> None:
        """Start the next router on what the journal says."""
        self.router = self._made_router(history, self.router.epoch + 1)
        self._start_router()

    def kill_strategy(self, name: str) -> None:
        """End a strategy as SIGKILL does."""
        self.strategies[name].alive = False

    def start_strategy(self, name: str) -> None:
        """Start a strategy anew, in its next epoch."""
        node = self.strategies[name] = self._made_strategy(name, self.strategies[name].epoch + 1)
        self._start_strategy(node)

    # --- the recorder's stream

    def _acknowledge(self, ack: EventAck) -> None:
        for program in self.programs():
            if program.name == ack.producer:
                program.acknowledged(ack)

    def loses(self, _: Reader) -> bool:
        """Return whether a reader misses a message now; only a simulation with faults says yes."""
        return False

    def _deliver(self, message: messages.Ticks | messages.FeedState | messages.News) -> None:
        self.bus.deliver(message)

    # --- the router

    def _made_router(self, history: History, epoch: int) -> RouterNode:
        node = RouterNode(
            config.of(self.settings, self.plan.rate),
            history,
            epoch,
            self.scheduler,
            journal=self.journal,
            latch=self.latch,
            decisions=self.decisions,
            step=self._step,
            skew_ns=self.router_skew_ns,
            wake_ms=self.plan.router_wake_ms,
            idle_ms=self.plan.router_idle_ms,
        )
        rest = Rest(
            scheduler=self.scheduler,
            venue=self.venue,
            latency=self._ways.rest.latency(f"{self.plan.seed}/rest/{epoch}"),
            workers=self.settings.router.rest_threads,
            read_timeout_ms=self.settings.router.read_timeout_ms,
            now_ns=lambda: node.now_ns,
            is_halted=lambda: bool(self.latch.text),
            put=node.take,
        )
        node.edges.update(dict.fromkeys(broker.REQUESTS, rest.send))
        node.edges.update(dict.fromkeys((messages.Accepted, messages.Refused, messages.Snapshot), self._answer))
        node.edges.update(dict.fromkeys((messages.ExecutionReport, messages.StateChanged), self._update))
        node.edges.update(dict.fromkeys((asks.Done, asks.RouterStatus), self._reply))
        node.beat_to = self._router_beat
        node.record = self.recorder.take
        stream = Link(self.scheduler, self._ways.updates.latency(f"{self.plan.seed}/updates/{epoch}"), node.frame)
        node.listen = lambda: self._listen(node, stream)
        node.died = self.router_died
        node.watch = self.watch
        self.rest = rest
        return node

    def _reply(self, message: asks.Done | asks.RouterStatus) -> None:
        """Nobody at the command line waits for it."""

    def _start_router(self) -> None:
        self.router.begin()
        self.router.listen()
        self.feed.take(Subscribed(stream="ticks", topic=ALL_SYMBOLS))
        held, self._held = self._held, []
        for message in held:
            self._way("held", self._router_hears).send(message)

    def _listen(self, node: RouterNode, stream: Link) -> None:
        if node.alive:
            self.venue.connect_updates(stream.send, lambda reason: self._cut(node, stream, reason))

    def _cut(self, node: RouterNode, stream: Link, reason: str) -> None:
        if not node.alive:
            return
        node.take(broker.UpdatesDown(reason=reason))
        self.scheduler.after(self.scheduler.ns(RECONNECT_MS), lambda _: self._listen(node, stream))

    def _router_hears_beat(self, beat: messages.Beat) -> None:
        """Hand on what the recorder says of the honest book; who is not there has missed it."""
        if self.router.alive:
            self.router.take(beat)

    # --- strategies

    def _router_hears(self, message: Any) -> None:  # noqa: ANN401 intents and heartbeats
        if self.router.alive:
            self.router.take(message)
        elif len(self._held) < HELD_MAX:
            self._held.append(message)

    def _made_strategy(self, name: str, epoch: int) -> StrategyNode:
        plan = self.plan
        strategy = family(self.settings, name, epoch, plan.families_dir, plan.memories.get(name))
        node = StrategyNode(strategy, epoch, self.scheduler)
        node.rank += self.settings.fleet.strategies.index(name)
        to_router = self._way(f"{name}/intents", self._router_hears)
        node.edges[messages.Register] = node.beat_to = to_router.send
        for kind in (messages.NewOrder, messages.ReplaceOrder, messages.CancelOrder, messages.CancelAll):
            node.edges[kind] = partial(self._intent, node, to_router)
        node.record = self.recorder.take
        return node

    def _start_strategy(self, node: StrategyNode) -> None:
        self.bus.changed()
        node.begin()
        for topic in (*node.symbols, SNAPSHOT_TOPIC, *([NEWS_TOPIC] if self.feed.has_news else [])):
            self.feed.take(Subscribed(stream="ticks", topic=topic))

    def _intent(
        self,
        node: StrategyNode,
        way: Link,
        message: messages.NewOrder | messages.ReplaceOrder | messages.CancelOrder | messages.CancelAll,
    ) -> None:
        self.decisions.add(message.strategy, self.scheduler.now_ns, message)
        node.settle(self.scheduler.now_ns)  # the heartbeats before it are on the same way
        way.send(message)

    def _answer(self, message: messages.Accepted | messages.Refused | messages.Snapshot) -> None:
        self._send_to(message.strategy, self._hand_answer, message)

    def _update(self, message: messages.ExecutionReport | messages.StateChanged) -> None:
        self._send_to(message.strategy, self._hand_update, message)

    def _router_beat(self, beat: messages.Beat) -> None:
        for name in self.strategies:
            self._send_to(name, self._hand_beat, (name, beat))

    def _send_to(self, name: str, deliver: Callable[[Any], None], message: Any) -> None:  # noqa: ANN401 what the router says
        self._way(f"{name}/{deliver.__name__}", deliver).send(message)

    def _way(self, name: str, deliver: Callable[[Any], None]) -> Link:
        """Return the way of this name between two programs; each has dice of its own."""
        link = self._links.get(name)
        if link is None:
            latency = self._ways.ipc.latency(f"{self.plan.seed}/ipc/{name}")
            link = self._links[name] = Link(self.scheduler, latency, deliver)
        return link

    def _hand_answer(self, message: messages.Accepted | messages.Refused | messages.Snapshot) -> None:
        node = self.strategies.get(message.strategy)
        if node is not None and node.epoch == message.epoch:  # the socket of an older epoch is gone
            node.take(message)

    def _hand_update(self, message: messages.ExecutionReport | messages.StateChanged) -> None:
        node = self.strategies.get(message.strategy)
        if node is not None:
            node.updates.hear(message.strategy, message)

    def _hand_beat(self, found: tuple[str, messages.Beat]) -> None:
        name, beat = found
        if self.rests:
            self.strategies[name].catch_up()
        self.strategies[name].beats.hear("router", beat)
