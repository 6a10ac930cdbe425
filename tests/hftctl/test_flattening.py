"""Flatten by name: a symbol that nobody here knows is not said to be flat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.errors import ConfigError
from hft.home import Home
from hftctl.flattening import check_symbols
from tests.hftctl.pictures import router_status

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("symbol", "next_step"), [("APPL", "Did you mean AAPL?"), ("QQZX", "hftctl positions")])
def test_a_mistyped_symbol_is_refused(home: Path, symbol: str, next_step: str) -> None:
    (home / "hft.toml").write_text("[fleet]\nsymbols = ['AAPL', 'MSFT']\n")
    with pytest.raises(ConfigError) as refused:
        check_symbols(Home(home), (symbol,), router_status())
    assert f"{symbol} is not held here, and this fleet does not trade it." in str(refused.value)
    assert next_step in str(refused.value)


def test_what_is_traded_or_held_is_closed_and_spoilt_settings_are_no_obstacle(home: Path) -> None:
    (home / "hft.toml").write_text("[fleet]\nsymbols = ['AAPL', 'MSFT']\n")
    check_symbols(Home(home), ("AAPL", "SPY"), router_status())  # mm holds SPY
    (home / "hft.toml").write_text("[fleet\n")
    check_symbols(Home(home), ("APPL",), router_status())
