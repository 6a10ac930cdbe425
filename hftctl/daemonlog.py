"""The lines of supervisord's own log, which are text: read as what the lines of every other log are.

Source: supervisor 4.3, loggers.py: `%(asctime)s %(levelname)s %(message)s`, the time this machine's, ms after a comma.
"""

from __future__ import annotations

import datetime as dt
import re

LINE = re.compile(r"\A(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) ([A-Z]{4}) (.*)\Z")
LEVELS = {"CRIT": "critical", "ERRO": "error", "WARN": "warning", "INFO": "info", "DEBG": "debug", "TRAC": "debug"}


def fields_of(line: str) -> dict[str, str] | None:
    """Return when (RFC 3339, UTC), at which level and what supervisord said; None for a line of another form."""
    found = LINE.match(line)
    if found is None or found[3] not in LEVELS:
        return None
    at = dt.datetime.fromisoformat(found[1]).astimezone(dt.UTC)
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{found[2]}Z"
    return {"ts": stamp, "level": LEVELS[found[3]], "process": "supervisord", "event": found[4]}
