"""How much the honest book scales a market up belongs to the market played, not to the home it is played in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hft.home import Home
from hft.settings import load
from recorder.fillmodels import WHOLE, Scale
from recorder.offline import GENERATED as OF_GENERATED
from recorder.offline import IEX, scale_of, scale_of_day
from replay.jobs import prepared
from replay.overrides import changed
from replay.play import as_market, play
from replay.prepare import Wish, prepare
from replay.sources import GENERATED
from replay.trials import Trials
from tests.replay.test_sources import DAY, HEADER, record

if TYPE_CHECKING:
    from pathlib import Path

    from hft.settings import Loaded

HOMES: list[dict[str, Any]] = [{}, {"fleet.mode": "paper"}, {"sim.tape": "another.csv"}]


def home_with(home: Path, values: dict[str, Any]) -> Loaded:
    loaded = load(Home(home))
    return replace(loaded, settings=changed(loaded.settings, values))


def replayed(loaded: Loaded, source: str) -> Scale:
    plan, opened, _ = prepare(loaded, Wish(source=source))
    return scale_of(as_market(plan, opened).settings)


def swept(loaded: Loaded, source: str) -> list[Scale]:
    data = str(loaded.home.data)
    trials = Trials(settings=loaded.settings, cells=[{}], sources=(source,), seeds=(1,), data=data)
    return [scale_of(as_market(*prepared(job)).settings) for job in trials.jobs()]


def tape(folder: Path) -> str:
    path = folder / "day.csv"
    path.write_text(HEADER + "5,SPY,q,V,100,1,200,1,,,\n")
    return str(path)


@pytest.mark.parametrize("values", HOMES)
def test_the_scale_is_that_of_the_market_in_every_home(home: Path, values: dict[str, Any]) -> None:
    loaded, file = home_with(home, values), tape(home)
    assert replayed(loaded, GENERATED) == OF_GENERATED
    assert replayed(loaded, file) == WHOLE
    assert swept(loaded, GENERATED) == [OF_GENERATED, OF_GENERATED]
    assert swept(loaded, file) == [WHOLE, OF_GENERATED]  # the null market is generated


@pytest.mark.parametrize("values", HOMES)
def test_a_scale_that_is_set_holds_on_every_market(home: Path, values: dict[str, Any]) -> None:
    loaded = home_with(home, {**values, "recorder.depth_scale": 2.5})
    assert replayed(loaded, GENERATED) == Scale(2.5, OF_GENERATED.flow)
    assert replayed(loaded, tape(home)) == Scale(2.5, WHOLE.flow)


def test_the_home_that_a_replay_makes_says_the_scale_it_was_played_with(home: Path) -> None:
    plan, opened, _ = prepare(home_with(home, {}), Wish(source=tape(home)))
    played = play(plan, opened, for_s=5, out=home / "out")
    made = Home(home / "out")
    assert scale_of_day(made, played.rows[-1]["date"], OF_GENERATED) == WHOLE


def test_a_recorded_day_that_does_not_say_its_scale_has_the_one_of_its_homes_report(home: Path) -> None:
    record(home / "data")
    assert replayed(home_with(home, {"fleet.mode": "paper"}), DAY) == IEX
    assert replayed(home_with(home, {}), DAY) == OF_GENERATED
