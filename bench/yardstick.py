"""What a step of plain Python costs here: the yardstick by which seconds are told on any machine.

A loop of plain Python, so that a slower product cannot excuse itself.
"""

from __future__ import annotations

import time

STEP_NS = 35.0  # a step of the loop on the machine on which promises of seconds were measured
STEPS, TIMES = 50_000, 7


def step_ns() -> float:
    """Return what a step of the loop costs this processor in ns, the best of some runs, whatever else it does."""
    return min(_run_ns() for _ in range(TIMES)) / STEPS


def _run_ns() -> int:
    mean, began_ns = 0.0, time.process_time_ns()
    for step in range(STEPS):
        mean += (step % 7 - mean) * 0.1
    return time.process_time_ns() - began_ns
