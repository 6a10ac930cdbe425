"""What every process does before it touches a socket: one lock, one epoch, a parent that takes it along, limits.

An ipc bind silently steals a live path and supervisord's children survive its SIGKILL; the lock and the parent-death
signal are what keeps two routers from trading at once.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hft.errors import AlreadyRunning, DiskFailed

if TYPE_CHECKING:
    from pathlib import Path

    from hft.home import Home

OPEN_FILES_MIN = 4_096
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
SUPERVISOR_PID = "HFT_SUPERVISOR_PID"  # hftctl start tells it: in a container supervisord may itself be pid 1


@dataclass(frozen=True, slots=True)
class Instance:
    """A process's claim on its name: the lock is held as long as `lock_fd` is open."""

    name: str
    epoch: int
    lock_fd: int


def claim(home: Home, name: str) -> Instance:
    """Take the lock of `name` in this home and count its epoch up.

    Raises AlreadyRunning when another holds it, DiskFailed when the disk takes neither lock nor epoch.
    """
    os.umask(0o077)
    try:
        return _claim(home, name)
    except OSError as error:
        raise DiskFailed(
            f"{name} cannot start: the disk under {home.run} refuses its lock and its epoch ({error.strerror}).",
            "Without them two of it could run at once, or use a name twice.",
            f"Look at the disk: df -h {home.root}, dmesg. When it can be written again: hftctl start.",
        ) from error


def _claim(home: Home, name: str) -> Instance:
    fd = os.open(home.run / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(fd, 32, 0).decode().strip() or "unknown"
        os.close(fd)
        raise AlreadyRunning(
            f"{name} is already running in {home.root} (pid {holder}).",
            "Two of them would trade on one account.",
            "Look with hftctl status; or choose another home: hftctl --home DIR.",
        ) from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return Instance(name=name, epoch=_next_epoch(home.run / f"{name}.epoch"), lock_fd=fd)


def holder(home: Home, name: str) -> int:
    """Return the pid that holds the lock of `name`, or 0 when nobody does."""
    try:
        fd = os.open(home.run / f"{name}.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.pread(fd, 32, 0).decode().strip() or 0)
    else:
        return 0
    finally:
        os.close(fd)


def _next_epoch(path: Path) -> int:
    """Count up durably: an epoch is never used twice, whatever dies when."""
    last = int(path.read_text() or 0) if path.exists() else 0
    fresh = path.with_suffix(".epoch.new")
    with fresh.open("w") as file:
        file.write(str(last + 1))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    return last + 1


def settle() -> None:
    """Ask to be stopped with the supervisor, raise the file limit, keep secrets out of core dumps."""
    _raise_open_files()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_DUMPABLE, 0)
        if os.environ.get("SUPERVISOR_ENABLED"):
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if not _supervisor_is_parent():  # it died before we asked
                os.kill(os.getpid(), signal.SIGTERM)


def give_back_memory() -> None:
    """Return to the system what start-up allocated and freed: some 600 kB that the allocator would keep."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim is not None:
            trim(0)


def _supervisor_is_parent() -> bool:
    """Return whether our parent is the supervisor; orphans go to pid 1, or to whoever takes them in a session."""
    told = os.environ.get(SUPERVISOR_PID, "")
    return os.getppid() == int(told) if told else os.getppid() != 1


def _raise_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES_MIN if hard == resource.RLIM_INFINITY else min(OPEN_FILES_MIN, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
