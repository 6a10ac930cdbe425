"""The feed process: `python -m feed`. asyncio, because alpaca-py's handshake needs it; uvloop when it is installed.

The one loop serves both: each read of the socket goes through the core at once, and the shell's own turn (heartbeat,
events, readers that joined) comes every 20 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sys
from typing import TYPE_CHECKING

from feed.alpaca import AlpacaStream, HeadlineStream
from feed.connection import HEADLINES, Connection
from feed.core import FeedCore
from feed.headlines import NewsDesk, are_wanted
from feed.lines import NewsClosed, NewsReconnect, Reconnect
from hft import endpoints, settings
from hft.actor import Actor
from hft.errors import CredentialsRefused, FleetError
from hft.home import find_home
from hft.log import setup
from hft.messages import FeedState, News, Ticks
from hft.ports import Publisher
from hft.process import claim, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.settings import Loaded

NAME = "feed"
TURN_S = 0.02


def topic_of(message: Ticks | FeedState | News) -> str:
    """Return the symbol of a batch, or the topic of headlines, or that of the feed's own state."""
    if type(message) is Ticks:
        return message.ticks[0].symbol
    return endpoints.NEWS_TOPIC if type(message) is News else endpoints.SNAPSHOT_TOPIC


def main() -> int:
    """Run the feed until it is stopped; return the exit code."""
    try:
        home = find_home().make()
        loaded = settings.load(home)
        settle()
        return asyncio.Runner(loop_factory=_loop_factory()).run(_feed(loaded))
    except FleetError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


async def _feed(loaded: Loaded) -> int:
    instance = claim(loaded.home, NAME)
    log, clock, symbols = setup(NAME), loaded.clock(), loaded.settings.fleet.symbols
    desk = NewsDesk(epoch=instance.epoch, symbols=symbols) if are_wanted(loaded.settings) else None
    mute_after_ms = loaded.settings.feed.mute_after_ms
    core = FeedCore(epoch=instance.epoch, symbols=symbols, mute_after_ms=mute_after_ms, news=desk)
    actor = Actor(instance=instance, core=core, clock=clock, home=loaded.home, log=log, config=loaded.fingerprint())
    ticks = Publisher(endpoints.bind(actor.context, endpoints.TICKS, loaded.home), endpoints.TICKS.name, topic_of)
    connection = Connection(
        broker=lambda: settings.load(loaded.home).broker(),
        stream=lambda broker: AlpacaStream(broker, symbols),
        tell=actor.take,
        clock=clock,
        chance=random.Random(),
    )
    actor.listen(ticks)
    actor.route({Ticks: ticks, FeedState: ticks, Reconnect: connection})
    headlines = None
    if desk:
        headlines = Connection(
            broker=lambda: settings.load(loaded.home).broker(),
            stream=lambda broker: HeadlineStream(broker, symbols),
            tell=actor.take,
            clock=clock,
            chance=random.Random(),
            line=HEADLINES,
        )
        actor.route({News: ticks, NewsReconnect: headlines})
    return await _turns(actor, connection, headlines)


async def _headlines(actor: Actor, connection: Connection) -> None:
    """Keep the news connection. Whatever ends it ends nothing else: the core is told, and tells the fleet."""
    try:
        await connection.keep()
    except CredentialsRefused as error:
        actor.log.warning("news.refused", reason=str(error))
    except Exception as error:  # a mistake in here must not cost the market data
        actor.log.error("news.failed", error=repr(error))  # noqa: TRY400 our log has no other way
        actor.take([NewsClosed(reason=f"it failed: {error!r}", retry_ms=0)])


async def _turns(actor: Actor, connection: Connection, headlines: Connection | None) -> int:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, actor.request_stop, number.name)
    actor.begin()
    keeping = asyncio.create_task(connection.keep())
    aside = asyncio.create_task(_headlines(actor, headlines)) if headlines else None
    while not actor.finished:
        actor.step(0)
        if keeping.done():
            actor.request_stop(f"the connection ended: {keeping.exception()}")
        await asyncio.sleep(TURN_S)
    keeping.cancel()
    if aside:
        aside.cancel()
        await asyncio.wait([aside])
    code = 0
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
    except CredentialsRefused as error:
        actor.log.warning("feed.refused", reason=str(error))
        code = error.exit_code
    actor.close()
    return code


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 an optional extra
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


if __name__ == "__main__":
    sys.exit(main())
