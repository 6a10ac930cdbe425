"""A recorder core at a desk: a disk that takes everything, and its own events coming back as they do in the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from hft import eventline, events
from hft.messages import EventAck, EventBatch
from hft.outbox import Outbox
from recorder import summary
from recorder.core import RecorderCore
from recorder.day import Day
from recorder.days import day_of
from recorder.fillmodels import Scale
from recorder.parcels import Append, Committed, WriteSummary
from recorder.progress import Progress
from recorder.recovery import Recovered
from tests.recorder.samples import MONDAY_NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hft.actor import Output
    from hft.events import AnyEvent
    from hft.messages import Message
    from recorder.recovery import Positions

T = TypeVar("T")
MS = 1_000_000


class Desk:
    """A core with a disk that takes everything, and its own events coming back as they do in the process."""

    def __init__(
        self,
        *,
        announce: events.FleetStarted | None = None,
        alerts: str = "",
        brought: Positions | None = None,
        played: events.DayPlayed | None = None,
        played_in: events.DayPlayed | None = None,
        lines: int = 0,
    ) -> None:
        self.now_ns = MONDAY_NS
        day = day_of(self.now_ns)
        self.core = RecorderCore(
            recovered=Recovered(
                day=day,
                progress=Progress(),
                fold=Day(day),
                brought=brought or {},
                launches=[],
                untold={},
                lines=lines,
                played=played_in,
            ),
            announce=announce,
            kept_rows=[],
            encode_checkpoint=msgspec.json.encode,
            summary_every_ms=5_000,
            scale=Scale(),
            alerts=alerts,
            played=played,
        )
        self.own = Outbox("recorder", 1)
        self.own.greeted = True
        self.out: list[Output] = []

    def tell(self, message: Message) -> None:
        self._follow(list(self.core.handle(message, self.now_ns)))

    def wake(self, after_ms: int = 0) -> None:
        self.now_ns += after_ms * MS
        self._follow(list(self.core.wake(self.now_ns)))

    def stop(self) -> None:
        self._follow(list(self.core.stop(self.now_ns)))

    def _follow(self, out: Iterable[Output]) -> None:
        for message in out:
            self.out.append(message)
            if isinstance(message, events.Event):
                self.own.add(message, self.now_ns)
            elif isinstance(message, Append):
                self.tell(Committed(number=message.number))
            elif isinstance(message, EventAck) and message.producer == "recorder":
                self.own.ack(message, self.now_ns)
        for sent in self.own.due(self.now_ns):
            self.tell(sent)

    def producer(self, name: str, *happened: AnyEvent, epoch: int = 1, first_seq: int = 1) -> None:
        lines = tuple(
            eventline.line(event, ts_ns=self.now_ns, producer=name, epoch=epoch, seq=seq)
            for seq, event in enumerate(happened, first_seq)
        )
        self.tell(EventBatch(producer=name, epoch=epoch, first_seq=first_seq, lines=lines))

    def all(self, kind: type[T]) -> list[T]:
        return [message for message in self.out if isinstance(message, kind)]

    def rows(self) -> list[summary.Row]:
        return summary.decode(self.all(WriteSummary)[-1].data)
