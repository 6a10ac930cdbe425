"""A producer of events as a process of its own: `python -m tests.recorder.producer NAME PER_S COUNT`.

It uses the fleet's own outbox and port, so what is tested is what runs. It makes events until there are COUNT, or until
its standard input ends, and ends itself when everything is acknowledged. It prints how many it made, how many were
lost, and the longest that it ever had to wait for the recorder in one turn, in ms: of a turn in which the kernel put it
to sleep, the time in which it neither ran nor stood in line for a core (the line is the others' doing).
"""

from __future__ import annotations

import resource
import select
import sys
import time
from pathlib import Path

import zmq

from hft import endpoints
from hft.clock import NS_PER_MS, WallClock
from hft.events import OrderRefused
from hft.home import find_home
from hft.messages import EventAck
from hft.outbox import Outbox
from hft.ports import Dealer
from hft.words import Refusal, Side

TURN_MS = 5
SCHEDSTAT = Path("/proc/thread-self/schedstat")  # second number: ns that this thread stood in line for a core


def main(name: str, per_s: int, count: int) -> None:
    """Make `count` events at `per_s` a second; return when all are acknowledged."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    port = Dealer(endpoints.connect(context, endpoints.EVENTS, find_home(), identity=f"{name}:1"))
    clock = WallClock()
    box, told, began_ns, longest_ms = Outbox(name, 1), 0, clock.mono_ns(), 0.0
    while told < count or len(box):
        now_ns = clock.mono_ns()
        if _has_ended():
            count = told
        due = min(count, (now_ns - began_ns) * per_s // 1_000_000_000)
        sleeps, asleep_ns = _sleeps(), _asleep_ns()
        for number in range(told, due):
            box.add(
                OrderRefused(
                    strategy=name, symbol="SPY", side=Side.BUY, qty=number, px=1, reason=Refusal.HALTED, text="x" * 40
                ),
                clock.now_ns(),
            )
        told = max(told, due)
        for message in port.drain():
            if isinstance(message, EventAck):
                box.ack(message, now_ns)
        for sent in box.due(now_ns):
            port.send(sent)
        if _sleeps() > sleeps:
            longest_ms = max(longest_ms, (_asleep_ns() - asleep_ns) / NS_PER_MS)
        port.source.poll(TURN_MS)
    sys.stdout.write(f"{told} {box.lost} {longest_ms:.2f}\n")
    port.close()
    context.term()


def _sleeps() -> int:
    """Return how often this thread gave up its core by itself."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def _asleep_ns() -> int:
    """Return for how long this thread has neither run nor stood in line for a core; only differences mean anything."""
    stood_ns = int(SCHEDSTAT.read_bytes().split()[1])
    return time.perf_counter_ns() - time.thread_time_ns() - stood_ns


def _has_ended() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
