"""Flatten: cancel, close, verify. Through the router while it answers, else straight to the broker's REST."""

from __future__ import annotations

import difflib
import time
from typing import TYPE_CHECKING

import msgspec

from hft.control import Done, Flatten, RouterStatus
from hft.errors import ConfigError, FleetError, NotRunning, Unavailable
from hft.process import holder
from hft.settings import load
from hftctl.asking import ROUTER_SILENT_S, RouterLine
from hftctl.beats import VENUE
from router.ids import UNCLAIMED

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.home import Home
    from hft.settings import Loaded

MS_PER_S = 1_000
ASK_EVERY_S = 0.5


class Flattened(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: `left` names what is not flat; `by` is who did it."""

    ok: bool
    text: str
    left: tuple[str, ...] = ()
    by: str = "router"


def flatten(
    home: Home, symbols: tuple[str, ...], strategy: str, timeout_s: float, say: Callable[[str], None]
) -> Flattened:
    """Return what came of it; raise Unavailable or NotRunning when neither router nor broker can be reached.

    The settings are read only for the way without the router: a spoilt hft.toml must not keep positions open.
    """
    if holder(home, "router"):
        done = _through_router(home, symbols, strategy, timeout_s)
        if done is not None:
            return Flattened(ok=done.ok, text=done.text, left=done.left)
        say(f"the router has been silent for {ROUTER_SILENT_S:g} s: going straight to the broker")
    if strategy:
        raise Unavailable(
            f"{strategy} alone cannot be flattened without the router.",
            "Only the router knows whose shares are whose, and it does not answer.",
            "hftctl restart router, or hftctl flatten --yes for everything.",
        )
    return _through_rest(load(home), symbols, timeout_s)


def _through_router(home: Home, symbols: tuple[str, ...], strategy: str, timeout_s: float) -> Done | None:
    """Return the router's answer, or None as soon as it has been silent for ROUTER_SILENT_S."""
    with RouterLine(home) as line:
        status = line.status(ROUTER_SILENT_S)
        if status is None:
            return None
        check_symbols(home, symbols, status)
        check_strategy(strategy, status)
        end_s = time.monotonic() + timeout_s + ROUTER_SILENT_S
        request = Flatten(peer=line.peer, symbols=symbols, strategy=strategy, timeout_ms=int(timeout_s * MS_PER_S))
        line.send(request)
        heard_s = time.monotonic()
        while time.monotonic() < end_s:
            line.ask_status()  # a living router answers this at once, however long the flattening takes
            answer = line.poll((Done, RouterStatus), ASK_EVERY_S)
            if isinstance(answer, Done):
                return answer
            if answer is not None:
                heard_s = time.monotonic()
                done = line.poll(Done, ASK_EVERY_S)
                if done is not None:
                    return done
            if time.monotonic() - heard_s > ROUTER_SILENT_S:
                return None
    return Done(peer="", ok=False, text=f"not flat within {timeout_s:g} s", left=("see hftctl positions",))


def check_symbols(home: Home, symbols: tuple[str, ...], status: RouterStatus) -> None:
    """Refuse a symbol that is neither held, worked nor traded here: a mistyped one must not be told to be flat."""
    try:
        traded = load(home).settings.fleet.symbols
    except ConfigError:
        return
    known = {*traded, *(line.symbol for line in status.positions), *(order.symbol for order in status.orders)}
    strange = [symbol for symbol in symbols if symbol not in known]
    if strange:
        near = difflib.get_close_matches(strange[0], sorted(known), n=1)
        raise ConfigError(
            f"{strange[0]} is not held here, and this fleet does not trade it.",
            "Nothing was closed.",
            f"Did you mean {near[0]}?" if near else "hftctl positions shows what is held.",
        )


def check_strategy(strategy: str, status: RouterStatus) -> None:
    """Refuse a name of which the router holds nothing: nobody's shares must not be told to be flat, or not flat."""
    known = {*(line.name for line in status.strategies), *(name for row in status.positions for name in row.ledgers)}
    if strategy and strategy not in {*known, UNCLAIMED}:
        near = difflib.get_close_matches(strategy, sorted(known), n=1)
        raise ConfigError(
            f"{strategy} is not part of this fleet, and holds nothing.",
            f"Nothing was closed. There are: {', '.join(sorted(known))}; {UNCLAIMED} is what is nobody's.",
            f"Did you mean {near[0]}?" if near else "hftctl positions shows whose the shares are.",
        )


def _through_rest(loaded: Loaded, symbols: tuple[str, ...], timeout_s: float) -> Flattened:
    from router.panic import flatten as close_all

    try:
        broker = loaded.broker()
    except ConfigError:
        raise
    except FleetError as error:
        raise NotRunning("Nothing is running here.", error.why, "hftctl start starts a fleet.") from None
    if loaded.settings.fleet.mode == "sim" and not holder(loaded.home, VENUE):
        raise NotRunning(
            "The embedded exchange is not running.",
            "It has the orders and the positions; while it is down, nothing trades and nothing can be closed.",
            "hftctl start, then hftctl flatten --yes.",
        )
    result = close_all(broker, symbols, int(timeout_s * MS_PER_S))
    return Flattened(ok=result.ok, text=result.text, left=tuple(result.left), by="rest")
