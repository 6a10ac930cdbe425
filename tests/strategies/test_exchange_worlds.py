"""The exchange's own switches: a family earns before costs while its relation is on, and nothing when it is off.

Twenty seeds a world; Student's t with 19 degrees of freedom at 0.5 % to each side. The same generator as in a demo,
seen through IEX and filled at the national best quote; only the strengths are larger, so that a morning is enough.
Measured 27 November 2026, t on and off: pairs 4.4 and -1.1, etf 5.4 and no trade, leadlag 3.8 and -1.0, mm 24.7 and
0.3, ml 14.5 and 1.3, news 9.8 and -0.3.
"""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest
from msgspec.structs import replace

from tests.strategies.arena import core_of
from tests.strategies.exchange import Exchange, market
from tests.strategies.worlds import gross, t_value
from venue.generator import Scenario
from venue.happenings import NewsPlan
from venue.latent import World
from venue.lob import Flow

if TYPE_CHECKING:
    from strategies.mm import MarketMaker

pytestmark = pytest.mark.timeout(600)
SOAK = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(3_600)]
SEEDS, T = 20, 2.86
SIZES = pytest.mark.parametrize(("seeds", "t"), [(8, 3.50), pytest.param(SEEDS, T, marks=SOAK)])  # as in test_worlds.py
PARTS = ("AAPL", "MSFT", "NVDA")
XLK = {"symbol": "XLK", "parts": dict.fromkeys(PARTS, 1 / 3), "hedge": "MSFT"}
QUICK_QUOTES = {"adverse_prior_bps": 0.3, "floor_sigmas": 0.3, "refresh_s": 3.0, "k_spreads_prior": 4.0}
THIN = Flow(queue=100.0, market=0.3)  # a book that moves by itself, whatever it follows


class Case(NamedTuple):
    """A family, its symbols and parameters, and the market with its switch on and off."""

    symbols: tuple[str, ...]
    given: dict[str, Any]
    seconds: int
    on: Scenario
    off: Scenario


CASES = {
    "pairs": Case(
        ("KO", "PEP"),
        {"step_s": 3.0, "samples_min": 300, "days_min": 0, "fit_every_s": 240.0},
        4_500,
        on=Scenario(world=World(pair_bps=30.0, pair_half_life_s=120.0)),
        off=Scenario(world=World(pair_holds=False)),
    ),
    "etf": Case(
        ("XLK", *PARTS),
        {"funds": (XLK,), "samples_min": 120, "fit_every_s": 60.0},
        1_800,
        on=Scenario(world=World(premium_bps=12.0, premium_half_life_s=30.0)),
        off=Scenario(world=World(premium_bps=0.0)),
    ),
    "leadlag": Case(
        ("SPY", "IWM"),
        {"window_s": 200.0, "measure_every_s": 60.0},
        900,
        on=Scenario(world=World(vol_scale=6.0)),
        off=Scenario(world=World(vol_scale=6.0, follows=False)),
    ),
    "mm": Case(
        ("SPY",),
        QUICK_QUOTES,
        1_800,
        on=Scenario(world=World(vol_scale=0.5), flow=replace(THIN, gain=0.4)),
        off=Scenario(world=World(vol_scale=0.5), flow=replace(THIN, gain=0.0)),
    ),
    "ml": Case(
        ("SPY",),
        {"labels_min": 300, "loss_window": 200, "l1": 0.2},
        2_400,
        on=Scenario(world=World(vol_scale=4.0), flow=Flow(gain=0.5)),
        off=Scenario(world=World(vol_scale=4.0), flow=replace(THIN, gain=0.0)),
    ),
    "news": Case(
        ("SPY", "KO"),
        {"trade": True, "hold_s_max": 40.0, "sigmas_min": 0.5},
        2_400,
        on=Scenario(news=NewsPlan(every_s=200.0)),
        off=Scenario(news=NewsPlan(every_s=200.0, effect_bps=0.0)),
    ),
}
FAMILIES = pytest.mark.parametrize("name", [pytest.param(name, marks=SOAK) for name in CASES])
INFORMED = replace(THIN, gain=0.0, toxic=0.5)  # half of the market orders know the price of five seconds later
NOBODY_KNOWS = replace(INFORMED, toxic=0.0)


def lives(name: str, *, on: bool) -> list[Exchange]:
    """Return one life a seed, in the standard profile."""
    case = CASES[name]
    return [
        Exchange(core_of(name, case.symbols, demo=False, **case.given), wake_ms=500).live(
            market(seed, case.symbols, case.on if on else case.off, case.seconds)
        )
        for seed in range(SEEDS)
    ]


@FAMILIES
def test_it_earns_before_costs_while_the_relation_is_on(name: str) -> None:
    found = lives(name, on=True)
    assert t_value([gross(life) for life in found]) > T
    assert sum(len(life.fills) for life in found) > 2 * SEEDS


@FAMILIES
def test_it_earns_nothing_when_the_switch_is_off(name: str) -> None:
    found = lives(name, on=False)
    assert abs(t_value([gross(life) for life in found])) < T


def quoted(flow: Flow, seeds: int) -> list[Exchange]:
    """Return one quarter of an hour of mm a seed, in a market that moves, where only market orders may know."""
    fast = Scenario(world=World(vol_scale=4.0), flow=flow)
    return [
        Exchange(core_of("mm", ("SPY",), demo=False, **QUICK_QUOTES), wake_ms=500).live(
            market(seed, ("SPY",), fast, 900)
        )
        for seed in range(seeds)
    ]


@SIZES
def test_mm_loses_to_those_who_know_and_stands_back_from_them(seeds: int, t: float) -> None:
    informed, unaware = quoted(INFORMED, seeds), quoted(NOBODY_KNOWS, seeds)
    assert t_value([gross(life) for life in informed]) < -t
    assert abs(t_value([gross(life) for life in unaware])) < t
    assert half_bps(informed) > 2 * half_bps(unaware)  # its own gate: what fills lose is in the floor of its quotes
    assert mean(len(life.fills) for life in informed) < mean(len(life.fills) for life in unaware) / 2


def half_bps(lives: list[Exchange]) -> float:
    """Return the mean half-spread that was quoted at the end, bps."""
    makers = [cast("MarketMaker", life.core.strategy) for life in lives]
    return mean(maker.views["SPY"].half_bps for maker in makers)
