"""The router in a simulation: its core, its journal, its latch, its workers, its stream of trade updates.

Rule kept as live: what must wait for a record leaves only when it is durable (router/holding.py), also while the disk
stalls. A crash can come before, within and after the write, and between any two messages: `step` is asked at each of
these places.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from hft.events import Event
from hft.messages import Quote, Ticks
from replay.node import Node
from replay.pulse import Heard
from router import alpaca_words as words
from router import broker
from router.control import HaltLatch
from router.core import RouterCore
from router.holding import SLOW_MS, TOLD_EVERY_MS, Hold
from router.records import OrderFilled, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.messages import Tick
    from replay.decisions import Decisions
    from replay.scheduler import Scheduler
    from router.bands import Bands
    from router.config import Config
    from router.core import History

WAKE_MS = 20
RECONNECT_MS = 250
LOOK_MS = 100  # how often a node looks whether its disk still stalls; live each turn of the loop does


class Journal(Protocol):
    """Where records go."""

    def write(self, records: list[Record]) -> None:
        """Take a turn's records."""
        ...

    def sync(self) -> None:
        """See them on disk."""
        ...


class Forgetful:
    """A journal that nobody will ever read: a plain replay does not crash."""

    def write(self, records: list[Record]) -> None:
        """Take them, and keep nothing."""

    def sync(self) -> None:
        """Nothing waits."""


class Latch:
    """The HALT file."""

    def __init__(self) -> None:
        self.text = ""

    def send(self, message: HaltLatch) -> None:
        """Set it, or open it."""
        self.text = message.text


class Crashed(Exception):
    """The router was killed in the middle of a turn."""


def never(_: str) -> None:
    """Let no crash happen here."""


def unwatched(_: str, __: Any) -> None:  # noqa: ANN401 any message
    """Nobody watches."""


def _deaf() -> None:
    """Listen to nothing: nobody has wired the stream of trade updates yet."""


class RouterNode(Node):
    """The router at work."""

    def __init__(
        self,
        config: Config,
        history: History,
        epoch: int,
        scheduler: Scheduler,
        *,
        journal: Journal,
        latch: Latch,
        decisions: Decisions,
        step: Callable[[str], None] = never,
        skew_ns: int = 0,
        wake_ms: int = WAKE_MS,
        idle_ms: int = WAKE_MS,
    ) -> None:
        self._unread: dict[str, tuple[Ticks, int]] = {}  # the newest quotes by symbol, and when they came
        now_ns = scheduler.now_ns + skew_ns
        core = RouterCore(config, history, epoch=epoch, now_ns=now_ns, halt_text=latch.text)
        super().__init__("router", epoch, core, scheduler, wake_ms=wake_ms)
        self.skew_ns = skew_ns
        self.router: RouterCore = core
        self.listen: Callable[[], None] = _deaf
        self.died: Callable[[], None] = _deaf
        self.watch: Callable[[str, Any], None] = unwatched
        self.latch, self._journal, self._decisions, self._step = latch, journal, decisions, step
        self.edges[HaltLatch] = latch.send
        self._hold, self._disk_stalls = (
            Hold(slow_ns=scheduler.ns(SLOW_MS), told_every_ns=scheduler.ns(TOLD_EVERY_MS)),
            False,
        )
        self._look_ns = scheduler.ns(LOOK_MS)
        self._turn_ns, self._idle_ns = scheduler.ns(WAKE_MS), scheduler.ns(idle_ms)

    def hear(self, batch: Ticks) -> None:
        """Take ticks. The newest quotes of a symbol wait until anything else is heard or done."""
        ticks = batch.ticks
        if not self.alive:
            return
        if all(type(tick) is Quote for tick in ticks):
            self.put_off(batch, self.scheduler.now_ns)
        else:
            self.take(batch)
        bands = self.router.quiet.bands
        if bands and any(_leaves(bands, tick) for tick in ticks):
            self._stir(self.scheduler.now_ns)

    def is_put_off(self, batch: Ticks) -> bool:
        """Return whether a batch is nothing but quotes that ask for nothing."""
        bands = self.router.quiet.bands
        for tick in batch.ticks:  # noqa: SIM110 asked of each quote, and a generator costs more than the rest
            if type(tick) is not Quote or (bands and _leaves(bands, tick)):
                return False
        return True

    def put_off(self, batch: Ticks, at_ns: int) -> None:
        """Let quotes of a symbol that came then wait, instead of those before."""
        symbol = batch.ticks[0].symbol
        self._unread.pop(symbol, None)
        self._unread[symbol] = batch, at_ns + self._skew_ns

    def _count(self, now_ns: int) -> None:
        self._read()
        super()._count(now_ns)

    def _read(self) -> None:
        if self._unread and self.alive:
            unread, self._unread = self._unread, {}
            for batch, now_ns in unread.values():
                self.release(self.core.handle(batch, now_ns))

    def _heard(self, now_ns: int) -> list[Heard]:
        """Return heartbeats, and the unread quotes with them: all are heard in the order in which they came."""
        heard = super()._heard(now_ns)
        if heard and self._unread:
            unread, self._unread = self._unread, {}
            heard += [Heard(at_ns - self._skew_ns, batch) for batch, at_ns in unread.values()]
        return heard

    def take(self, message: Any) -> None:  # noqa: ANN401 the union of all its streams
        """Let the core answer a message; a crash ends the node."""
        self._hear(self.scheduler.now_ns)
        self._read()
        self.watch("in", message)
        self._unless_crashed(lambda: super(RouterNode, self).take(message))

    def turn(self) -> None:
        """Do what time asks for; a crash ends the node."""
        self._read()
        self._unless_crashed(super().turn)

    def pace_ns(self) -> int:
        """Return how long until it is woken again: longer while no order works and no answer is awaited.

        While a request waits for its turn it is as long as live: wakes let it out.
        """
        desk = self.router.desk
        if desk.budget.is_waiting:
            return self._turn_ns
        return super().pace_ns() if desk.book.working or desk.asked or desk.flattening else self._idle_ns

    def release(self, out: Any) -> None:  # noqa: ANN401 what the core answered
        """Let out what the core answered: what must be durable first, then what need not wait for a slow disk."""
        out = list(out)
        if not out:
            return
        records = [message for message in out if isinstance(message, Record)]
        if records:
            self._write(records)
        for message in out:
            if self._hold.lets(message, self.scheduler.now_ns):
                self._let_out(message)
        self._step("after the turn")

    def _write(self, records: list[Record]) -> None:
        self._step("before the write")
        self._journal.write(records)
        self._step("before the sync")
        number = self._hold.hand_over(self.scheduler.now_ns)
        if not self._disk_stalls:
            self._journal.sync()
            self._hold.synced(number)
        self._note_fills(records)

    def _let_out(self, message: Any) -> None:  # noqa: ANN401 what the core answered
        self.watch("out", message)
        if isinstance(message, Record):
            return
        self._step("before a message")
        if isinstance(message, Event):
            self.tell(message)
            return
        if isinstance(message, broker.Request):
            self._decisions.add("router", self.now_ns, message)
        self.edges[type(message)](message)

    # --- a disk that does not answer for a while

    def stall_disk(self, for_ns: int) -> None:
        """Let nothing that is written from here on be safe before so long has passed."""
        self._disk_stalls = True
        self.scheduler.after(for_ns, self._disk_answers)
        self.scheduler.after(self._look_ns, self._look_at_disk)

    def _disk_answers(self, _: None) -> None:
        self._disk_stalls = False
        if self.alive:
            self._journal.sync()
            self._hold.synced(self._hold.taken)
            self._unless_crashed(self._hear_of_disk)

    def _look_at_disk(self, _: None) -> None:
        if self.alive and self._disk_stalls:
            self._unless_crashed(self._hear_of_disk)
            self.scheduler.after(self._look_ns, self._look_at_disk)

    def _hear_of_disk(self) -> None:
        self._catch_up(self.scheduler.now_ns)
        for message in self._hold.due():
            self._let_out(message)
        for message in self._hold.news(self.scheduler.now_ns):
            self.take(message)

    def _unless_crashed(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Crashed:
            self.died()

    def _note_fills(self, records: list[Record]) -> None:
        for record in records:
            if isinstance(record, OrderFilled):
                self._decisions.add("fills", self.now_ns, record)

    # --- the stream of trade updates

    def frame(self, body: bytes) -> None:
        """Take one frame of the stream, read as router/updates.py reads it."""
        try:
            message = json.loads(body)
        except ValueError:
            return  # garbage is logged and forgotten; the polls will tell
        stream = message.get("stream") if isinstance(message, dict) else None
        if stream == "listening":
            self.take(broker.UpdatesUp())
        elif stream == "trade_updates":
            self.take(update_of(message.get("data")))


def _leaves(bands: Bands, tick: Tick) -> bool:
    """Return whether a quote may bring a loss limit near."""
    if type(tick) is not Quote or tick.symbol not in bands:
        return False
    low, high = bands[tick.symbol]
    return not low <= tick.bid_px < tick.ask_px <= high


def update_of(data: Any) -> broker.TradeUpdate | broker.UpdateUnreadable:  # noqa: ANN401 whatever stands in the JSON
    """Return what an event says, or that it cannot be read."""
    try:
        return words.trade_update(data)
    except words.Untranslatable:
        order = data.get("order") if isinstance(data, dict) else None
        name = order.get("client_order_id") if isinstance(order, dict) else None
        return broker.UpdateUnreadable(client_order_id=name if isinstance(name, str) else "")
