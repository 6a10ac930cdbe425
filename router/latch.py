"""The HALT file: the account's kill switch as every order path sees it, also one that has no router.

Rule: it exists while the account is halted; a file that cannot be read counts as halted. A halt is there for every
reader at once, and on disk (file and folder) before anyone is told; one that is opened may come back with a power cut.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
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
    """Write the file, for every reader at once but not durably yet; raise OSError when that is not possible."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.rename(path)


def clear_halt(path: Path) -> None:
    """Remove the file, not durably yet."""
    path.unlink(missing_ok=True)


def see_on_disk(path: Path) -> None:
    """See the file, if it is there, and its folder on disk; raise OSError when that is not possible."""
    with contextlib.suppress(FileNotFoundError):  # opened meanwhile
        _sync(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class HaltFile:
    """The edge that HaltLatch messages go to."""

    def __init__(
        self, path: Path, *, also: Callable[[Callable[[], None]], None], on_failed: Callable[[str], None]
    ) -> None:
        self.path, self._also, self._on_failed = path, also, on_failed

    def send(self, message: HaltLatch) -> None:
        """Set the latch, or open it; the journal's thread sees it on disk with the next hand-over."""
        try:
            if message.text:
                set_halt(self.path, message.text)
            else:
                clear_halt(self.path)
        except OSError as error:
            self._on_failed(f"the HALT file cannot be written: {os.strerror(error.errno or 0)}")
        self._also(lambda: see_on_disk(self.path))

    def flush(self) -> None:
        """Nothing waits here."""
