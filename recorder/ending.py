"""When the recorder may end: everything was said, and is on disk. Pure.

When the fleet stops, that is when every producer has fallen silent. When only the recorder is stopped, the others keep
what they have for the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from hft.clock import NS_PER_MS

if TYPE_CHECKING:
    from collections.abc import Iterator

QUIET_MS = 500  # when the fleet stops: no producer has said anything for so long
GRACE_MS = 300  # asked to stop: the router's own last word may still be coming
STOP_S_MAX = 8
FAREWELL_MS_MAX = 2_500  # for Discord to take the last alerts


class Ending:
    """Whether we were asked to stop, when somebody was last heard, and whether the router has said its last word."""

    def __init__(self, *, router_stopped: bool) -> None:
        self._router_stopped = router_stopped
        self.is_asked = self._has_said = False
        self._asked_ns = self._heard_ns = 0

    def ask(self, now_ns: int) -> None:
        """Note that the recorder is to stop; its own last words are still to come."""
        self.is_asked, self._asked_ns, self._heard_ns = True, now_ns, now_ns

    def hear(self, now_ns: int) -> None:
        """Note that a producer said something."""
        self._heard_ns = now_ns

    def note(self, event: events.AnyEvent) -> None:
        """Note whether the router runs."""
        if isinstance(event, events.ProcessStarted | events.ProcessStopping) and event.process == "router":
            self._router_stopped = isinstance(event, events.ProcessStopping)

    def is_quiet(self, now_ns: int) -> bool:
        """Return whether nobody has anything more to say."""
        if self._router_stopped:
            return now_ns - self._heard_ns >= QUIET_MS * NS_PER_MS
        return now_ns - self._asked_ns >= GRACE_MS * NS_PER_MS

    def farewell(self) -> Iterator[events.FleetStopping]:
        """Return the fleet's last word, once, if it is the fleet that stops."""
        if self.is_asked and self._router_stopped and not self._has_said:
            self._has_said = True
            yield events.FleetStopping(reason="it was asked to stop")

    def is_over(self, now_ns: int, *, is_recorded: bool, is_told: bool) -> bool:
        """Return whether it is time to go: all is recorded, and Discord was told or had its time; or too late."""
        asked_ms = (now_ns - self._asked_ns) // NS_PER_MS
        if not self.is_asked or asked_ms < GRACE_MS:
            return False
        return asked_ms > STOP_S_MAX * 1_000 or (is_recorded and (is_told or asked_ms > FAREWELL_MS_MAX))
