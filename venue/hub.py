"""The exchange among its clients: moves it on by the clock, stores what changed, hands frames to whom they belong.

Rule kept: state is stored before any reply or frame that tells of it leaves. Everything here runs in one event loop.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from venue import fault_rest, fault_sockets
from venue.data_socket import DataSession, codec_of
from venue.encode import JSON, Message
from venue.fault_rest import Plan
from venue.fault_updates import Frame, UpdateFaults
from venue.slots import Slots
from venue.units import NS_PER_S
from venue.updates import update_json
from venue.updates_socket import UpdatesSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hft.clock import Clock
    from venue.client import Client
    from venue.config import Response
    from venue.exchange import Exchange
    from venue.faults import Fault
    from venue.outbox import Frames
    from venue.rows import Row
    from venue.store import Store
    from venue.updates import Update

WAIT_MIN_S, WAIT_MAX_S = 0.0005, 0.25
PRICES_EVERY_NS = 5 * NS_PER_S
LOT = 100
FRAME_ROWS_MAX = 500  # keeps a frame far below the 1 MiB that clients take
PLAIN = Plan()


class Tripwire:
    """Notes an exception that passes through it, and lets it go on: a broken assumption must end the process."""

    def __init__(self) -> None:
        self.tripped: Callable[[BaseException], None] = lambda _: None

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Tell of an exception."""
        if error is not None:
            self.tripped(error)


class Hub:
    """Owns the exchange, its clock, its store, and the list of clients."""

    def __init__(self, exchange: Exchange, clock: Clock, store: Store | None = None) -> None:
        self.exchange, self.clock = exchange, clock
        self._store = store
        config = exchange.config
        self.data_slots = Slots()
        self.update_slots = Slots(config.updates_connections_max)
        self.data: dict[int, tuple[DataSession, Client]] = {}
        self.updates: dict[int, tuple[UpdatesSession, Client]] = {}
        self._numbers = 0
        self._timer: asyncio.TimerHandle | None = None
        self._prices_due_ns = 0
        self._lot = LOT if config.size_unit == "lots" else 1
        self._rate = getattr(clock, "rate", 1.0)
        self.running = False
        self.tripwire = Tripwire()
        self._bent = UpdateFaults(exchange.engine.faults)

    # --- clients ---

    def data_session(self, endpoint: str, content_type: str) -> DataSession:
        """Return a fresh session for a data endpoint."""
        self._numbers += 1
        return DataSession(
            endpoint=endpoint,
            codec=codec_of(content_type),
            number=self._numbers,
            config=self.exchange.config,
            slots=self.data_slots,
            who=self.exchange.who,
            fault=partial(self.socket_fault, "news" if endpoint.endswith("news") else "data"),
        )

    def updates_session(self) -> UpdatesSession:
        """Return a fresh session for /stream."""
        self._numbers += 1
        return UpdatesSession(
            number=self._numbers,
            slots=self.update_slots,
            who=self.exchange.who,
            fault=partial(self.socket_fault, "updates"),
        )

    def updates_full(self) -> bool:
        """Return whether every account's /stream connection is taken, so that nobody could be let in."""
        mono_ns = self.clock.mono_ns()
        return all(self.update_slots.full(account, "stream", mono_ns) for account in self.exchange.engine.books)

    def socket_fault(self, stream: str, kind: str, account: str) -> Fault | None:
        """Return the fault of a kind that is meant for this stream and account now, and count it."""
        faults = self.exchange.engine.faults
        if not faults:
            return None
        return faults.hit(kind, self.clock.now_ns(), accounts=self._names(account), stream=stream)

    def _names(self, account: str) -> tuple[str, ...]:
        book = self.exchange.engine.books.get(account)
        return (account, book.account.key) if book else ()

    # --- time ---

    def start(self) -> None:
        """Begin to move with the clock."""
        self.running = True
        self.tick()

    def stop(self) -> None:
        """Stand still, and store what is left."""
        self.running = False
        if self._timer:
            self._timer.cancel()
        self._store_changes(all_prices=True)
        if self._store:
            self._store.close()

    def tick(self) -> None:
        """Bring the exchange to now and let out what happened."""
        now_ns = self.clock.now_ns()
        frames = self.exchange.frames(now_ns)
        self._store_changes(all_prices=now_ns >= self._prices_due_ns)
        self._send(frames)
        if self.exchange.engine.faults:
            self._bend_sockets()
        if self.running:
            self._wait(now_ns)

    def plan(self, account: str, method: str) -> Plan:
        """Return what becomes of a REST call."""
        faults = self.exchange.engine.faults
        if not faults:
            return PLAIN
        return fault_rest.plan(faults, self.clock.now_ns(), self._names(account), method)

    def request(self, account: str, method: str, path: str, query: Mapping[str, str], body: bytes) -> Response:
        """Answer a REST call; its consequences are stored before this returns."""
        with self.tripwire:
            now_ns = self.clock.now_ns()
            response = self.exchange.request(account, method, path, query, body, now_ns)
            self._store_changes()
            self._send(self.exchange.engine.outbox.frames())
            self._wait(now_ns)
            return response

    def _wait(self, now_ns: int) -> None:
        wait_s = (self.exchange.next_ns() - now_ns) / NS_PER_S / self._rate
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(min(max(wait_s, WAIT_MIN_S), WAIT_MAX_S), self.tick)

    # --- out ---

    def _store_changes(self, *, all_prices: bool = False) -> None:
        changed = self.exchange.engine.outbox.record()
        if self._store is None:
            return
        prices: dict[str, tuple[int, int, int]] = {}
        if all_prices:
            self._prices_due_ns = self.clock.now_ns() + PRICES_EVERY_NS
        names: Any = self.exchange.engine.levels if all_prices else {p.symbol for _, p in changed.get("positions", [])}
        for name in names:
            level = self.exchange.engine.levels[name]
            prices[name] = (level.bid_px, level.ask_px, level.last_px)
        self._store.append(changed, prices, self.clock.now_ns())

    def _send(self, frames: Frames) -> None:
        if frames.rows and self.data:
            for at in range(0, len(frames.rows), FRAME_ROWS_MAX):
                self._send_rows(frames.rows[at : at + FRAME_ROWS_MAX])
        for update in frames.updates:
            self._send_update(update)

    def _send_rows(self, rows: list[Row]) -> None:
        messages = [Message(row, self._lot) for row in rows]
        for session, client in list(self.data.values()):
            if (frame := session.deliver(messages)) and not client.put(frame):
                client.cut_off(session.slow())

    def _send_update(self, update: Update) -> None:
        listeners = [
            client for session, client in self.updates.values() if session.listens and session.account == update.account
        ]
        if not listeners:
            return
        tree = update_json(update)
        for frame in self._bent.frames(update, tree, self._names(update.account), self.clock.now_ns()):
            for client in listeners:
                _send_frame(client, frame)

    def _bend_sockets(self) -> None:
        """Do to the open connections what the faults say."""
        for session, client in list(self.data.values()):
            stream = "news" if session.endpoint.endswith("news") else "data"
            self._bend_socket(stream, session.account, client, session.codec)
        for listener, client in list(self.updates.values()):
            self._bend_socket("updates", listener.account, client, JSON)

    def _bend_socket(self, stream: str, account: str, client: Client, codec: str) -> None:
        for kind, act in fault_sockets.ACTS.items():
            if fault := self.socket_fault(stream, kind, account):
                act(client, fault, codec)
        drip = self.socket_fault(stream, "slow-drip", account)
        client.gap_ms = drip.ms if drip else 0.0


def _send_frame(client: Client, frame: Frame) -> None:
    if frame.cut:
        client.abort()
    elif frame.delay_ms:
        asyncio.get_running_loop().call_later(frame.delay_ms / 1000, client.put, frame.body)
    elif not client.put(frame.body):
        client.cut_off(None)
