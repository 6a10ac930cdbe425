"""How quickly a day is replayed: a core alone, the whole fleet, each family, and the same strategy elsewhere.

The file is a recorded Nasdaq session where the recordings are at hand ($HFT_TEST_DATA or ../shared/data), else a
generated one. All figures are CPU seconds of one core, so that a busy machine changes little. The yardstick is
nautilus_trader's BacktestEngine with the same strategy on the same quotes and like latencies, beside it hftbacktest's
compiled engine, if HFT_BENCH_NAUTILUS and HFT_BENCH_HFTBACKTEST name Pythons that have them (never dependencies of
ours). What it does not do and we do: JSON and msgpack of the wire, a journalled router with its limits, the recorder
with both books. At the end, the memory of one process that plays a week, a day after the other.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hft.clock import NS_PER_S
from hft.messages import Ticks
from hft.schema import Settings
from replay.fleet import Plan
from replay.jobs import Job
from replay.overrides import with_fleet
from replay.play import play
from replay.sources import GENERATED, open_source
from replay.strategy import family
from replay.sweep import Store, local, sweep
from strategies.sdk.core import StrategyCore
from strategies.sdk.families import names
from tests.strategies.exchange import quote
from venue import rows
from venue.tape import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replay.sources import Opened
    from venue.rows import Row

RECORDING, SYMBOL = "nasdaq-2012-06-21-AAPL-AMZN.csv.gz", "AAPL"
SECONDS = 3_600.0
FAMILY_SECONDS = 900.0
FAMILIES_DIR = str(Path(__file__).parent / "families")
GOAL_READY, GOAL_FLEET = 8.0, 1.5  # times the yardstick (DESIGN §10)
FEED_NS, ORDER_NS = "6000000", "12000000"  # what the other engines are given as latencies: ours at the median
SWEEP_RUNS, SWEEP_SECONDS = 8, 300.0
DAYS = 7


class Pace(NamedTuple):
    """Ticks, and the CPU seconds they took."""

    ticks: int
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Return ticks per CPU second."""
        return self.ticks / self.cpu_s


def tape() -> Path:
    """Return the recorded session, or a generated one in a temporary file."""
    root = Path(os.environ.get("HFT_TEST_DATA") or Path(__file__).parent.parent.parent / "shared" / "data")
    return root / RECORDING if (root / RECORDING).is_file() else generated()


def generated() -> Path:
    """Return a tape of the seeded generator."""
    path = Path(tempfile.mkstemp(suffix=".csv")[1])
    settings = with_fleet(Settings(), strategies=(), symbols=(SYMBOL,), seed=7)
    market = open_source(GENERATED, settings, path.parent)
    with path.open("w") as file:
        file.write(HEADER + "\n")
        for row in played(market):
            if isinstance(row, rows.Quote):
                file.write(f"{row.t_ns},{SYMBOL},q,V,{row.bid_px},{row.bid_qty},{row.ask_px},{row.ask_qty},,,\n")
    return path


def played(market: Opened) -> Iterator[Row]:
    """Yield the market's rows as they fall due: who asks for all at once gets a sum of what he missed."""
    until_ns = market.start_ns + round(SECONDS * NS_PER_S)
    while (due_ns := market.source.next_ns()) is not None and due_ns <= until_ns:
        yield from market.source.until(due_ns)


def opened(path: Path, *strategies: str) -> tuple[Plan, Opened]:
    """Return the plan and the market of a replay of this file."""
    settings = with_fleet(Settings(), strategies=strategies, symbols=(SYMBOL,), seed=7)
    market = open_source(str(path), settings, path.parent, (SYMBOL,))
    return Plan(settings=settings, families_dir=FAMILIES_DIR, seed=7), market


def ready_ticks(path: Path) -> list[Ticks]:
    """Return the file's quotes of the symbol as the feed publishes them."""
    _, market = opened(path, "ema")
    found: list[Ticks] = []
    for row in played(market):
        if isinstance(row, rows.Quote) and row.symbol == SYMBOL:
            found.append(Ticks(epoch=1, seq=len(found) + 1, ticks=(quote(row),)))
    return found


def core_alone(path: Path) -> Pace:
    """Return the pace of one core on ticks that lie ready, nothing around it: it learns from all and may not trade."""
    ticks = ready_ticks(path)
    plan, _ = opened(path, "ema")
    core = StrategyCore(family(plan.settings, "ema", 1, FAMILIES_DIR), pid=1)
    began = time.process_time()
    for batch in ticks:
        for _ in core.handle(batch, batch.ticks[0].recv_ns):
            pass
    pace = Pace(len(ticks), time.process_time() - began)
    assert core.ticks == len(ticks)
    return pace


def whole_fleet(path: Path, strategy: str, for_s: float) -> tuple[Pace, dict[str, str]]:
    """Return the pace of the fleet with one family, and its row of the summary."""
    plan, market = opened(path, strategy)
    began = time.process_time()
    result = play(plan, market, for_s=for_s)
    return Pace(result.ticks, time.process_time() - began), result.rows[-1]


def quotes_of(path: Path) -> Path:
    """Return a file with the two-sided quotes of one symbol alone: what every engine of the comparison plays."""
    found = Path(tempfile.mkstemp(suffix=".csv")[1])
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as source, found.open("w") as file:
        file.write(HEADER + "\n")
        for line in source:
            cells = line.split(",")
            if cells[1:3] == [SYMBOL, "q"] and int(cells[4]) and int(cells[6]):
                file.write(line)
    return found


def peer(variable: str, script: str, *arguments: str) -> tuple[Pace, str] | None:
    """Return another engine's pace and what it did, or None where the variable names no Python that has it."""
    python = os.environ.get(variable)
    if not python:
        return None
    file = str(Path(__file__).with_name(script))
    done = subprocess.run([python, file, *arguments], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return Pace(told["ticks"], told["cpu_s"]), f"{told['orders']} orders, {told['fills']} fills"


def sweep_seconds(workers: int) -> float:
    """Return how long a small sweep takes on so many processes, start-up included."""
    settings = with_fleet(Settings(), strategies=("drift",), symbols=("SPY",), seed=7)
    jobs = [
        Job(settings=settings, cell={}, source=GENERATED, data="", seed=seed, latency="loopback", for_s=SWEEP_SECONDS)
        for seed in range(SWEEP_RUNS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        sweep(jobs, store=Store(Path(folder)), pool=local(workers), workers=workers)
        return time.perf_counter() - began


def week_mib(path: Path) -> list[float]:
    """Return the memory of this process after each of a week's days, played one after the other."""
    found = []
    for _ in range(DAYS):
        whole_fleet(path, "ema", 0.0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        found.append(pages * resource.getpagesize() / 2**20)
    return found


def main() -> None:
    """Print the tables."""
    path = tape()
    quotes = quotes_of(path)
    print(f"{path.name}, quotes of {SYMBOL} alone, the whole file; ticks per CPU second, one core")
    asked = str(quotes), SYMBOL, ORDER_NS
    lean = peer("HFT_BENCH_NAUTILUS", "peer_nautilus.py", *asked, "lean")
    full = peer("HFT_BENCH_NAUTILUS", "peer_nautilus.py", *asked, "full")
    compiled = peer("HFT_BENCH_HFTBACKTEST", "peer_hftbacktest.py", str(quotes), FEED_NS, ORDER_NS)
    yard = full[0].per_s if full else 0.0
    found = {"nautilus_trader": full, "nautilus_trader, no report": lean, "hftbacktest, compiled": compiled}
    for name, told in found.items():
        if told:
            row(name, told[0], yard, "", told[1])
        else:
            print(f"  {name} is not at hand: HFT_BENCH_… names no Python that has it")
    pace, summary = whole_fleet(quotes, "ema", 0.0)
    row("the whole fleet, same strategy", pace, yard, f"{GOAL_FLEET:.1f}+", did(summary))
    print(f"{path.name}, {SYMBOL} with prints, {SECONDS / 3600:.0f} h")
    row("a core on ready ticks", core_alone(path), yard, f"{GOAL_READY:.1f}+", "")
    pace, summary = whole_fleet(path, "ema", SECONDS)
    row("the whole fleet, same strategy", pace, yard, "", did(summary))
    for name in names():
        pace, summary = whole_fleet(path, name, FAMILY_SECONDS)
        row(f"the whole fleet, {name}", pace, yard, "", did(summary))
    print(f"memory after each of {DAYS} days, MiB: {', '.join(f'{mib:.0f}' for mib in week_mib(quotes))}")
    alone = sweep_seconds(1)
    for workers in sorted({1, 2, os.cpu_count() or 1}):
        took = alone if workers == 1 else sweep_seconds(workers)
        print(f"sweep of {SWEEP_RUNS} runs on {workers} processes: {took:.1f} s, {alone / took:.2f} × one")


def did(summary: dict[str, str]) -> str:
    """Return what a fleet did in words."""
    return f"{summary['orders']} orders, {summary['fills']} fills"


def row(name: str, pace: Pace, yard: float, goal: str, note: str) -> None:
    """Print one line."""
    ratio = f"{pace.per_s / yard:.2f}" if yard else "-"
    print(f"  {name:<34}{pace.per_s:>11,.0f}{ratio:>8}{goal:>7}  {note}")


if __name__ == "__main__":
    main()
