"""The feed's stream in a simulation: who subscribed to what, and how a message gets to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hft import messages
from hft.endpoints import NEWS_TOPIC, SNAPSHOT_TOPIC
from hft.ports import by_epoch
from replay.link import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replay.feed import FeedNode
    from replay.link import Link
    from replay.record import RecorderNode
    from replay.router import RouterNode
    from replay.strategy import StrategyNode

TOPICS: dict[type, str] = {messages.FeedState: SNAPSHOT_TOPIC, messages.News: NEWS_TOPIC}


class Programs(Protocol):
    """The fleet that the stream belongs to."""

    rests: bool
    feed: FeedNode
    router: RouterNode
    recorder: RecorderNode

    @property
    def strategies(self) -> Mapping[str, StrategyNode]:
        """Return the strategies by name."""
        ...

    def programs(self) -> list[Any]:
        """Return every program that is alive."""
        ...

    def loses(self, reader: Reader, /) -> bool:
        """Return whether a reader misses a message now."""
        ...


class Ends(NamedTuple):
    """Who hears a symbol: strategies, then router and recorder; and the readers of all, which count its numbers."""

    strategies: list[StrategyNode]
    readers: list[Reader]


class Bus:
    """The ends of the stream. Its ways are `ticks` and `states`: heartbeats have dice of their own."""

    def __init__(self, fleet: Programs, ticks: Link, states: Link) -> None:
        self._fleet, self.ticks, self.states = fleet, ticks, states
        self._ends: dict[str, Ends] = {}
        self.router_ticks = Reader("ticks", by_epoch, self._router_hears)
        self.recorder_ticks = Reader("ticks", by_epoch, fleet.recorder.take)
        fleet.feed.edges.update(
            {messages.Ticks: ticks.send, messages.FeedState: states.send, messages.News: ticks.send}
        )

    def changed(self) -> None:
        """Take notice that a program has come: it subscribes anew."""
        self._ends.clear()

    def deliver(self, message: messages.Ticks | messages.FeedState | messages.News) -> None:
        """Let everybody who subscribed hear a message, if he does not miss it."""
        fleet = self._fleet
        if type(message) is messages.Ticks:
            topic = message.ticks[0].symbol
        else:
            topic = TOPICS[type(message)]
            for program in fleet.programs() if fleet.rests else ():
                program.catch_up()
        for reader in self.ends(topic).readers:
            if fleet.rests or not fleet.loses(reader):
                reader.hear(topic, message)

    def ends(self, topic: str) -> Ends:
        """Return who subscribed to a topic: its strategies first, then the router and the recorder."""
        found = self._ends.get(topic)
        if found is None:
            everyone = topic in TOPICS.values()
            nodes = [node for node in self._fleet.strategies.values() if everyone or topic in node.symbols]
            readers = [*(node.ticks for node in nodes), self.router_ticks, self.recorder_ticks]
            found = self._ends[topic] = Ends(nodes, readers)
        return found

    def _router_hears(self, message: Any) -> None:  # noqa: ANN401 ticks, feed states, gaps
        router = self._fleet.router
        if type(message) is messages.Ticks:
            router.hear(message)
        else:
            router.take(message)
