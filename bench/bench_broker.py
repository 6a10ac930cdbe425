"""Eight orders at once, and a broker that takes 30 ms for each: how long until the last one is answered.

- `bare`: the yardstick of what threads and sockets cost by themselves: eight threads, one warm `http.client` each.
- `router`: the router's own way: its workers, alpaca-py's client, the answer translated and handed to the loop.
The broker is a process of its own that answers each request 30 ms after it is complete, however many there are.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hft.clock import WallClock
from hft.keys import Broker, Keys
from hft.words import Side, Tif
from router import broker
from router.alpaca import Rest
from router.broker import Priority
from router.workers import Workers

if TYPE_CHECKING:
    from hft.messages import Message

ORDERS, ROUNDS, WARM_ROUNDS = 8, 60, 5
BROKER_MS = 30
GOAL = 1.2
SERVER = """
import asyncio, json, sys

class Venue(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data = transport, b""
        transport.get_extra_info("socket").setsockopt(6, 1, 1)

    def data_received(self, data):
        self.data += data
        head, found, body = self.data.partition(b"\\r\\n\\r\\n")
        sizes = [line for line in head.lower().split(b"\\r\\n") if line.startswith(b"content-length:")]
        size = int(sizes[0][15:]) if sizes else 0
        if found and len(body) >= size:
            self.data = b""
            asyncio.get_running_loop().call_later(MS / 1000, self.answer, json.loads(body))

    def answer(self, asked):
        told = json.dumps({"id": "v-" + asked["client_order_id"], "status": "accepted", "filled_qty": "0",
                           "created_at": "2026-11-23T14:31:02.123456789Z", **asked}).encode()
        head = f"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: {len(told)}\\r\\n\\r\\n"
        self.transport.write(head.encode() + told)

MS = float(sys.argv[1])

async def main():
    server = await asyncio.get_running_loop().create_server(Venue, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def order(number: int) -> broker.SubmitOrder:
    """Return an order."""
    return broker.SubmitOrder(
        ticket=number,
        priority=Priority.NEW,
        client_order_id=f"h1-mm-bench.1-{number}",
        symbol="SPY",
        side=Side.BUY,
        qty=1,
        px=4_500_000,
        tif=Tif.DAY,
    )


class Gate:
    """Counts answers; `wait` returns once all of a round are there."""

    def __init__(self) -> None:
        self._left = 0
        self._done = threading.Event()
        self._lock = threading.Lock()

    def expect(self, count: int) -> None:
        """Begin a round."""
        self._left = count
        self._done.clear()

    def put(self, message: Message | None = None) -> None:
        """Take one answer."""
        if message is not None and not isinstance(message, broker.OrderReply):
            raise AssertionError(message)
        with self._lock:
            self._left -= 1
            if not self._left:
                self._done.set()

    def wait(self) -> None:
        """Wait for the round's end."""
        self._done.wait()


def by_the_router(url: str) -> list[float]:
    """Return how many ms each round took until the last of the orders was answered."""
    gate = Gate()
    keys = Keys(key_id="PKBENCH", secret="none")  # noqa: S106 it opens nothing
    where = Broker(rest=url, data="", updates="", news="", keys=keys)
    workers = Workers(
        ORDERS,
        session=lambda: Rest(
            find_broker=lambda: where,
            clock=WallClock(),
            timeouts_s=(2.0, 5.0),
            is_halted=lambda: False,
            put=lambda _: None,
        ),
        put=gate.put,
    )
    took, number = [], 0
    for _ in range(WARM_ROUNDS + ROUNDS):
        gate.expect(ORDERS)
        began = time.perf_counter()
        for _ in range(ORDERS):
            number += 1
            workers.send(order(number))
        gate.wait()
        took.append((time.perf_counter() - began) * 1e3)
    workers.close()
    return took[WARM_ROUNDS:]


def bare(url: str) -> list[float]:
    """Return the same for eight threads that do nothing but send bytes and read the answer."""
    address, gate = urlsplit(url).netloc, Gate()
    rounds = [threading.Barrier(ORDERS + 1) for _ in range(WARM_ROUNDS + ROUNDS)]

    def work() -> None:
        connection = http.client.HTTPConnection(address)
        body = json.dumps({"client_order_id": "bare"})
        for barrier in rounds:
            barrier.wait()
            connection.request("POST", "/v2/orders", body)
            connection.getresponse().read()
            gate.put()

    for _ in range(ORDERS):
        threading.Thread(target=work, daemon=True).start()
    took = []
    for barrier in rounds:
        gate.expect(ORDERS)
        began = time.perf_counter()
        barrier.wait()
        gate.wait()
        took.append((time.perf_counter() - began) * 1e3)
    return took[WARM_ROUNDS:]


def main() -> None:
    """Print the table."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(BROKER_MS)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for name, way in (("bare", bare), ("router", by_the_router)):
            took = sorted(way(url))
            p50, p90 = statistics.median(took), took[len(took) * 9 // 10]
            goal = f"   goal p50 ≤ {GOAL}" if name == "router" else ""
            print(
                f"{name:8} last of {ORDERS} answered after p50 {p50:5.1f} ms, p90 {p90:5.1f} ms: "
                f"{p50 / BROKER_MS:.2f} × {BROKER_MS} ms{goal}"
            )
    finally:
        server.kill()
        server.communicate()


if __name__ == "__main__":
    main()
