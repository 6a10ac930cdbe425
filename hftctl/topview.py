"""What `hftctl top` shows: four views of one picture and the last events, chosen by a key. Pure but for the event file.

Rule: nothing here can change the fleet. What does not fit is counted, never silently cut.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hftctl.eventwords import event_line
from hftctl.listing import NUMBERS, YIELDS, order_table, position_table
from hftctl.screen import WHY_LINES_MAX, fitted, head_lines, process_lines, strategy_lines
from hftctl.table import heading, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.home import Home
    from hftctl.picture import Picture

EVENTS_SHOWN = 200
ROWS_MIN = 3  # less room than this is none for a table
EVENTS_MIN = 4  # so many lines of events stay on the first view however many strategies there are
OFTEN = frozenset({"market.marked", "account.marked", "requests.counted", "reconcile.ok", "order.accepted"})
TITLES = {"1": "all", "2": "orders", "3": "processes", "4": "events", "?": "keys"}
HELP = (
    "1  strategies, positions, the last events",
    "2  every working order and every position",
    "3  every process with its memory, starts and note",
    "4  the last events of the record",
    "?  this page",
    "q  leaves the view; the fleet trades on",
    "",
    "P&L     what the broker's paper fills say, before fees",
    "HONEST  what a real account would have made of these orders",
    "        today, after fees: pessimistic…optimistic reading",
    "        (both every few seconds; equity every 15 s)",
    "WHY     what a strategy waits for; all of it:",
    "        hftctl strategy why NAME",
    "",
    "To act: hftctl halt stops trading, hftctl flatten closes,",
    "        hftctl stop ends it.",
)


class TopView:
    """The chosen view; `press` takes a key, `lines` the picture."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.chosen = "1"
        self._views: dict[str, Callable[[Picture, int, int], list[str]]] = {
            "1": self._all,
            "2": self._orders,
            "3": self._processes,
            "4": self._events,
            "?": lambda _, __, ___: list(HELP),
        }

    def press(self, key: str) -> None:
        """Take a key; one that means nothing changes nothing."""
        if key in self._views:
            self.chosen = key

    def lines(self, picture: Picture, width: int, height: int) -> list[str]:
        """Return at most `height` lines of the chosen view."""
        head = head_lines(picture, width)
        body = self._views[self.chosen](picture, width, max(1, height - len(head) - 1))
        return fitted([*head, "", *body], height)

    def footer(self, _: Picture, width: int) -> str:
        """Return the line of keys; on a narrow screen the promise that goes with `q` is on the page of keys only."""
        keys = "  ".join(f"[{key} {name}]" if key == self.chosen else f"{key} {name}" for key, name in TITLES.items())
        whole = f"{keys}  q quit: trading goes on"
        return whole if len(whole) <= width else f"{keys}  q quit"

    def _all(self, picture: Picture, width: int, room: int) -> list[str]:
        room_above = room - EVENTS_MIN - 2
        lines = next(
            (lines for most in (WHY_LINES_MAX, 1) if len(lines := strategy_lines(picture, width, most)) <= room_above),
            strategy_lines(picture, width, 0),
        )
        header, rows = position_table(picture.positions)
        if rows and room_above - len(lines) > ROWS_MIN:
            lines += ["", *lay_out(header, rows, right=NUMBERS, width=width, yields=YIELDS)]
        shown = fitted(lines, max(1, room_above))
        events = heading(f"{len(picture.orders)} orders work. Last events:")
        return [*shown, "", events, *self._event_lines(width, max(EVENTS_MIN, room - len(shown) - 2))]

    def _orders(self, picture: Picture, width: int, _: int) -> list[str]:
        lines: list[str] = []
        for word, table in (("orders", order_table(picture.orders)), ("positions", position_table(picture.positions))):
            header, rows = table
            lines += [""] if lines else []
            lines += lay_out(header, rows, right=NUMBERS, width=width, yields=YIELDS) if rows else [f"no {word}"]
        return lines

    def _processes(self, picture: Picture, width: int, _: int) -> list[str]:
        return process_lines(picture, width, everyone=True)

    def _events(self, _: Picture, width: int, room: int) -> list[str]:
        return self._event_lines(width, room, every=True)

    def _event_lines(self, width: int, most: int, *, every: bool = False) -> list[str]:
        from recorder.archive import live_file, tail_of

        lines = []
        for raw in tail_of(live_file(self._home)).split(b"\n")[1:-1][-EVENTS_SHOWN:]:
            event = json.loads(raw)
            if every or event["event"] not in OFTEN:
                lines.append(event_line(event)[:width])
        return lines[-most:] or ["no event yet"]
