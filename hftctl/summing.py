"""daily_summary.csv anew from the record: for one that was lost, or that a spreadsheet has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hft.errors import AlreadyRunning
from hftctl.roll import alive
from recorder import summary
from recorder.atomic import replace
from recorder.offline import rebuild_summary, scale_of
from recorder.summaryfile import path_of, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from hft.settings import Loaded


class Rebuilt(NamedTuple):
    """The file, the days in it, and why the one before could not be read (empty when it could)."""

    path: Path
    days: tuple[str, ...]
    unreadable: str


def rebuild(loaded: Loaded) -> Rebuilt:
    """Write the summary of all recorded days; rows of days whose events were pruned stay as they are.

    Raises AlreadyRunning while a recorder has the rows in its memory: it would write over them.
    """
    home = loaded.home
    if alive(home, ("recorder",)):
        raise AlreadyRunning(
            "The recorder runs, and writes the summary itself.", "It would write over this one.", "hftctl stop, first."
        )
    path = path_of(home)
    kept, unreadable = rows_of(path)
    data = rebuild_summary(home, scale_of(loaded.settings), kept)
    replace(path, data)
    return Rebuilt(path, tuple(sorted({row["date"] for row in summary.decode(data)})), unreadable)
