"""Looking at a fleet from outside: locks, heartbeats, the router's account. Works with anything down.

Everything is gathered here; hftctl/assembling.py makes the picture of it and is pure.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from hft import settings
from hft.clock import NS_PER_S, WallClock
from hft.codec import UNREADABLE
from hft.control import RouterStatus
from hft.errors import ConfigError, Unavailable
from hftctl import roll, supervisor
from hftctl.asking import RouterLine
from hftctl.assembling import Facts, assemble
from hftctl.beats import collect

if TYPE_CHECKING:
    from pathlib import Path

    from hft.home import Home
    from hft.keys import Broker
    from hft.settings import Loaded
    from hftctl.picture import Picture
    from hftctl.supervisor import ProcessInfo

BEATS_S_MAX = 0.6  # a living process answers within a turn of its loop; this is for one that does not
ROUTER_S_MAX = 0.8  # the same, after the wait for the heartbeats
KIB_PER_MIB = 1024
EPOCHS_FILE = "epochs.json"


def settings_of(home: Home) -> Loaded:
    """Return the settings; of a fleet that runs while its files are spoilt, what it was launched with.

    Raises ConfigError when they are spoilt and nothing runs.
    """
    try:
        return settings.load(home)
    except ConfigError as error:
        if not roll.anyone(home):
            raise
        return settings.load_launched(
            home, f"{error.what.rstrip('.')}: no process would start again; hftctl config check"
        )


def look(loaded: Loaded) -> Picture:
    """Return the picture of this moment."""
    return assemble(gather(loaded))


def gather(loaded: Loaded) -> Facts:
    """Return what can be seen of the fleet: at once, or within a second and a half when somebody is silent."""
    home = loaded.home
    names = roll.everyone(loaded.settings)
    pids = {**roll.anyone(home), **roll.alive(home, names)}
    daemon_pid = supervisor.pid_of(home)
    with RouterLine(home) as line:
        asked = bool(pids.get("router")) and line.ask_status()
        beats = collect(home, pids, BEATS_S_MAX) if pids else {}
        router = line.poll(RouterStatus, ROUTER_S_MAX) if asked else None
    wall_ns, before = WallClock().now_ns(), read_epochs(home)
    return Facts(
        loaded=loaded,
        now_ns=loaded.clock().now_ns(),
        names=names,
        pids=pids,
        lock_age_s={name: lock_age_s(home, name, wall_ns) for name in pids},
        beats=beats,
        router=router,
        supervisor_pid=daemon_pid,
        supervised=supervised(home) if daemon_pid and set(names) - set(pids) else {},
        broker=broker(loaded),
        starts={name: epoch_of(home, name) - before.get(name, 0) for name in pids},
        rss_mb={name: rss_mb(pid) for name, pid in pids.items()},
        halt_latched=home.halt_file.exists(),
        env_is_open=is_open_to_others(home.env_file),
    )


def broker(loaded: Loaded) -> Broker | None:
    """Return where the venue is, or None while nobody knows."""
    from hft.errors import FleetError

    try:
        return loaded.broker()
    except FleetError:
        return None


def supervised(home: Home) -> dict[str, ProcessInfo]:
    """Return supervisord's rows, or none when it does not answer."""
    try:
        return supervisor.Supervisor(home).processes()
    except Unavailable:
        return {}


def lock_age_s(home: Home, name: str, wall_ns: int) -> float:
    """Return how long ago the process took its lock."""
    try:
        return (wall_ns - (home.run / f"{name}.lock").stat().st_mtime_ns) / NS_PER_S
    except FileNotFoundError:
        return 0.0


def rss_mb(pid: int) -> float | None:
    """Return the resident memory of a process in MiB, or None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 no Path needed for /proc
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / KIB_PER_MIB**2, 1)


def is_open_to_others(path: Path) -> bool:
    """Return whether the group or the world may read a file of secrets."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except FileNotFoundError:
        return False


def read_epochs(home: Home) -> dict[str, int]:
    """Return each process's epoch before this launch: what came since are its starts."""
    try:
        return msgspec.json.decode((home.run / EPOCHS_FILE).read_bytes(), type=dict[str, int])
    except (FileNotFoundError, *UNREADABLE):
        return {}


def write_epochs(home: Home, names: tuple[str, ...]) -> None:
    """Remember each process's epoch at this moment."""
    epochs = {name: epoch_of(home, name) for name in names}
    (home.run / EPOCHS_FILE).write_bytes(msgspec.json.encode(epochs))


def epoch_of(home: Home, name: str) -> int:
    """Return the last epoch of a process, 0 before its first."""
    path = home.run / f"{name}.epoch"
    return int(path.read_text() or 0) if path.is_file() else 0
