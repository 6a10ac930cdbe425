"""Answers and reports that are lost, doubled or late: in the end the family's book is the router's book again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as draw

from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import (
    Accepted,
    CancelAll,
    CancelOrder,
    ExecutionReport,
    Holding,
    NewOrder,
    Refused,
    Register,
    Snapshot,
    WorkingOrder,
)
from hft.words import OrdStatus, Refusal, TradingState
from tests.strategies.arena import Arena, core_of
from tests.strategies.test_every_family import START_NS, SYMBOLS, walk

if TYPE_CHECKING:
    from strategies.sdk.core import StrategyCore

SECONDS = 25
CALM_S = 12


class ChaoticArena(Arena):
    """Loses, doubles and delays what goes to and fro; the router refuses what Alpaca would refuse."""

    def __init__(self, core: StrategyCore, seed: int, trouble: float) -> None:
        super().__init__(core)
        self.rng, self.trouble = random.Random(seed), trouble

    def hear(self, message: Any, now_ns: int) -> None:  # noqa: ANN401 any message a core knows
        if isinstance(message, Accepted | Refused | ExecutionReport) and self.rng.random() < self.trouble:
            fate = self.rng.choice(("lost", "doubled", "late"))
            if fate == "late":
                self.later(now_ns + self.rng.randrange(1, 900) * NS_PER_MS, message)
            if fate != "doubled":
                return
            super().hear(message, now_ns)
        super().hear(message, now_ns)

    def _deliver(self, now_ns: int, message: Any) -> None:  # noqa: ANN401 whatever the core said
        if isinstance(message, Accepted | Refused | ExecutionReport):
            super().hear(message, now_ns)
        elif isinstance(message, NewOrder | CancelOrder | CancelAll) and self.rng.random() < self.trouble / 3:
            return  # lost on its way to the router
        else:
            super()._deliver(now_ns, message)

    def _open(self, order: NewOrder, now_ns: int) -> None:
        try:
            self.check(order)
        except AssertionError as error:
            reason = Refused(strategy=order.strategy, epoch=1, seq=order.seq, reason=Refusal.BAD_ORDER, text=str(error))
            self.hear(reason, now_ns)
        else:
            super()._open(order, now_ns)

    def _snapshot(self, register: Register) -> Snapshot:
        return Snapshot(
            strategy=register.strategy,
            epoch=register.epoch,
            router_epoch=1,
            updates_seq=self._updates,
            state=TradingState.ACTIVE,
            reason="",
            holdings=tuple(
                Holding(symbol=symbol, qty=qty, avg_px=0.0, realised=0) for symbol, qty in self.positions.items()
            ),
            working=tuple(
                WorkingOrder(
                    client_order_id=name,
                    order_id=name,
                    strategy=order.strategy,
                    symbol=order.symbol,
                    side=order.side,
                    qty=order.qty,
                    cum_qty=0,
                    px=order.px,
                    status=OrdStatus.NEW,
                    created_ns=START_NS,
                )
                for name, order in self.orders.items()
            ),
        )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=draw.integers(0, 10_000), trouble=draw.floats(0.02, 0.4))
@pytest.mark.parametrize("name", ["mm", "drift"])
def test_after_any_trouble_both_books_agree_again(name: str, seed: int, trouble: float) -> None:
    core = core_of(name, SYMBOLS)
    arena = ChaoticArena(core, seed, trouble)
    arena.play(walk(seconds=SECONDS, seed=seed))
    arena.trouble = 0.0
    arena.until(START_NS + (SECONDS + CALM_S) * NS_PER_S)
    orders = core.desk.orders
    assert {symbol: qty for symbol, qty in orders.positions.items() if qty} == {
        symbol: qty for symbol, qty in arena.positions.items() if qty
    }
    assert sorted(order.client_order_id for order in orders) == sorted(arena.orders)
    numbers = [m.seq for _, m in arena.said if isinstance(m, NewOrder | CancelOrder | CancelAll)]
    assert numbers == list(range(1, len(numbers) + 1))
