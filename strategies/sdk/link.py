"""Where a core stands with the router and the feed: registered or not, its books' numbers, how long each was silent.

State and what follows from it; the core acts. Intervals are counted in wakes, which the shell makes at a steady pace,
because market time may run faster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hft.messages import ExecutionReport, StateChanged  # noqa: TC001 what is kept is read by its types

if TYPE_CHECKING:
    from hft.messages import Snapshot
    from strategies.sdk.orders import Orders

REGISTER_EVERY_WAKES = 5
SILENT_WAKES_MAX = 30  # the router's beat, or the feed's: half a second is usual
DOUBT_WAKES_MAX = 30
AUDIT_WAKES = 50  # without news of what works, or of why nothing may: ask whether there was any
BEHIND_WAKES_MAX = 5  # an update and a Snapshot come through different sockets
EARLY_UPDATES_MAX = 10_000
FAR_WAKES = 1 << 30


@dataclass(slots=True)
class Link:
    """The two others whom a strategy depends on, as it sees them."""

    router_epoch: int = 0
    updates_seq: int = 0
    promised_seq: int = 0  # the router said that there are so many
    synced: bool = False
    stopping: bool = False
    fenced: bool = False
    resyncs: int = 0
    early: list[ExecutionReport | StateChanged] = field(default_factory=list)
    register_in: int = 0
    doubt_wakes: int = 0
    quiet_wakes: int = 0
    behind_wakes: int = 0
    stop_wakes: int = 0
    router_wakes: int = 0  # since the last beat; counted only once there was one
    feed_wakes: int = 0
    router_seen: bool = False
    feed_seen: bool = False
    feed_connected: bool = True
    vouched: bool = False  # whether the shell vouches for it that no sign of life is missing

    @property
    def closed_because(self) -> str:
        """Return why nothing may be sent at all, or ""."""
        if self.fenced:
            return "a newer run of this strategy has registered"
        if self.stopping:
            return "stopping"
        if not self.synced:
            return "waiting for the router to register us"
        if self.router_wakes >= SILENT_WAKES_MAX:
            return "the router is silent"
        if not self.feed_connected or self.feed_wakes >= SILENT_WAKES_MAX:
            return "the feed is down"
        return ""

    @property
    def is_ready(self) -> bool:
        """Return whether the router knows us and lives."""
        return self.synced and self.router_wakes < SILENT_WAKES_MAX

    @property
    def is_behind(self) -> bool:
        """Return whether the router has told of updates that have not come."""
        return self.updates_seq < self.promised_seq

    def woken(self) -> None:
        """Count a wake."""
        self.router_wakes += self.router_seen
        self.feed_wakes += self.feed_seen
        self.stop_wakes += self.stopping

    def rested(self, wakes: int, *, waits: bool) -> None:
        """Count wakes that were left out, because they were idle; `waits` for news from the router, or not."""
        self.router_wakes += wakes * self.router_seen
        self.feed_wakes += wakes * self.feed_seen
        self.quiet_wakes = self.quiet_wakes + wakes if waits else 0
        self.doubt_wakes = self.behind_wakes = 0

    def idle_wakes_max(self, *, waits: bool) -> int:
        """Return how many wakes from here say nothing about silence, and ask for nothing."""
        silent = FAR_WAKES if self.vouched else SILENT_WAKES_MAX - max(self.router_wakes, self.feed_wakes)
        return min(silent, AUDIT_WAKES - self.quiet_wakes if waits else silent) - 1

    def look_for_doubt(self, orders: Orders, *, waits: bool) -> bool:
        """Count how long something has been waiting for an answer while none came; return whether that is too long."""
        waiting = any(order.is_in_doubt for order in orders)
        self.doubt_wakes = self.doubt_wakes + 1 if waiting and self.synced else 0
        self.quiet_wakes = self.quiet_wakes + 1 if waits else 0
        self.behind_wakes = self.behind_wakes + 1 if self.is_behind else 0
        return self.doubt_wakes >= DOUBT_WAKES_MAX or self.behind_wakes >= BEHIND_WAKES_MAX

    def registers_now(self) -> bool:
        """Return whether this wake asks the router: for everything, or whether there was anything."""
        if self.synced and self.quiet_wakes >= AUDIT_WAKES:
            self.quiet_wakes = 0
            return True
        if self.synced or self.fenced:
            return False
        self.register_in -= 1
        if self.register_in >= 0:
            return False
        self.register_in = REGISTER_EVERY_WAKES
        return True

    def lost(self) -> None:
        """Take nothing of the books for true until the next Snapshot."""
        self.resyncs += self.synced
        self.synced = False
        self.register_in = self.doubt_wakes = 0

    def restored(self, snapshot: Snapshot) -> None:
        """Be in step with the router again."""
        self.router_epoch, self.updates_seq = snapshot.router_epoch, snapshot.updates_seq
        self.promised_seq = self.behind_wakes = self.quiet_wakes = self.doubt_wakes = 0
        self.synced = True

    def waits(self, update: ExecutionReport | StateChanged) -> None:
        """Keep an update that comes before the Snapshot, which says from where they count."""
        if len(self.early) < EARLY_UPDATES_MAX:
            self.early.append(update)

    def answered(self) -> None:
        """Note that the router spoke of an intent."""
        self.doubt_wakes = 0
