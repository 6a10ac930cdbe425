"""Serves one exchange on loopback: binds, tells where, runs until SIGTERM. The only place that knows uvicorn.

`run(...)` is what `hftctl sim serve` calls; `python -m venue` calls `serve(...)` with what its home says.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import uvicorn

from hft.clock import MarketClock, WallClock
from hft.errors import ConfigError
from venue import market, sessions
from venue.admin import new_keys
from venue.app import App
from venue.config import DEFAULT_SYMBOLS, VenueConfig
from venue.exchange import Exchange
from venue.hub import Hub
from venue.wire import HttpProtocol, SocketProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hft.clock import Clock
    from venue.rows import Source
    from venue.store import Store

HOST = "127.0.0.1"
SHUTDOWN_S = 1
STAY_S_MAX = 8.0
STAY_LOOK_S = 0.05
BACKLOG = 128
OPEN_AT = "09:45"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an exchange listens, and the keys of its first account: the JSON line of `sim serve --json`."""

    rest: str
    data: str
    news: str
    updates: str
    key: str
    secret: str
    admin: str
    pid: int


def place(port: int, key: str, secret: str) -> Place:
    """Return the addresses of an exchange on a port."""
    http, ws = f"http://{HOST}:{port}", f"ws://{HOST}:{port}"
    return Place(
        rest=http,
        data=f"{ws}/v2/iex",
        news=f"{ws}/v1beta1/news",
        updates=f"{ws}/stream",
        key=key,
        secret=secret,
        admin=f"{http}/sim",
        pid=os.getpid(),
    )


def bind(port: int) -> socket.socket:
    """Return a listening socket on loopback; port 0 takes any. Raises OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    listener.listen(BACKLOG)
    return listener


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the loop's handlers below set `should_exit`, and exit stays 0.

    Asked to leave, it goes on as long as `is_needed`, at most STAY_S_MAX: a router that is being stopped at the same
    moment can still cancel what works.
    """

    def __init__(self, config: uvicorn.Config, is_needed: Callable[[], bool]) -> None:
        super().__init__(config)
        self._is_needed = is_needed
        self._leave_by_s = 0.0

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._leave)
        yield

    def _leave(self) -> None:
        loop = asyncio.get_running_loop()
        self._leave_by_s = self._leave_by_s or loop.time() + STAY_S_MAX
        if self._is_needed() and loop.time() < self._leave_by_s:
            loop.call_later(STAY_LOOK_S, self._leave)
        else:
            self.should_exit = True


def serve(hub: Hub, listener: socket.socket, ready: Callable[[], None], *, stays_for_updates: bool = False) -> None:
    """Serve until SIGTERM or SIGINT; a broken assumption in the exchange ends it too, and is raised.

    `stays_for_updates`: after the signal it goes on while a client listens to trade updates, at most STAY_S_MAX.
    """
    config = uvicorn.Config(
        App(hub).asgi,
        http=HttpProtocol,
        ws=SocketProtocol,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        ws_max_size=hub.exchange.config.max_frame_bytes,
        access_log=False,
        log_config=None,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
    )
    broken: list[BaseException] = []
    server = _Server(config, lambda: stays_for_updates and bool(hub.updates))

    def trip(error: BaseException) -> None:
        broken.append(error)
        server.should_exit = True

    def on_error(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            trip(error)

    hub.tripwire.tripped = trip

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(on_error)
        hub.start()
        ready()
        await server.serve(sockets=[listener])
        hub.stop()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main())
    if broken:
        raise broken[0]


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop  # noqa: PLC0415 an optional extra

    return uvloop.new_event_loop


def run(
    *,
    port: int = 0,
    seed: int = 7,
    tape: tuple[str, ...] = (),
    symbols: tuple[str, ...] = (),
    scenario: str = "calm",
    as_json: bool = False,
    loop: bool = False,
    rate: float = 1.0,
    open_at: str = OPEN_AT,
    cash_usd: float = 100_000.0,
    key: str = "",
    secret: str = "",
    say: Callable[[str], None] | None = None,
    **switches: Any,  # noqa: ANN401 the fields of VenueConfig, checked there
) -> None:
    """Serve a stand-alone exchange that keeps nothing; return after SIGTERM.

    Prints one line when ready: JSON with `as_json`, words without. Raises ConfigError for a wrong tape, symbol or
    scenario, and for a port that is taken.
    """
    say = say or _print_line
    player = market.tape([Path(name) for name in tape], loop=loop) if tape else None
    start_ns = player.first_ns if player else sessions.opening_ns(WallClock().now_ns(), open_at)
    clock = MarketClock(start_ns, time.monotonic_ns(), rate)
    config = VenueConfig(seed=seed, cash_usd=cash_usd, **switches)
    source = player or market.generator(
        seed=seed,
        symbols=symbols or DEFAULT_SYMBOLS,
        scenario=scenario,
        start_ns=start_ns,
        start_px={},
        always=False,
    )
    start(
        config, source, clock, port=port, keys=(key, secret) if key and secret else new_keys(), say=say, as_json=as_json
    )


def start(
    config: VenueConfig,
    source: Source,
    clock: Clock,
    *,
    port: int,
    keys: tuple[str, str],
    say: Callable[[str], None],
    as_json: bool,
    store: Store | None = None,
) -> None:
    """Open the account, bind, and serve; `say` gets the line when ready."""
    exchange = Exchange(config, source)
    exchange.open_account(*keys, clock.now_ns())
    try:
        listener = bind(port)
    except OSError as error:
        raise ConfigError(f"Port {port} cannot be used.", str(error), "Choose another, or 0 for any.") from None
    where = place(listener.getsockname()[1], *keys)
    serve(Hub(exchange, clock, store), listener, lambda: say(_line(where, as_json=as_json)))


def _line(where: Place, *, as_json: bool) -> str:
    if as_json:
        return msgspec.json.encode(where).decode()
    return f"The exchange is open: {where.rest}  key {where.key}  secret {where.secret}"


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
