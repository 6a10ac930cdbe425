"""The recorder without its files: events in, lines to write and acknowledgements out; ticks to the tape; alerts.

What is on disk goes through the day's fold, from which daily_summary.csv is written, and through the watch for alerts:
nothing is counted or told that a crash could take back.
Rules: a new trading day begins only when nothing is on its way to the disk, so that every line lies in the file of one
day and the fold of a day is the fold of its file; the recorder's own first words (a launch, a day opened) stand in
front of what others say about it. The tape and the alerts can fail without costing an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hft import eventline, events
from hft.actor import Report
from hft.clock import NS_PER_MS, NS_PER_S
from hft.codec import UNREADABLE
from hft.messages import EventBatch, EventHello, FeedState, Gap, Message, News, Recorded, Ticks
from hft.words import Health
from recorder import summary
from recorder.alerting import Alerting
from recorder.analysis import Analysis
from recorder.day import Day
from recorder.days import day_of, next_hour_ns, ns_of
from recorder.ending import Ending
from recorder.intake import Intake
from recorder.parcels import (
    AlertDone,
    Committed,
    FlushTape,
    OpenTape,
    Refolded,
    Rotate,
    Rotated,
    SummaryFault,
    TapeFault,
    WriteFailed,
    WriteSummary,
)
from recorder.recovery import checkpoint
from recorder.session import Session
from recorder.taping import Taping
from recorder.wanted import WANTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hft.actor import Output
    from recorder.fillmodels import Scale
    from recorder.recovery import Recovered

NAME = "recorder"
MARK_EVERY_S = 10
TAPE_EVERY_MS = 200
ROTATE_AGAIN_S = 10


class RecorderCore:
    """The record of one home."""

    def __init__(
        self,
        *,
        recovered: Recovered,
        announce: events.FleetStarted | None,
        kept_rows: list[summary.Row],
        encode_checkpoint: Callable[[Any], bytes],
        summary_every_ms: int,
        alerts: str = "",
        scale: Scale | None = None,
        session: Session | None = None,
        played: events.DayPlayed | None = None,
    ) -> None:
        self._played = played  # what days are played with; None: nobody says
        self._played_in = recovered.played
        self._scale = scale  # None: no ticks are recorded, so there is no honest book
        self.analysis = Analysis(session or self._session(recovered.day))
        self._announce, self._kept_rows, self._encode = announce, kept_rows, encode_checkpoint
        self._summary_every_ns = summary_every_ms * NS_PER_MS
        self._launches, self._brought = recovered.launches, recovered.brought
        self._untold = recovered.untold
        self._alerting, self._taping = Alerting(alerts), Taping()
        self._fold = recovered.fold
        self._day_has_lines = recovered.lines > 0
        self._intake = Intake(recovered.progress, WANTED)
        self._begun = self._rotate_wanted = self._rotating = self._dirty = False
        self._rotate_due_ns = self._mark_due_ns = self._tape_due_ns = self._summary_due_ns = 0
        self._ending, self._settled = Ending(router_stopped=recovered.router_stopped), False
        self._first: set[type[events.Event]] = set()  # of our own words: nobody else is heard before them
        self._unreadable = self._lag_ms_max = 0
        self._rotate_fault = self._summary_fault = ""
        self._table: dict[type, Callable[[Any, int], Iterable[Output]]] = {
            EventHello: self._on_hello,
            EventBatch: self._on_batch,
            Committed: self._on_committed,
            WriteFailed: self._on_failed,
            Rotated: self._on_rotated,
            Ticks: self._on_ticks,
            Gap: self._on_gap,
            FeedState: self._on_feed,
            News: lambda *_: iter(()),  # the feed's own event `news.received` has it already
            TapeFault: self._on_tape_fault,
            SummaryFault: self._on_summary_fault,
            AlertDone: self._on_alert_done,
            Refolded: self._on_refolded,
            Recorded: self._on_recorded,
        }

    def handle(self, message: Message, now_ns: int) -> Iterable[Output]:
        """Return what follows from one message; whatever comes first, the day is open before it is taken."""
        begun = [] if self._begun else list(self._begin(now_ns))
        out = self._table[type(message)](message, now_ns)
        return [*begun, *out] if begun else out

    def wake(self, now_ns: int) -> Iterator[Output]:
        """Return what is due: the first words, a new day, marks, the summary, alerts."""
        if not self._begun:
            yield from self._begin(now_ns)
        yield from self._turn_day(now_ns)
        yield from self._taping.wake(now_ns)
        if now_ns >= self._mark_due_ns:
            self._mark_due_ns = now_ns + MARK_EVERY_S * NS_PER_S
            yield from self.analysis.marks(self._fold.symbols)
        if now_ns >= self._tape_due_ns:
            self._tape_due_ns = now_ns + TAPE_EVERY_MS * NS_PER_MS
            yield FlushTape()
            yield from self.analysis.advance(now_ns)
        if self._ending.is_asked and not self._settled:
            yield from self._settle(now_ns)
        if self._dirty and (now_ns >= self._summary_due_ns or self._ending.is_asked):
            self._summary_due_ns = now_ns + self._summary_every_ns
            self._dirty = False
            self._summary_fault = ""
            yield WriteSummary(data=self._summary())
        yield from self._alerting.wake(now_ns)
        yield from self._ending.farewell()

    def idle_wakes(self, now_ns: int, pace_ns: int) -> int:
        """Return how many wakes from here would only flush the tape and fold what waits, if only ticks come before."""
        busy = self._ending.is_asked or self._rotate_wanted or self._alerting.is_waiting or self.analysis.is_behind
        if busy or not self._begun or self._taping.has_untold:
            return 0
        dues_ns = [self._mark_due_ns, next_hour_ns(now_ns), *[self._summary_due_ns] * self._dirty]
        return max((min(dues_ns) - 1 - now_ns) // pace_ns, 0)

    def rested(self, wakes: int, now_ns: int) -> None:
        """Bring the books up to the last of some idle wakes that were left out, at `now_ns`."""
        self.analysis.catch_up(now_ns)

    def _begin(self, now_ns: int) -> Iterator[Output]:
        self._begun = True
        yield OpenTape(day=day_of(now_ns))
        if self._announce is not None and self._announce.launch_id not in self._launches:
            self._first.add(events.FleetStarted)
            yield self._announce
        yield from self._alerting.on_untold(self._untold.values(), now_ns)
        if self._day_has_lines:
            yield from self._say_played()
        yield from self._open_day()

    # --- events

    def _on_hello(self, hello: EventHello, now_ns: int) -> Iterator[Output]:
        self._ending.hear(now_ns)
        return self._intake.on_hello(hello)

    def _on_batch(self, batch: EventBatch, now_ns: int) -> Iterator[Output]:
        self._ending.hear(now_ns)
        if batch.producer != NAME:
            yield from self._say_played()
        if not self._rotate_wanted and (not self._first or batch.producer == NAME):
            yield from self._intake.on_batch(batch, now_ns)  # else not now: the producers send it again

    def _on_committed(self, message: Committed, now_ns: int) -> Iterator[Output]:
        lines, acks = self._intake.on_committed(message)
        self._day_has_lines = True
        yield from acks
        for raw in lines:
            try:
                stamp, event = eventline.read(raw)
            except UNREADABLE:
                self._unreadable += 1  # of another version: it is kept, and means nothing to this one
                continue
            ts_ns = ns_of(stamp.ts)
            self._lag_ms_max = max(self._lag_ms_max, (now_ns - ts_ns) // NS_PER_MS)
            self._dirty = self._fold.add(event) or self._dirty
            self.analysis.add_event(stamp, event, ts_ns)
            self._note(event)
            yield from self._alerting.on_event(stamp, event, ts_ns)

    def _note(self, event: events.AnyEvent) -> None:
        self._first.discard(type(event))
        self._ending.note(event)
        if isinstance(event, events.FleetStarted):
            self._launches.append(event.launch_id)

    def _on_failed(self, message: WriteFailed, now_ns: int) -> Iterator[Output]:
        self._intake.on_failed(message)
        yield from self._alerting.on_refusal(message.reason, now_ns)

    def _on_recorded(self, _: Recorded, __: int) -> Iterator[Output]:
        """Nothing follows: the recorder has no journal to tell from."""
        return iter(())

    # --- the day

    def _turn_day(self, now_ns: int) -> Iterator[Output]:
        today = day_of(now_ns)
        if today == self._fold.day or self._rotating or now_ns < self._rotate_due_ns:
            return
        if not self._day_has_lines:
            self._fold = Day(today)
            self.analysis.begin(self._session(today))
            yield OpenTape(day=today)
            return
        self._rotate_wanted = True
        if self._intake.idle:
            self._rotating = True
            saved = checkpoint(self._fold, self._intake.progress, self._launches)
            yield Rotate(day=self._fold.day, checkpoint=self._encode(saved))

    def _on_rotated(self, message: Rotated, now_ns: int) -> Iterator[Output]:
        self._rotating = self._rotate_wanted = False
        self._rotate_fault = message.reason
        if message.reason:
            self._rotate_due_ns = now_ns + ROTATE_AGAIN_S * NS_PER_S
            return
        if self.analysis.session is not None:
            self.analysis.session.finish()
        self._kept_rows = summary.merge(self._kept_rows, self._rows())
        self._brought = self._fold.positions()
        self._fold, self._day_has_lines, self._dirty = Day(day_of(now_ns)), False, True
        self.analysis.begin(self._session(self._fold.day))
        yield OpenTape(day=self._fold.day)
        yield from self._open_day()

    def _say_played(self) -> Iterator[Output]:
        """Say what the day is played with, once for each file that others write into, and before them."""
        told = self._played and msgspec.structs.replace(self._played, day=self._fold.day)
        if told and told != self._played_in:
            self._played_in = told
            self._first.add(events.DayPlayed)
            yield told

    def _open_day(self) -> Iterator[Output]:
        if self._brought and not self._fold.opened:
            self._first.add(events.DayOpened)
            yield events.DayOpened(day=self._fold.day, positions=self._brought)
        self._brought = {}

    def _summary(self) -> bytes:
        return summary.encode(summary.merge(self._kept_rows, self._rows()))

    def _session(self, day: str) -> Session | None:
        return Session(day, self._scale) if self._scale is not None else None

    def _rows(self) -> list[summary.Row]:
        return summary.rows_of(self._fold, self.analysis.session)

    def _on_refolded(self, message: Refolded, _: int) -> Iterator[Output]:
        self.analysis.replace(message.session, message.took_ms)
        self._dirty = True
        return iter(())

    def _on_summary_fault(self, fault: SummaryFault, _: int) -> Iterator[Output]:
        self._summary_fault, self._dirty = fault.reason, not self._ending.is_asked
        return iter(())

    # --- ticks

    def _on_ticks(self, batch: Ticks, _: int) -> tuple[Ticks, ...]:
        if batch.snapshot:
            return ()  # it is on the tape already, under this very number
        self.ticks(batch)
        return (batch,)

    def ticks(self, *batches: Ticks) -> None:
        """Take batches that are no snapshots."""
        for batch in batches:
            self._taping.on_ticks(batch)
        self.analysis.add_ticks(*batches)

    def _on_gap(self, gap: Gap, _: int) -> Iterator[Output]:
        self._taping.on_gap(gap)
        return iter(())

    def _on_feed(self, state: FeedState, _: int) -> Iterator[Output]:
        self._taping.on_feed(state)
        return iter(())

    def _on_tape_fault(self, fault: TapeFault, _: int) -> Iterator[Output]:
        self._taping.fault = fault
        return iter(())

    def _on_alert_done(self, done: AlertDone, _: int) -> Iterator[Output]:
        return self._alerting.on_done(done)

    # --- health and end

    def report(self, now_ns: int) -> Report:
        """Return the health: degraded while events or ticks cannot be written (or slowly), or alerts not sent."""
        troubles = [
            self._intake.trouble,
            f"the day cannot be put away ({self._rotate_fault})" if self._rotate_fault else "",
            f"daily_summary.csv cannot be written ({self._summary_fault})" if self._summary_fault else "",
            self._taping.trouble,
            self._alerting.trouble,
        ]
        trouble = "; ".join(filter(None, troubles))
        note = f"{self._intake.lines} events, {self._taping.ticks} ticks{self._taping.feed}"
        silent = f"; alerts {self._alerting.off}" if self._alerting.off else ""
        lag_ms, self._lag_ms_max = self._lag_ms_max, 0
        return Report(
            state=Health.DEGRADED if trouble else Health.READY,
            note=trouble or note + silent,
            counters={
                "events": self._intake.lines,
                "repeated": self._intake.repeated,
                "malformed": self._intake.malformed,
                "unreadable": self._unreadable,
                "fenced": self._intake.fenced,
                "holes": self._intake.holes,
                "lag_ms_max": lag_ms,
                "tape_ticks": self._taping.ticks,
                "tape_lost": self._taping.fault.lost,
                "tick_gaps": self._taping.missed,
                "alerts_waiting": self._alerting.waiting,
                "refolds": self.analysis.refolds,
                **self.analysis.counters(),
            },
        )

    def stop(self, now_ns: int) -> Iterator[Output]:
        """Return the last marks; the events that come now are still written."""
        self._ending.ask(now_ns)
        yield from self.analysis.marks(self._fold.symbols)
        yield FlushTape()

    def is_done(self, now_ns: int) -> bool:
        """Return whether all that was said is on disk, and told."""
        is_recorded = self._settled and self._intake.idle and not self._dirty
        return self._ending.is_over(now_ns, is_recorded=is_recorded, is_told=not self._alerting.waiting)

    def _settle(self, now_ns: int) -> Iterator[Output]:
        """Bring the day's numbers to their end, once nobody has anything more to say."""
        if not self._ending.is_quiet(now_ns) or not self._intake.idle or self.analysis.is_refolding:
            return
        session = self.analysis.session
        if session is not None and session.late:
            yield from self.analysis.refold(now_ns)
            return
        if session is not None:
            session.finish()
        self._settled = self._dirty = True
