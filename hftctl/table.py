"""Aligned columns for a screen of any width. Pure text.

Rule: every column is as wide as it needs; the last one takes what is left and wraps. On a screen that is too narrow the
columns of `yields` go, the first named first, and a line below the table names them: nothing is cut without a word.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
LAST_COLUMN_MIN = 24
LINES_MAX = 3
PAINTS = {
    "ready": "green",
    "trading": "green",
    "ACTIVE": "green",
    "OPEN": "green",
    "ok": "green",
    "warming": "yellow",
    "idle": "cyan",
    "paused": "yellow",
    "REDUCING": "yellow",
    "degraded": "red",
    "disabled": "red",
    "down": "red",
    "HALTED": "red",
    "broken": "red",
    "PAPER": "magenta",
    "SIM": "cyan",
    "warn": "yellow",
    "FAIL": "red",
}


def paint(word: str, text: str | None = None) -> str:
    """Return `text` (or the word itself) in the colour of the word's meaning; click strips it where nobody looks."""
    shown = word if text is None else text
    return click.style(shown, fg=PAINTS[word.strip()]) if word.strip() in PAINTS else shown


def heading(text: str) -> str:
    """Return a column's or section's heading."""
    return click.style(text, dim=True)


def lay_out(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: frozenset[str],
    width: int,
    lines_max: int = LINES_MAX,
    yields: Sequence[str] = (),
    below: Sequence[Sequence[str]] = (),
) -> list[str]:
    """Return lines: `right` names the columns that are flush right; the last column wraps within `width`.

    A row takes at most `lines_max` lines; a text that needs more ends in an ellipsis. `below`: lines under each row.
    """
    gone = _left_out(header, rows, right, width, yields)
    kept = [column for column, name in enumerate(header) if name not in gone]
    header, rows = _only(kept, header), [_only(kept, row) for row in rows]
    sizes = _sizes(header, rows)
    room = max(_last_needs(header, sizes, right), width - _before_last(sizes))
    lines = [heading(_line(header, header, sizes, right).rstrip())]
    for row, more in zip(rows, below or [()] * len(rows), strict=True):
        last = textwrap.wrap(row[-1], room, max_lines=lines_max, placeholder="…", break_on_hyphens=False) or [""]
        lines.append(_painted(_cells(header, (*row[:-1], last[0]), sizes, right)).rstrip())
        lines += [" " * _before_last(sizes) + rest for rest in last[1:]]
        lines += more
    return [*lines, *([heading(f"no room for: {', '.join(gone)}")] if gone else [])]


def _left_out(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[str], width: int, yields: Sequence[str]
) -> list[str]:
    """Return the columns that must go for a row to fit, in the table's order; as few of `yields` as will do."""
    for count in range(len(yields)):
        kept = [column for column, name in enumerate(header) if name not in yields[:count]]
        sizes = _sizes(_only(kept, header), [_only(kept, row) for row in rows])
        if _before_last(sizes) + _last_needs(_only(kept, header), sizes, right) <= width:
            return [name for name in header if name in yields[:count]]
    return [name for name in header if name in yields]


def _only(kept: Sequence[int], cells: Sequence[str]) -> list[str]:
    return [cells[column] for column in kept]


def _sizes(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]


def _before_last(sizes: Sequence[int]) -> int:
    return sum(size + len(GAP) for size in sizes[:-1])


def _last_needs(header: Sequence[str], sizes: Sequence[int], right: frozenset[str]) -> int:
    """Return the room below which the last column is not read any more: its own if it is a number, else a few words."""
    return sizes[-1] if header[-1] in right else min(sizes[-1], LAST_COLUMN_MIN)


def _cells(header: Sequence[str], row: Sequence[str], sizes: Sequence[int], right: frozenset[str]) -> list[str]:
    cells = [
        text.rjust(size) if name in right else text.ljust(size)
        for name, text, size in zip(header[:-1], row[:-1], sizes[:-1], strict=True)
    ]
    return [*cells, row[-1].rjust(sizes[-1]) if header[-1] in right else row[-1]]


def _line(header: Sequence[str], row: Sequence[str], sizes: Sequence[int], right: frozenset[str]) -> str:
    return GAP.join(_cells(header, row, sizes, right))


def _painted(cells: Sequence[str]) -> str:
    return GAP.join(paint(cell) for cell in cells)
