"""A producer of events as a process of its own: `python -m tests.recorder.producer NAME PER_S COUNT`.

It uses the fleet's own outbox and port, so what is tested is what runs. It makes events until there are COUNT, or until
its standard input ends, and ends itself when everything is acknowledged. It prints how many it made, how many were
lost, and the longest that it ever had to wait for the recorder, in ms: a stretch of its turn in which the kernel put it
to sleep, since being preempted on a busy machine is not waiting.
"""

from __future__ import annotations

import resource
import select
import sys
import time

import zmq

from hft import endpoints
from hft.clock import WallClock
from hft.events import OrderRefused
from hft.home import find_home
from hft.messages import EventAck
from hft.outbox import Outbox
from hft.ports import Dealer
from hft.words import Refusal, Side

TURN_MS = 5


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
        sleeps, from_s = _sleeps(), time.perf_counter()
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
            longest_ms = max(longest_ms, (time.perf_counter() - from_s) * 1_000)
        port.source.poll(TURN_MS)
    sys.stdout.write(f"{told} {box.lost} {longest_ms:.2f}\n")
    port.close()
    context.term()


def _sleeps() -> int:
    """Return how often this thread gave up its core by itself."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def _has_ended() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
