"""Start: check everything, write down the launch, run supervisord.

Order matters: nothing is written before it was checked, and nothing runs before it was written.
hftctl/readiness.py then waits for the heartbeats.
"""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hft.clock import WallClock
from hft.errors import AlreadyRunning
from hft.process import SUPERVISOR_PID, claim
from hft.schema import SYMBOLS_MAX
from hft.settings import Launch, Loaded, load, read_launch
from hftctl import preflight, roll, supervisor
from hftctl.broker_check import check_broker
from hftctl.launching import market_anchor_ns
from hftctl.looking import write_epochs
from hftctl.programs import programs_conf

if TYPE_CHECKING:
    import subprocess

    from hft.home import Home
    from hft.schema import Sim
    from hftctl.launching import Wish
    from hftctl.tape import TapeFacts

PRIVATE_FILE = 0o600


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A launch that passed every check, ready to be written."""

    loaded: Loaded
    launch: Launch
    names: tuple[str, ...]


def plan(home: Home, wish: Wish) -> Plan:
    """Return what would be started; raise a FleetError that says what to change. Nothing is written."""
    wall = WallClock()
    launch_id = f"{wall.now_ns():x}-{secrets.token_hex(3)}"
    told = load(home, launch=Launch(launch_id=launch_id, overrides=_absolute_tape(wish.overrides())))
    if not wish.says_where:
        preflight.check_mode(told.settings.fleet.mode, read_launch(home.launch_file))
    tape = preflight.check_tape(told.settings, symbols_told="fleet.symbols" in told.origins)
    launch = _pinned(told, tape)
    loaded = load(home, launch=launch)
    _check(loaded)
    if loaded.settings.fleet.mode == "sim":
        launch = _with_market_clock(home, loaded.settings.sim, launch, tape)
    return Plan(loaded=load(home, launch=launch), launch=launch, names=roll.everyone(loaded.settings))


def _pinned(told: Loaded, tape: TapeFacts | None) -> Launch:
    """Write down what the fleet is, so that a later command from another shell sees the same fleet."""
    assert told.launch is not None
    fleet = told.settings.fleet
    from_tape = tape is not None and "fleet.symbols" not in told.origins
    symbols = tape.symbols[:SYMBOLS_MAX] if tape is not None and from_tape else fleet.symbols
    pinned: dict[str, Any] = {
        "fleet.mode": fleet.mode,
        "fleet.strategies": fleet.strategies,
        "fleet.symbols": symbols,
        "strategies_dir": preflight.families_folder(told.settings, told.home.root),
    }
    return msgspec.structs.replace(told.launch, overrides={**told.launch.overrides, **pinned})


def _with_market_clock(home: Home, sim: Sim, launch: Launch, tape: TapeFacts | None) -> Launch:
    wall = WallClock()
    mono_ns = wall.mono_ns()
    anchor_ns = market_anchor_ns(
        sim,
        wall_ns=wall.now_ns(),
        mono_ns=mono_ns,
        tape_first_ns=tape.first_ns if tape else 0,
        before=read_launch(home.launch_file),
    )
    return msgspec.structs.replace(launch, anchor_utc_ns=anchor_ns, anchor_mono_ns=mono_ns, rate=sim.rate)


def _absolute_tape(overrides: dict[str, Any]) -> dict[str, Any]:
    """Return the overrides with --tape as seen from where the person stands; the processes stand elsewhere."""
    tape = overrides.get("sim.tape")
    return {**overrides, "sim.tape": str(Path(tape).expanduser().resolve())} if tape else overrides


def _check(loaded: Loaded) -> None:
    settings = loaded.settings
    preflight.check_strategies(settings)
    preflight.check_webhook(loaded)
    if settings.fleet.mode == "paper":
        preflight.check_keys(loaded)
        check_broker(loaded.broker(), settings.fleet.symbols)
    elif not settings.sim.tape:
        preflight.check_generated_market(settings)


def begin(home: Home, wish: Wish) -> tuple[Plan, subprocess.Popen[bytes]]:
    """Check, write down, and run supervisord; return what was started. The processes are not ready yet."""
    with _only_one(home):
        made = prepare(home, wish)
        return made, supervisor.spawn(home)


def prepare(home: Home, wish: Wish) -> Plan:
    """Check and write down; raise AlreadyRunning when anything of a fleet lives in this home."""
    refuse_if_alive(home)
    preflight.check_place(home)
    made = plan(home, wish)
    strategies = made.loaded.settings.fleet.strategies
    write_epochs(home, made.names)
    write_private(
        home.run / "programs.conf",
        programs_conf(strategies, with_venue=made.loaded.settings.fleet.mode == "sim").encode(),
    )
    write_private(home.launch_file, msgspec.json.encode(made.launch))
    return made


class _only_one:  # noqa: N801 reads as the statement it is: with _only_one(home)
    """Hold the start lock: two starts at once would write two launches."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __enter__(self) -> None:
        self._fd = claim(self._home, roll.START_LOCK).lock_fd

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def refuse_if_alive(home: Home) -> None:
    """Raise AlreadyRunning when a process holds a lock in this home, or its supervisord lives."""
    pid, others = supervisor.pid_of(home), roll.anyone(home)
    if pid or others:
        who = ", ".join(f"{name} (pid {number})" for name, number in others.items()) or f"supervisord (pid {pid})"
        raise AlreadyRunning(
            f"A fleet is already running in {home.root}: {who}.",
            "Two of them would trade on one account.",
            "hftctl status shows it; hftctl stop ends it; hftctl --home DIR start is another one beside it.",
        )


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def run_in_foreground(home: Home, wish: Wish) -> None:
    """Become supervisord (for systemd, or a container); does not return."""
    with _only_one(home):
        prepare(home, wish)
        environment = {**supervisor.environment(home), SUPERVISOR_PID: str(os.getpid())}
    sys.stdout.flush()
    os.chdir(supervisor.code_root())
    os.execve(sys.executable, supervisor.command(), environment)  # noqa: S606 this very interpreter, no shell
