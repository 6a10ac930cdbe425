"""A router process and its exchange, one strategy that does what the test says, and an unmodified alpaca-py."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, cast

from alpaca.trading.client import TradingClient

from hft import endpoints, messages
from hft.clock import NS_PER_MS
from hft.codec import topic
from hft.ports import Subscriber
from hft.words import OrdStatus, Side, Tif, TradingState
from tests.router.rig import READY_S_MAX, Rig, Trader
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from alpaca.trading.models import Order

WITHIN_S = 10.0


class Hand(Trader):
    """A strategy that does exactly what the test says, and hears what became of it."""

    def __init__(self, rig: Rig, name: str) -> None:
        super().__init__(rig, name, seed=1)
        socket = endpoints.connect(rig.context, endpoints.UPDATES, rig.home, topics=(topic(name),))
        self.updates = Subscriber(socket, "updates", lambda message: (message.router_epoch, message.seq))

    def close(self) -> None:
        super().close()
        self.updates.socket.close(linger=0)

    def hear(self) -> None:
        """Hear what is there; register if need be."""
        self.turn(trade=False)
        self.heard += self.updates.drain()
        self.dealer.socket.poll(10)

    def answer(self, message: Any) -> messages.Accepted | messages.Refused:  # noqa: ANN401 any intent
        """Send an intent; return what the router says."""
        self.dealer.send(message)

        def told() -> Any:  # noqa: ANN401 Accepted or Refused
            self.hear()
            kinds = messages.Accepted | messages.Refused
            return next((m for m in self.heard if isinstance(m, kinds) and m.seq == self.seq), None)

        return cast("messages.Accepted | messages.Refused", until(told, within_s=WITHIN_S, what="an answer"))

    def reports(self, name: str) -> list[messages.ExecutionReport]:
        """Return what was heard of an order."""
        return [m for m in self.heard if isinstance(m, messages.ExecutionReport) and m.client_order_id == name]

    def until_status(self, name: str, status: OrdStatus) -> messages.ExecutionReport:
        """Wait until the order is told to be in this status; return the report."""

        def told() -> messages.ExecutionReport | None:
            self.hear()
            return next((m for m in self.reports(name) if m.status is status), None)

        return cast("messages.ExecutionReport", until(told, within_s=WITHIN_S, what=f"{name} is {status}"))

    def quote(self, symbol: str) -> messages.Quote:
        """Return the newest quote, once there is one."""

        def told() -> messages.Quote | None:
            self.hear()
            return self.quotes.get(symbol)

        return cast("messages.Quote", until(told, within_s=WITHIN_S, what="a quote"))

    def buy(self, qty: int, px: int) -> str:
        """Buy some SPY and wait until the order rests; return its name."""
        fields = self.fields(qty, px)
        told = self.answer(messages.NewOrder(symbol="SPY", side=Side.BUY, tif=Tif.DAY, **fields))
        assert isinstance(told, messages.Accepted), told
        self.until_status(told.client_order_id, OrdStatus.NEW)
        return told.client_order_id

    def move(self, name: str, qty: int, px: int) -> str:
        """Move an order, asking again while it is too young; return the name of what takes its place."""

        def told() -> str:
            found = self.answer(messages.ReplaceOrder(client_order_id=name, **self.fields(qty, px)))
            return found.client_order_id if isinstance(found, messages.Accepted) else ""

        return until(told, within_s=WITHIN_S, what=f"{name} may be moved")

    def fields(self, qty: int, px: int) -> dict[str, Any]:
        """Return what every intent of a price has, with the next number."""
        self.seq += 1
        expires_ns = self.rig.clock.now_ns() + 500 * NS_PER_MS
        return {
            "strategy": self.name,
            "epoch": self.epoch,
            "seq": self.seq,
            "qty": qty,
            "px": px - px % 100,
            "expires_ns": expires_ns,
        }


class Desk:
    """A router at work with one strategy's hand, and alpaca-py looking at the same account."""

    def __init__(self, root: Path, **fault: Any) -> None:  # noqa: ANN401 the fault's own settings
        self.rig = Rig(root, requests_per_min=100_000)
        if fault:
            self.rig.fault(**fault)
        self.rig.start("recorder", "recorder")
        self.rig.start_router()
        until(self._active, within_s=READY_S_MAX, what="a router that takes orders")
        self.hand = Hand(self.rig, "mm")
        until(self._synced, within_s=WITHIN_S, what="a registered strategy")
        keys = self.rig.broker.keys
        self.client = TradingClient(keys.key_id, keys.secret, paper=True, url_override=self.rig.broker.rest)

    def _active(self) -> bool:
        return self.rig.ready().state is TradingState.ACTIVE

    def _synced(self) -> bool:
        self.hand.hear()
        return self.hand.synced

    def close(self) -> None:
        self.client._session.close()
        self.hand.close()
        self.rig.close()

    def bid_px(self) -> int:
        """Return a price at which a buy rests for the length of a test."""
        return round(self.hand.quote("SPY").bid_px * 0.99)

    def seen(self, name: str) -> Order:
        """Return alpaca-py's view of an order."""
        return cast("Order", self.client.get_order_by_client_id(name))

    def sums(self) -> tuple[int, int, int]:
        """Return SPY in the strategy's ledger, unclaimed, and at the broker, once they add up."""

        def told() -> tuple[int, int, int] | None:
            self.hand.hear()
            lines = {line.symbol: line for line in self.rig.ready().positions}
            line = lines.get("SPY")
            found = (line.ledgers.get("mm", 0), line.unclaimed, line.broker_qty) if line else (0, 0, 0)
            return found if found[0] + found[1] == found[2] == self.rig.positions().get("SPY", 0) else None

        return cast("tuple[int, int, int]", until(told, within_s=WITHIN_S, what="a sum that is the broker's"))

    def end(self) -> None:
        """Stop the router; its journal and the exchange must agree on everything."""
        self.rig.kill("router", signal.SIGTERM)
        self.rig.must_agree()
