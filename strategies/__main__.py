"""One strategy process: `python -m strategies NAME` runs the family of that name from strategies/ or the user's folder.

The only place here that knows sockets: ticks of its own symbols, its own updates, the router's beat in; intents out.
"""

from __future__ import annotations

from strategies.sdk import lean  # noqa: F401 it must come before anything that imports msgspec

# isort: split
import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import hft
from hft import endpoints, log, settings, since
from hft.actor import Actor, Report
from hft.clock import NS_PER_MS
from hft.codec import topic
from hft.errors import FleetError, UsageError
from hft.home import find_home
from hft.inputs import Began, InputTape, Listening, code_of, path_of
from hft.messages import CancelAll, CancelOrder, NewOrder, Register, ReplaceOrder
from hft.ports import Dealer, Subscriber, by_epoch, by_router_epoch
from hft.process import claim, settle
from hft.since import Since
from hft.stamp import Stamping
from strategies.sdk.core import WAKE_MS, StrategyCore
from strategies.sdk.families import load
from strategies.sdk.fit import made
from strategies.sdk.memory import Memory, encode, is_fresh
from strategies.sdk.recovery import recovered

if TYPE_CHECKING:
    from pathlib import Path

    from hft.process import Instance
    from hft.settings import Loaded
    from strategies.sdk.strategy import Strategy


class _Shelf:
    """The file of the family's memory: written whole beside the old one, then put in its place; and what follows it."""

    def __init__(self, path: Path, since: Since) -> None:
        self._path, self._since = path, since

    def send(self, memory: Memory) -> None:
        """Write it; a disk that refuses costs the memory, not the trading."""
        self.put(encode(memory))

    def put(self, raw: bytes) -> None:
        """Write a memory's bytes; only when they are there may what is heard from now on follow them."""
        fresh = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):
            fresh.write_bytes(raw)
            fresh.replace(self._path)
            self._since.begin(raw)

    def flush(self) -> None:
        """Nothing waits here."""

    def read(self) -> bytes:
        """Return what was written last, b"" when there is nothing."""
        with contextlib.suppress(OSError):
            return self._path.read_bytes()
        return b""


class _Core(StrategyCore):
    """The core with its report in the shell's own words."""

    def report(self, _: int) -> Report:
        return Report(**self.standing()._asdict())


def run(name: str) -> None:
    """Run the family until SIGTERM; raise FleetError when it cannot start."""
    home = find_home().make()
    loaded = settings.load(home)
    own = loaded.settings.strategies_dir
    family = load(name, str(home.root / own) if own else "")
    settle()
    instance = claim(home, name)
    heard = Since(home.run / f"{name}.since", instance.epoch)
    shelf = _Shelf(home.run / f"{name}.memory", heard)
    means: dict[str, Any] = loaded.settings.means(name)
    means["memory"] = _taken_up(loaded, instance, family, shelf)
    strategy = made(family, name=name, epoch=instance.epoch, **means)
    if strategy.memory():
        shelf.put(means["memory"])
    tape = _tape(loaded, instance, means)
    core, clock = _Core(strategy, pid=os.getpid()), loaded.clock()
    actor = Actor(
        instance=instance,
        core=Stamping(Listening(core, tape, heard), clock.now_ns),
        clock=clock,
        home=home,
        log=log.light(name),
        wake_ms=WAKE_MS,
        config=loaded.fingerprint(),
    )
    context = actor.context
    topics = tuple(map(topic, (*strategy.desk.symbols, endpoints.SNAPSHOT_TOPIC, endpoints.NEWS_TOPIC)))
    ticks = endpoints.connect(context, endpoints.TICKS, home, topics=topics)
    updates = endpoints.connect(context, endpoints.UPDATES, home, topics=(topic(name),))
    beats = endpoints.connect(context, endpoints.health("router"), home, topics=(topic("router"),))
    router = Dealer(endpoints.connect(context, endpoints.INTENTS, home, identity=f"{name}:{instance.epoch}"))
    actor.listen(Subscriber(ticks, "ticks", by_epoch))
    actor.listen(Subscriber(updates, "updates", by_router_epoch))
    actor.listen(Subscriber(beats, "health", by_epoch))
    actor.listen(router)
    actor.route({Memory: shelf, **dict.fromkeys((Register, NewOrder, ReplaceOrder, CancelOrder, CancelAll), router)})
    actor.beat_to(router)
    actor.run()
    heard.close()
    if tape:
        tape.close()


def _taken_up(loaded: Loaded, instance: Instance, family: type[Strategy[Any]], shelf: _Shelf) -> bytes:
    """Return the memory with which this run begins: where the last one ended, b"" when that is too long ago."""
    name, kept, began_ns = instance.name, shelf.read(), time.monotonic_ns()
    fresh = kept if is_fresh(kept, loaded.clock().now_ns(), family.keeps_s) else b""
    means = loaded.settings.means(name)
    ended = recovered(
        lambda epoch, memory: made(family, name=name, epoch=epoch, memory=memory, **means),
        fresh,
        since.read(loaded.home.run / f"{name}.since", fresh),
        epoch=instance.epoch,
    )
    took_ms = (time.monotonic_ns() - began_ns) // NS_PER_MS
    say = log.light(name)
    if ended.trouble:
        say.warning("strategy.not_recovered", trouble=ended.trouble, next_step="it goes on from its last saved state")
    elif ended.inputs:
        say.info("strategy.recovered", inputs=ended.inputs, took_ms=took_ms)
    return ended.memory if is_fresh(ended.memory, loaded.clock().now_ns(), family.keeps_s) else b""


def _tape(loaded: Loaded, instance: Instance, means: dict[str, Any]) -> InputTape | None:
    """Return the tape of everything that this run hears and says (hftctl replay --verify), if one is kept."""
    if not loaded.settings.recorder.inputs:
        return None
    began = Began(
        name=instance.name,
        epoch=instance.epoch,
        pid=os.getpid(),
        at_ns=loaded.clock().now_ns(),
        version=hft.__version__,
        made=means,
        code=code_of("strategies"),
    )
    return InputTape(path_of(loaded.home.data, instance.name, instance.epoch), began)


def main(arguments: list[str]) -> int:
    """Run the family named on the command line; return the exit code."""
    try:
        if len(arguments) != 1:
            raise UsageError("python -m strategies NAME", f"One family's name is needed, not {arguments}.")
        run(arguments[0])
    except FleetError as error:
        log.light("strategies").error("process.refused", error=str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
