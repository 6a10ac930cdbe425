"""What the global flags decided, and how a command speaks: text for people, one JSON object for scripts."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hft.home import Home

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
        for line in lines:
            click.echo(line, color=self.color)


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


def say_json(value: Any) -> None:  # noqa: ANN401 whatever msgspec can encode
    """Print one JSON object on one line."""
    import msgspec

    click.echo(msgspec.json.encode(value).decode())
