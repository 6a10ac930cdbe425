"""A market for one strategy core: a router that answers, and the paper rule that fills; ticks in, messages counted.

The venue part knows Alpaca's documented rule only: a limit order trades in full when the opposite quote reaches it; an
immediate order that is not marketable is cancelled. It asserts what Alpaca would refuse: a family that asks for that
fails its test.
"""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING, Any

import msgspec

from hft.clock import NS_PER_MS
from hft.messages import (
    Accepted,
    CancelAll,
    CancelOrder,
    ExecutionReport,
    FeedState,
    Holding,
    NewOrder,
    News,
    Quote,
    Register,
    Snapshot,
    StateChanged,
    Ticks,
    Trade,
)
from hft.schema import Limits
from hft.words import OrdStatus, Side, Tif, TradingState
from strategies.sdk.core import WAKE_MS, StrategyCore
from strategies.sdk.families import load
from strategies.sdk.fit import made

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hft.events import Event
    from hft.messages import Message, Tick
    from strategies.sdk.memory import Memory

LIMITS = msgspec.structs.asdict(Limits())
DELAY_NS = 60 * NS_PER_MS


def core_of(name: str, symbols: tuple[str, ...], *, demo: bool = True, **given: Any) -> StrategyCore:  # noqa: ANN401 parameters of any family
    """Return a family's core as the process makes it."""
    family = load(name)
    strategy = made(family, name=name, epoch=1, symbols=symbols, given=given, limits=LIMITS, demo=demo)
    return StrategyCore(strategy, pid=1)


class Arena:
    """One core, its router and its venue; `said` keeps every message of the core with its time."""

    def __init__(self, core: StrategyCore, *, wake_ms: int = WAKE_MS) -> None:
        self.core, self._wake_ns = core, wake_ms * NS_PER_MS
        self.said: list[tuple[int, Message | Event | Memory]] = []
        self.orders: dict[str, NewOrder] = {}
        self.positions: dict[str, int] = {}
        self.quotes: dict[str, Quote] = {}
        self.fills: list[tuple[int, str, Side, int, int]] = []
        self.fills_at_mid: list[tuple[int, str, Side, int, int, float]] = []
        self.position_max: dict[str, int] = {}
        self.cash = 0
        self._due: list[tuple[int, Any]] = []
        self._updates = self._names = 0
        self._next_wake_ns = 0
        self._seqs: dict[str, int] = {}
        self._feed = FeedState(epoch=1, seq=0, connected=True, last_recv_ns=0, ticks=0)

    def play(self, ticks: Iterable[tuple[int, Tick | News]]) -> Arena:
        """Feed ticks and headlines, each at its time; answers come DELAY_NS later, wakes every WAKE_MS."""
        for now_ns, tick in ticks:
            self.until(now_ns)
            if isinstance(tick, Quote):
                self.quotes[tick.symbol] = tick
                self._match(tick.symbol, now_ns)
            self.tell(tick, now_ns)
        return self

    def tell(self, tick: Tick | News, now_ns: int) -> None:
        """Give the core a headline, or a tick with its symbol's next number."""
        if isinstance(tick, News):
            self.hear(tick, now_ns)
            return
        seq = self._seqs[tick.symbol] = self._seqs.get(tick.symbol, 0) + 1
        self.hear(Ticks(epoch=1, seq=seq, ticks=(tick,)), now_ns)

    def until(self, now_ns: int) -> None:
        """Let time pass: wakes, and answers that are due."""
        if not self._next_wake_ns:
            self._next_wake_ns = now_ns
        while True:
            due = min((at for at, _ in self._due), default=now_ns + 1)
            next_ns = min(due, self._next_wake_ns)
            if next_ns > now_ns:
                return
            if due <= self._next_wake_ns:
                entry = min(self._due, key=lambda item: item[0])
                self._due.remove(entry)
                self._deliver(*entry)
            else:
                self._next_wake_ns += self._wake_ns
                self.hear(self._feed, next_ns)
                self._take(self.core.wake(next_ns), next_ns)

    def hear(self, message: Any, now_ns: int) -> None:  # noqa: ANN401 any message a core knows
        """Give the core a message, and the router what follows."""
        self._take(self.core.handle(message, now_ns), now_ns)

    def strike(self, blow: FeedState | StateChanged, now_ns: int) -> None:
        """Lose the feed, or change the state: nothing comes afterwards that says otherwise."""
        if isinstance(blow, StateChanged):
            self._updates += 1
            blow = msgspec.structs.replace(blow, seq=self._updates)
        else:
            self._feed = msgspec.structs.replace(self._feed, connected=False)
        self.hear(blow, now_ns)

    def stop(self, now_ns: int) -> None:
        """Ask the core to stop."""
        self._take(self.core.stop(now_ns), now_ns)

    def _take(self, messages: Iterable[Message | Event | Memory], now_ns: int) -> None:
        for message in messages:
            self.said.append((now_ns, message))
            self._due.append((now_ns + DELAY_NS, message))

    def _deliver(self, now_ns: int, message: Any) -> None:  # noqa: ANN401 whatever the core said
        if isinstance(message, Register):
            self.hear(self._snapshot(message), now_ns)
        elif isinstance(message, NewOrder):
            self._open(message, now_ns)
        elif isinstance(message, CancelOrder):
            self._cancel(message.client_order_id, now_ns)
        elif isinstance(message, CancelAll):
            for name in [n for n, o in self.orders.items() if message.symbol in {"", o.symbol}]:
                self._cancel(name, now_ns)

    def later(self, now_ns: int, message: Any) -> None:  # noqa: ANN401 any message
        """Deliver a message at a later time."""
        self._due.append((now_ns, message))

    def check(self, order: NewOrder) -> None:
        """Raise AssertionError for what Alpaca would refuse."""
        held = self.positions.get(order.symbol, 0) * order.side.sign
        same = [o for o in self.orders.values() if o.symbol == order.symbol and o.side is order.side]
        other = [o for o in self.orders.values() if o.symbol == order.symbol and o.side is not order.side]
        assert held >= 0 or order.qty + sum(o.qty for o in same) <= -held, "would cross zero"
        assert held or not other, "opposite opening orders"
        assert all(order.side.sign * (o.px - order.px) > 0 for o in other), "wash trade"
        assert order.px % 100 == 0, "off the tick grid"

    def _open(self, order: NewOrder, now_ns: int) -> None:
        self.check(order)
        self._names += 1
        name = f"h1-{order.strategy}-1-{self._names}"
        self.orders[name] = order
        self.hear(Accepted(strategy=order.strategy, epoch=1, seq=order.seq, client_order_id=name), now_ns)
        self._report(name, order, OrdStatus.NEW, now_ns)
        self._match(order.symbol, now_ns)
        if order.tif is Tif.IOC and name in self.orders:
            self._cancel(name, now_ns)

    def _cancel(self, name: str, now_ns: int) -> None:
        order = self.orders.pop(name, None)
        if order is not None:
            self._report(name, order, OrdStatus.CANCELED, now_ns)

    def _match(self, symbol: str, now_ns: int) -> None:
        quote = self.quotes.get(symbol)
        for name, order in list(self.orders.items()) if quote else ():
            assert quote is not None
            far = quote.ask_px if order.side is Side.BUY else quote.bid_px
            if order.symbol == symbol and far and order.side.sign * (order.px - far) >= 0:
                del self.orders[name]
                self._fill(name, order, far, now_ns)

    def _fill(self, name: str, order: NewOrder, px: int, now_ns: int) -> None:
        position = self.positions.get(order.symbol, 0) + order.side.sign * order.qty
        self.positions[order.symbol] = position
        self.position_max[order.symbol] = max(self.position_max.get(order.symbol, 0), abs(position) * px)
        self.cash -= order.side.sign * order.qty * px
        self.fills.append((now_ns, order.symbol, order.side, order.qty, px))
        self.fills_at_mid.append((now_ns, order.symbol, order.side, order.qty, px, self.quotes[order.symbol].mid))
        self._report(name, order, OrdStatus.FILLED, now_ns, last_px=px)

    def _report(self, name: str, order: NewOrder, status: OrdStatus, now_ns: int, last_px: int = 0) -> None:
        self._updates += 1
        filled = order.qty if status is OrdStatus.FILLED else 0
        self.hear(
            ExecutionReport(
                strategy=order.strategy,
                router_epoch=1,
                seq=self._updates,
                client_order_id=name,
                order_id=f"venue-{name}",
                symbol=order.symbol,
                side=order.side,
                status=status,
                qty=order.qty,
                px=order.px,
                cum_qty=filled,
                leaves_qty=0 if status.is_terminal else order.qty,
                last_qty=filled,
                last_px=last_px,
                position=self.positions.get(order.symbol, 0),
                exch_ns=now_ns,
            ),
            now_ns,
        )

    def _snapshot(self, register: Register) -> Snapshot:
        return Snapshot(
            strategy=register.strategy,
            epoch=register.epoch,
            router_epoch=1,
            updates_seq=self._updates,
            state=TradingState.ACTIVE,
            reason="",
            holdings=tuple(Holding(symbol=s, qty=q, avg_px=0.0, realised=0) for s, q in self.positions.items() if q),
            working=(),
        )


def tape(file: Path, symbols: tuple[str, ...] = (), *, until_s: float = 1e9) -> Iterator[tuple[int, Tick]]:
    """Return the ticks of a recorded file (shared/data/README.md) with their times, for the first `until_s` seconds."""
    start_ns = 0
    with gzip.open(file, "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            now_ns = int(row["t_ns"])
            start_ns = start_ns or now_ns
            if now_ns - start_ns > until_s * 1e9:
                return
            if symbols and row["symbol"] not in symbols:
                continue
            if row["kind"] == "q":
                yield now_ns, quote_of(row, now_ns)
            elif row["kind"] == "t":
                yield (
                    now_ns,
                    Trade(symbol=row["symbol"], exch_ns=now_ns, recv_ns=now_ns, px=int(row["px"]), qty=int(row["qty"])),
                )


def quote_of(row: dict[str, str], now_ns: int) -> Quote:
    """Return the quote in a row of a recorded file."""
    return Quote(
        symbol=row["symbol"],
        exch_ns=now_ns,
        recv_ns=now_ns,
        bid_px=int(row["bid_px"] or 0),
        bid_qty=int(row["bid_qty"] or 0),
        ask_px=int(row["ask_px"] or 0),
        ask_qty=int(row["ask_qty"] or 0),
    )
