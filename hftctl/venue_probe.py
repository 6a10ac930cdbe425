"""The embedded exchange speaks only Alpaca's protocol, so its heartbeat is an answer to GET /sim/health."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import msgspec

from hft.codec import UNREADABLE
from hft.messages import Beat
from hft.settings import VenueFile
from hft.words import Health

if TYPE_CHECKING:
    from hft.home import Home

ANSWER_S_MAX = 0.25
BODY_BYTES_MAX = 4 << 20


def probe(home: Home, pid: int) -> Beat | None:
    """Return what the home's exchange with this pid says of itself as a heartbeat; None while it does not answer."""
    try:
        place = msgspec.json.decode(home.venue_file.read_bytes(), type=VenueFile)
        if place.pid != pid or not place.admin.startswith("http://127.0.0.1:"):
            return None  # the file of an earlier exchange
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{place.admin}/health", timeout=ANSWER_S_MAX) as answer:
            said = json.loads(answer.read(BODY_BYTES_MAX))
        return _beat(said, pid)
    except (OSError, ValueError, KeyError, *UNREADABLE):
        return None


def _beat(said: dict[str, Any], pid: int) -> Beat:
    note = f"{len(said['symbols'])} symbols, {said['rows_published']} rows published, session {said['phase']}"
    return Beat(
        process="venue",
        epoch=0,
        pid=pid,
        seq=0,
        state=Health.READY,
        note=note,
        started_ns=0,
        loop_delay_ms_max=0.0,
        counters={"rows_published": int(said["rows_published"])},
    )
