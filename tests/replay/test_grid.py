"""A grid file gives every combination in its own order; what is no grid is refused with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.errors import ConfigError
from replay import grid
from replay.grid import read_grid

if TYPE_CHECKING:
    from pathlib import Path


def test_every_combination_is_a_cell_the_last_name_varying_quickest(tmp_path: Path) -> None:
    path = tmp_path / "grid.toml"
    path.write_text('[grid]\nqty = [1, 2]\n"limits.order_usd_max" = [10.0, 20.0]\n')
    assert read_grid(path) == [
        {"qty": 1, "limits.order_usd_max": 10.0},
        {"qty": 1, "limits.order_usd_max": 20.0},
        {"qty": 2, "limits.order_usd_max": 10.0},
        {"qty": 2, "limits.order_usd_max": 20.0},
    ]


def test_json_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "grid.json"
    path.write_text('{"grid": {"qty": [1, 2]}}')
    assert read_grid(path) == [{"qty": 1}, {"qty": 2}]


@pytest.mark.parametrize("text", ["", "[grid]\n", "[grid]\nqty = 5\n", "[grid]\nqty = []\n", "no toml", "grid = 3"])
def test_what_is_no_grid_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        read_grid(path)


def test_a_grid_of_seeds_is_refused_with_the_option_that_has_them(tmp_path: Path) -> None:
    path = tmp_path / "grid.toml"
    path.write_text('[grid]\nqty = [1, 2]\n"sim.seed" = [1, 2, 3]\n')
    with pytest.raises(ConfigError, match=r"(?s)sim\.seed.*--seeds"):
        read_grid(path)


def test_a_grid_of_too_many_cells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "CELLS_MAX", 3)
    path = tmp_path / "grid.toml"
    path.write_text("[grid]\na = [1, 2]\nb = [1, 2]\n")
    with pytest.raises(ConfigError, match="4 cells"):
        read_grid(path)
