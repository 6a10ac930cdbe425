"""A small world for the router core: a broker that lies about nothing but loses, repeats and delays what it says.

Pure and seeded: no socket, no clock. A turn is what the shell does: records first, then effects. A crash drops the core
at one of three instants (before the records, after the records, after the effects) and starts a new one from the disk.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from hft import control as asks
from hft import messages
from hft.clock import NS_PER_MS, NS_PER_S
from hft.events import Event
from hft.messages import FeedState, NewOrder, Quote, Register, Ticks
from hft.words import Health, OrdStatus, Side, Tif
from risk.limits import Limits
from router import broker
from router.config import Config
from router.core import History, RouterCore
from router.journal import _decoder, _encoder
from router.orders import OrdEvent
from router.records import Record

START_NS = 1_795_444_200 * NS_PER_S  # 2026-11-23 09:30:00 New York, a Monday
SYMBOLS = ("SPY", "QQQ")
MID = {"SPY": 4_500_000, "QQQ": 3_800_000}
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


@dataclasses.dataclass
class Held:
    """An order at the broker, as it truly is."""

    order_id: str
    request: broker.SubmitOrder
    created_ns: int
    cum_qty: int = 0
    cum_notional: int = 0
    word: str = "new"

    @property
    def is_done(self) -> bool:
        return self.word in {"filled", "canceled", "rejected"}

    def seen(self) -> broker.BrokerOrder:
        events = {
            "new": OrdEvent.NEW,
            "partially_filled": OrdEvent.FILL,
            "filled": OrdEvent.FILLED,
            "canceled": OrdEvent.CANCELED,
            "rejected": OrdEvent.REJECTED,
        }
        return broker.BrokerOrder(
            order_id=self.order_id,
            client_order_id=self.request.client_order_id,
            symbol=self.request.symbol,
            side=self.request.side,
            qty=self.request.qty,
            px=self.request.px,
            cum_qty=self.cum_qty,
            cum_notional=self.cum_notional,
            event=events[self.word],
            word=self.word,
            created_ns=self.created_ns,
        )


class FakeBroker:
    """The truth about orders and positions, and the stream of updates about them."""

    def __init__(self) -> None:
        self.orders: dict[str, Held] = {}
        self.positions: dict[str, int] = {}
        self.updates: list[broker.TradeUpdate] = []
        self.posts: dict[str, int] = {}
        self.execs = 0
        self.now_ns = START_NS
        self.mid = dict(MID)

    def answer(self, request: Any) -> Any:  # noqa: ANN401 every request has its reply
        ticket = request.ticket
        match request:
            case broker.SubmitOrder():
                return self._submit(request)
            case broker.CancelRequest():
                return self._cancel(request)
            case broker.QueryOrder():
                held = self.orders.get(request.client_order_id)
                if held is None:
                    return self._rejected(request, 404, "order not found")
                return broker.OrderReply(ticket=ticket, order=held.seen())
            case broker.ListOrders():
                chosen = [o for o in self.orders.values() if request.after_ns or not o.is_done]
                return broker.OrdersReply(
                    ticket=ticket,
                    orders=tuple(o.seen() for o in chosen),
                )
            case broker.ListPositions():
                held_now = ((s, q) for s, q in self.positions.items() if q)
                return broker.PositionsReply(
                    ticket=ticket,
                    positions=tuple(
                        broker.BrokerPosition(symbol=s, qty=q, avg_px=self.mid[s], px=self.mid[s]) for s, q in held_now
                    ),
                )
            case broker.ListFills():
                return broker.FillsReply(ticket=ticket, fills=())
            case broker.GetAccount():
                usd = 10_000
                return broker.AccountReply(
                    ticket=ticket,
                    equity=100_000 * usd,
                    cash=100_000 * usd,
                    buying_power=400_000 * usd,
                    last_equity=100_000 * usd,
                )
            case broker.GetClock():
                return broker.ClockReply(
                    ticket=ticket,
                    is_open=True,
                    next_open_ns=START_NS + 86_400 * NS_PER_S,
                    next_close_ns=START_NS + 6 * 3_600 * NS_PER_S,
                    venue_ns=self.now_ns,
                )
            case _:
                raise AssertionError(request)

    def _submit(self, request: broker.SubmitOrder) -> Any:  # noqa: ANN401 every request has its reply
        name = request.client_order_id
        self.posts[name] = self.posts.get(name, 0) + 1
        assert self.posts[name] == 1, f"{name} was sent twice"
        held = Held(f"v-{name}", request, self.now_ns)
        self.orders[name] = held
        self._publish("new", held)
        return broker.OrderReply(ticket=request.ticket, order=held.seen())

    def _cancel(self, request: broker.CancelRequest) -> Any:  # noqa: ANN401 every request has its reply
        held = next((o for o in self.orders.values() if o.order_id == request.order_id), None)
        if held is None:
            return self._rejected(request, 404, "order not found")
        if held.is_done:
            return self._rejected(request, 422, f'order is already in "{held.word}" state')
        held.word = "canceled"
        self._publish("canceled", held)
        return broker.CancelTaken(ticket=request.ticket, client_order_id=request.client_order_id)

    def _rejected(self, request: Any, status: int, text: str) -> broker.BrokerRejected:  # noqa: ANN401 any request
        return broker.BrokerRejected(
            ticket=request.ticket,
            request=type(request).__name__,
            client_order_id=getattr(request, "client_order_id", ""),
            status=status,
            code=40_410_000,
            text=text,
        )

    def fill(self, name: str, qty: int, px: int = 0) -> None:
        """Let an order trade some shares."""
        held = self.orders[name]
        qty = min(qty, held.request.qty - held.cum_qty)
        if held.is_done or qty <= 0:
            return
        px = px or held.request.px or self.mid[held.request.symbol]
        symbol = held.request.symbol
        held.cum_qty += qty
        held.cum_notional += qty * px
        held.word = "filled" if held.cum_qty == held.request.qty else "partially_filled"
        self.positions[symbol] = self.positions.get(symbol, 0) + held.request.side.sign * qty
        self.execs += 1
        self._publish("fill", held, qty=qty, px=px)

    def working(self) -> list[str]:
        return [name for name, held in self.orders.items() if not held.is_done]

    def _publish(self, event: str, held: Held, *, qty: int = 0, px: int = 0) -> None:
        self.updates.append(
            broker.TradeUpdate(
                event=event,
                order=held.seen(),
                exec_id=f"x{self.execs}" if qty else "",
                qty=qty,
                px=px,
                position=self.positions.get(held.request.symbol, 0) if qty else None,
                exch_ns=self.now_ns,
            )
        )


class World:
    """Core, disk, broker and strategies, and the time."""

    def __init__(self, **changes: Any) -> None:  # noqa: ANN401 any field of Config
        self.config = config(**changes)
        self.broker = FakeBroker()
        self.disk: list[bytes] = []
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
        history = History()
        for raw in self.disk:
            history.add(_decoder.decode(raw))
        self.history = history
        self.requests, self.stream_up = [], False
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
        self.disk += [_encoder.encode(item) for item in out if isinstance(item, Record)]
        if crash == "after":
            self.boot()
            return []
        for item in out:
            if isinstance(item, broker.Request):
                self.requests.append(item)
            elif isinstance(item, Event):
                self.events.append(item)
            elif not isinstance(item, Record):
                self.said.append(item)
                if type(item).__name__ == "HaltLatch":
                    self.halt_text = item.text
        return [item for item in out if not isinstance(item, Record | broker.Request | Event)]

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
            mine = book.orders[name]
            assert (mine.cum_qty, mine.cum_notional) == (held.cum_qty, held.cum_notional), name
            assert mine.is_done == held.is_done, (name, mine.status, held.word)
        for name, mine in book.orders.items():
            assert name in self.broker.orders or mine.status is OrdStatus.REJECTED, (name, mine.status)
        for symbol in SYMBOLS:
            assert book.net_qty(symbol) == self.broker.positions.get(symbol, 0), symbol
        intents = [(o.ledger, o.epoch, o.seq, o.purpose) for o in book.orders.values() if o.seq]
        assert len(intents) == len(set(intents))
