"""One strategy process: `python -m strategies NAME` runs the family of that name from strategies/ or the user's folder.

The only place here that knows sockets: ticks of its own symbols, its own updates, the router's beat in; intents out.
"""

from __future__ import annotations

from strategies.sdk import lean  # noqa: F401 it must come before anything that imports msgspec

# isort: split
import os
import sys

import msgspec

from hft import endpoints, log, settings
from hft.actor import Actor, Report
from hft.codec import topic
from hft.errors import FleetError, UsageError
from hft.home import find_home
from hft.messages import CancelAll, CancelOrder, NewOrder, Register
from hft.ports import Dealer, Subscriber, by_epoch, by_router_epoch
from hft.process import claim, settle
from strategies.sdk.core import WAKE_MS, StrategyCore
from strategies.sdk.families import load
from strategies.sdk.fit import made


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
    fleet = loaded.settings.fleet
    strategy = made(
        family,
        name=name,
        epoch=instance.epoch,
        symbols=fleet.symbols,
        given=loaded.settings.strategy.get(name, {}),
        limits=msgspec.structs.asdict(loaded.settings.limits),
        intent_ttl_ms=loaded.settings.router.intent_ttl_ms,
        demo=fleet.profile == "demo" or (fleet.profile == "auto" and fleet.mode == "sim"),
    )
    actor = Actor(
        instance=instance,
        core=_Core(strategy, pid=os.getpid()),
        clock=loaded.clock(),
        home=home,
        log=log.light(name),
        wake_ms=WAKE_MS,
        config=loaded.fingerprint(),
    )
    context = actor.context
    symbols = tuple(topic(symbol) for symbol in (*strategy.desk.symbols, endpoints.SNAPSHOT_TOPIC))
    ticks = endpoints.connect(context, endpoints.TICKS, home, topics=symbols)
    updates = endpoints.connect(context, endpoints.UPDATES, home, topics=(topic(name),))
    beats = endpoints.connect(context, endpoints.health("router"), home, topics=(topic("router"),))
    router = Dealer(endpoints.connect(context, endpoints.INTENTS, home, identity=f"{name}:{instance.epoch}"))
    actor.listen(Subscriber(ticks, "ticks", by_epoch))
    actor.listen(Subscriber(updates, "updates", by_router_epoch))
    actor.listen(Subscriber(beats, "health", by_epoch))
    actor.listen(router)
    actor.route(dict.fromkeys((Register, NewOrder, CancelOrder, CancelAll), router))
    actor.beat_to(router)
    actor.run()


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
