"""Every family in the folder lives through the same session: within limits, deterministic, quiet when told."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import pytest

from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import (
    Beat,
    CancelAll,
    CancelOrder,
    FeedState,
    NewOrder,
    Quote,
    ReplaceOrder,
    StateChanged,
    Status,
    Trade,
)
from hft.words import Health, TradingState
from strategies.sdk.families import names
from tests.strategies.arena import Arena, core_of, tape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hft.messages import Tick

SYMBOLS = ("SPY", "QQQ", "AAPL", "MSFT")
MORE_SYMBOLS = (*SYMBOLS, "KO", "PEP", "NVDA", "AMZN", "XLK", "IWM")
PRICES = dict(zip(MORE_SYMBOLS, (450, 380, 190, 410, 60, 168, 120, 180, 180, 205), strict=True))
WATCH_FOUR = frozenset({"mm", "drift"})
START_NS = 1_795_445_100 * NS_PER_S  # Monday 23 November 2026, 09:45 in New York
POSITION_USD_MAX = 10_000
TAPE = "nasdaq-2012-06-21-AAPL-AMZN.csv.gz"

FAMILIES = pytest.mark.parametrize("name", names())


def symbols_for(name: str) -> tuple[str, ...]:
    """Return the fleet's symbols: the four of the default, or those that the larger families need."""
    return SYMBOLS if name in WATCH_FOUR else MORE_SYMBOLS


def walk(
    symbols: tuple[str, ...] = SYMBOLS, *, seed: int = 7, seconds: int = 60, start_ns: int = START_NS
) -> Iterator[tuple[int, Tick]]:
    """Return a made-up session: correlated random walks with a spread of a few cents, a quote every 50 ms, prints."""
    rng = random.Random(seed)
    logs = {symbol: math.log(PRICES[symbol]) for symbol in symbols}
    for step in range(seconds * 20):
        now_ns = start_ns + step * 50 * NS_PER_MS
        market = rng.gauss(0, 0.8e-4 * math.sqrt(0.05))
        for symbol in symbols:
            logs[symbol] += market + rng.gauss(0, 0.6e-4 * math.sqrt(0.05))
        symbol = symbols[step % len(symbols)]
        cents = round(math.exp(logs[symbol]) * 100)
        bid_px, ask_px = (cents - rng.randint(1, 2)) * 100, (cents + rng.randint(1, 2)) * 100
        yield (
            now_ns,
            Quote(
                symbol=symbol,
                exch_ns=now_ns,
                recv_ns=now_ns,
                bid_px=bid_px,
                bid_qty=rng.randrange(100, 900, 100),
                ask_px=ask_px,
                ask_qty=rng.randrange(100, 900, 100),
            ),
        )
        if rng.random() < 0.1:
            px = rng.choice((bid_px, ask_px))
            yield now_ns, Trade(symbol=symbol, exch_ns=now_ns, recv_ns=now_ns, px=px, qty=100)


def asked(arena: Arena, kind: type | tuple[type, ...]) -> list[Any]:
    return [message for _, message in arena.said if isinstance(message, kind)]


@FAMILIES
def test_it_trades_within_its_limits_in_the_demo_profile(name: str) -> None:
    arena = Arena(core_of(name, symbols_for(name))).play(walk(symbols_for(name), seconds=90))
    assert max(arena.position_max.values(), default=0) <= POSITION_USD_MAX * 10_000
    assert all(order.qty <= 200 and order.qty * order.px <= 5_000 * 10_000 for order in asked(arena, NewOrder))
    by_minute: dict[int, int] = {}
    for now_ns, message in arena.said:
        if isinstance(message, NewOrder):
            by_minute[now_ns // (60 * NS_PER_S)] = by_minute.get(now_ns // (60 * NS_PER_S), 0) + 1
    assert max(by_minute.values(), default=0) <= 40
    assert arena.core.standing().counters["refusals"] == 0


@FAMILIES
def test_it_says_why_at_every_moment(name: str) -> None:
    core = core_of(name, symbols_for(name))
    arena = Arena(core)
    for now_ns, tick in walk(symbols_for(name), seconds=20):
        arena.play([(now_ns, tick)])
        standing = core.standing()
        assert standing.note
        assert standing.activity in {"trading", "warming", "idle"}
        assert all(gate.value and gate.threshold for gate in standing.gates)


@FAMILIES
def test_the_same_session_twice_gives_the_same_intents(name: str) -> None:
    first, second = (
        Arena(core_of(name, symbols_for(name))).play(walk(symbols_for(name), seconds=60)).said for _ in range(2)
    )
    assert first == second


@FAMILIES
def test_the_numbers_of_its_intents_have_no_hole(name: str) -> None:
    arena = Arena(core_of(name, symbols_for(name))).play(walk(symbols_for(name), seconds=60))
    numbers = [message.seq for message in asked(arena, (NewOrder, CancelOrder, CancelAll))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", ["mm", "drift"])  # the others do not trade within a minute of this walk
def test_every_order_names_the_quote_behind_it_and_leaves_the_time_of_its_decision_to_the_shell(name: str) -> None:
    arena = Arena(core_of(name, symbols_for(name))).play(walk(symbols_for(name), seconds=60))
    orders = [(now_ns, order) for now_ns, order in arena.said if isinstance(order, NewOrder | ReplaceOrder)]
    assert orders
    assert all(START_NS <= order.basis_ns <= now_ns and not order.decided_ns for now_ns, order in orders)


@FAMILIES
def test_a_halt_of_every_symbol_leaves_nothing_working(name: str) -> None:
    arena = Arena(core_of(name, symbols_for(name))).play(walk(symbols_for(name), seconds=45))
    now_ns = START_NS + 45 * NS_PER_S
    halts = [
        Status(symbol=symbol, exch_ns=now_ns, recv_ns=now_ns, halted=True, code="H") for symbol in symbols_for(name)
    ]
    arena.play((now_ns, halt) for halt in halts)
    told = len(arena.said)
    arena.play(walk(symbols_for(name), seconds=20, start_ns=now_ns + NS_PER_MS))
    assert not arena.orders
    assert not [message for _, message in arena.said[told:] if isinstance(message, NewOrder)]


@FAMILIES
def test_a_lost_feed_or_a_halted_account_leaves_nothing_working(name: str) -> None:
    for blow in (
        FeedState(epoch=1, seq=1, connected=False, last_recv_ns=0, ticks=0),
        StateChanged(strategy=name, router_epoch=1, seq=0, state=TradingState.HALTED, reason="a person said so"),
    ):
        arena = Arena(core_of(name, symbols_for(name))).play(walk(symbols_for(name), seconds=45))
        now_ns = START_NS + 45 * NS_PER_S
        arena.strike(blow, now_ns)
        arena.until(now_ns + NS_PER_S)
        assert not arena.orders


@FAMILIES
def test_stopping_leaves_nothing_working(name: str) -> None:
    arena = Arena(core_of(name, symbols_for(name))).play(walk(symbols_for(name), seconds=45))
    now_ns = START_NS + 45 * NS_PER_S
    arena.stop(now_ns)
    arena.until(now_ns + NS_PER_S)
    assert not arena.orders
    assert arena.core.is_done(now_ns + NS_PER_S)


@FAMILIES
def test_outside_the_session_it_asks_for_nothing(name: str) -> None:
    evening_ns = START_NS + 9 * 3_600 * NS_PER_S
    arena = Arena(core_of(name, symbols_for(name))).play(walk(symbols_for(name), seconds=30, start_ns=evening_ns))
    assert not asked(arena, NewOrder)


@FAMILIES
def test_at_the_end_of_the_day_it_is_flat(name: str) -> None:
    late_ns = START_NS + (5 * 60 + 59) * 60 * NS_PER_S  # 15:44
    arena = Arena(core_of(name, symbols_for(name))).play(walk(symbols_for(name), seconds=16 * 60, start_ns=late_ns))
    assert not arena.orders
    assert not any(arena.positions.values())


@FAMILIES
def test_its_gates_and_note_travel_in_a_heartbeat(name: str) -> None:
    core = core_of(name, symbols_for(name))
    Arena(core).play(walk(symbols_for(name), seconds=5))
    said = core.standing()
    beat = Beat(
        process=name,
        epoch=1,
        pid=1,
        seq=1,
        state=said.state,
        note=said.note,
        started_ns=0,
        loop_delay_ms_max=0,
        counters=said.counters,
        gates=said.gates,
        activity=said.activity,
    )
    assert beat.state is Health.READY
    assert said.gates


@FAMILIES
def test_a_recorded_morning_is_lived_through_within_the_limits(name: str, data_file: Callable[[str], Path]) -> None:
    arena = Arena(core_of(name, ("AAPL", "AMZN"))).play(tape(data_file(TAPE), until_s=300))
    assert max(arena.position_max.values(), default=0) <= POSITION_USD_MAX * 10_000
    assert arena.core.standing().counters["refusals"] == 0


@pytest.mark.parametrize("name", ["mm", "drift"])
def test_the_default_fleet_trades_early_in_a_demo(name: str, data_file: Callable[[str], Path]) -> None:
    made_up = Arena(core_of(name, SYMBOLS)).play(walk(seconds=20))
    recorded = Arena(core_of(name, ("AAPL", "AMZN"))).play(tape(data_file(TAPE), until_s=120))
    assert made_up.fills
    assert recorded.fills
