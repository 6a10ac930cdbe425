"""A small world for the router core: a broker that lies about nothing but loses, repeats and delays what it says.

Pure and seeded: no socket, no clock. A turn is what the shell does: records first, then effects. A crash drops the core
at one of three instants (before the records, after the records, after the effects) and starts a new one from the disk.
While the disk stalls, records are written and not safe, and what waits for them waits as it does live.
"""

from __future__ import annotations

import math
from typing import Any

from hft import control as asks
from hft import messages
from hft.clock import NS_PER_MS, NS_PER_S
from hft.events import Event
from hft.messages import FeedState, NewOrder, Quote, Register, ReplaceOrder, Ticks
from hft.words import Health, OrdStatus, Side, Tif
from risk.limits import Limits
from router import broker
from router.config import Config
from router.core import History, RouterCore
from router.holding import Hold
from router.journal import _decoder, _encoder
from router.records import PositionAdjusted, Record
from tests.router.fake_broker import START_NS, SYMBOLS, FakeBroker

FAMILIES = ("mm", "drift")

LIMITS = Limits(
    order_qty_max=200,
    order_notional_max=500_000_000,
    position_notional_max=1_000_000_000,
    symbol_notional_max=2_000_000_000,
    gross_notional_max=6_000_000_000,
    daily_loss_max=10_000_000,
    strategy_daily_loss_max=2_500_000,
    collar_bps=25.0,
    passive_bps_max=200.0,
    spread_bps_max=50.0,
    stale_after_ns=2 * NS_PER_S,
    working_orders_max=30,
    strategy_working_orders_max=10,
    strategy_orders_per_min_max=40,
)


def config(**changes: Any) -> Config:  # noqa: ANN401 any field of Config
    fields: dict[str, Any] = {"symbols": frozenset(SYMBOLS), "strategies": FAMILIES, "limits": LIMITS}
    return Config(**{**fields, **changes})


class World:
    """Core, disk, broker and strategies, and the time."""

    def __init__(self, **changes: Any) -> None:  # noqa: ANN401 any field of Config
        self.config = config(**changes)
        self.broker = FakeBroker()
        self.disk: list[bytes] = []
        self.archive: list[bytes] = []  # records that the disk has no more
        self.first_index = 1  # of the first record on the disk
        self.unsafe: list[bytes] = []  # records that were written, while the disk stalls
        self.stalls = False
        self.waited: set[str] = set()  # orders that left later than they were judged
        self.hold = Hold()
        self.now_ns = START_NS
        self.epoch = 0
        self.requests: list[Any] = []
        self.late: list[Any] = []  # requests that we gave up, and that will still arrive
        self.said: list[Any] = []
        self.events: list[Event] = []
        self.stream_up = False
        self.halt_text = ""
        self.core = self.boot()

    # --- the shell

    def boot(self) -> RouterCore:
        """Start a router from the disk."""
        self.epoch += 1
        history = History(self.first_index)
        for raw in self.disk:
            history.add(_decoder.decode(raw))
        self.history = history
        self.requests, self.stream_up = [], False
        self.unsafe, self.stalls, self.hold = [], False, Hold()
        self.core = RouterCore(self.config, history, epoch=self.epoch, now_ns=self.now_ns, halt_text=self.halt_text)
        return self.core

    def turn(self, *given: Any, crash: str = "") -> list[Any]:  # noqa: ANN401 any message
        """Do what the shell does with messages: records first, then effects; crash in between if asked."""
        out: list[Any] = []
        for message in given:
            out += self.core.handle(message, self.now_ns)
        out += self.core.wake(self.now_ns)
        if crash == "before":
            self.boot()
            return []
        records = [_encoder.encode(item) for item in out if isinstance(item, Record)]
        self.unsafe += records
        if records:
            self.hold.hand_over(self.now_ns)
        if not self.stalls:
            self.sync()
        if crash == "after":
            self.boot()
            return []
        effects = [item for item in out if not isinstance(item, Record)]
        for item in [item for item in effects if self.hold.lets(item, self.now_ns)]:
            self._let_out(item)
        self._hear_of_disk()
        return [item for item in effects if not isinstance(item, broker.Request | Event)]

    def _let_out(self, item: Any) -> None:  # noqa: ANN401 any effect
        if isinstance(item, broker.Request):
            self._must_be_safe(item)
            self.requests.append(item)
        elif isinstance(item, Event):
            self.events.append(item)
        else:
            self.said.append(item)
            if type(item).__name__ == "HaltLatch":
                self.halt_text = item.text

    def _must_be_safe(self, request: broker.Request) -> None:
        """Assert that an order does not leave before its record is on disk."""
        if isinstance(request, broker.SubmitOrder | broker.ReplaceRequest):
            name = request.client_order_id.encode()
            assert not any(name in raw for raw in self.unsafe), f"1: {name!r} leaves, and is not on disk"

    # --- a disk that does not answer for a while

    def sync(self) -> None:
        """See on disk what was written."""
        self.disk += self.unsafe
        self.unsafe = []
        self.hold.synced(self.hold.taken)

    def unstall(self) -> None:
        """Let the disk answer again."""
        self.stalls = False
        self.sync()
        self._hear_of_disk()

    def crash_in_stall(self, kept: int) -> None:
        """Kill the router while the disk stalls: so many of the records that were not safe are there all the same."""
        self.disk += self.unsafe[:kept]
        self.boot()

    def _hear_of_disk(self) -> None:
        news: list[Any] = []
        for item in list(self.hold.due()):
            if isinstance(item, broker.SubmitOrder | broker.ReplaceRequest):
                self.waited.add(item.client_order_id)
                if self.halt_text and not item.exits:  # as the worker does that reads the HALT file
                    news.append(_held_back(item))
                    continue
            self._let_out(item)
        news += self.hold.news(self.now_ns)
        if news:
            self.turn(*news)

    def save(self) -> None:
        """Begin the disk anew with the saved book, as a new segment does; the old ones are gone."""
        self.unstall()
        self.turn()
        book = self.core.desk.book
        saved = book.saved(self.now_ns)
        self.archive += self.disk
        self.disk, self.first_index = [_encoder.encode(saved)], book.index + 1
        book.apply(saved)

    def pass_ms(self, ms: float) -> None:
        """Let time pass."""
        self.now_ns += round(ms * NS_PER_MS)
        self.broker.now_ns = self.now_ns

    # --- the world behaving well

    def connect(self) -> None:
        """Bring the stream up; nothing was missed from here on."""
        self.stream_up = True
        self.broker.updates.clear()
        self.turn(broker.UpdatesUp(), self.recorded())

    def recorded(self) -> messages.Recorded:
        """Return the recorder's word on what it holds."""
        return messages.Recorded(mark=max((event.mark for event in self.events), default=0))

    def pump(self, rounds: int = 20) -> None:
        """Answer every request and deliver every update until nothing is left."""
        for _ in range(rounds):
            requests, self.requests = self.requests, []
            replies = [self.broker.answer(request) for request in requests]
            self.broker.settle_replaces()
            updates, self.broker.updates = self.broker.updates, []
            if not replies and not updates:
                return
            self.turn(*replies, *(updates if self.stream_up else ()))

    def run(self, ms: float, step_ms: float = 50.0, *, quotes: bool = True, beats: bool = True) -> None:
        """Let time pass with everything answered, quotes flowing and strategies alive."""
        for _ in range(max(1, round(ms / step_ms))):
            self.pass_ms(step_ms)
            given: list[Any] = self.quotes() if quotes else []
            if beats:
                given += [self.beat(name) for name in FAMILIES]
            self.turn(*given)
            self.pump()

    def ready(self) -> World:
        """Bring it all up: stream, reconciliation, strategies, quotes."""
        self.connect()
        self.run(2_500, 100)
        for name in FAMILIES:
            self.turn(Register(strategy=name, epoch=self.epoch, pid=1))
        self.turn(*self.quotes())
        assert self.core.gates.reconciled
        return self

    def by_hand(self, symbol: str, side: Side, qty: int, px: int) -> None:
        """Let somebody place an order of their own on the account."""
        fields: dict[str, Any] = {"symbol": symbol, "side": side, "qty": qty, "px": px, "tif": Tif.DAY}
        theirs = broker.SubmitOrder(ticket=0, priority=broker.Priority.NEW, client_order_id="by-hand", **fields)
        self.broker.answer(theirs)
        self.pump()

    # --- messages

    def quotes(self) -> list[Any]:
        """Return a fresh quote for every symbol."""
        ticks: list[Any] = []
        for symbol in SYMBOLS:
            mid = self.broker.mid[symbol]
            quote = Quote(
                symbol=symbol,
                exch_ns=self.now_ns,
                recv_ns=self.now_ns,
                bid_px=mid - 100,
                bid_qty=100,
                ask_px=mid + 100,
                ask_qty=100,
            )
            ticks.append(Ticks(epoch=1, seq=1, ticks=(quote,)))
        state = FeedState(epoch=1, seq=1, connected=True, last_recv_ns=self.now_ns, ticks=len(ticks))
        return [*ticks, state]

    def beat(self, name: str) -> messages.Beat:
        """Return a strategy's heartbeat."""
        link = self.core.desk.link(name)
        return messages.Beat(
            process=name,
            epoch=link.epoch,
            pid=1,
            seq=1,
            state=Health.READY,
            note="",
            started_ns=0,
            loop_delay_ms_max=0.0,
            counters={},
        )

    def order(self, name: str, side: Side, qty: int, px: int = 0, symbol: str = "SPY", **changes: Any) -> NewOrder:  # noqa: ANN401 any field
        """Return a strategy's next intent; the price defaults to one that rests a little behind the mid."""
        link = self.core.desk.link(name)
        fields: dict[str, Any] = {
            "strategy": name,
            "epoch": link.epoch,
            "seq": link.last_seq + 1,
            "symbol": symbol,
            "side": side,
            "qty": qty,
            "px": px or self.broker.mid[symbol] - side.sign * 200,
            "tif": Tif.DAY,
            "expires_ns": self.now_ns + 500 * NS_PER_MS,
        }
        return NewOrder(**{**fields, **changes})

    def replacement(self, name: str, qty: int, px: int, **changes: Any) -> ReplaceOrder:  # noqa: ANN401 any field
        """Return the next intent of an order's strategy: let it rest with this quantity at this price."""
        order = self.core.desk.book.orders[name]
        link = self.core.desk.link(order.ledger)
        fields: dict[str, Any] = {
            "strategy": link.name,
            "epoch": link.epoch,
            "seq": link.last_seq + 1,
            "client_order_id": name,
            "qty": qty,
            "px": px,
            "expires_ns": self.now_ns + 500 * NS_PER_MS,
        }
        return ReplaceOrder(**{**fields, **changes})

    # --- looking

    def last(self, kind: type) -> Any:  # noqa: ANN401 the kind that was asked for
        """Return the last message of a kind that was said."""
        return next(item for item in reversed(self.said) if type(item) is kind)

    def told(self, kind: type) -> list[Any]:
        """Return all events of a kind."""
        return [event for event in self.events if type(event) is kind]

    def place(self, name: str, side: Side, qty: int, px: int = 0, symbol: str = "SPY") -> str:
        """Place an order and see it accepted by the venue; return its name."""
        self.turn(self.order(name, side, qty, px, symbol))
        answer = self.said[-1]
        answers = [item for item in self.said if isinstance(item, messages.Accepted | messages.Refused)]
        answer = answers[-1]
        assert isinstance(answer, messages.Accepted), answer
        self.pump()
        return answer.client_order_id

    def status(self) -> asks.RouterStatus:
        """Return the router's status."""
        self.turn(asks.GetStatus(peer="test"))
        found: asks.RouterStatus = self.last(asks.RouterStatus)
        return found

    def agree(self) -> None:
        """Assert that book and broker agree on every order, fill and position."""
        book = self.core.desk.book
        for name, held in self.broker.orders.items():
            assert name in book.orders, f"{name} is not in the book"
            mine = book.orders[name]
            ours, theirs = (mine.cum_qty, mine.cum_notional), (held.cum_qty, held.cum_notional)
            assert ours == theirs, f"{name}: {ours} here, {theirs} there"
            assert mine.is_done == held.is_done, (name, mine.status, held.word)
        for name, mine in book.orders.items():
            assert name in self.broker.orders or mine.status is OrdStatus.REJECTED, (name, mine.status)
        for symbol in SYMBOLS:
            assert book.net_qty(symbol) == self.broker.positions.get(symbol, 0), symbol
        cash = sum(position.cash for ledger in book.ledgers.values() for position in ledger.values())
        traded = -sum(held.request.side.sign * held.cum_notional for held in self.broker.orders.values())
        records = map(_decoder.decode, [*self.archive, *self.disk])
        given = [record for record in records if isinstance(record, PositionAdjusted)]  # by nobody's order, at a price
        assert cash == traded - sum(math.copysign(record.notional, record.signed_qty) for record in given)
        intents = [(o.ledger, o.epoch, o.seq, o.purpose) for o in book.orders.values() if o.seq]
        assert len(intents) == len(set(intents))


def _held_back(request: broker.SubmitOrder | broker.ReplaceRequest) -> broker.NotSent:
    return broker.NotSent(
        ticket=request.ticket,
        request=type(request).__name__,
        client_order_id=request.client_order_id,
        reason="the account is halted",
        halted=True,
    )
