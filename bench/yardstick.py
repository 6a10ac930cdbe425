"""What a step of plain Python costs here: the yardstick by which seconds are told on any machine.

A loop of plain Python, so that a slower product cannot excuse itself. Run as a program it measures the loop itself,
which should come out at 1: beside a second busy core it is told 0.9 to 1.1, alone 0.7 to 0.9 (an idle core is slower to
wake than a busy one to answer), so what keeps two cores busy is not flattered.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from multiprocessing import get_context
from statistics import mean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

STEP_NS = 35.0  # a step of the loop on the machine on which promises of seconds were measured
STEPS, TIMES = 50_000, 7
CONTROL_STEPS = 60_000_000
SAMPLE_EVERY_S, SAMPLE_STEPS = 0.1, 10_000  # costs a hundredth of a core: more would slow what is measured

Sample = tuple[float, float]  # when, by the clock that all processes share, and ns a step


def step_ns() -> float:
    """Return what a step of the loop costs this processor in ns, the best of some runs, whatever else it does."""
    return min(_run_ns() for _ in range(TIMES)) / STEPS


@contextmanager
def sampled() -> Iterator[Callable[[float, float], float]]:
    """Yield what tells the mean ns of a step between two moments of time.perf_counter, as another process sampled it.

    For work that takes seconds: where a neighbour shares the core, a step costs up to twice as much while it is there,
    and what was measured for an instant before the work says nothing of it.
    """
    context = get_context("spawn")
    near, far = context.Pipe()
    sampler = context.Process(target=_sample, args=(far,), daemon=True)
    sampler.start()
    near.recv()  # it has begun
    samples: list[Sample] = []

    def mean_ns(began_s: float, ended_s: float) -> float:
        near.send(None)
        samples.extend(near.recv())
        return mean([step for at_s, step in samples if began_s <= at_s <= ended_s])

    try:
        yield mean_ns
    finally:
        sampler.terminate()
        sampler.join()


def _sample(out: Connection) -> None:
    """Time the loop each SAMPLE_EVERY_S, and send what was found since the last time whenever that is asked."""
    _run_ns()  # what is imported late is there now
    out.send(None)
    found: list[Sample] = []
    while True:
        if out.poll(SAMPLE_EVERY_S):
            out.recv()
            out.send(found)
            found = []
        found.append((time.perf_counter(), _run_ns(SAMPLE_STEPS) / SAMPLE_STEPS))


def _run_ns(steps: int = STEPS) -> int:
    level, began_ns = 0.0, time.process_time_ns()
    for step in range(steps):
        level += (step % 7 - level) * 0.1
    return time.process_time_ns() - began_ns


def _run_long() -> None:
    for _ in range(CONTROL_STEPS // STEPS):
        _run_ns()


def main() -> None:
    """Print what the loop is told to take on one core and on two at a time, of what it takes."""
    context = get_context("spawn")
    with sampled() as mean_ns:
        for cores in (1, 2) * 3:
            began_s = time.perf_counter()
            runs = [context.Process(target=_run_long) for _ in range(cores)]
            for run in runs:
                run.start()
            for run in runs:
                run.join()
            ended_s = time.perf_counter()
            told_ns = (ended_s - began_s) / CONTROL_STEPS * 1e9
            print(f"on {cores}: {told_ns:.0f} ns a step, {mean_ns(began_s, ended_s):.0f} as sampled", end=", ")
            print(f"told {told_ns / mean_ns(began_s, ended_s):.2f}")


if __name__ == "__main__":
    main()
