"""A sweep as one HTML file that needs nothing else: cells coloured by the honest profit, its interval beneath.

The first name of the grid runs down, the second across; every combination of the others is a map of its own.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replay.scores import Score

STYLE = """body{font:14px system-ui,sans-serif;margin:2em;color:#222}table{border-collapse:collapse;margin:1em 0}
td,th{padding:.5em .8em;border:1px solid #ddd;text-align:center}small{color:#444}.sure{outline:2px solid #222}
p{max-width:46em}"""
GOOD, BAD = (38, 139, 80), (196, 60, 50)
WHITE = 255
LEGEND = "Large: the honest profit; beneath it its interval, the paper and null-market profit. Framed: zero is outside."


def page(title: str, notes: Sequence[str], scores: Sequence[Score]) -> str:
    """Return the page."""
    names = list(scores[0].cell) if scores else []
    down, across = [*names, "", ""][:2]
    largest = max((abs(found.mean) for score in scores if (found := score.headline)), default=0.0) or 1.0
    maps = []
    for rest in _unique([_rest(score, names[2:]) for score in scores]):
        chosen = [score for score in scores if _rest(score, names[2:]) == rest]
        maps.append(_map(chosen, down, across, rest, largest))
    head = f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}</style>"
    words = "".join(f"<p>{escape(note)}</p>" for note in (*notes, LEGEND))
    return f"{head}<h1>{escape(title)}</h1>{words}{''.join(maps)}\n"


def _rest(score: Score, names: Sequence[str]) -> str:
    return ", ".join(f"{name} = {score.cell[name]}" for name in names)


def _unique(values: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _map(scores: Sequence[Score], down: str, across: str, rest: str, largest: float) -> str:
    columns = _unique([score.cell.get(across) for score in scores])
    rows = _unique([score.cell.get(down) for score in scores])
    by_place = {(repr(s.cell.get(down)), repr(s.cell.get(across))): s for s in scores}
    head = "".join(f"<th>{escape(str(value)) if across else ''}</th>" for value in columns)
    body = "".join(
        f"<tr><th>{escape(str(row))}</th>"
        + "".join(_cell(by_place.get((repr(row), repr(column))), largest) for column in columns)
        + "</tr>"
        for row in rows
    )
    corner = f"{escape(down)} \N{DOWNWARDS ARROW} {escape(across)} {'→' if across else ''}"
    return f"<h2>{escape(rest)}</h2><table><tr><th>{corner}</th>{head}</tr>{body}</table>"


def _cell(score: Score | None, largest: float) -> str:
    if score is None or (found := score.headline) is None:
        return "<td>–</td>"
    share = min(1.0, abs(found.mean) / largest)
    colour = GOOD if found.mean > 0 else BAD
    red, green, blue = (round(WHITE + (tone - WHITE) * share * 0.7) for tone in colour)
    half = "" if found.half is None else f"<br><small>± {found.half:.2f}</small>"
    sure = " class=sure" if found.excludes_zero else ""
    beside = "".join(
        f"<br><small>{name} {other.mean:+.2f}</small>"
        for name, other in (("paper", score.books["pnl_paper"]), ("null", score.control))
        if other is not None
    )
    return f"<td{sure} style='background:rgb({red},{green},{blue})'>{found.mean:+.2f}{half}{beside}</td>"
