"""The exchange in a simulation: its real core and protocol sessions; only its sockets are missing.

It turns as venue/hub.py does: whenever something is due, at most every half millisecond. Frames to the feed and to the
router are the very bytes that the sockets would carry, faults of the exchange's menu included; only quotes and prints
that these bytes could not change go to the feed as they are (replay/plain.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from replay import sockets
from replay.plain import plain
from venue import fault_rest
from venue.data_socket import DataSession
from venue.encode import JSON, MSGPACK, Message
from venue.exchange import Exchange
from venue.fault_updates import UpdateFaults
from venue.hub import WAIT_MIN_S
from venue.rows import News, Print, Quote
from venue.slots import Slots
from venue.units import NS_PER_S
from venue.updates import update_json
from venue.updates_socket import UpdatesSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replay.scheduler import Scheduler
    from venue.config import Response, VenueConfig
    from venue.fault_rest import Plan
    from venue.faults import Fault
    from venue.outbox import Frames
    from venue.rows import Row, Source
    from venue.updates import Update

KEY, SECRET = "replay", "replay"
TURN_NS = round(WAIT_MIN_S * NS_PER_S)
CHANNELS = ("quotes", "trades", "bars", "statuses")
NS_PER_MS = 1_000_000


class Venue:
    """The exchange, one account, one listener to market data, one to headlines and one to trade updates."""

    def __init__(self, config: VenueConfig, source: Source, scheduler: Scheduler) -> None:
        self.exchange = Exchange(config, source)
        self.account = self.exchange.open_account(KEY, SECRET, scheduler.now_ns)
        self._scheduler = scheduler
        self._bent = UpdateFaults(self.exchange.engine.faults)
        self._numbers = 0
        self._data: tuple[DataSession, Callable[[bytes | list[Row]], None]] | None = None
        self._news: tuple[DataSession, Callable[[bytes], None]] | None = None
        self._updates: tuple[UpdatesSession, Callable[[bytes], None], Callable[[str], None]] | None = None
        self.wanted: dict[type, frozenset[str]] = {}
        self._due_ns = -1
        self.in_blocks: Callable[[], bool] = _never  # turns the exchange the short way, where that is possible
        self._deaf: set[str] = set()  # streams over which nothing comes any more, and whose client has not noticed
        self._held_until_ns: dict[str, int] = {}  # stream → until when the slot of a gone connection is taken
        self.data_gone: Callable[[str], None] = _nobody  # hears when the market data are cut by a fault
        self.ended = False  # the market has nothing more to tell

    # --- its clients

    def connect_data(self, symbols: tuple[str, ...], send: Callable[[bytes | list[Row]], None]) -> None:
        """Open the data stream for the feed: authenticate, subscribe; `send` gets every frame."""
        if self._is_shut("data", self.data_gone):
            return
        self._data = self._opened("v2/iex", dict.fromkeys(CHANNELS, symbols), send)
        self._may_be_mute("data")
        told = self._data[0].subscriptions
        self.wanted = {Quote: frozenset(told["quotes"]), Print: frozenset(told["trades"])}

    def connect_news(self, symbols: tuple[str, ...], send: Callable[[bytes], None]) -> None:
        """Open the stream of headlines for the feed."""
        self._news = self._opened("v1beta1/news", {"news": symbols}, send)

    def _opened(
        self, endpoint: str, wanted: dict[str, tuple[str, ...]], send: Callable[[bytes], None]
    ) -> tuple[DataSession, Any]:
        self._numbers += 1
        session = DataSession(
            endpoint=endpoint,
            codec=MSGPACK,
            number=self._numbers,
            config=self.exchange.config,
            slots=Slots(1),
            who=self.exchange.who,
        )
        asks = (
            {"action": "auth", "key": KEY, "secret": SECRET},
            {"action": "subscribe", **wanted},
        )
        mono_ns = self._scheduler.now_ns
        frames = [*session.opened({}, mono_ns).frames]
        for ask in asks:
            frames += session.receive(msgspec.msgpack.encode(ask), mono_ns).frames
        assert session.wants_anything, "the exchange let the feed in, but sends it nothing"
        for frame in frames:
            send(frame)
        return session, send

    def cut_data(self) -> None:
        """Lose the data connection."""
        self._data = None
        self._let_go("data")

    def connect_updates(self, send: Callable[[bytes], None], gone: Callable[[str], None]) -> None:
        """Open the stream of trade updates for the router; `gone` hears when it is cut."""
        if self._is_shut("updates", gone):
            return
        self._numbers += 1
        session = UpdatesSession(number=self._numbers, slots=Slots(1), who=self.exchange.who)
        asks = (
            {"action": "auth", "key": KEY, "secret": SECRET},
            {"action": "listen", "data": {"streams": ["trade_updates"]}},
        )
        for ask in asks:
            for frame in session.receive(msgspec.json.encode(ask), self._scheduler.now_ns).frames:
                send(frame)
        assert session.listens, "the exchange did not let the router listen"
        self._updates = session, send, gone
        self._may_be_mute("updates")

    def forget_updates(self) -> None:
        """Note that the other end is gone."""
        self._updates = None
        self._let_go("updates")

    def cut_updates(self, reason: str) -> None:
        """Lose the stream of trade updates."""
        if self._updates is not None:
            _, _, gone = self._updates
            self.forget_updates()
            gone(reason)

    def request(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Response:
        """Answer a REST call, and let out what follows from it."""
        response = self.exchange.request(self.account, method, path, query, body, self._scheduler.now_ns)
        self.send(self.exchange.engine.outbox.frames())
        self.plan_turn()
        return response

    # --- faults

    def order_fault(self, fault: Fault) -> Fault:
        """Arm a fault of the exchange's menu; return it with its id."""
        return self.exchange.engine.faults.order(fault, self._scheduler.now_ns)

    def heal(self) -> None:
        """End all faults."""
        self.exchange.engine.faults.cancel()

    def plan(self, method: str) -> Plan:
        """Return what becomes of a REST call."""
        names = (self.account, KEY)
        return fault_rest.plan(self.exchange.engine.faults, self._scheduler.now_ns, names, method)

    def _hit(self, kind: str, stream: str) -> bool:
        return self._fault(kind, stream) is not None

    def _fault(self, kind: str, stream: str) -> Fault | None:
        faults = self.exchange.engine.faults
        return faults.hit(kind, self._scheduler.now_ns, accounts=(self.account, KEY), stream=stream)

    def _is_shut(self, stream: str, gone: Callable[[str], None]) -> bool:
        """Return whether a fault keeps a new connection out; then its client hears of it when it has waited enough."""
        found = next((kind for kind in sockets.DOORS if self._hit(kind, stream)), "")
        if not found and self._scheduler.now_ns < self._held_until_ns.get(stream, 0):
            found = sockets.SLOT_TAKEN
        if found:
            self._scheduler.after(sockets.ns(sockets.DOORS.get(found, 0.0)), gone, found)
        return bool(found)

    def _let_go(self, stream: str) -> None:
        """Note that a connection is gone; its slot may stay taken for a while."""
        self._deaf.discard(stream)
        held = self._fault(sockets.SLOT_HELD, stream)
        if held is not None:
            self._held_until_ns[stream] = self._scheduler.now_ns + round(held.ms * NS_PER_MS)

    def _may_be_mute(self, stream: str) -> None:
        """Let a new connection be one over which nothing ever comes, if a fault says so."""
        if self._hit(sockets.MUTE_FROM_THE_START, stream):
            self._deaf.add(stream)

    def _bend_sockets(self) -> None:
        """Do to the open connections what the faults say."""
        for stream, is_open in (("data", self._data), ("updates", self._updates)):
            if is_open is None or stream in self._deaf:
                continue
            for kind, reason in sockets.ENDS.items():
                if self._hit(kind, stream):
                    self._bend_socket(stream, kind, reason)
                    break

    def _bend_socket(self, stream: str, kind: str, reason: str) -> None:
        cut = self.cut_updates if stream == "updates" else self.data_gone
        tell = self._tell if stream == "updates" else self._tell_data
        if reason:
            cut(reason)
            return
        ear = sockets.strange(kind, tell, JSON if stream == "updates" else MSGPACK)
        if ear.mute:
            self._deaf.add(stream)
        if ear.deaf:
            self._scheduler.after(sockets.ns(sockets.UNANSWERED_S), cut, "pings stay unanswered")

    # --- time

    @property
    def is_plain(self) -> bool:
        """Return whether rows go to the feed as they are, because nothing can bend them on their way."""
        return self._data is not None and "data" not in self._deaf and self.exchange.is_plain

    def begin(self) -> None:
        """Begin to move with the clock."""
        self._turn(None)

    def _turn(self, due_ns: int | None) -> None:
        if due_ns is not None and due_ns != self._due_ns:
            return  # an earlier turn took its place
        self._due_ns = -1
        if self.in_blocks():
            return
        self.send(self.exchange.frames(self._scheduler.now_ns))
        if self.exchange.engine.faults:
            self._bend_sockets()
        self.plan_turn()

    def plan_turn(self) -> None:
        """See that the exchange turns when something is due."""
        self.ended = self.exchange.source.next_ns() is None
        due_ns = max(self.exchange.next_ns(), self._scheduler.now_ns + TURN_NS)
        if self._due_ns < 0 or due_ns < self._due_ns:
            self._due_ns = due_ns
            self._scheduler.at(due_ns, self._turn, due_ns)

    # --- out

    def send(self, frames: Frames) -> None:
        """Let out what happened at the exchange."""
        self.exchange.engine.outbox.record()  # what a store would keep; a simulation is its own memory
        if frames.rows and self._data is not None and "data" not in self._deaf:
            session, send = self._data
            rows = None if self.exchange.engine.faults else plain(frames.rows, self.wanted)
            frame = session.deliver([Message(row, 1) for row in frames.rows]) if rows is None else rows
            if frame:
                send(frame)
        if frames.rows and self._news is not None:
            session, tell = self._news
            headlines = [Message(row, 1) for row in frames.rows if type(row) is News]
            if headlines and (told := session.deliver(headlines)):
                tell(told)
        for update in frames.updates:
            self._send_update(update)

    def _send_update(self, update: Update) -> None:
        tree = update_json(update)
        for frame in self._bent.frames(update, tree, (self.account, KEY), self._scheduler.now_ns):
            if frame.cut:
                self.cut_updates("the connection was reset")
            elif frame.delay_ms:
                self._scheduler.after(round(frame.delay_ms * NS_PER_MS), self._tell, frame.body)
            else:
                self._tell(frame.body)

    def _tell(self, body: bytes) -> None:
        if self._updates is not None and "updates" not in self._deaf:
            self._updates[1](body)

    def _tell_data(self, body: bytes) -> None:
        if self._data is not None:
            self._data[1](body)


def _never() -> bool:
    """Turn the long way."""
    return False


def _nobody(_: str) -> None:
    """Nobody listens to market data yet."""
