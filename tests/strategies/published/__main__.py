"""`python -m tests.strategies.published [TABLE…]`: published, ours, tolerance, and whether it holds, row by row.

A table is named by its beginning (`3.2`); without names, all of them: a minute or two. Exit code 1: a row is missed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.strategies.published.ours import NotAtHand, measured
from tests.strategies.published.rows import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator


def told(table: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a table, each with whether it holds."""
    yield f"\n{table:<44}{'published':>12}{'ours':>12}{'±':>10}", True
    try:
        ours = measured(table)
    except NotAtHand as missing:
        yield f"  skipped: {missing}", True
        return
    for row in TABLES[table]:
        holds = abs(ours[row.name] - row.published) <= row.within
        numbers = f"{row.published:>12.7g}{ours[row.name]:>12.7g}{row.within:>10.2g}"
        yield f"  {row.name:<42}{numbers}  {'ok' if holds else 'MISSED'}", holds


def main(names: list[str]) -> int:
    """Print the tables; return 1 if a row is missed."""
    missed = 0
    for table in TABLES:
        if not names or any(table.startswith(name) for name in names):
            for line, holds in told(table):
                missed += not holds
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
