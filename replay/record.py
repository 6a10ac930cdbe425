"""The recorder in a simulation: its core, and memory instead of files. Every event of every program ends here.

`lines` are the very lines of logs/events.jsonl; `summary` the bytes of daily_summary.csv.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hft.events import FleetStarted
from hft.messages import EventAck, EventBatch, FeedState, Ticks
from recorder import summary
from recorder.core import RecorderCore
from recorder.day import Day
from recorder.days import day_of
from recorder.parcels import Alert, Append, Committed, FlushTape, OpenTape, Refold, Rotate, Rotated, WriteSummary
from recorder.progress import Progress
from recorder.recovery import Recovered
from replay.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.events import DayPlayed
    from recorder.fillmodels import Scale
    from recorder.tape import Tape
    from replay.scheduler import Scheduler

WAKE_MS = 500
SUMMARY_EVERY_MS = 60_000
LAUNCH = "replay"
TOLD = frozenset({EventBatch, Committed, FeedState})  # change the books by the events in them only


class RecorderNode(Node):
    """The recorder at work. `ack` hands acknowledgements to their producers."""

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        strategies: tuple[str, ...],
        symbols: tuple[str, ...],
        ack: Callable[[EventAck], None],
        keep: Callable[[bytes], None],
        scale: Scale | None = None,
        tape: Tape | None = None,
        played: DayPlayed | None = None,
    ) -> None:
        day = day_of(scheduler.now_ns)
        self.recorder = RecorderCore(
            recovered=Recovered(
                day=day, progress=Progress(), fold=Day(day), brought={}, launches=[], untold={}, lines=0
            ),
            announce=FleetStarted(launch_id=LAUNCH, mode="sim", strategies=strategies, symbols=symbols),
            kept_rows=[],
            encode_checkpoint=msgspec.json.encode,
            summary_every_ms=SUMMARY_EVERY_MS,
            alerts="have no webhook",
            scale=scale,
            played=played,
        )
        super().__init__("recorder", 1, self.recorder, scheduler, wake_ms=WAKE_MS)
        self.summary = b""
        self._is_still = False
        self._unread: list[Ticks] = []
        self.hear = self._unread.append
        self._told: dict[str, int] = {}
        self._changes = ("never", 0, 0)
        self._keep, self._tape = keep, tape
        self.edges = {
            EventAck: ack,
            Append: self._append,
            Rotate: self._rotate,
            WriteSummary: self._write_summary,
            Ticks: tape.send if tape else _drop,
            OpenTape: tape.send if tape else _drop,
            FlushTape: self._flush_tape,
            Alert: _drop,
            Refold: _never_late,
        }
        self.record = self.take

    @property
    def is_pulsing(self) -> bool:
        """Return whether its heartbeats say nothing new of both books: those that do are looked at one by one."""
        return self._is_still

    def take(self, message: Any) -> None:  # noqa: ANN401 each core has its own messages
        """Let the core answer a message; after any but ticks, what it says of both books may be new."""
        self._read()
        if type(message) is Ticks:
            self.release(self.core.handle(message, self.scheduler.now_ns))  # it only lengthens what waits
            return
        super().take(message)
        if self._is_still and not (type(message) in TOLD and self.recorder.analysis.is_still):
            self._is_still = False
            self._plan(self._woken_ns)

    def _read(self) -> None:
        """Read the ticks that waited until anything else is heard or done."""
        if self._unread:
            self.recorder.ticks(*self._unread)
            if self._tape is not None:
                for batch in self._unread:
                    self._tape.send(batch)
            self._unread.clear()

    def _count(self, now_ns: int) -> None:
        self._read()
        super()._count(now_ns)

    def turn(self) -> None:
        """Do what time asks for."""
        self._read()
        self._is_still = False
        super().turn()

    def beat_if_due(self) -> None:
        """Send a heartbeat when it is time: as a message where it says something new of the books."""
        if not self.hearts or self.scheduler.now_ns < self._next_beat_ns:
            super().beat_if_due()
            return
        analysis, before, self._changes = self.recorder.analysis, self._changes, self.recorder.analysis.changes
        told = self._told if before == self._changes else analysis.counters()
        self._is_still, self._told = told == self._told and self._next_beat_ns > 0, told
        super().beat_if_due()
        self._is_still = self.recorder.analysis.is_still

    def counters(self) -> dict[str, int]:
        """Return both books' profit of the day, which the router's loss limits act on."""
        return self._told if self.hearts else self.recorder.analysis.counters()

    def rows(self) -> list[summary.Row]:
        """Return the rows of daily_summary.csv as last written."""
        return summary.decode(self.summary) if self.summary else []

    def _append(self, message: Append) -> None:
        self._keep(message.data)
        self.scheduler.after(0, self.take, Committed(number=message.number))

    def _rotate(self, message: Rotate) -> None:
        self.scheduler.after(0, self.take, Rotated(day=message.day))

    def _flush_tape(self, message: FlushTape) -> None:
        if self._tape is not None:
            self._tape.send(message)
            self._tape.flush()

    def _write_summary(self, message: WriteSummary) -> None:
        self.summary = message.data


def _never_late(refold: Refold) -> None:
    raise AssertionError(f"on a virtual clock nothing is late, but {refold.day} is to be read again")


def _drop(_: Any) -> None:  # noqa: ANN401 ticks, alerts
    """Keep nothing: nobody asked for a folder."""
