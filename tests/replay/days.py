"""A fleet's day on the virtual clock: who was denied what, how much was asked, what is left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from hft import messages
from hft.clock import NS_PER_S
from hft.schema import Fleet as FleetSettings
from hft.schema import Settings, Sim
from hft.words import OrdStatus, Refusal, TradingState
from replay.fleet import Fleet, Plan
from replay.latency import INTERNET
from router import broker
from venue import sessions
from venue.units import SHARE, new_york

if TYPE_CHECKING:
    from replay.sources import Opened

TAIL_NS = 20 * NS_PER_S
RACE_NS = NS_PER_S // 4  # two ways and the exchange's own delays; what changed within it, nobody here could know


class Told(NamedTuple):
    """What a day came to. `refused` by the router and `rejected` by the exchange: how often, by whom and why.

    `raced` are those that nobody could foresee: the order, or whether its strategy may trade, had changed while the
    request was on its way.
    """

    fleet: Fleet
    refused: Counter[str]
    rejected: Counter[str]
    raced: Counter[str]
    requests_max: int  # in any minute
    fills: Counter[str]

    @property
    def left(self) -> dict[str, int]:
        """Return what the exchange still holds for the account, shares by symbol, and its open orders."""
        book = self.fleet.venue.exchange.engine.books[self.fleet.venue.account]
        held = {symbol: book.qty(symbol) // SHARE for symbol in book.positions if book.qty(symbol)}
        return held | {order.client_order_id: 0 for order in book.open_orders()}


class Watched(Fleet):
    """A fleet that notes refusals, rejects, requests and fills."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 those of a fleet
        self.refused: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.raced: Counter[str] = Counter()
        self.sent_ns: list[int] = []
        self.fills: Counter[str] = Counter()
        self.halted_ns: dict[str, int] = {}  # strategy → when it was last told so
        super().__init__(*given, **named)
        self.router.watch = self.watch = self.see

    def see(self, way: str, message: Any) -> None:  # noqa: ANN401 every message of the router
        """Note what the router asks of the exchange, what that denies, and what the router denies."""
        if way == "out" and isinstance(message, broker.Request):
            self.sent_ns.append(self.scheduler.now_ns)
        elif isinstance(message, broker.BrokerRejected):
            self._denied(message.client_order_id, message.text)
        elif way == "out" and isinstance(message, messages.StateChanged) and message.state is TradingState.HALTED:
            self.halted_ns[message.strategy] = self.scheduler.now_ns
        elif isinstance(message, messages.Refused):
            counted = self.raced if self._is_crossed(message) else self.refused
            counted[f"{message.strategy}, {message.reason}: {message.text}"] += 1
        elif isinstance(message, messages.ExecutionReport):
            self.fills[message.strategy] += bool(message.last_qty)
            if message.status is OrdStatus.REJECTED:
                self._denied(message.client_order_id, message.text)

    def _is_crossed(self, refused: messages.Refused) -> bool:
        """Return whether its cause and the order met on their way."""
        if refused.reason is Refusal.HALTED:
            now_ns = self.scheduler.now_ns
            return now_ns - self.halted_ns.get(refused.strategy, now_ns) <= RACE_NS
        return refused.reason is Refusal.NOT_REPLACEABLE  # the router was taking it back, or a fill was on its way

    def _denied(self, name: str, text: str) -> None:
        """Count a reject, as a race when nobody could know."""
        (self.raced if self._is_raced(name) else self.rejected)[text] += 1

    def _is_raced(self, name: str) -> bool:
        """Return whether the order, or the one whose place it was to take, had ended on the exchange just before."""
        ours = self.router.router.desk.book.orders.get(name)
        names = {name, ours.replaces} if ours is not None and ours.replaces else {name}
        book = self.venue.exchange.engine.books[self.venue.account]
        found = [order for order in book.orders.values() if order.client_order_id in names]
        since_ns = self.scheduler.now_ns - RACE_NS
        ended = [order for order in found if not order.is_open and order.updated_ns > since_ns]
        return any(order.status != "rejected" or order.replaces for order in ended)


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
    return Told(fleet, fleet.refused, fleet.rejected, fleet.raced, busiest_minute(fleet.sent_ns), fleet.fills)


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
