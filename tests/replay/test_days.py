"""Every family lives through a day with SDK, risk and exchange: nothing denied that it could foresee, flat in the end.

The last 25 minutes of a generated day in `make test`; a whole one, and a whole recorded session, in `make e2e`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft.schema import Settings
from replay.sources import GENERATED, open_source
from tests.replay.days import Told, fleet_of, lived

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = ("AAPL", "MSFT", "NVDA")
XLK = {"symbol": "XLK", "parts": dict.fromkeys(PARTS, 1 / 3), "hedge": "MSFT"}
SYMBOLS = {
    "mm": ("SPY", "KO"),
    "drift": ("SPY", "KO"),
    "pairs": ("KO", "PEP"),
    "leadlag": ("SPY", "IWM"),
    "etf": ("XLK", *PARTS),
    "ml": ("SPY", "NVDA"),
    "news": ("SPY", "KO"),
}
GIVEN: dict[str, dict[str, Any]] = {"etf": {"funds": [XLK]}, "news": {"trade": True}}
ALL = ("mm", "pairs", "leadlag", "etf", "ml", "news")
TAPE, TAPE_SYMBOLS = "nasdaq-2012-06-21-AAPL-AMZN.csv.gz", ("AAPL", "AMZN")
ON_TAPE: dict[str, dict[str, Any]] = {
    "pairs": {"pairs": [["AAPL", "AMZN"]]},
    "etf": {"funds": [{"symbol": "AAPL", "parts": {"AMZN": 1.0}, "hedge": "AMZN"}]},
    "leadlag": {"links": [["AAPL", "AMZN"]]},
}
FEW = ("SPY", "IWM", "KO", "PEP")
SHARE = 160  # requests a minute that the router leaves to strategies: 200 less the 40 kept for cancels and the books
LONG = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(3_600)]


def fleet(names: tuple[str, ...], symbols: tuple[str, ...] = (), **sim: Any) -> Settings:  # noqa: ANN401 settings
    """Return the settings of a fleet of families, in the profile of a demo."""
    wanted = symbols or tuple(dict.fromkeys(symbol for name in names for symbol in SYMBOLS[name]))
    given = {name: GIVEN[name] for name in names if name in GIVEN}
    return msgspec.structs.replace(fleet_of(names, wanted, **sim), strategy=given)


def generated(names: tuple[str, ...], symbols: tuple[str, ...] = (), *, open_at: str) -> Told:
    """Return what the rest of a generated day came to, with headlines."""
    settings = fleet(names, symbols, open_at=open_at, scenario="news")
    return lived(settings, open_source(GENERATED, settings, Path("none")))


def check(day: Told) -> None:
    """Assert what holds for every day: nothing denied that could be foreseen, within the share, flat in the end."""
    assert day.rejected == {}
    assert day.requests_max <= SHARE
    assert day.left == {}


def check_alone(day: Told) -> None:
    """Assert besides that the router denied nothing: a family alone can foresee all of it."""
    check(day)
    assert day.refused == {}


@pytest.mark.e2e
@pytest.mark.timeout(300)  # 10 s of work, and a machine may be busy
def test_the_end_of_a_day_with_all_families() -> None:
    day = generated(ALL, FEW, open_at="15:35")
    check(day)
    assert {"mm", "news"} <= set(day.fills)  # the others still learn; they trade in the whole days


@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG) for name in SYMBOLS])
def test_a_whole_day_of_a_family_alone(name: str) -> None:
    check_alone(generated((name,), open_at="09:30"))


@pytest.mark.parametrize("names", [pytest.param(ALL, marks=LONG, id="all")])
def test_a_whole_day_of_all_families(names: tuple[str, ...]) -> None:
    check(generated(names, Settings().fleet.symbols, open_at="09:30"))


@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG) for name in SYMBOLS])
def test_a_recorded_session_of_a_family_alone(name: str, data_file: Callable[[str], Path]) -> None:
    check_alone(recorded((name,), data_file(TAPE)))


@pytest.mark.parametrize("names", [pytest.param(ALL, marks=LONG, id="all")])
def test_a_recorded_session_of_all_families(names: tuple[str, ...], data_file: Callable[[str], Path]) -> None:
    check(recorded(names, data_file(TAPE)))


def recorded(names: tuple[str, ...], file: Path) -> Told:
    """Return what a recorded session of two stocks came to."""
    settings = fleet(names, TAPE_SYMBOLS)
    given = settings.strategy | {name: ON_TAPE[name] for name in names if name in ON_TAPE}
    settings = msgspec.structs.replace(settings, strategy=given)
    return lived(settings, open_source(str(file), settings, Path("none")))
