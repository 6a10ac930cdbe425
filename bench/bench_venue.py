"""The embedded exchange: how fast it matches, answers, streams and makes a market, each beside its goal (issue 3).

engine      market orders taken in, activated and filled, no REST around it
request     the same through `Exchange.request`: JSON in, checks, JSON out
tick        a moving NBBO with 10,000 orders resting away from it, beside the same with none
generator   a real-time market of 30 symbols: part of one core
post        POST /v2/orders over loopback, p50, beside a trivial starlette route that parses and answers JSON
stream      quotes a second delivered to alpaca-py's StockDataStream in raw mode
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from alpaca.data.live import StockDataStream

from venue.config import VenueConfig
from venue.exchange import Exchange
from venue.generator import Generator
from venue.orders import Order
from venue.rows import Nbbo
from venue.scenarios import SCENARIOS
from venue.serve import Place
from venue.tape import HEADER
from venue.units import SHARE, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDERS = 10_000
TICKS = 20_000
RESTING = 10_000
POSTS = 1_500
QUOTES = 120_000
ROUNDS = 3
MS = 1_000_000
SECOND = 1_000_000_000
START_NS = parse_time("2026-11-23T15:00:00Z") or 0

TRIVIAL = """
import json, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from venue.serve import bind

async def orders(request):
    body = json.loads(await request.body())
    return Response(json.dumps({"id": "1", **body}), 200, {"Content-Type": "application/json"})

listener = bind(0)
print(listener.getsockname()[1], flush=True)
app = Starlette(routes=[Route("/v2/orders", orders, methods=["POST"])])
server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
server.run(sockets=[listener])
"""


class Still:
    """A market that does not move by itself."""

    symbols = ("AAA",)

    def until(self, _: int) -> Iterator[Nbbo]:
        """Yield nothing."""
        return iter(())

    def next_ns(self) -> None:
        """Return None: nothing is due."""


def exchange() -> Exchange:
    """Return an exchange with one account and a quote of 25.00 to 25.02."""
    config = VenueConfig(requests_per_min=10**9, partial_fill_pct=0.0)
    made = Exchange(config, Still())
    made.open_account("K", "S", START_NS)
    made.engine.on_nbbo(Nbbo(START_NS, "AAA", 250_000, 100, 250_200, 100))
    return made


def order(account: str, number: int, limit_px: int | None = None) -> Order:
    """Return a market order, buys and sells by turns, or a limit that buys."""
    side = "buy" if limit_px or number % 2 == 0 else "sell"
    return Order(
        id=f"o{number}",
        account=account,
        client_order_id=f"c{number}",
        seq=number,
        symbol="AAA",
        side=side,
        type="limit" if limit_px else "market",
        tif="day",
        qty=10 * SHARE,
        limit_px=limit_px,
        position_intent="buy_to_open" if side == "buy" else "sell_to_close",
        created_ns=START_NS,
        updated_ns=START_NS,
        submitted_ns=START_NS,
    )


def engine_rate() -> float:
    """Return market orders filled a second by the engine alone."""
    made = exchange()
    engine, book = made.engine, next(iter(made.engine.books.values()))
    now_ns, begun = START_NS, time.perf_counter()
    for number in range(ORDERS):
        engine.submit(book, order(book.account.id, number), now_ns)
        now_ns += 4 * MS
        engine.run_timers(now_ns)
        engine.outbox.frames()
    assert len(book.fills) == ORDERS
    return ORDERS / (time.perf_counter() - begun)


def request_rate() -> float:
    """Return market orders a second through the REST path without sockets."""
    made = exchange()
    account = next(iter(made.engine.books))
    base = {"symbol": "AAA", "qty": 10, "type": "market", "time_in_force": "day"}
    bodies = [msgspec.json.encode({**base, "side": side}) for side in ("buy", "sell")]
    now_ns, begun = START_NS, time.perf_counter()
    for number in range(ORDERS):
        assert made.request(account, "POST", "/v2/orders", {}, bodies[number % 2], now_ns).status == 200
        now_ns += 4 * MS
        made.frames(now_ns)
    return ORDERS / (time.perf_counter() - begun)


def tick_us(resting: int) -> float:
    """Return the cost of one NBBO row with so many orders resting, in microseconds."""
    made = exchange()
    engine, book = made.engine, next(iter(made.engine.books.values()))
    for number in range(resting):
        engine.submit(book, order(book.account.id, number, 200_000 - number % 100 * 100), START_NS)
    engine.run_timers(START_NS + 10 * MS)
    engine.outbox.frames()
    rows = [Nbbo(START_NS + 20 * MS + n, "AAA", 250_000 + n % 3 * 100, 100, 250_300, 100) for n in range(TICKS)]
    begun = time.perf_counter()
    for row in rows:
        engine.on_nbbo(row)
    return (time.perf_counter() - begun) / TICKS * 1e6


def generator_share(symbols: int, seconds: int = 60) -> float:
    """Return the part of one core that a real-time market costs, all rows taken and bars built."""
    names = tuple(f"A{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(symbols))
    made = Exchange(VenueConfig(), Generator(seed=7, symbols=names, start_ns=START_NS, scenario=SCENARIOS["calm"]))
    made.open_account("K", "S", START_NS)
    begun = time.process_time()
    for step in range(seconds * 20):
        made.frames(START_NS + step * SECOND // 20)
    return (time.process_time() - begun) / seconds


@contextlib.contextmanager
def process(code: str) -> Iterator[str]:
    """Run a server; give its first line."""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    yield child.stdout.readline()
    child.terminate()
    child.wait(5)
    child.stdout.close()


def post_us(port: int, headers: dict[str, str]) -> float:
    """Return the median time of a POST on one kept connection, in microseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = {"symbol": "SPY", "side": "buy", "qty": 1, "type": "limit", "limit_price": 100, "time_in_force": "day"}
    raw, spent = msgspec.json.encode(body), []
    for _ in range(POSTS):
        begun = time.perf_counter()
        connection.request("POST", "/v2/orders", raw, headers)
        answer = connection.getresponse()
        answer.read()
        spent.append(time.perf_counter() - begun)
        assert answer.status == 200, answer.status
    connection.close()
    return statistics.median(spent) * 1e6


def posts() -> tuple[float, float]:
    """Return the medians of the exchange and of the trivial route, best of the rounds, taken by turns."""
    serve = "from venue.serve import run; run(as_json=True, symbols=('SPY',), requests_per_min=10**9, cash_usd=1e9)"
    with process(serve) as line, process(TRIVIAL) as plain:
        place = msgspec.json.decode(line, type=Place)
        keys = {"APCA-API-KEY-ID": place.key, "APCA-API-SECRET-KEY": place.secret}
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(post_us(int(place.rest.rpartition(":")[2]), keys))
            theirs.append(post_us(int(plain), {}))
    return min(ours), min(theirs)


def stream_rate() -> float:
    """Return the quotes a second that reach a raw handler of the official client."""
    with tempfile.TemporaryDirectory() as folder:
        tape = Path(folder) / "flood.csv"
        rows = [f"{START_NS},AAA,q,V,250000,100,250100,100,,,"]
        flood_ns = START_NS + 4 * SECOND
        rows += [f"{flood_ns + n * 1000},AAA,q,V,{250_000 + n % 9 * 100},100,251000,100,,," for n in range(QUOTES)]
        tape.write_text("\n".join([HEADER, *rows]) + "\n", encoding="ascii")
        serve = f"from venue.serve import run; run(as_json=True, tape=({str(tape)!r},))"
        with process(serve) as line:
            return _received(msgspec.json.decode(line, type=Place))


def _received(place: Place) -> float:
    stamps: list[float] = []

    async def take(_: Any) -> None:  # noqa: ANN401 a dict of the official client
        stamps.append(time.perf_counter())

    stream = StockDataStream(place.key, place.secret, raw_data=True, url_override=place.data)
    stream.subscribe_quotes(take, "AAA")
    thread = threading.Thread(target=stream.run, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while len(stamps) < QUOTES and time.monotonic() < end:
        time.sleep(0.05)
    loop: Any = stream._loop  # noqa: SLF001 the official client offers no other way to stop from outside
    asyncio.run_coroutine_threadsafe(stream.stop_ws(), loop).result(5)
    return (len(stamps) - 1) / (stamps[-1] - stamps[0])


def row(name: str, value: str, goal: str, *, reached: bool) -> None:
    """Print one measure beside its goal."""
    print(f"{name:10s} {value:44s} goal {goal:14s} {'reached' if reached else 'MISSED'}")


def main() -> int:
    """Print one line for each measure; return 1 when a goal is missed."""
    engine = max(engine_rate() for _ in range(ROUNDS))
    through = max(request_rate() for _ in range(ROUNDS))
    empty, full = (min(tick_us(count) for _ in range(ROUNDS)) for count in (0, RESTING))
    share = generator_share(30)
    ours, theirs = posts()
    stream = stream_rate()
    measures = (
        ("engine", f"{engine:,.0f} orders/s", ">= 20,000", engine >= 20_000),
        ("request", f"{through:,.0f} orders/s with JSON in and out", "-", True),
        ("tick", f"{full:.2f} us with 10,000 resting, {empty:.2f} with none", "<= 3x", full <= 3 * empty),
        ("generator", f"{share:.1%} of a core for 30 symbols", "<= 15%", share <= 0.15),
        (
            "post",
            f"{ours:.0f} us, trivial route {theirs:.0f} us: {ours / theirs:.2f}x",
            "<= 2.5x",
            ours <= 2.5 * theirs,
        ),
        ("stream", f"{stream:,.0f} quotes/s to alpaca-py raw", ">= 20,000", stream >= 20_000),
    )
    for name, value, goal, reached in measures:
        row(name, value, goal, reached=reached)
    return 0 if all(reached for *_, reached in measures) else 1


if __name__ == "__main__":
    sys.exit(main())
