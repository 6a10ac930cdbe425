"""The tick path against raw pyzmq: encode, PUB/SUB over ipc, decode, dispatch, gap check, a family's handler.

Two processes: one publishes as fast as it goes, one consumes with the very code of a strategy process (Subscriber,
StrategyCore, a small EWMA family). The yardstick does nothing but send and receive the same bytes with pyzmq. Rounds
of all variants alternate; the result is the median of the pairwise ratios, since absolute figures drift.
"""

from __future__ import annotations

import multiprocessing
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import zmq

from hft import codec, endpoints
from hft.clock import NS_PER_S, WallClock
from hft.home import Home
from hft.messages import Message, Quote, Ticks
from hft.ports import Publisher, Subscriber, by_epoch
from hft.schema import Limits
from strategies import base
from strategies.estimators.moments import EwMoments
from strategies.sdk.core import StrategyCore
from strategies.sdk.fit import made

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection

    from strategies.sdk.desk import Desk

TICKS_PER_ROUND = 100_000
ROUNDS = 7
DEPTH = 200_000  # nothing is dropped: every round counts all its ticks
SYMBOLS = ("SPY", "QQQ", "AAPL", "MSFT")
GOALS = {1: 0.40, 20: 1.00}  # batch size → at least this ratio to raw pyzmq with single ticks (DESIGN §10)
END = b"end|"


class Ewma(base.Strategy[base.Params]):
    """The smallest honest handler: an exponentially weighted mean and variance of the mid."""

    def __init__(self, params: base.Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self.moments = {symbol: EwMoments(10.0) for symbol in desk.symbols}
        self.seen = 0

    def on_quote(self, quote: base.Quote) -> Iterable[Message]:
        """Take the mid."""
        self.moments[quote.symbol].add(quote.mid, quote.recv_ns)
        self.seen += 1
        return ()


def core() -> StrategyCore:
    """Return the core of a strategy process around the small family."""
    limits = msgspec.structs.asdict(Limits())
    return StrategyCore(made(Ewma, name="ewma", epoch=1, symbols=SYMBOLS, given={}, limits=limits))


def batches(size: int, clock: WallClock) -> Iterator[Ticks]:
    """Return the batches of one round: fresh structs for each."""
    steps = range(size)
    for number in range(TICKS_PER_ROUND // size):
        symbol = SYMBOLS[number % len(SYMBOLS)]
        now_ns = clock.now_ns()
        quotes = [
            Quote(
                symbol=symbol,
                exch_ns=now_ns,
                recv_ns=now_ns,
                bid_px=5_853_300 + step,
                bid_qty=100,
                ask_px=5_854_300 + step,
                ask_qty=200,
            )
            for step in steps
        ]
        yield Ticks(epoch=1, seq=number // len(SYMBOLS) + 1, ticks=tuple(quotes))


def topic_of(batch: Ticks) -> str:
    """Return the symbol, as the feed does."""
    return batch.ticks[0].symbol


def publish(home: Home, pipe: Connection) -> None:
    """Run the publishing process: a round for each order that comes through the pipe."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    endpoint = endpoints.Endpoint("ticks", zmq.PUB, zmq.SUB, DEPTH)
    socket = endpoints.bind(context, endpoint, home)
    port, clock = Publisher(socket, "ticks", topic_of), WallClock()
    pipe.send("ready")
    while (order := pipe.recv()) is not None:
        is_raw, size = order
        if is_raw:
            frame = codec.publish("SPY", next(batches(size, clock)))
            for _ in range(TICKS_PER_ROUND // size):
                socket.send(frame)
        else:
            for batch in list(batches(size, clock)):  # made before the first is sent: bench_feed measures the making
                port.send(batch)
        socket.send(END)
    context.destroy(linger=0)


class Pace(NamedTuple):
    """What one round gave: ticks per second, and CPU of the consuming process per tick, all its threads."""

    per_s: float
    cpu_us: float


def consume_raw(socket: zmq.Socket[bytes]) -> Pace:
    """Return the pace of plain blocking recv."""
    clock, count = WallClock(), 0
    receive = socket.recv
    receive()
    start_ns, cpu_s = clock.mono_ns(), time.process_time()
    while receive() != END:
        count += 1
    return Pace(count * NS_PER_S / (clock.mono_ns() - start_ns), (time.process_time() - cpu_s) / count * 1e6)


def consume_ours(socket: zmq.Socket[bytes], size: int) -> Pace:
    """Return the pace through poll, drain, decode, dispatch, gap check and handler."""
    clock, port, strategy_core = WallClock(), Subscriber(socket, "ticks", by_epoch), core()
    family = strategy_core.strategy
    assert isinstance(family, Ewma)
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.poll()
    start_ns, cpu_s = clock.mono_ns(), time.process_time()
    while not port.malformed:  # the end mark is no message of ours
        poller.poll()
        for message in port.drain():
            for _ in strategy_core.handle(message, clock.now_ns()):
                pass
    pace = Pace(
        family.seen * NS_PER_S / (clock.mono_ns() - start_ns), (time.process_time() - cpu_s) / family.seen * 1e6
    )
    assert family.seen == TICKS_PER_ROUND // size * size, f"{family.seen} ticks arrived"
    assert port.missed == 0
    return pace


def measure(home: Home) -> dict[tuple[bool, int], list[Pace]]:
    """Return the pace of each variant, round by round."""
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=publish, args=(home, there), daemon=True)
    child.start()
    here.recv()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    rates: dict[tuple[bool, int], list[Pace]] = {}
    for _ in range(ROUNDS):
        for variant in ((True, 1), (False, 1), (False, 20)):
            socket = endpoints.connect(context, endpoints.TICKS, home, topics=(b"",), depth=DEPTH)
            socket.poll(50)  # lets the subscription arrive; nothing is sent before the order below
            here.send(variant)
            pace = consume_raw(socket) if variant[0] else consume_ours(socket, variant[1])
            rates.setdefault(variant, []).append(pace)
            socket.close(linger=0)
    here.send(None)
    child.join(10)
    context.destroy(linger=0)
    return rates


def main() -> None:
    """Print the table."""
    folder = Path(tempfile.mkdtemp(prefix="hft-"))
    try:
        rates = measure(Home(folder).make())
    finally:
        shutil.rmtree(folder)
    raw = rates[True, 1]
    print(f"{'tick path':<24}{'ticks/s':>11}{'x raw':>7}{'goal':>7}{'CPU us/tick':>13}   (CPU of the consumer)")
    row("raw pyzmq, same bytes", raw, "1.00", "")
    for (_, size), found in [(key, value) for key, value in rates.items() if not key[0]]:
        ratio = statistics.median(ours.per_s / yardstick.per_s for ours, yardstick in zip(found, raw, strict=True))
        name = "ours, single ticks" if size == 1 else f"ours, batches of {size}"
        row(name, found, f"{ratio:.2f}", f"{GOALS[size]:.2f}+")
    print(
        "On a busy machine the ratio falls to that of the CPU: two processes of two threads each want two free cores."
    )


def row(name: str, found: list[Pace], ratio: str, goal: str) -> None:
    """Print one line of the table."""
    per_s, cpu_us = (statistics.median(values) for values in zip(*found, strict=True))
    print(f"{name:<24}{per_s:>11,.0f}{ratio:>7}{goal:>7}{cpu_us:>13.2f}")


if __name__ == "__main__":
    main()
