"""logs/daily_summary.csv: read at the start, replaced as the day grows; what a spreadsheet made of it is put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder import summary
from recorder.atomic import replace
from recorder.parcels import SummaryFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hft.home import Home
    from recorder.parcels import WriteSummary

NAME = "daily_summary.csv"
ASIDE = ".unreadable"


def path_of(home: Home) -> Path:
    """Return where the summary is."""
    return home.logs / NAME


def rows_of(path: Path) -> tuple[list[summary.Row], str]:
    """Return the rows that are there, and why they cannot be read: then the file is put aside for a person to see."""
    if not path.is_file():
        return [], ""
    try:
        return summary.decode(path.read_bytes()), ""
    except ValueError as error:
        path.replace(path.with_name(path.name + ASIDE))
        return [], str(error)


class SummaryFile:
    """The edge that WriteSummary goes to."""

    def __init__(self, home: Home, tell: Callable[[SummaryFault], None]) -> None:
        self._path, self._tell = path_of(home), tell

    def send(self, message: WriteSummary) -> None:
        """Replace the file; when the disk refuses, say so."""
        try:
            replace(self._path, message.data)
        except OSError as error:
            self._tell(SummaryFault(reason=error.strerror or str(error)))

    def flush(self) -> None:
        """Nothing waits here."""
