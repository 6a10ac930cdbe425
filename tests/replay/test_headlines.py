"""Headlines in a replay: heard by every family as live, and played again from a recorded day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from replay.fleet import Fleet, Plan
from replay.latency import LOOPBACK
from replay.overrides import changed
from replay.play import Result, play
from replay.sources import GENERATED, GENERATED_DAY, open_source
from tests.replay.plans import seconds, settings

FOR_S = 40
NOWHERE = Path("no such folder")


def newsy(*strategies: str) -> Plan:
    """Return a plan on the market of headlines; with the family `news`, the feed asks for them."""
    return Plan(settings=changed(settings(strategies=strategies), {"sim.scenario": "news"}), ways=LOOPBACK, seed=7)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    what = newsy("mm", "news")
    play(what, open_source(GENERATED, what.settings, NOWHERE), for_s=FOR_S, out=folder)
    return folder


def headlines(folder: Path) -> list[dict[str, Any]]:
    lines = map(json.loads, (folder / "logs" / "events.jsonl").read_text().splitlines())
    return [line for line in lines if line["event"] == "news.received"]


def again(folder: Path, out: Path | None = None) -> Result:
    """Return what the quoting family alone does on the recorded day, headlines not asked for by the settings."""
    what = newsy("mm")
    return play(what, open_source(GENERATED_DAY, what.settings, folder / "data"), out=out)


def test_every_family_hears_the_headlines_and_goes_dark() -> None:
    what = newsy("mm", "news")
    opened = open_source(GENERATED, what.settings, NOWHERE)
    fleet = Fleet(what, opened.source, opened.start_ns)
    fleet.begin()
    fleet.run(seconds(opened, FOR_S))
    quoter, listener = (fleet.strategies[name].strategy_core for name in ("mm", "news"))
    assert quoter.headlines == listener.headlines > 0
    assert any(quoter.desk.blackout.why(symbol, fleet.scheduler.now_ns) for symbol in quoter.desk.symbols)
    assert listener.desk.news == "connected"


def test_without_news_nobody_asks_for_headlines() -> None:
    what = newsy("mm")
    opened = open_source(GENERATED, what.settings, NOWHERE)
    fleet = Fleet(what, opened.source, opened.start_ns)
    fleet.begin()
    fleet.run(seconds(opened, FOR_S))
    assert fleet.strategies["mm"].strategy_core.headlines == 0


def test_a_recorded_day_says_its_headlines_again(recorded: Path, tmp_path: Path) -> None:
    again(recorded, tmp_path)
    then, now = headlines(recorded), headlines(tmp_path)
    told = ("id", "symbols", "headline", "source", "created_ns")
    assert [[line[name] for name in told] for line in now] == [[line[name] for name in told] for line in then] != []
    assert all(0 <= line["recv_ns"] - first["recv_ns"] < 10**6 for line, first in zip(now, then, strict=True))


def test_the_blackout_of_a_recorded_day_is_kept_again(recorded: Path, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet"
    (quiet / "data").mkdir(parents=True)
    (quiet / "data" / GENERATED_DAY).symlink_to(recorded / "data" / GENERATED_DAY)
    dark, light = again(recorded), again(quiet)
    assert dark.hash != light.hash
    assert int(dark.rows[-1]["orders"]) < int(light.rows[-1]["orders"])


def test_a_sweep_computes_anew_when_the_headlines_are_others(recorded: Path, tmp_path: Path) -> None:
    from replay.jobs import data_hash

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / GENERATED_DAY).symlink_to(recorded / "data" / GENERATED_DAY)
    assert data_hash(GENERATED_DAY, str(recorded / "data")) != data_hash(GENERATED_DAY, str(tmp_path / "data"))
