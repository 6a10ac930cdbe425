"""What the recorder does with an event, beside what the kernel does with one: the same lines, the same disk, one run.

- `write() per event`: the yardstick. A loop that writes ready lines one by one and does nothing else.
- `record`: batches of 500 as producers send them, through the core (each line proved to be one JSON object under its
  own number) to the file in one write, without waiting for the disk.
- `record + fdatasync`: the same as it runs: one fdatasync per turn of the loop (here 2,000 events), then acknowledged.
- the tick tape: packing and appending a batch of one quote; reading a day back with numpy.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hft.clock import WallClock
from hft.eventline import line
from hft.events import OrderFilled
from hft.messages import EventBatch, Quote, Ticks
from hft.words import Side
from recorder.eventfile import EventFile, PosixFile
from recorder.intake import Intake
from recorder.parcels import Append, Committed, FlushTape, OpenTape
from recorder.progress import Progress
from recorder.tape import Tape
from recorder.tapereader import array

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.messages import Message

EVENTS = 200_000
BATCH = 500
BATCHES_PER_TURN = 4
ROUNDS = 7
TICKS = 300_000
TICKS_PER_FLUSH = 200  # a busy fifth of a second
START_NS = 1_795_444_200_000_000_000
GOALS = {"events/s": 150_000, "of write()": 0.5, "µs a tick": 3.0, "ticks/s read": 5_000_000}


class NoWait(PosixFile):
    """The same file without the wait for the disk."""

    def sync(self) -> None:
        """Leave it to the kernel."""


def event_lines() -> list[bytes]:
    """Return ready lines of fills, as the router sends them."""
    fill = OrderFilled(
        strategy="mm", client_order_id="h1-mm-tot2b1.1-18", order_id="e0266ecb-fbec-445c-abab-3f59f6f1b701",
        symbol="SPY", side=Side.BUY, last_qty=4, last_px=4_498_900, cum_qty=4, leaves_qty=0, position=4,
        broker_position=4, realised=0, mid_px=4_499_000, source="update", exch_ns=START_NS, mark=7,
    )  # fmt: skip
    return [line(fill, ts_ns=START_NS + n, producer="router", epoch=1, seq=n) for n in range(1, EVENTS + 1)]


def plain(lines: list[bytes], folder: Path) -> float:
    """Return events a second of one write() per event."""
    fd = os.open(folder / "plain.jsonl", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    began_s = time.perf_counter()
    for raw in lines:
        os.write(fd, raw)
    took_s = time.perf_counter() - began_s
    os.close(fd)
    return len(lines) / took_s


def recorded(batches: list[EventBatch], folder: Path, kind: type[PosixFile]) -> float:
    """Return events a second through the recorder's own path."""
    path = folder / "events.jsonl"
    path.unlink(missing_ok=True)
    told: list[Message] = []
    file = EventFile(open_file=lambda: kind(path), put_away=lambda _, __: None, tell=told.append, clock=WallClock())
    intake = Intake(Progress(), frozenset({"order.unknown"}))
    began_s = time.perf_counter()
    for number, batch in enumerate(batches, 1):
        for message in intake.on_batch(batch, START_NS):
            if isinstance(message, Append):
                file.send(message)
        if number % BATCHES_PER_TURN == 0:
            file.flush()
            committed = told.pop()
            assert isinstance(committed, Committed)
            intake.on_committed(committed)
    took_s = time.perf_counter() - began_s
    file.close()
    assert intake.progress.of("router").seq == EVENTS
    return EVENTS / took_s


def taped(folder: Path) -> tuple[float, float]:
    """Return µs a tick written, and ticks a second read."""
    batches = [
        Ticks(epoch=1, seq=n, ticks=(
            Quote(symbol="SPY", exch_ns=n, recv_ns=n, bid_px=4_498_900, bid_qty=100, ask_px=4_499_000, ask_qty=200),
        ))
        for n in range(TICKS)
    ]  # fmt: skip
    day = str(time.monotonic_ns())  # a folder of its own for each round
    tape = Tape(folder, lambda _: None)
    tape.send(OpenTape(day=day))
    began_s = time.perf_counter()
    for number, batch in enumerate(batches):
        tape.send(batch)
        if number % TICKS_PER_FLUSH == 0:
            tape.send(FlushTape())
        tape.flush()
    tape.close()
    wrote_s = time.perf_counter() - began_s
    began_s = time.perf_counter()
    assert len(array(folder / day, Quote)) == TICKS
    return wrote_s / TICKS * 1e6, TICKS / (time.perf_counter() - began_s)


def main() -> None:
    """Print the table."""
    lines = event_lines()
    batches = [
        EventBatch(producer="router", epoch=1, first_seq=at + 1, lines=tuple(lines[at : at + BATCH]))
        for at in range(0, EVENTS, BATCH)
    ]
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="hft-bench-") as name:
        folder = Path(name)
        measures: dict[str, Callable[[], float]] = {
            "write() per event": lambda: plain(lines, folder),
            "record": lambda: recorded(batches, folder, NoWait),
            "record + fdatasync": lambda: recorded(batches, folder, PosixFile),
        }
        for _ in range(ROUNDS):
            for what, measure in measures.items():
                found.setdefault(what, []).append(measure())
        tapes = [taped(folder) for _ in range(3)]
    yardstick = found["write() per event"]
    print(f"{EVENTS} fills of {len(lines[0])} bytes, median of {ROUNDS} alternating rounds")
    print(f"{'':>22} {'events/s':>12} {'of write()':>12}")
    for what, rates in found.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(rates, yardstick, strict=True))
        print(f"{what:>22} {statistics.median(rates):>12,.0f} {ratio:>11.2f}×")
    write_us, read_per_s = min(cost for cost, _ in tapes), max(rate for _, rate in tapes)
    print(f"{'tape, written':>22} {write_us:>12.2f} µs a tick\n{'tape, read':>22} {read_per_s:>12,.0f} ticks/s")
    print("goals: " + ", ".join(f"{what} {goal:,}" for what, goal in GOALS.items()))


if __name__ == "__main__":
    main()
