"""A disk that does not take the router's journal at its start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.errors import DiskFailed

if TYPE_CHECKING:
    from hft.home import Home


def refused(home: Home, error: OSError) -> DiskFailed:
    """Return the error that a router ends with which cannot open its journal."""
    return DiskFailed(
        f"The disk under {home.run} refuses the router's journal: {error.strerror or error}.",
        "The router sends nothing that is not written down, so it has not started. The guardian cancels what works.",
        f"Look at the disk: df -h {home.root}, dmesg. hftctl flatten works without the router; "
        "when the disk can be written again: hftctl start.",
    )
