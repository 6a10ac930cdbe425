"""What the journal's disk does to trading: full, slow, or broken. Cancels never depend on it.

Slow: new orders are refused, and it is told, until the disk answers again. From PULL_MS on everything of ours is
cancelled: fills are booked, but no strategy may hear of a fill that is not on disk, so nobody looks after its orders.
Broken (a write or a sync was refused): what the file holds is not known any more, and a second sync that succeeds would
prove nothing. The account is halted, its orders are cancelled, and the process ends; the next one begins with what is
on disk and with what the broker says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from hft.messages import Message
from hft.words import TradingState
from router.gates import slow_disk
from router.ids import UNCLAIMED

if TYPE_CHECKING:
    from router.control import Control
    from router.desk import Desk

PULL_MS = 10_000  # the guardian waits as long before it cancels past a router that says nothing


class DiskFull(Message, frozen=True, kw_only=True):
    """The journal has no room; it lives on its reserve."""

    text: str


class DiskRoomy(Message, frozen=True, kw_only=True):
    """The journal has its reserve again."""


class DiskSlow(Message, frozen=True, kw_only=True):
    """The oldest record that is not on disk has waited for so long, in real ms; said again while it lasts."""

    waited_ms: int


class DiskWell(Message, frozen=True, kw_only=True):
    """A disk that was slow answers again; it had not for so long, in real ms."""

    waited_ms: int


class DiskFailed(Message, frozen=True, kw_only=True):
    """The disk refused a write or a sync, and nothing more will be written: `text` says what and why."""

    text: str


class Disk:
    """What the core does about it."""

    def __init__(self, desk: Desk, control: Control) -> None:
        self.desk, self.control = desk, control
        self._pulled = False

    def full(self, message: DiskFull) -> None:
        """Halt: there is room for cancels, not for a day's orders."""
        self.desk.warn("disk", message.text)
        self._halt(message.text)

    def roomy(self, _: DiskRoomy) -> None:
        """Warn no more; the halt stays, because a person has to see why the disk was full."""
        self.desk.unwarn("disk")

    def slow(self, message: DiskSlow) -> None:
        """Shut the gate, tell, and after a long while cancel what nobody looks after."""
        desk = self.desk
        self.control.gates.disk_slow_ms = message.waited_ms
        desk.warn("slow disk", slow_disk(message.waited_ms))
        if message.waited_ms >= PULL_MS and not self._pulled:
            self._pulled = True
            ours = [order for order in desk.book.working.values() if order.ledger != UNCLAIMED]
            desk.cancels.want_each(ours, f"the journal's disk has not answered for {PULL_MS // 1_000} s")

    def well(self, message: DiskWell) -> None:
        """Open the gate, and say how long it was."""
        self.control.gates.disk_slow_ms, self._pulled = 0, False
        self.desk.unwarn("slow disk")
        self.desk.tell(events.DiskStalled(stalled_ms=message.waited_ms))

    def failed(self, message: DiskFailed) -> None:
        """Halt and cancel; the shell ends the process."""
        self.desk.warn("disk", message.text)
        self._halt(message.text)

    def _halt(self, text: str) -> None:
        if not self.desk.book.standing.is_halted:
            self.control.latch("", TradingState.HALTED, text)
