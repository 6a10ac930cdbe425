"""A recorded file as `start` needs to know it: does it exist, when does it begin, which symbols has it."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING

import msgspec

from hft.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS = ("t_ns", "symbol", "kind")
ROWS_SEARCHED_MAX = 20_000_000


class TapeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The first row's time, ns UTC, and symbols in the order in which they first appear."""

    first_ns: int
    symbols: tuple[str, ...]


def read_tape(path: Path, wanted: tuple[str, ...]) -> TapeFacts:
    """Return the facts of a recording; it is read only until all `wanted` symbols were seen (none: to the end).

    Raises ConfigError when the file is not there or is not a recording.
    """
    try:
        return _facts(path, wanted)
    except FileNotFoundError:
        raise ConfigError(
            f"There is no tape {path}.", "The file does not exist.", "Give --tape a file that is there."
        ) from None
    except (OSError, EOFError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(
            f"{path} is not a tape.",
            f"{error}",
            f"A tape is a CSV (or CSV.gz) whose first columns are {','.join(COLUMNS)}.",
        ) from None


def _facts(path: Path, wanted: tuple[str, ...]) -> TapeFacts:
    missing, seen, first_ns = set(wanted), dict[str, None](), 0
    for _, row in zip(range(ROWS_SEARCHED_MAX), _rows(path), strict=False):
        first_ns = first_ns or int(row[0])
        seen.setdefault(row[1])
        missing.discard(row[1])
        if wanted and not missing:
            break
    if not first_ns:
        raise ValueError("It holds no rows.")
    return TapeFacts(first_ns=first_ns, symbols=tuple(seen))


def _rows(path: Path) -> Iterator[list[str]]:
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        if tuple(header[: len(COLUMNS)]) != COLUMNS:
            raise ValueError(f"Its first line is {','.join(header)[:60]!r}.")
        yield from rows
