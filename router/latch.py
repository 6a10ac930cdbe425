"""The HALT file: the account's kill switch as every order path sees it, also one that has no router.

Rule: it exists while the account is halted; a file that cannot be read counts as halted; it is on disk (file and
folder) before anyone is told.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from router.control import HaltLatch

UNREADABLE = "the HALT file cannot be read"


def halt_text(path: Path) -> str:
    """Return why the account is halted, or "" when it is not."""
    try:
        return path.read_text(encoding="utf-8").strip() or "halted"
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        return UNREADABLE


def set_halt(path: Path, text: str) -> None:
    """Write the file durably; raise OSError when that is not possible."""
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    _sync(path.parent)


def clear_halt(path: Path) -> None:
    """Remove the file durably."""
    path.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class HaltFile:
    """The edge that HaltLatch messages go to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, message: HaltLatch) -> None:
        """Set the latch, or open it."""
        if message.text:
            set_halt(self.path, message.text)
        else:
            clear_halt(self.path)

    def flush(self) -> None:
        """Nothing waits here."""
