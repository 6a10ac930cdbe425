"""Builds the market source that was asked for: the tape player over files, or the generator.

This is the edge where tape files are opened; the player itself only sees lines.
"""

from __future__ import annotations

import gzip
import io
from functools import partial
from typing import TYPE_CHECKING

from hft.errors import ConfigError
from venue.assets import is_ticker
from venue.generator import Generator
from venue.scenarios import SCENARIOS
from venue.tape import HEADER, Tape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from venue.rows import Source

SAME_DAY_NS = 86_400 * 1_000_000_000


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a CSV, compressed or not, as they are needed."""
    with (
        path.open("rb") as raw,
        gzip.open(raw) if path.suffix == ".gz" else raw as file,
        io.TextIOWrapper(file, "ascii") as text,
    ):
        yield from text


def tape(paths: list[Path], *, loop: bool = False) -> Tape:
    """Return the player of some files, at their own time; raise ConfigError for a file that is no tape."""
    for path in paths:
        _must_be_tape(path)
    return Tape([partial(lines, path) for path in paths], loop=loop)


def _must_be_tape(path: Path) -> None:
    try:
        first = next(lines(path), "").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The tape {path} cannot be read.", str(error), "Name a CSV or CSV.gz of ticks.") from None
    if first != HEADER:
        raise ConfigError(f"{path} is not a tape.", f"Its first line is {first[:60]!r}.", f"It must be: {HEADER}")


def generator(
    *, seed: int, symbols: tuple[str, ...], scenario: str, start_ns: int, start_px: Mapping[str, float], always: bool
) -> Source:
    """Return the seeded generator; raise ConfigError for an unknown scenario or an impossible symbol."""
    shape = SCENARIOS.get(scenario)
    if shape is None:
        known = ", ".join(sorted(SCENARIOS))
        raise ConfigError(f"There is no scenario {scenario!r}.", "The generator does not know it.", f"Known: {known}")
    wrong = [symbol for symbol in symbols if not is_ticker(symbol)]
    if wrong:
        raise ConfigError(
            f"{wrong[0]!r} is not a US equity symbol.",
            "The generator makes a market for any ticker of one to five capital letters.",
            "Correct fleet.symbols (HFT_SYMBOLS), for example SPY,QQQ.",
        )
    return Generator(seed=seed, symbols=symbols, start_ns=start_ns, scenario=shape, start_px=start_px, always=always)


def tape_near(path: Path, anchor_ns: int, *, loop: bool = False) -> Tape:
    """Return the player of a file, moved so that it begins at the anchor if its own day is another one."""
    found = tape([path], loop=loop)
    if abs(found.first_ns - anchor_ns) <= SAME_DAY_NS:
        return found
    return Tape([partial(lines, path)], shift_ns=anchor_ns - found.first_ns, loop=loop)


def nothing() -> Source:
    """Return a market without symbols, for an exchange that is still reading its memory."""
    return Tape([])
