"""Aligned columns for a screen of any width. Pure text.

Rule: every column is as wide as it needs; the last one takes what is left and wraps.
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
) -> list[str]:
    """Return lines: `right` names the columns that are flush right; the last column wraps within `width`.

    A row takes at most `lines_max` lines; a text that needs more ends in an ellipsis.
    """
    sizes = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    room = max(
        LAST_COLUMN_MIN if header[-1] not in right else sizes[-1], width - sum(size + len(GAP) for size in sizes[:-1])
    )
    lines = [heading(_line(header, header, sizes, right).rstrip())]
    for row in rows:
        last = textwrap.wrap(row[-1], room, max_lines=lines_max, placeholder="…", break_on_hyphens=False) or [""]
        lines.append(_painted(_cells(header, (*row[:-1], last[0]), sizes, right)).rstrip())
        indent = " " * sum(size + len(GAP) for size in sizes[:-1])
        lines += [indent + more for more in last[1:]]
    return lines


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
