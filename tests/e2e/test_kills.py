"""A real SIGKILL of a real strategy: the process that comes next knows what the dead one knew, to the last bit.

The state is reckoned twice. The new process takes it from the state on file and the inputs since. The test takes the
tape of the whole run (hft/inputs.py), which is written by other code for another purpose, from the first entry on.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from hft import codec, inputs, since
from hft.inputs import Asked, Began, Heard, Said, Woken
from replay.verify import compare
from strategies.sdk import hand
from strategies.sdk.core import StrategyCore
from strategies.sdk.families import load
from strategies.sdk.fit import made
from strategies.sdk.memory import Memory, decode, remember
from strategies.sdk.recovery import reborn
from tests.e2e.pace import slack
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.fleets import Fleet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
NAME = "mm"
HEARD_MIN = 100
Question = Heard | Woken | Asked


def killed(fleet: Fleet, saved: Path) -> tuple[bytes, since.Inputs]:
    """Kill the process where it stands; return the state on file and the inputs since, as the kernel had them."""
    pid = fleet.kill(NAME, signal.SIGSTOP)  # so that they can be copied before the next one writes its own
    state = saved.read_bytes()
    found = since.read(fleet.home.run / f"{NAME}.since", state)
    os.kill(pid, signal.SIGKILL)
    until(lambda: fleet.pids().get(NAME, pid) != pid, within_s=20 * slack(), what="the next process")
    assert found
    return state, found


def reckoned(path: Path, found: since.Inputs) -> Memory:
    """Return the state after a whole run, from its tape; what the tape does not have yet is taken from `found`."""
    began, *entries = inputs.read(path)
    assert isinstance(began, Began)
    means = {**began.made, "symbols": tuple(began.made["symbols"])}
    core = StrategyCore(made(load(NAME), name=NAME, epoch=began.epoch, **means))
    heard: list[Any] = [entry for entry in entries if not isinstance(entry, Said)]
    follows = first_after_saving(entries)
    both = heard[follows:]
    assert both == found.entries[: len(both)]
    assert len(heard) > HEARD_MIN
    for entry in (*heard[:follows], *found.entries):
        hear(core, entry)
    reborn(core.desk, began.epoch + 1)
    return remember(NAME, core.strategy.memory(), core.desk.now_ns, hand.encoded(core.desk))


def heard_much(path: Path) -> bool:
    """Return whether the tape holds so many inputs that a state that forgot some could not look right by luck."""
    return path.exists() and sum(not isinstance(entry, Said) for entry in inputs.read(path)) > HEARD_MIN


def first_after_saving(entries: list[Any]) -> int:
    """Return how many inputs came before the state was saved last."""
    count = last = 0
    for entry in entries:
        count += not isinstance(entry, Said)
        last = count if isinstance(entry, Said) and b"Memory" in entry.body[:16] else last
    return last


def hear(core: StrategyCore, entry: Question) -> None:
    """Let the core answer an input."""
    if isinstance(entry, Heard):
        list(core.handle(codec.decode(entry.body), entry.now_ns))
    else:
        list(core.wake(entry.now_ns))


def check(fleet: Fleet, saved: Path, epoch: int) -> None:
    """Kill it, and assert that the next one begins with the very state of the dead one, and goes on."""
    tape = inputs.path_of(fleet.home.data, NAME, epoch)
    until(lambda: heard_much(tape), within_s=40 * slack(), what="a strategy that has heard much")
    before, found = killed(fleet, saved)
    assert found.epoch == epoch
    until(lambda: saved.read_bytes() != before, within_s=20 * slack(), what="the next one's state")
    assert decode(saved.read_bytes()) == reckoned(tape, found)
    assert compare(tape).is_clean
    fleet.wait_healthy(within_s=20 * slack())
    assert "strategy.recovered" in (fleet.home.logs / f"{NAME}.log").read_text()


def test_the_next_process_knows_what_the_killed_one_knew(homes: Callable[[], Fleet]) -> None:
    fleet = homes()
    fleet.start(NAME, "--symbols", "SPY,AAPL")
    fleet.wait_fills(0, within_s=40 * slack())
    saved = fleet.home.run / f"{NAME}.memory"
    check(fleet, saved, 1)
    fleet.wait_fills(fleet.fills(), within_s=60 * slack())
    check(fleet, saved, 2)  # from a state that was taken up itself
    assert fleet.gaps() == []


@pytest.mark.soak
def test_also_after_a_minutes_saving(homes: Callable[[], Fleet]) -> None:
    fleet = homes()
    fleet.start(NAME, "--symbols", "SPY,AAPL")
    saved = fleet.home.run / f"{NAME}.memory"
    until(saved.read_bytes, within_s=80 * slack(), what="the first minute's state")
    fleet.wait_fills(fleet.fills(), within_s=40 * slack())
    check(fleet, saved, 1)
