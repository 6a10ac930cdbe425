"""Families are found by their file names, ours and the user's, and a wrong name is answered with the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.errors import ConfigError
from strategies.drift import Drift
from strategies.mm import MarketMaker
from strategies.sdk import families

if TYPE_CHECKING:
    from pathlib import Path

FAMILY = '''"""mine: does nothing."""
from strategies import base

class Params(base.Params, frozen=True, kw_only=True):
    """None of its own."""
    size: int = 1

class Mine(base.Strategy[Params]):
    """Does nothing."""
'''


def test_the_files_of_the_folder_are_the_families() -> None:
    assert {"mm", "drift"} <= set(families.names())
    assert "base" not in families.names()
    assert families.load("mm") is MarketMaker
    assert families.load("drift") is Drift


def test_a_family_knows_its_own_parameters() -> None:
    assert families.load("mm").params_type().__module__ == "strategies.mm"


def test_a_family_in_the_users_folder_is_found_beside_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(FAMILY)
    assert set(families.names(str(tmp_path))) == {*families.names(), "mine"}
    mine = families.load("mine", str(tmp_path))
    assert mine.params_type().__struct_fields__[-1] == "size"


def test_a_family_in_the_users_folder_stands_in_for_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "mm.py").write_text(FAMILY)
    assert families.load("mm", str(tmp_path)).__name__ == "Mine"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        families.load("drfit")
    assert caught.value.exit_code == 78
    assert caught.value.next_step == "Did you mean drift?"


def test_a_file_without_a_family_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text('"""Nothing."""\n')
    with pytest.raises(ConfigError, match="is not a family") as caught:
        families.load("empty", str(tmp_path))
    assert "0 classes" in caught.value.why
