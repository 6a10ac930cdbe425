"""Whatever is asked in whatever order: money, positions and holds stay true, and a refusal changes nothing."""

from __future__ import annotations

import copy
from typing import Any

import hypothesis.strategies as st
import msgspec
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.venue.desk import Desk, ticket
from venue.fault_menu import MENU
from venue.faults import Fault
from venue.orders import NEXT
from venue.units import USD

CENTS = st.integers(2_400, 2_600)
QTY = st.one_of(st.integers(1, 500), st.decimals("0.1", "20", places=3).map(str))
SIDES, SYMBOLS = st.sampled_from(["buy", "sell"]), st.sampled_from(["AAA", "BBB"])
TIFS = st.sampled_from(["day", "gtc", "ioc", "fok"])
GARBAGE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FAULTS = (
    *("reject-after-200", "stuck-pending-cancel", "cancel-loses", "cancel-rejected", "replace-loses"),
    *("replace-rejected", "partial-then-nothing", "no-fills", "broker-cancel", "broker-event", "foreign-order"),
    *("foreign-fill", "deny-qty", "halt", "luld-pause", "early-close", "hard-to-borrow", "liquidation-only"),
    *("trade-correct", "deny-day-trade", "inactive"),
)
FIELDS = ("symbol", "side", "qty", "type", "limit_price", "time_in_force", "client_order_id", "notional", "order_class")
DOCUMENTED = {200, 204, 207, 400, 403, 404, 422, 429}


class Trading(RuleBasedStateMachine):
    """A desk that does anything at all."""

    @initialize(part=st.sampled_from([0.0, 50.0, 100.0]), model=st.sampled_from(["paper", "strict"]))
    def open(self, part: float, model: str) -> None:
        self.desk = Desk(partial_fill_pct=part, fill_model=model)
        self.desk.nbbo(25.00, 25.02)
        self.desk.nbbo(25.00, 25.02, "BBB")
        self.statuses: dict[str, str] = {}

    def ask(self, method: str, path: str, body: object = None) -> None:
        before = self.state()
        response = self.desk.call(method, path, body)
        assert response.status in DOCUMENTED, response
        if response.status >= 400:
            assert self.state() == before, "a refused request changed something"
            assert "message" in msgspec.json.decode(response.body)

    def state(self) -> object:
        book = self.desk.book
        return copy.deepcopy((book.account, book.positions, book.orders, book.fills, book.held_money))

    @rule(side=SIDES, qty=QTY, cents=CENTS, tif=TIFS, symbol=SYMBOLS)
    def limit(self, side: str, qty: float | str, cents: int, tif: str, symbol: str) -> None:
        self.ask("POST", "/orders", ticket(side, qty, cents / 100, time_in_force=tif, symbol=symbol))

    @rule(side=SIDES, qty=QTY)
    def market(self, side: str, qty: float | str) -> None:
        self.ask("POST", "/orders", ticket(side, qty))

    @rule(side=SIDES, dollars=st.integers(1, 100_000))
    def dollars_worth(self, side: str, dollars: int) -> None:
        self.ask("POST", "/orders", {**ticket(side), "qty": None, "notional": dollars})

    @rule(field=st.sampled_from(FIELDS), value=GARBAGE)
    def nonsense(self, field: str, value: object) -> None:
        try:
            body = msgspec.json.encode({**ticket(limit=25), field: value})
        except (UnicodeEncodeError, ValueError):
            return
        self.ask("POST", "/orders", body)

    @rule(side=SIDES, qty=QTY, cents=CENTS, kind=st.sampled_from(["stop", "trailing_stop"]), cls=st.booleans())
    def stop(self, side: str, qty: float | str, cents: int, kind: str, *, cls: bool) -> None:
        price = {"stop_price": cents / 100} if kind == "stop" else {"trail_price": 0.2}
        self.ask("POST", "/orders", ticket(side, qty, type=kind, time_in_force="cls" if cls else "day", **price))

    @rule(side=SIDES, qty=QTY, low=CENTS, high=CENTS, group=st.sampled_from(["bracket", "oco", "oto"]))
    def group(self, side: str, qty: float | str, low: int, high: int, group: str) -> None:
        low, high = min(low, high), max(low, high)
        profit, loss = (high, low) if (side == "buy") == (group != "oco") else (low, high)
        exits: dict[str, Any] = {"take_profit": {"limit_price": profit / 100}, "stop_loss": {"stop_price": loss / 100}}
        if group == "oto":
            exits.pop("stop_loss")
        kind = "limit" if group == "oco" else "market"
        self.ask("POST", "/orders", ticket(side, qty, type=kind, order_class=group, **exits))

    @rule(cents=CENTS, symbol=SYMBOLS)
    def trade(self, cents: int, symbol: str) -> None:
        self.desk.trade(cents / 100, symbol=symbol)

    @rule(kind=st.sampled_from(FAULTS), seconds=st.integers(1, 600), symbol=SYMBOLS)
    def fault(self, kind: str, seconds: int, symbol: str) -> None:
        count = 1 if MENU[kind].once else None
        fault = Fault(kind=kind, for_s=float(seconds), count=count, symbol=symbol, size=3, ms=50)
        self.desk.exchange.order_fault(fault, self.desk.now_ns)
        self.desk.wait(0)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if self.desk.book.orders:
            self.ask("DELETE", f"/orders/{data.draw(st.sampled_from(sorted(self.desk.book.orders)))}")

    @rule(data=st.data(), qty=st.integers(0, 500), cents=CENTS)
    def replace(self, data: st.DataObject, qty: int, cents: int) -> None:
        if self.desk.book.orders:
            order_id = data.draw(st.sampled_from(sorted(self.desk.book.orders)))
            self.ask("PATCH", f"/orders/{order_id}", {"qty": qty, "limit_price": cents / 100})

    @rule(cancel=st.booleans())
    def close_all(self, *, cancel: bool) -> None:
        self.ask("DELETE", f"/positions?cancel_orders={cancel}")

    @rule(percent=st.integers(0, 120))
    def close_a_part(self, percent: int) -> None:
        self.ask("DELETE", f"/positions/AAA?percentage={percent}")

    @rule(bid=CENTS, wide=st.integers(0, 5), symbol=SYMBOLS)
    def move(self, bid: int, wide: int, symbol: str) -> None:
        self.desk.nbbo(bid / 100, (bid + wide) / 100, symbol)

    @rule(ms=st.sampled_from([1, 3, 10, 300, 3_600_000, 86_400_000]))
    def time_passes(self, ms: int) -> None:
        self.desk.wait(ms)

    @invariant()
    def cash_and_cost_are_start_and_realised(self) -> None:
        book = self.desk.book
        cost = sum(position.cost for position in book.positions.values())
        realised = sum(position.realised for position in book.positions.values())
        assert book.account.cash + cost == book.account.start_cash + realised

    @invariant()
    def the_fills_make_the_positions(self) -> None:
        book = self.desk.book
        for symbol, position in book.positions.items():
            signed = {"buy": 1, "sell": -1}
            assert position.qty == sum(signed[f.side] * f.qty for f in book.fills if f.symbol == symbol)
        for order in book.orders.values():
            assert order.filled_qty == sum(f.qty for f in book.fills if f.order_id == order.id)

    @invariant()
    def holds_are_those_of_the_open_orders_and_none_is_negative(self) -> None:
        book = self.desk.book
        held = [order.held_money for order in book.orders.values()]
        assert min(held, default=0) >= 0
        assert sum(held) == book.held_money
        assert sum(order.held_money for order in book.open_orders()) == book.held_money
        for symbol in ("AAA", "BBB"):
            assert book.closing_held_qty(symbol) <= abs(book.qty(symbol))

    @invariant()
    def no_order_leaves_the_status_table(self) -> None:
        for order in self.desk.book.orders.values():
            before = self.statuses.get(order.id, "")
            assert order.status == before or _reachable(before, order.status)
            assert 0 <= order.filled_qty <= (order.qty or 0)
            self.statuses[order.id] = order.status

    @invariant()
    def buying_power_never_creates_money(self) -> None:
        figures = self.desk.exchange.engine.figures(self.desk.book)
        assert 0 <= figures.buying_power <= 4 * max(figures.equity, 0)
        assert figures.equity > 50_000 * USD


def _reachable(before: str, after: str) -> bool:
    seen, edge = {before}, {before}
    while edge:
        edge = {following for status in edge for following in NEXT[status]} - seen
        seen |= edge
    return after in seen


TestTrading = Trading.TestCase
TestTrading.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
