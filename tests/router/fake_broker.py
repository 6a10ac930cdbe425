"""A broker for the router core's tests: the truth about orders and positions, and the stream of updates about them."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from hft.clock import NS_PER_S
from router import broker
from router.orders import OrdEvent

USD = 10_000
START_NS = 1_795_444_200 * NS_PER_S  # 2026-11-23 09:30:00 New York, a Monday
SYMBOLS = ("SPY", "QQQ")
MID = {"SPY": 4_500_000, "QQQ": 3_800_000}


@dataclasses.dataclass
class Held:
    """An order at the broker, as it truly is."""

    order_id: str
    request: broker.SubmitOrder
    created_ns: int
    cum_qty: int = 0
    cum_notional: int = 0
    word: str = "new"
    replaces: str = ""
    filled_before: int = 0  # what the order that it replaces had filled when that was asked for

    @property
    def is_done(self) -> bool:
        return self.word in {"filled", "canceled", "rejected", "replaced"}

    def seen(self) -> broker.BrokerOrder:
        events = {
            "new": OrdEvent.NEW,
            "partially_filled": OrdEvent.FILL,
            "filled": OrdEvent.FILLED,
            "canceled": OrdEvent.CANCELED,
            "done_for_day": OrdEvent.EXPIRED,
            "rejected": OrdEvent.REJECTED,
            "replaced": OrdEvent.REPLACED,
            "pending_new": OrdEvent.ACK,
            "pending_replace": OrdEvent.NEW,
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
            replaces=self.replaces,
        )


class FakeBroker:
    """The truth about orders and positions, and the stream of updates about them."""

    def __init__(self) -> None:
        self.orders: dict[str, Held] = {}
        self.positions: dict[str, int] = {}
        self.updates: list[broker.TradeUpdate] = []
        self.posts: dict[str, int] = {}
        self.execs = self.amends = 0
        self.told: list[broker.TradeUpdate] = []  # of executions, ever
        self.amended: dict[str, int] = {}  # how often each order was
        self.busted: set[int] = set()  # which executions count no more
        self.fills: list[tuple[int, broker.Fill]] = []  # the account's history
        self.now_ns = START_NS
        self.mid = dict(MID)
        self.assets = {symbol: {"is_tradable": True, "is_shortable": True} for symbol in SYMBOLS}

    def answer(self, request: Any) -> Any:  # noqa: ANN401 every request has its reply
        """Do what is asked and return the reply."""
        return getattr(self, f"_{type(request).__name__}")(request)

    def _SubmitOrder(self, request: broker.SubmitOrder) -> Any:  # noqa: ANN401, N802 named after the request
        return self._submit(request)

    def _ReplaceRequest(self, request: broker.ReplaceRequest) -> Any:  # noqa: ANN401, N802 named after the request
        name, old = request.client_order_id, self._by_id(request.order_id)
        self.posts[name] = self.posts.get(name, 0) + 1
        assert self.posts[name] == 1, f"{name} was sent twice"
        if old is None or old.word not in {"new", "partially_filled"}:
            return self._rejected(request, 422, "cannot replace order")
        qty = (request.qty or old.request.qty) - old.cum_qty
        asked = msgspec.structs.replace(old.request, client_order_id=name, qty=qty, px=request.px)
        new = Held(f"v-{name}", asked, self.now_ns, word="pending_new", replaces=old.order_id)
        new.filled_before, self.orders[name], old.word = old.cum_qty, new, "pending_replace"
        self._publish("pending_replace", old)
        return broker.OrderReply(ticket=request.ticket, order=new.seen())

    def settle_replaces(self, *, refuse: bool = False) -> None:
        """Let the replaces under way end: the new order works with what is left, or the old one keeps its place."""
        for new in [held for held in self.orders.values() if held.word == "pending_new"]:
            old = self._by_id(new.replaces)
            assert old is not None
            qty = new.request.qty - (old.cum_qty - new.filled_before)
            if refuse or old.is_done or qty <= 0:
                self._keep(old, new)
                continue
            new.request = msgspec.structs.replace(new.request, qty=qty)
            old.word, new.word = "replaced", "new"
            self._publish("replaced", old)
            self._publish("new", new)

    def _keep(self, old: Held, new: Held) -> None:
        new.word = "rejected"
        if not old.is_done:
            old.word = "partially_filled" if old.cum_qty else "new"
            self._publish("order_replace_rejected", old)
        self._publish("rejected", new)

    def _by_id(self, order_id: str) -> Held | None:
        return next((held for held in self.orders.values() if held.order_id == order_id), None)

    def _CancelRequest(self, request: broker.CancelRequest) -> Any:  # noqa: ANN401, N802 named after the request
        return self._cancel(request)

    def _CancelEverything(self, request: broker.CancelEverything) -> Any:  # noqa: ANN401, N802 named after the request
        for held in [held for held in self.orders.values() if not held.is_done]:
            held.word = "canceled"
            self._publish("canceled", held)
        return broker.CancelTaken(ticket=request.ticket)

    def _QueryOrder(self, request: broker.QueryOrder) -> Any:  # noqa: ANN401, N802 named after the request
        held = self.orders.get(request.client_order_id) or self._by_id(request.order_id)
        if held is None:
            return self._rejected(request, 404, "order not found")
        return broker.OrderReply(ticket=request.ticket, order=held.seen())

    def _ListOrders(self, request: broker.ListOrders) -> Any:  # noqa: ANN401, N802 named after the request
        chosen = [held for held in self.orders.values() if request.after_ns or not held.is_done]
        return broker.OrdersReply(ticket=request.ticket, orders=tuple(held.seen() for held in chosen))

    def _ListPositions(self, request: broker.ListPositions) -> Any:  # noqa: ANN401, N802 named after the request
        held = ((symbol, qty) for symbol, qty in self.positions.items() if qty)
        return broker.PositionsReply(
            ticket=request.ticket,
            positions=tuple(
                broker.BrokerPosition(symbol=symbol, qty=qty, avg_px=self.mid[symbol], px=self.mid[symbol])
                for symbol, qty in held
            ),
        )

    def _ListFills(self, request: broker.ListFills) -> Any:  # noqa: ANN401, N802 named after the request
        since = (fill for at_ns, fill in self.fills if at_ns >= request.after_ns)
        return broker.FillsReply(ticket=request.ticket, fills=tuple(since))

    def _GetAccount(self, request: broker.GetAccount) -> Any:  # noqa: ANN401, N802 named after the request
        return broker.AccountReply(
            ticket=request.ticket,
            equity=100_000 * USD,
            cash=100_000 * USD,
            buying_power=400_000 * USD,
            last_equity=100_000 * USD,
        )

    def _GetClock(self, request: broker.GetClock) -> Any:  # noqa: ANN401, N802 named after the request
        return broker.ClockReply(
            ticket=request.ticket,
            is_open=True,
            next_open_ns=START_NS + 86_400 * NS_PER_S,
            next_close_ns=START_NS + 6 * 3_600 * NS_PER_S,
            venue_ns=self.now_ns,
        )

    def _GetAsset(self, request: broker.GetAsset) -> Any:  # noqa: ANN401, N802 named after the request
        if request.symbol not in self.assets:
            return self._rejected(request, 404, f"asset not found for {request.symbol}")
        allowed = self.assets[request.symbol]
        return broker.AssetReply(ticket=request.ticket, symbol=request.symbol, status="active", **allowed)

    def _submit(self, request: broker.SubmitOrder) -> Any:  # noqa: ANN401 every request has its reply
        name = request.client_order_id
        self.posts[name] = self.posts.get(name, 0) + 1
        assert self.posts[name] == 1, f"{name} was sent twice"
        held = Held(f"v-{name}", request, self.now_ns)
        self.orders[name] = held
        self._publish("new", held)
        return broker.OrderReply(ticket=request.ticket, order=held.seen())

    def _cancel(self, request: broker.CancelRequest) -> Any:  # noqa: ANN401 every request has its reply
        held = self._by_id(request.order_id)
        if held is None:
            return self._rejected(request, 404, "order not found")
        if held.word == "pending_new":
            self.settle_replaces()
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
        if held.is_done or held.word == "pending_new" or qty <= 0:
            return
        px = px or held.request.px or self.mid[held.request.symbol]
        symbol = held.request.symbol
        held.cum_qty += qty
        held.cum_notional += qty * px
        moves = held.word == "pending_replace"
        held.word = "filled" if held.cum_qty == held.request.qty else held.word if moves else "partially_filled"
        self.positions[symbol] = self.positions.get(symbol, 0) + held.request.side.sign * qty
        self.execs += 1
        told = broker.Fill(order_id=held.order_id, symbol=symbol, qty=qty, px=px, cum_qty=held.cum_qty)
        self.fills.append((self.now_ns, told))
        self._publish("fill", held, qty=qty, px=px)

    def amend(self, name: str, number: int = -1, *, px: int = 0) -> bool:
        """Take an execution of an order back, or with a price book it anew at that; return whether there was one."""
        execs = [index for index, (_, fill) in enumerate(self.fills) if fill.order_id == self.orders[name].order_id]
        execs = [index for index in execs if index not in self.busted]
        if not execs:
            return False
        held, index = self.orders[name], execs[number % len(execs)]
        at_ns, was = self.fills[index]
        held.cum_notional += was.qty * (px - was.px) if px else -was.qty * was.px
        if px:
            self.fills[index] = at_ns, msgspec.structs.replace(was, px=px)
        else:
            self.busted.add(index)
            held.cum_qty -= was.qty
            self.positions[was.symbol] -= held.request.side.sign * was.qty
        self.amends += 1
        self.amended[name] = self.amended.get(name, 0) + 1
        self.updates.append(
            broker.TradeUpdate(
                event="trade_correct" if px else "trade_bust",
                order=held.seen(),
                exec_id=f"a{self.amends}",
                qty=was.qty,
                px=px or was.px,
                position=self.positions[was.symbol],
                exch_ns=self.now_ns,
                previous_exec_id=f"x{index + 1}",
            )
        )
        self.told.append(self.updates[-1])
        return True

    def px_of(self, name: str, number: int) -> int:
        """Return the price of the execution that `amend` would take."""
        order_id = self.orders[name].order_id
        mine = [fill for k, (_, fill) in enumerate(self.fills) if fill.order_id == order_id and k not in self.busted]
        return mine[number % len(mine)].px if mine else 0

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
        if qty:
            self.told.append(self.updates[-1])
