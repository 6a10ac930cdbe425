"""The folder that a replay makes a home of: new, empty, or one that a replay made before, which then begins anew.

Rule: what a fleet recorded is never written over.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from hft.errors import ConfigError
from hft.home import Home

if TYPE_CHECKING:
    from pathlib import Path

EVENTS, SUMMARY = "events.jsonl", "daily_summary.csv"
MADE_BY_REPLAY = "replayed"  # in run/: what lies here came of a replay, and can be had again
DAY = re.compile(r"\A\d{4}-\d\d-\d\d\Z")


def made_ready(folder: Path) -> Home:
    """Return the folder as a home without a record; what an earlier replay left there is removed.

    Raises ConfigError for a folder in which a fleet ran, or which holds a record that no replay made.
    """
    home = Home(folder)
    mark = home.run / MADE_BY_REPLAY
    if home.launch_file.exists() or (_has_record(home) and not mark.is_file()):
        raise ConfigError(
            f"{folder} holds what a fleet recorded.",
            "A replay writes its own record there, and that one would be gone.",
            "Name a folder that is new or empty.",
        )
    for day in _days(home):
        shutil.rmtree(day)
    for name in (EVENTS, SUMMARY):
        (home.logs / name).unlink(missing_ok=True)
    home.make()
    mark.touch()
    return home


def _has_record(home: Home) -> bool:
    return bool(_days(home)) or any(home.logs.glob("events*"))


def _days(home: Home) -> list[Path]:
    return [path for path in home.data.glob("*") if DAY.match(path.name)]
