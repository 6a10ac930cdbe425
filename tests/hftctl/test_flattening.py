"""Flatten by name: a symbol that nobody here knows is not said to be flat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.errors import ConfigError, NotRunning
from hft.home import Home
from hft.settings import VenueFile
from hftctl import fleet
from hftctl.flattening import Flattened, check_strategy, check_symbols, flatten
from tests.hftctl.pictures import router_status

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9"
STOPPED = VenueFile(rest=NOWHERE, data=NOWHERE, news=NOWHERE, updates=NOWHERE, key="k", secret="s", admin=NOWHERE)


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


@pytest.mark.parametrize("name", [".env", "hft.toml"])
def test_a_file_of_settings_that_cannot_be_read_is_no_obstacle_either(home: Path, name: str) -> None:
    (home / name).write_bytes("# Schlüssel".encode("latin-1"))
    check_symbols(Home(home), ("APPL",), router_status())
    (home / name).unlink()
    (home / name).symlink_to("/proc/self/mem")
    check_symbols(Home(home), ("APPL",), router_status())


@pytest.mark.parametrize(("name", "next_step"), [("driftt", "Did you mean drift?"), ("zz", "hftctl positions")])
def test_a_mistyped_strategy_is_refused(name: str, next_step: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_strategy(name, router_status())
    assert f"{name} is not part of this fleet, and holds nothing." in str(refused.value)
    assert next_step in str(refused.value)


@pytest.mark.parametrize("name", ["mm", "drift", "unclaimed", ""])
def test_whoever_may_hold_something_is_closed(name: str) -> None:
    check_strategy(name, router_status())


def test_an_exchange_that_was_stopped_is_not_asked(home: Path) -> None:
    made = Home(home).make()
    made.venue_file.write_bytes(msgspec.json.encode(STOPPED))  # it is left there by a stop
    with pytest.raises(NotRunning) as refused:
        flatten(made, (), "", 1.0, print)
    assert "The embedded exchange is not running." in str(refused.value)
    assert "hftctl start" in refused.value.next_step


@pytest.mark.parametrize("code", [0, 4])
def test_stop_of_a_strategy_closes_its_shares_once_it_is_gone(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
) -> None:
    done: list[str] = []

    def stopped(_: Home, names: tuple[str, ...]) -> list[str]:
        done.append(f"stopped {names[0]}")
        return []

    def flattened(_: Home, symbols: tuple[str, ...], strategy: str, timeout_s: float, __: object) -> Flattened:
        done.append(f"flattened {strategy} {symbols} within {timeout_s:g}")
        return Flattened(ok=not code, text="as told")

    monkeypatch.setattr(fleet, "_must_run", lambda _: None)
    monkeypatch.setattr(fleet, "stop_strategies", stopped)
    monkeypatch.setattr(fleet, "flatten", flattened)
    assert fleet.stop(Home(home), ("mm",), 9.0, flat=True, say=lambda *_: None) == code
    assert done == ["stopped mm", "flattened mm () within 9"]
