"""The data dictionary of logs/events.jsonl, written from the event types themselves: `python -m recorder.dictionary`.

docs/events.md is its output; a test compares the two, so the page cannot grow stale.
"""

from __future__ import annotations

import inspect
import sys
import typing

import msgspec

from hft import events
from recorder.alerts import tag_of

HEAD = """# The record: every event of `logs/events.jsonl`

Written by `python -m recorder.dictionary` from `hft/events.py`; a test keeps the two together.

One JSON object a line, UTF-8, at most 64 KiB. In front of each event's own fields stand

| field | what it is |
|---|---|
| `ts` | when it happened: RFC 3339, UTC, nanoseconds, on the market's clock (a replayed day keeps its own date) |
| `producer` | the process that tells it |
| `epoch` | how many times that process had been started in this home; never reused |
| `seq` | counts from 1 within the epoch; `(producer, epoch, seq)` is unique and without a hole |
| `event` | the name below |
| `mark` | the router's journal index behind the event, 0 for none: so a fill is told once although the router died |

Prices (`*_px`, `px`) and money (`realised`, `fee`, `equity`, …) are integers of 1e-4 dollar, quantities whole shares,
times (`*_ns`) integers of nanoseconds UTC, `side` is 1 for a buy and -1 for a sale. Fields are only added, never
renamed.

A day's file is put away as `events-YYYY-MM-DD.jsonl.gz` when the New York date changes. Lines lie in the order in which
they reached the disk: in order for each producer, nearly in order of time over all of them.
"""
WORDS = {"int": "integer", "str": "text", "float": "number", "bool": "true or false"}


def kinds() -> list[type[events.Event]]:
    """Return every kind of event, by name."""
    return sorted(typing.get_args(events.AnyEvent), key=tag_of)


def section(kind: type[events.Event]) -> str:
    """Return one event's part of the page."""
    described = [
        f"| `{field.encode_name}` | {type_of(field.type)} |"
        for field in msgspec.structs.fields(kind)
        if field.name != "mark"
    ]
    text = inspect.cleandoc(kind.__doc__ or "")
    return "\n".join((f"## `{tag_of(kind)}`", "", text, "", "| field | type |", "|---|---|", *described, ""))


def type_of(annotation: object) -> str:
    """Return a field's type in words; of an enumeration its values."""
    if isinstance(annotation, type) and hasattr(annotation, "__members__"):
        values = sorted({f"`{member.value}`" for member in annotation.__members__.values()})
        return "one of " + ", ".join(values)
    arguments = [part for part in typing.get_args(annotation) if part is not Ellipsis]
    origin = typing.get_origin(annotation)
    if origin is dict:
        return f"object: {type_of(arguments[0])} → {type_of(arguments[1])}"
    if origin is tuple and Ellipsis in typing.get_args(annotation):
        return f"list of {type_of(arguments[0])}"
    if origin is tuple:
        return "[" + ", ".join(type_of(part) for part in arguments) + "]"
    name = getattr(annotation, "__name__", str(annotation))
    return WORDS.get(name, name)


def page() -> str:
    """Return docs/events.md."""
    return "\n".join((HEAD, *map(section, kinds())))


if __name__ == "__main__":
    sys.stdout.write(page())
