"""An orderly stop: first no new order and no working one, then the processes in order, then proof that nobody is left.

    router told to stop trading → strategies → feed → guardian → router → recorder → venue → supervisord

Each part may fail and the next still runs: with supervisord dead the pids come from the locks; a process that does not
go within its time is killed, by the pid that it wrote into its own lock and nothing else.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hft.control import Stop
from hft.errors import FleetError, Unavailable
from hft.process import holder
from hft.settings import load
from hftctl import roll, supervisor
from hftctl.asking import ROUTER_SILENT_S, RouterLine
from hftctl.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hft.home import Home

MS_PER_S = 1_000
CANCEL_MS_MAX = 10_000
AFTER_KILL_S = 2.0
SUPERVISOR_LEAVES_S = 8.0
SILENT_LEAVES_S = 3.0  # who did not answer has nothing to see through
ROUTER_SHARE = 0.66  # of the whole time, what the router may take to see its cancels through


@dataclass(slots=True)
class Outcome:
    """What a stop did: positions that stay, what was forced, what could not be done."""

    was_running: bool
    positions: dict[str, int] = field(default_factory=dict)
    forced: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)


def stop_fleet(home: Home, timeout_s: float, say: Callable[[str], None]) -> Outcome:
    """Stop everything in this home and return what became of it; `left` is empty when nobody is left."""
    daemon_pid, pids = supervisor.pid_of(home), roll.anyone(home)
    outcome = Outcome(was_running=bool(daemon_pid or pids))
    if not outcome.was_running:
        return outcome
    end_s = time.monotonic() + timeout_s
    cancelled = _stop_trading(home, outcome, timeout_s * ROUTER_SHARE, say)
    for names in _in_order(pids):
        if names == ("venue",):
            cancelled = cancelled or _cancel_at_the_broker(home, outcome, say)
        say(f"stopping {', '.join(names)}")
        _stop_processes(home, names, outcome, end_s)
    if not cancelled and "venue" not in pids:
        _cancel_at_the_broker(home, outcome, say)
    _stop_supervisor(home, outcome)
    outcome.left = roll.anyone(home)
    return outcome


def _in_order(pids: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the living in stop order; whoever is no service is a strategy, and strategies go together."""
    strategies = tuple(name for name in pids if name not in roll.STOP_ORDER)
    return [
        strategies if name == roll.STRATEGIES else (name,)
        for name in roll.STOP_ORDER
        if (strategies if name == roll.STRATEGIES else name in pids)
    ]


def _stop_trading(home: Home, outcome: Outcome, within_s: float, say: Callable[[str], None]) -> bool:
    """Have the router cancel everything; return whether it says that nothing works any more."""
    if not holder(home, "router"):
        outcome.trouble.append("the router was not running")
        return False
    with RouterLine(home) as line:
        status = line.status(ROUTER_SILENT_S)
        if status is None:
            outcome.trouble.append("the router did not answer")
            outcome.silent.append("router")
            return False
        outcome.positions = {row.symbol: row.broker_qty for row in status.positions if row.broker_qty}
        say("asking the router to cancel all working orders")
        done = line.order(Stop(peer=line.peer, timeout_ms=int(within_s * MS_PER_S)), within_s + 1)
    if done is None:
        outcome.trouble.append(f"the router did not see its cancels through within {within_s:.0f} s")
    elif not done.ok:
        outcome.trouble.append(f"{done.text}: {', '.join(done.left)}")
    return done is not None and done.ok


def _cancel_at_the_broker(home: Home, outcome: Outcome, say: Callable[[str], None]) -> bool:
    """Cancel straight at the broker what the router did not; only after the router is gone."""
    from router.panic import cancel_all

    say("cancelling working orders straight at the broker")
    try:
        result = cancel_all(load(home).broker(), CANCEL_MS_MAX)
    except FleetError as error:
        outcome.trouble.append(f"working orders could not be cancelled: {error.what} {error.why}")
        return False
    outcome.trouble += [f"may still work: {what}" for what in result.left]
    return result.ok


def _stop_processes(home: Home, names: tuple[str, ...], outcome: Outcome, end_s: float) -> None:
    for name in names:
        _ask_to_go(home, name)
    patience_s = SILENT_LEAVES_S if set(names) <= set(outcome.silent) else _patience_s(names)
    until(lambda: not roll.alive(home, names), max(1.0, min(patience_s, end_s - time.monotonic())))
    for name, pid in roll.alive(home, names).items():
        outcome.forced.append(name)
        send(pid, signal.SIGKILL)
    until(lambda: not roll.alive(home, names), AFTER_KILL_S)


def _patience_s(names: tuple[str, ...]) -> float:
    return max(roll.LEAVE_S_MAX.get(name, roll.LEAVE_S_MAX[roll.STRATEGIES]) for name in names)


def _ask_to_go(home: Home, name: str) -> None:
    """Ask supervisord, who then will not start it again; whoever is no child of it is asked itself."""
    pid, child = holder(home, name), 0
    if supervisor.pid_of(home):
        try:
            child = _stop_child(supervisor.Supervisor(home), name)
        except FleetError:
            _end_supervisor_hard(home)
    if pid != child:
        send(pid, signal.SIGTERM)


def _stop_child(daemon: supervisor.Supervisor, name: str) -> int:
    """Have supervisord stop a program; return its pid, 0 for one that supervisord does not run or does not know."""
    row = daemon.processes().get(name)
    if row is None:
        return 0
    daemon.stop(name)
    return row.pid


def _end_supervisor_hard(home: Home) -> None:
    """End a supervisord that does not answer: its children ask to be stopped with it (parent-death signal)."""
    send(supervisor.pid_of(home), signal.SIGKILL)
    until(lambda: not supervisor.pid_of(home), AFTER_KILL_S)


def _stop_supervisor(home: Home, outcome: Outcome) -> None:
    pid = supervisor.pid_of(home)
    if not pid:
        return
    try:
        supervisor.Supervisor(home).shutdown()
    except Unavailable:
        send(pid, signal.SIGTERM)
    until(lambda: not supervisor.pid_of(home), SUPERVISOR_LEAVES_S)
    if supervisor.pid_of(home):
        outcome.forced.append(roll.SUPERVISOR)
        _end_supervisor_hard(home)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone, or pid 0 for nobody, is left alone."""
    if pid > 0:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


def stop_strategies(home: Home, names: tuple[str, ...]) -> list[str]:
    """Stop single strategies and return those that had to be killed. The router cancels what they leave working."""
    outcome = Outcome(was_running=True)
    _stop_processes(home, names, outcome, time.monotonic() + roll.LEAVE_S_MAX[roll.STRATEGIES])
    return outcome.forced
