"""A producer of events as a process of its own: `python -m tests.recorder.producer NAME PER_S COUNT`.

It uses the fleet's own outbox and port, so what is tested is what runs. It ends when everything is acknowledged.
"""

from __future__ import annotations

import sys

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
    box, told, began_ns = Outbox(name, 1), 0, clock.mono_ns()
    while told < count or len(box):
        now_ns = clock.mono_ns()
        due = min(count, (now_ns - began_ns) * per_s // 1_000_000_000)
        for number in range(told, due):
            box.add(
                OrderRefused(
                    strategy=name, symbol="SPY", side=Side.BUY, qty=number, px=1, reason=Refusal.HALTED, text="x" * 40
                ),
                clock.now_ns(),
            )
        told = max(told, due)
        if port.source.poll(TURN_MS):
            for message in port.drain():
                if isinstance(message, EventAck):
                    box.ack(message, now_ns)
        for sent in box.due(now_ns):
            port.send(sent)
    sys.stdout.write(f"{told} {box.lost}\n")
    port.close()
    context.term()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
