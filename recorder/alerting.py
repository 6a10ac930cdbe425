"""Alerts, from what is on disk to Discord's answer: which are told, which are still on their way, why none are. Pure.

An alert that is promised counts as on its way until Discord took it or did not; what a crash kept from being sent is
told by the next start, while it is not too old to matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.clock import NS_PER_S
from hft.events import AlertSent
from recorder.alerts import Watch
from recorder.days import ns_of
from recorder.recovery import about

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hft.eventline import Stamp
    from hft.events import AnyEvent
    from recorder.parcels import Alert, AlertDone

UNTOLD_S_MAX = 600  # an alert that a crash kept from being sent is sent if it is not older


class Alerting:
    """The watch over the events, and what became of its alerts. `off`: why none is sent; empty when they are."""

    def __init__(self, off: str) -> None:
        self.off, self._watch = off, Watch()
        self._on_their_way: set[str] = set()  # promised alerts that Discord has not answered

    @property
    def is_waiting(self) -> bool:
        """Return whether the passing of time alone may call for an alert."""
        return self._watch.is_waiting

    @property
    def waiting(self) -> int:
        """Return how many promised alerts Discord has not answered."""
        return len(self._on_their_way)

    @property
    def trouble(self) -> str:
        """Return in words that alerts were given up; empty when they are sent, or nobody asked for any."""
        return f"alerts {self.off}" if self.off.startswith("off") else ""

    def on_event(self, stamp: Stamp, event: AnyEvent, ts_ns: int) -> Iterator[Alert]:
        """Return what an event that is on disk calls for; `ts_ns` is its time."""
        return self._told(self._watch.handle(event, ts_ns, about(stamp)))

    def on_untold(self, untold: Iterable[tuple[Stamp, AnyEvent]], now_ns: int) -> Iterator[Alert]:
        """Return the alerts that were promised before a crash and never sent."""
        for stamp, event in untold:
            ts_ns = ns_of(stamp.ts)
            if 0 <= now_ns - ts_ns < UNTOLD_S_MAX * NS_PER_S:
                yield from self.on_event(stamp, event, ts_ns)

    def on_refusal(self, reason: str, now_ns: int) -> Iterator[Alert]:
        """Return what a disk that refuses events calls for."""
        return self._told(self._watch.refused(reason, now_ns))

    def wake(self, now_ns: int) -> Iterator[Alert]:
        """Return what is due."""
        return self._told(self._watch.wake(now_ns))

    def on_done(self, done: AlertDone) -> Iterator[AlertSent]:
        """Return the record of what became of an alert."""
        self._on_their_way.discard(done.about)
        if done.off:
            self.off = f"off ({done.text})"
            self._on_their_way.clear()
        yield AlertSent(kind=done.kind, ok=done.ok, text=done.text, about=done.about)

    def _told(self, alerts: Iterable[Alert]) -> Iterator[Alert]:
        for alert in alerts:
            if not self.off:
                if alert.promised:
                    self._on_their_way.add(alert.about)
                yield alert
