"""From the websocket to the published tick: what a message costs in CPU, beside alpaca-py's own stream with models.

A server process sends ready-made frames over loopback as fast as they are taken. Each client runs in a process of its
own: alpaca-py's StockDataStream (Quote objects, a handler that counts), the same with raw_data, and our feed whole
(handshake, decoding, normalising, batch numbers, last values, encoding, XPUB with a subscriber that reads). What is
compared is CPU time of the client's process; the feed's includes publishing, which the others do not do.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]  # the packer that alpaca-py uses ships no types
import zmq
from alpaca.data.live import StockDataStream
from websockets.sync.server import ServerConnection, serve

from feed.__main__ import topic_of
from feed.alpaca import AlpacaStream
from feed.connection import frame_of
from feed.core import FeedCore
from hft import endpoints
from hft.home import Home
from hft.keys import Broker, Keys
from hft.messages import FeedState, Ticks
from hft.ports import Publisher

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

MESSAGES = 60_000
WARM_UP = 2_000
ROUNDS = 5
SYMBOLS = ("SPY", "QQQ", "AAPL", "MSFT")
GOAL = 4.0  # times less CPU than alpaca-py with models (DESIGN §10)
NS_PER_S = 1_000_000_000
START_NS = 1_795_444_200 * NS_PER_S


def frames(per_frame: int) -> list[bytes]:
    """Return frames of quotes as Alpaca packs them, warm-up included."""
    count = MESSAGES + WARM_UP
    quotes = [
        {
            "T": "q", "S": SYMBOLS[number % 4], "bx": "V", "bp": 500.01 + number % 7 / 100, "bs": 100, "ax": "V",
            "ap": 500.05, "as": 200, "c": ["R"], "z": "B",
            "t": msgpack.Timestamp(START_NS // NS_PER_S + number // 1_000, number % 1_000 * 1_000_123),
        }
        for number in range(count)
    ]  # fmt: skip
    return [bytes(msgpack.packb(quotes[at : at + per_frame])) for at in range(0, count, per_frame)]


def server(per_frame: int, out: Connection) -> None:
    """Serve one client after the other with the same frames."""
    ready = frames(per_frame)

    def play(client: ServerConnection) -> None:
        client.send(msgpack.packb([{"T": "success", "msg": "connected"}]))
        client.recv()
        client.send(msgpack.packb([{"T": "success", "msg": "authenticated"}]))
        client.recv()
        client.send(msgpack.packb([{"T": "subscription", "quotes": list(SYMBOLS)}]))
        for frame in ready:
            client.send(frame)
        for _ in client:
            continue

    with serve(play, "127.0.0.1", 0, compression=None) as listening:
        out.send(f"ws://127.0.0.1:{listening.socket.getsockname()[1]}/v2/iex")
        listening.serve_forever()


def official(url: str, out: Connection, *, raw: bool) -> None:
    """Count quotes with alpaca-py's own stream; report CPU µs a message."""
    seen, began_s = 0, 0.0

    async def on_quote(_: Any) -> None:  # noqa: ANN401 a Quote or a dict, as alpaca-py is asked
        nonlocal seen, began_s
        seen += 1
        if seen == WARM_UP:
            began_s = time.process_time()
        if seen == WARM_UP + MESSAGES:
            out.send((time.process_time() - began_s) / MESSAGES * 1e6)
            await stream.stop_ws()

    stream = StockDataStream("k", "s", raw_data=raw, url_override=url)
    stream.subscribe_quotes(on_quote, *SYMBOLS)
    stream.run()


def ours(url: str, out: Connection, folder: str) -> None:
    """Run the feed's own path; report CPU µs a message."""
    import uvloop  # noqa: PLC0415 only this client uses it

    home = Home(Path(folder)).make()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = endpoints.bind(context, endpoints.TICKS, home)
    publisher = Publisher(socket, "ticks", topic_of)
    core = FeedCore(epoch=1, symbols=SYMBOLS, mute_after_ms=15_000)
    keys = Keys(key_id="k", secret="s")  # noqa: S106 the server of this benchmark takes any
    broker = Broker(rest="", data=url, updates="", news="", keys=keys)

    async def live() -> float:
        stream, seen, began_s = AlpacaStream(broker, SYMBOLS), 0, 0.0
        await stream.open()
        while seen < WARM_UP + MESSAGES:
            frame = frame_of(await stream.read(), START_NS)
            for message in core.handle(frame, START_NS):
                if isinstance(message, Ticks | FeedState):
                    publisher.send(message)
            before, seen = seen, seen + sum(1 for part in frame.parts if hasattr(part, "S"))
            if before < WARM_UP <= seen:
                began_s = time.process_time()
                counted_from = seen
        cost = (time.process_time() - began_s) / (seen - counted_from) * 1e6
        await stream.shut()
        return cost

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        out.send(runner.run(live()))
    publisher.close()
    context.term()


def subscriber(folder: str, stop: Connection) -> None:
    """Read what the feed publishes, as a strategy would, until told to stop."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = endpoints.connect(context, endpoints.TICKS, Home(Path(folder)), topics=(b"",))
    while not stop.poll():
        while socket.poll(20):
            socket.recv()
    socket.close(0)
    context.term()


def measured(target: Callable[..., None], *args: object, **more: object) -> float:
    """Return what a client reports, run in a process of its own."""
    near, far = multiprocessing.Pipe()
    process = multiprocessing.Process(target=target, args=(args[0], far, *args[1:]), kwargs=more)
    process.start()
    cost = float(near.recv())
    process.join()
    return cost


def rounds(per_frame: int) -> dict[str, float]:
    """Return the median cost of each client in µs a message; the clients take turns."""
    folder = tempfile.mkdtemp(prefix="hft-bench-")
    near, far = multiprocessing.Pipe()
    serving = multiprocessing.Process(target=server, args=(per_frame, far), daemon=True)
    serving.start()
    url = near.recv()
    stop, stopped = multiprocessing.Pipe()
    reading = multiprocessing.Process(target=subscriber, args=(folder, stopped))
    reading.start()
    costs: dict[str, list[float]] = {"models": [], "raw": [], "ours": []}
    for _ in range(ROUNDS):
        costs["models"].append(measured(official, url, raw=False))
        costs["raw"].append(measured(official, url, raw=True))
        costs["ours"].append(measured(ours, url, folder))
    stop.send(None)
    reading.join()
    serving.terminate()
    serving.join()
    shutil.rmtree(folder)
    return {name: statistics.median(found) for name, found in costs.items()}


def main() -> None:
    """Print the table."""
    print(f"CPU µs a message, socket to published tick; median of {ROUNDS} rounds of {MESSAGES} quotes")
    print(f"{'messages a frame':>18} {'alpaca-py models':>18} {'alpaca-py raw':>15} {'feed':>8} {'models/feed':>12}")
    for per_frame in (1, 10, 100):
        cost = rounds(per_frame)
        ratio = cost["models"] / cost["ours"]
        print(f"{per_frame:>18} {cost['models']:>18.2f} {cost['raw']:>15.2f} {cost['ours']:>8.2f} {ratio:>11.1f}×")
    print(f"goal: {GOAL:.0f}× less than alpaca-py with models")


if __name__ == "__main__":
    main()
