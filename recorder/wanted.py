"""Which kinds of events mean something to the recorder: it reads them again once they are on disk."""

from __future__ import annotations

from hft import events
from recorder.alerts import Watch, tag_of
from recorder.day import Day
from recorder.fillmodels import Scale
from recorder.session import Session

KINDS: list[type[events.Event]] = [
    *Day("").kinds,
    *Watch().kinds,
    *Session("", Scale()).kinds,
    events.ProcessStopping,
    events.DayPlayed,
]
WANTED = frozenset(tag_of(kind) for kind in KINDS)
