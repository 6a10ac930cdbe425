"""The report of a busy day, from files to a page; time and peak memory.

Twice: a million events, which is the goal, and the most that a day can have under 200 requests a minute (every request
is an order that ends without a cancel, four events each).

Seconds are told as measured, and as the machine of the yardstick would have needed, whose loop is timed meanwhile
(bench/yardstick.py). Where other work keeps the cores busy, the CPU of the busier reader says what idle cores would
have needed.

The day is made here (orders, acknowledgements, cancels and fills of four strategies over made-up quotes), written as
the recorder writes it, and read in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.yardstick import STEP_NS, sampled
from hft import events, settings
from hft.eventline import line
from hft.home import Home
from hft.messages import Quote, Ticks
from hft.words import OrdStatus, Side
from recorder import archive
from recorder.parcels import OpenTape
from recorder.report.write import write_report
from recorder.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

PER_ORDER = 4
BUSIEST = 200 * 390 * PER_ORDER  # requests a minute, minutes of a session
GOAL_EVENTS = 1_000_000
TICKS = 160_000
DAY, OPEN_NS = "2026-11-23", 1_795_444_200_000_000_000
SESSION_NS = 23_400 * 1_000_000_000
STRATEGIES, SYMBOLS = ("mm", "pairs", "etf", "ml"), ("SPY", "QQQ", "AAPL", "MSFT")
GOAL_S, GOAL_MIB = 5.0, 200
KIB_PER_MIB = 1_024


def order(number: int, at_ns: int, chance: random.Random, positions: dict[tuple[str, str], int]) -> Iterator[bytes]:
    """Return the lines of one order's life."""
    strategy, symbol = STRATEGIES[number % 4], SYMBOLS[number // 4 % 4]
    side, name, px = chance.choice((Side.BUY, Side.SELL)), f"h1-{strategy}-bench-{number}", 5_000_000
    sent = events.OrderSent(
        strategy=strategy, client_order_id=name, symbol=symbol, side=side, qty=10, px=px, tif="day",
        bid_px=px - 100, ask_px=px + 100, intent_ns=at_ns,
        tick_ns=at_ns - 3_000_000, decided_ns=at_ns - 1_000_000,
    )  # fmt: skip
    accepted = events.OrderAccepted(strategy=strategy, client_order_id=name, order_id=name, ack_ms=4.0)
    is_filled = chance.random() < 0.3
    held = positions.get((strategy, symbol), 0)
    if is_filled:
        held = positions[strategy, symbol] = held + side.sign * 10
        third: events.Event = events.OrderFilled(
            strategy=strategy, client_order_id=name, order_id=name, symbol=symbol, side=side, last_qty=10, last_px=px,
            cum_qty=10, leaves_qty=0, position=held, broker_position=0, realised=0, mid_px=px, source="stream",
            exch_ns=at_ns,
        )  # fmt: skip
    else:
        third = events.CancelRequested(strategy=strategy, client_order_id=name, reason="moved")
    done = events.OrderDone(
        strategy=strategy, client_order_id=name, order_id=name, symbol=symbol, side=side, qty=10, cum_qty=0, px=px,
        status=OrdStatus.FILLED if is_filled else OrdStatus.CANCELED, text="", age_ms=1.0,
    )  # fmt: skip
    for step, event in enumerate((sent, accepted, third, done)):
        seq = number * PER_ORDER + step + 1
        yield line(event, ts_ns=at_ns + step * 5_000_000, producer="router", epoch=1, seq=seq)


def make(home: Home, count: int) -> None:
    """Write a day of `count` events."""
    chance, positions = random.Random(3), dict[tuple[str, str], int]()
    orders = count // PER_ORDER
    with archive.live_file(home).open("wb") as file:
        for number in range(orders):
            at_ns = OPEN_NS + number * SESSION_NS // orders
            file.writelines(raw + b"\n" for raw in order(number, at_ns, chance, positions))
    tape = Tape(home.data, lambda _: None)
    tape.send(OpenTape(day=DAY))
    for number in range(TICKS):
        at_ns = OPEN_NS + number * SESSION_NS // TICKS
        mid = 5_000_000 + chance.randrange(-5, 6) * 100
        quote = Quote(
            symbol=SYMBOLS[number % 4], exch_ns=at_ns, recv_ns=at_ns, bid_px=mid - 100, bid_qty=300, ask_px=mid + 100,
            ask_qty=300,
        )  # fmt: skip
        tape.send(Ticks(epoch=1, seq=number // 4 + 1, ticks=(quote,)))
    tape.close()


class Cost(NamedTuple):
    """What a report cost: its begin and end, CPU of both readers and of the busier one, peak, size of the page."""

    began_s: float
    ended_s: float
    cpu_s: float
    busier_s: float
    peak_mib: float
    page_bytes: int


def report(folder: str, out: Connection) -> None:
    """Write the page; tell its Cost."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    written = write_report(settings.load(Home(Path(folder))))
    ended_s, own_s = time.perf_counter(), time.process_time() - began_cpu_s
    helper = resource.getrusage(resource.RUSAGE_CHILDREN)  # the second reader of a large day
    helper_s = helper.ru_utime + helper.ru_stime
    peak_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + helper.ru_maxrss) / KIB_PER_MIB
    size = written.path.stat().st_size
    out.send(Cost(began_s, ended_s, own_s + helper_s, max(own_s, helper_s), peak_mib, size))


def measure(count: int) -> None:
    """Make a day, report it, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="hft-bench-") as name:
        home = Home(Path(name)).make()
        make(home, count)
        near, far = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=report, args=(name, far))
        with sampled() as mean_ns:
            process.start()
            cost: Cost = near.recv()
            process.join()
            step_ns = mean_ns(cost.began_s, cost.ended_s)
        megabytes = archive.live_file(home).stat().st_size / 1e6
    print(f"{count:,} events ({megabytes:.0f} MB), {TICKS:,} ticks → a page of {cost.page_bytes / 1e3:.0f} kB")
    print(f"a step of plain Python: {step_ns:.0f} ns meanwhile, {STEP_NS:.0f} ns on the machine of the goal\n")
    print(f"{'':>14} {'measured':>10} {f'at {STEP_NS:.0f} ns':>10} {'goal':>8}")
    rows = {"seconds": cost.ended_s - cost.began_s, "CPU, busier": cost.busier_s, "CPU, both": cost.cpu_s}
    for title, seconds in rows.items():
        goal = f"{GOAL_S:>8.0f}" if title != "CPU, both" else ""
        print(f"{title:>14} {seconds:>10.1f} {seconds * STEP_NS / step_ns:>10.1f} {goal}")
    print(f"{'peak MiB':>14} {cost.peak_mib:>10.0f} {'':>10} {GOAL_MIB:>8}\n")


def main() -> None:
    """Print what it took."""
    measure(BUSIEST)
    measure(GOAL_EVENTS)


if __name__ == "__main__":
    main()
