"""Asking the embedded exchange's own admin URL (`/sim`): health, faults. Plain HTTP to this machine, bounded.

Rule: only loopback is ever asked; the exchange's words are quoted when it refuses.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from hft.codec import UNREADABLE
from hft.errors import ConfigError, NotRunning, Unavailable, UsageError
from hft.keys import LOOPBACK_HOSTS
from hft.settings import VenueFile

if TYPE_CHECKING:
    from hft.home import Home

ANSWER_S_MAX = 5.0
BODY_BYTES_MAX = 4 << 20
REFUSED = 422
UNITS = {"ms": "ms", "for_s": "s"}
NUMBERS = (int, float, str)  # a setting's value is the first of these that it reads as


def admin_url(home: Home, told: str | None) -> str:
    """Return the admin URL: as told, else that of the home's exchange; raise NotRunning when there is none."""
    if told is not None:
        if urlsplit(told).hostname not in LOOPBACK_HOSTS:
            raise ConfigError(f"{told} is not on this machine.", "Faults are for the embedded exchange only.", "")
        return told.rstrip("/")
    try:
        return msgspec.json.decode(home.venue_file.read_bytes(), type=VenueFile).admin
    except (FileNotFoundError, *UNREADABLE):
        raise NotRunning(
            f"No embedded exchange runs in {home.root}.",
            "There is no run/venue.json.",
            "hftctl start, or hftctl sim serve --json and then --admin URL.",
        ) from None


def ask(admin: str, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Return the exchange's answer; raise UsageError for what it does not understand, Unavailable without an answer."""
    data = None if body is None else msgspec.json.encode(body)
    request = urllib.request.Request(f"{admin}/{quote(path)}", data=data, method=method)  # noqa: S310 admin_url checked
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=ANSWER_S_MAX) as answer:
            found: dict[str, Any] = json.loads(answer.read(BODY_BYTES_MAX))
            return found
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error) from None
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"The exchange at {admin} does not answer.", str(error), "hftctl status shows whether it runs."
        ) from None


def _refusal(error: urllib.error.HTTPError) -> UsageError | Unavailable:
    text = error.read(BODY_BYTES_MAX).decode("utf-8", "replace")
    if error.code != REFUSED:
        return Unavailable(f"The exchange answered {error.code}.", text, "hftctl status shows how it is.")
    try:
        words = str(json.loads(text)["message"])
    except (ValueError, KeyError):
        words = text
    return UsageError("The exchange does not take this fault.", words, "hftctl sim fault --list shows them all.")


def fault_of(kind: str, settings: tuple[str, ...]) -> dict[str, Any]:
    """Return a fault as the exchange reads it, from `NAME=VALUE` words; raise UsageError for a word without `=`."""
    fault: dict[str, Any] = {"kind": kind}
    for word in settings:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise UsageError(
                f"{word!r} is not NAME=VALUE.", "A fault's settings look like ms=800.", "hftctl sim fault --list"
            )
        fault[name] = _number(value)
    return fault


def _number(text: str) -> int | float | str:
    for kind in NUMBERS[:-1]:
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def in_numbers(fault: dict[str, Any]) -> str:
    """Return what an ordered fault does, with its own settings in the place of their names."""
    return re.sub(r"`(\w+)`", lambda name: _shown(fault, name[1]), fault["what"])


def _shown(fault: dict[str, Any], name: str) -> str:
    value = fault.get(name)
    number = f"{value:g}" if isinstance(value, int | float) else str(value or f"`{name}`")
    return f"{number} {UNITS[name]}" if name in UNITS and value is not None else number


def _left(fault: dict[str, Any]) -> str:
    """Return what is left of an ordered fault: so many times, its time, or no end of it."""
    if fault["left"] is not None:
        return str(fault["left"])
    return "no end" if fault["for_s"] is None else "its time"


def fault_cells(faults: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return the rows of the table of faults that are ordered: id, kind, scope and settings, how often it acted."""
    plain = {"seed": 0, "start_s": 0.0, "share": 1.0, "ms": 1_000.0, "code": 0, "size": 0.0, "word": "done_for_day"}
    hidden = {"id", "kind", "hits", "left", "active", "count"}
    return [
        (
            fault["id"],
            fault["kind"],
            str(fault["hits"]),
            _left(fault),
            " ".join(
                f"{name}={value}"
                for name, value in fault.items()
                if name not in hidden and value not in ("", None) and value != plain.get(name)
            )
            or "everything",
        )
        for fault in faults
    ]
