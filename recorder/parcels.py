"""What moves between the recorder's core and its own edges (files, Discord): never sent to another process."""

from __future__ import annotations

from typing import Any

from hft.messages import Message


class Append(Message, frozen=True, kw_only=True):
    """Write these whole lines to the end of events.jsonl. `generation` counts the failures that were answered."""

    number: int
    generation: int
    data: bytes


class Committed(Message, frozen=True, kw_only=True):
    """Every Append up to this number is on disk; the write behind it took so long."""

    number: int
    took_ms: int = 0


class WriteFailed(Message, frozen=True, kw_only=True):
    """What was not committed is not on disk, and the file ends where it ended before."""

    generation: int
    reason: str


class Rotate(Message, frozen=True, kw_only=True):
    """Put events.jsonl away as the file of `day`; first save `checkpoint`, what the next file does not tell."""

    day: str
    checkpoint: bytes


class Rotated(Message, frozen=True, kw_only=True):
    """The file of `day` was put away (or, with a reason, was not)."""

    day: str
    reason: str = ""


class WriteSummary(Message, frozen=True, kw_only=True):
    """Replace daily_summary.csv."""

    data: bytes


class SummaryFault(Message, frozen=True, kw_only=True):
    """daily_summary.csv could not be replaced: the old one is still there."""

    reason: str


class OpenTape(Message, frozen=True, kw_only=True):
    """From now on ticks belong to this day."""

    day: str


class FlushTape(Message, frozen=True, kw_only=True):
    """Write what ticks are waiting."""


class Refold(Message, frozen=True, kw_only=True):
    """Read the day's files again: something came too late for the fold that runs live."""

    day: str


class Refolded(Message, frozen=True, kw_only=True):
    """The day's honest book and mark-outs as the files tell them (a recorder.session.Session), and how long it took."""

    session: Any
    took_ms: int = 0


class TapeFault(Message, frozen=True, kw_only=True):
    """The tape cannot be written (or, without a reason, can again); so many ticks are lost in all."""

    reason: str
    lost: int


class Alert(Message, frozen=True, kw_only=True):
    """Something a person should know. `about` names the event behind it, `promised` that it must not be dropped."""

    kind: str
    severity: str
    text: str
    about: str = ""
    promised: bool = False


class AlertDone(Message, frozen=True, kw_only=True):
    """What became of an alert: Discord took it, or not and why. `off`: the webhook is not used any more."""

    kind: str
    about: str
    ok: bool
    text: str
    off: bool = False
