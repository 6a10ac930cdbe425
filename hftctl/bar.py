"""A bar of progress on a person's terminal; nothing where nobody looks."""

from __future__ import annotations

import sys
from typing import Self

import click

CHARS = 16
END_OF_LINE = "\033[K"


class Bar:
    """One line on stderr that is drawn over and over; whatever comes after it begins on a line of its own."""

    def __init__(self) -> None:
        self._shown, self._drawn = sys.stderr.isatty(), False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the line, if there is one."""
        if self._drawn:
            click.echo(err=True)

    def draw(self, share: float, text: str, before: str = "") -> None:
        """Show how far it is (0 to 1), with words on both sides."""
        if self._shown:
            self._drawn = True
            click.echo(f"\r{line(share, text, before)}{END_OF_LINE}", err=True, nl=False)


def line(share: float, text: str, before: str = "") -> str:
    """Return the bar in words and blocks."""
    full = round(CHARS * share)
    return f"{before}{'█' * full}{'░' * (CHARS - full)} {share:4.0%}  {text}"
