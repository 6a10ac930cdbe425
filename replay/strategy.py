"""A strategy in a simulation: the core that its process runs, made in the same way, at the ends of the same streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hft.messages import Ticks
from hft.ports import by_epoch, by_router_epoch
from replay.link import Reader
from replay.node import Node
from strategies.sdk.core import WAKE_MS, StrategyCore
from strategies.sdk.families import load
from strategies.sdk.fit import made
from strategies.sdk.memory import Memory

if TYPE_CHECKING:
    from hft.schema import Settings
    from replay.scheduler import Scheduler
    from strategies.sdk.strategy import Strategy


def family(settings: Settings, name: str, epoch: int, folder: str = "", memory: bytes | None = None) -> Strategy[Any]:
    """Return a family at its desk as its process makes it; raise ConfigError for an unknown name or parameter."""
    return made(load(name, folder), name=name, epoch=epoch, memory=memory, **settings.means(name))


class StrategyNode(Node):
    """One family at work. Its readers announce holes in ticks, updates and heartbeats."""

    def __init__(self, strategy: Strategy[Any], epoch: int, scheduler: Scheduler) -> None:
        self.strategy_core = StrategyCore(strategy, pid=epoch)
        super().__init__(strategy.desk.name, epoch, self.strategy_core, scheduler, wake_ms=WAKE_MS)
        self.symbols = strategy.desk.symbols
        self.ticks = Reader("ticks", by_epoch, self.take)
        self.updates = Reader("updates", by_router_epoch, self.take)
        self.beats = Reader("health", by_epoch, self.take)
        self.edges[Memory] = _forget

    def hear(self, batch: Ticks) -> None:
        """Take ticks, as `take` does; this is asked for each quote."""
        for message in self.core.handle(batch, self.scheduler.now_ns + self._skew_ns):
            self.release((message,))
        if self._idle_until_ns > self._woken_ns and self.strategy_core.desk.is_busy:
            self._stir(self.scheduler.now_ns)

    def _is_stirred(self, message: Any) -> bool:  # noqa: ANN401 the union of all its streams
        """Return whether there is something to do at the next wake; a tick can only make the desk busy."""
        return self.strategy_core.desk.is_busy if type(message) is Ticks else super()._is_stirred(message)


def _forget(_: Memory) -> None:
    """Keep nothing: the next replay begins as this one did."""
