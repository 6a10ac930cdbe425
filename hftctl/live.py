"""The live view: the status screen again and again, in place. It only looks; leaving it never stops anything."""

from __future__ import annotations

import contextlib
import select
import sys
import termios
import time
import tty
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from hft.errors import UsageError
from hftctl.invocation import on_terminal
from hftctl.looking import look
from hftctl.screen import fitted, status_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hft.settings import Loaded
    from hftctl.picture import Picture

QUIT_KEYS = frozenset({"q", "Q", "\x03", "\x04"})
FOOTER_LINES = 2


def must_be_seen(what: str) -> None:
    """Raise UsageError where no terminal shows a live view: it would go on for ever and print nothing."""
    if not on_terminal():
        raise UsageError(
            f"{what} needs a terminal.", "Nobody looks at this output.", "hftctl status, or status --json."
        )


def watch(
    load: Callable[[], Loaded],
    hz: float,
    until_s: float | None,
    *,
    color: bool,
    footer: Callable[[Picture, int], str] | None = None,
    view: View | None = None,
) -> Picture:
    """Show the fleet until `q`, Ctrl-C, or time.monotonic() is `until_s`; return the last picture."""
    shown = view or StatusView()
    console = Console(no_color=not color, highlight=False)
    tell = footer or (lambda _, __: "q leaves this view; the fleet goes on")
    picture = look(load())
    with _keys() as pressed, Live(console=console, screen=True, auto_refresh=False) as live:
        while until_s is None or time.monotonic() < until_s:
            live.update(_frame(shown, picture, console, tell(picture, console.width)), refresh=True)
            wait_s = 1 / hz if until_s is None else max(0.0, min(1 / hz, until_s - time.monotonic()))
            key = pressed(wait_s)
            if key in QUIT_KEYS:
                break
            shown.press(key)
            picture = picture if key else look(load())  # a key is answered at once
    return picture


class View(Protocol):
    """What the live view shows of a picture, and what a key changes about it."""

    def press(self, key: str) -> None:
        """Take a key (empty: none was pressed)."""

    def lines(self, picture: Picture, width: int, height: int) -> list[str]:
        """Return at most `height` lines."""
        ...


class StatusView:
    """The status screen; no key changes it."""

    def press(self, key: str) -> None:
        """Take a key."""

    def lines(self, picture: Picture, width: int, height: int) -> list[str]:
        """Return as much of the status as fits."""
        return fitted(status_lines(picture, width), height)


def _frame(view: View, picture: Picture, console: Console, footer: str) -> Text:
    lines = view.lines(picture, console.width, max(1, console.height - FOOTER_LINES))
    return Text.from_ansi("\n".join([*lines, "", footer]), no_wrap=True, overflow="crop")


@contextlib.contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """Give a function that waits for a key for so many seconds; the terminal is as it was afterwards."""
    if not sys.stdin.isatty():
        yield _no_keys
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield _key
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _key(within_s: float) -> str:
    ready, _, _ = select.select([sys.stdin], [], [], within_s)
    return sys.stdin.read(1) if ready else ""


def _no_keys(within_s: float) -> str:
    select.select([], [], [], within_s)
    return ""
