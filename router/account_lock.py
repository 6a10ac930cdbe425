"""One router per account and machine: two homes with the same keys would trade against each other's books.

The lock is named after the key, in the user's private run folder, and is held until the process ends.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from pathlib import Path

from hft.errors import AlreadyRunning, ConfigError

PRIVATE_MODE = 0o700
_held: list[int] = []  # open as long as the process lives: closing would let go of the lock


def folder() -> Path:
    """Return the user's private run folder, made if it is not there; raise ConfigError when it is not private."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    found = Path(base) / "hft" if base else Path("/tmp") / f"hft-{os.getuid()}"  # noqa: S108 made 0700 and checked
    found.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
    state = found.lstat()
    if found.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise ConfigError(
            f"{found} is not a private folder of yours.", "It keeps the lock of your account.", "Remove it."
        )
    return found


def claim(key_id: str) -> None:
    """Take the account's lock until the process ends; raise AlreadyRunning when another home trades on it."""
    path = folder() / f"account-{zlib.crc32(key_id.encode()):08x}.lock"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise AlreadyRunning(
            f"Another fleet trades on this account (key {key_id[:4]}…).",
            "Two routers would not know of each other's orders.",
            "Stop the other one (hftctl --home DIR stop), or use keys of another paper account.",
        ) from None
    _held.append(fd)
