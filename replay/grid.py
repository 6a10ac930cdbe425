"""What a sweep tries: a grid file names parameters and their values, every combination is a cell.

    [grid]                      # names as in `--set`: a family's parameter, or a setting by its dotted name
    order_usd = [500.0, 1000.0]
    "limits.order_usd_max" = [2000.0, 5000.0]

Rule: the order of cells is that of the file, the last name varying quickest.
"""

from __future__ import annotations

import itertools
import json
import tomllib
from typing import TYPE_CHECKING, Any

from hft.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

CELLS_MAX = 10_000
SEED = "sim.seed"  # a run is named by its seed: were it the cell's, runs of one market would count as so many markets
Cell = dict[str, Any]


def read_grid(path: Path) -> list[Cell]:
    """Return the cells of a grid file (TOML, or JSON by its suffix); raise ConfigError for anything that is none."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"The grid {path} cannot be read.", str(error), "Write it as docs/replay.md shows.") from None
    return cells(tree.get("grid") if isinstance(tree, dict) else None, str(path))


def cells(grid: Any, source: str) -> list[Cell]:  # noqa: ANN401 whatever stands in the file
    """Return every combination of a grid's values; raise ConfigError for lists that are none, seeds, and too many."""
    if not isinstance(grid, dict) or not grid or not all(isinstance(v, list) and v for v in grid.values()):
        raise ConfigError(
            f"{source} is not a grid.",
            "It needs a table [grid] in which every name has a list of values.",
            "For example: [grid], and on the next line order_usd = [500.0, 1000.0]",
        )
    if SEED in grid:
        raise ConfigError(
            f"{source} has {SEED}.",
            "A seed is no setting to choose: it gives another market.",
            "Use --seeds, as in 1-5.",
        )
    count = 1
    for values in grid.values():
        count *= len(values)
    if count > CELLS_MAX:
        raise ConfigError(f"{source} has {count:,} cells.", f"At most {CELLS_MAX:,} are tried.", "Thin it out.")
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
