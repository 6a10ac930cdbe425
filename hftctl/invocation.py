"""What the global flags decided, and how a command speaks: text for people, one JSON object for scripts."""

from __future__ import annotations

import os
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hft.home import Home

SECONDS = click.FloatRange(min=0)
WIDE_COLUMNS = 140  # nobody's terminal: a log, a pipe
NARROW_COLUMNS = 60


@dataclass(frozen=True, slots=True)
class Invocation:
    """The global flags of one run of hftctl."""

    home_dir: str | None = None
    no_color: bool = False
    verbose: bool = False

    def home(self) -> Home:
        """Return the home that is meant; nothing is created."""
        from hft.home import find_home

        return find_home(self.home_dir)

    @property
    def color(self) -> bool:
        """Return whether to paint: only on a terminal, and never against NO_COLOR or --no-color."""
        return on_terminal() and not self.no_color and not os.environ.get("NO_COLOR")

    def say(self, *lines: str) -> None:
        """Print lines for a person."""
        width = columns() if on_terminal() else 0
        for line in lines:
            click.echo("\n".join(broken(line, width)) if width else line, color=self.color)


pass_invocation = click.make_pass_decorator(Invocation)


def on_terminal() -> bool:
    """Return whether a person is looking at the output."""
    return sys.stdout.isatty()


def can_ask() -> bool:
    """Return whether a person can answer a question."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def columns() -> int:
    """Return how wide to write: the terminal (COLUMNS beats it), or wide when nobody's terminal is the reader."""
    import shutil

    return max(NARROW_COLUMNS, shutil.get_terminal_size((80, 24)).columns) if on_terminal() else WIDE_COLUMNS


def broken(text: str, width: int) -> list[str]:
    """Return a text as lines of at most `width`, broken between words; what goes on is indented by two more.

    A line that fits, or that has colours (tables are laid out to fit), stays as it is; so does a word that is too long.
    """
    found: list[str] = []
    for line in text.split("\n"):
        if len(line) <= width or "\x1b" in line:
            found.append(line)
            continue
        indent = " " * (len(line) - len(line.lstrip()))
        found += textwrap.wrap(
            line.strip(),
            width,
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_on_hyphens=False,
            break_long_words=False,
        )
    return found


def say_json(value: Any) -> None:  # noqa: ANN401 whatever msgspec can encode
    """Print one JSON object on one line."""
    import msgspec

    click.echo(msgspec.json.encode(value).decode())
