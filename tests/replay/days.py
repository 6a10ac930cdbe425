"""A fleet's day on the virtual clock: who was denied what, how much was asked, what is left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from hft import messages
from hft.clock import NS_PER_S
from hft.schema import Fleet as FleetSettings
from hft.schema import Settings, Sim
from hft.words import OrdStatus
from replay.fleet import Fleet, Plan
from replay.latency import INTERNET
from router import broker
from venue import sessions
from venue.units import SHARE, new_york

if TYPE_CHECKING:
    from replay.sources import Opened

TAIL_NS = 20 * NS_PER_S
RACES = ("cannot replace order in filled status", 'order is already in "filled" state')


class Told(NamedTuple):
    """What a day came to. `refused` by the router and `rejected` by the exchange: how often, by whom and why."""

    fleet: Fleet
    refused: Counter[tuple[str, str]]
    rejected: Counter[str]
    requests_max: int  # in any minute
    fills: Counter[str]

    @property
    def foreseeable(self) -> dict[str, int]:
        """Return what the exchange denied but for requests that met a fill on their way: nobody could know."""
        return {text: count for text, count in self.rejected.items() if not any(race in text for race in RACES)}

    @property
    def left(self) -> dict[str, int]:
        """Return what the exchange still holds for the account, shares by symbol, and its open orders."""
        book = self.fleet.venue.exchange.engine.books[self.fleet.venue.account]
        held = {symbol: book.qty(symbol) // SHARE for symbol in book.positions if book.qty(symbol)}
        return held | {order.client_order_id: 0 for order in book.open_orders()}


class Watched(Fleet):
    """A fleet that notes refusals, rejects, requests and fills."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 those of a fleet
        self.refused: Counter[tuple[str, str]] = Counter()
        self.rejected: Counter[str] = Counter()
        self.sent_ns: list[int] = []
        self.fills: Counter[str] = Counter()
        super().__init__(*given, **named)
        self.router.watch = self.watch = self.see

    def see(self, way: str, message: Any) -> None:  # noqa: ANN401 every message of the router
        """Note what the router asks of the exchange, what that denies, and what the router denies."""
        if way == "out" and isinstance(message, broker.Request):
            self.sent_ns.append(self.scheduler.now_ns)
        elif isinstance(message, broker.BrokerRejected):
            self.rejected[message.text] += 1
        elif isinstance(message, messages.Refused):
            self.refused[message.strategy, f"{message.reason}: {message.text}"] += 1
        elif isinstance(message, messages.ExecutionReport):
            self.fills[message.strategy] += bool(message.last_qty)
            if message.status is OrdStatus.REJECTED:
                self.rejected[message.text] += 1


def lived(settings: Settings, opened: Opened) -> Told:
    """Play a market with a fleet until it ends, or its session closes."""
    until_ns = end_ns(opened.start_ns)
    plan = Plan(settings=settings, ways=INTERNET, seed=settings.sim.seed, has_honest_book=False)
    fleet = Watched(plan, opened.source, opened.start_ns)
    fleet.begin()
    while not fleet.venue.ended and fleet.scheduler.now_ns < until_ns:
        fleet.run(fleet.scheduler.now_ns + 5 * NS_PER_S)
    fleet.run(fleet.scheduler.now_ns + TAIL_NS)
    fleet.finish()
    return Told(fleet, fleet.refused, fleet.rejected, busiest_minute(fleet.sent_ns), fleet.fills)


def end_ns(start_ns: int) -> int:
    """Return a minute after the close of the day."""
    day = sessions.day_of(new_york(start_ns).date())
    assert day is not None
    return day.close_ns + 60 * NS_PER_S


def busiest_minute(sent_ns: list[int]) -> int:
    """Return the largest number of requests within any sixty seconds."""
    most = first = 0
    for last, now_ns in enumerate(sent_ns):
        while sent_ns[first] <= now_ns - 60 * NS_PER_S:
            first += 1
        most = max(most, last - first + 1)
    return most


def fleet_of(strategies: tuple[str, ...], symbols: tuple[str, ...], **sim: Any) -> Settings:  # noqa: ANN401 settings
    """Return the settings of a fleet on the embedded exchange."""
    return Settings(fleet=FleetSettings(strategies=strategies, symbols=symbols), sim=Sim(**sim))
