"""`python -m venue`: the embedded exchange of one home. Locks, reads its memory, says where it listens.

Restarted in the same home it comes back with the same accounts, orders, positions and keys, and on the same port if
that is free, so that its clients' URLs stay good.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hft import log, process, settings
from hft.errors import ConfigError, FleetError
from hft.home import find_home
from venue import market, serve
from venue.admin import new_keys
from venue.config import VenueConfig
from venue.exchange import Exchange
from venue.hub import Hub
from venue.store import Store

if TYPE_CHECKING:
    import socket

    from hft.settings import Loaded
    from venue.rows import Source


def main() -> int:
    """Run until SIGTERM; return the exit code."""
    logger = log.setup("venue")
    try:
        run(settings.load(find_home().make()))
    except FleetError as error:
        logger.error("venue.failed", reason=str(error))  # noqa: TRY400 a sentence for people, the traceback helps nobody
        return error.exit_code
    return 0


def run(loaded: Loaded) -> None:
    """Serve the exchange of a home."""
    process.settle()
    process.claim(loaded.home, "venue")
    log.setup("venue").info("venue.start", home=str(loaded.home.root))
    sim, clock = loaded.settings.sim, loaded.clock()
    past = _past(loaded.home.venue_file)
    keys = (past.key, past.secret) if past else new_keys()
    log.redact(keys[1])
    config = VenueConfig(seed=sim.seed, cash_usd=sim.cash_usd)
    store_path = loaded.home.run / "venue.state"
    store_path.touch(mode=0o600)
    store = Store(store_path)
    exchange = Exchange(config, market.nothing())
    prices = store.load(exchange.engine, clock.now_ns())
    exchange.source = _source(loaded, prices)
    exchange.open_account(*keys, clock.now_ns())
    listener = _bind(past)
    where = serve.place(listener.getsockname()[1], *keys)
    hub = Hub(exchange, clock, store)
    serve.serve(hub, listener, lambda: _write_private(loaded.home.venue_file, where), stays_for_updates=True)


def _source(loaded: Loaded, prices: dict[str, float]) -> Source:
    sim, clock = loaded.settings.sim, loaded.clock()
    if sim.tape:
        anchor_ns = loaded.launch.anchor_utc_ns if loaded.launch and loaded.launch.anchor_utc_ns else clock.now_ns()
        path = Path(sim.tape)
        return market.tape_near(path if path.is_absolute() else loaded.home.root / path, anchor_ns, loop=sim.loop)
    return market.generator(
        seed=sim.seed,
        symbols=loaded.settings.fleet.symbols,
        scenario=sim.scenario,
        start_ns=clock.now_ns(),
        start_px=prices,
        always=False,
    )


def _past(path: Path) -> serve.Place | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=serve.Place)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path} cannot be read.", str(error), "Remove it; the account then gets new keys.") from None


def _bind(past: serve.Place | None) -> socket.socket:
    port = int(past.rest.rpartition(":")[2]) if past else 0
    try:
        return serve.bind(port)
    except OSError:
        return serve.bind(0)  # somebody took the old port meanwhile


def _write_private(path: Path, where: serve.Place) -> None:
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(msgspec.json.encode(where) + b"\n")
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main())
