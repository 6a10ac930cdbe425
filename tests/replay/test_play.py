"""One replay: same input, same bytes; what it writes is what a live fleet writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from replay.play import Progress, play
from tests.replay.plans import generated, plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_same_market_plan_and_seed_decide_the_same_to_the_byte(tmp_path: Path) -> None:
    one = play(plan(), generated(), for_s=30, out=tmp_path / "one")
    two = play(plan(), generated(), for_s=30, out=tmp_path / "two")
    assert (one.hash, one.hashes, one.rows, one.decisions) == (two.hash, two.hashes, two.rows, two.decisions)
    assert one.decisions > 20
    for name in ("logs/events.jsonl", "logs/daily_summary.csv", "data/2024-06-03/quotes.tape"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_decides_otherwise() -> None:
    assert play(plan(seed=1), generated(), for_s=20).hash != play(plan(seed=2), generated(), for_s=20).hash


def test_a_family_alone_is_replayed_alone() -> None:
    result = play(plan(strategies=("drift",)), generated(), for_s=20)
    assert "mm" not in result.hashes
    assert [row["strategy"] for row in result.rows] == ["drift", "ALL"]


def test_progress_is_told_in_market_time() -> None:
    told: list[Progress] = []
    play(plan(), generated(), for_s=20, tell=told.append)
    assert [each.played_s for each in told] == [5, 10, 15, 20]
    assert [each.share for each in told] == [0.25, 0.5, 0.75, 1]
    assert told[-1].ticks > 0


def test_what_it_writes_is_what_a_live_fleet_writes(tmp_path: Path) -> None:
    play(plan(), generated(), for_s=20, out=tmp_path)
    first = json.loads((tmp_path / "logs" / "events.jsonl").read_text().splitlines()[0])
    assert list(first)[:5] == ["ts", "producer", "epoch", "seq", "event"]
    assert (tmp_path / "logs" / "daily_summary.csv").read_text().startswith("date,strategy,orders,fills")


def test_what_it_writes_can_be_replayed_itself(tmp_path: Path) -> None:
    from replay.sources import GENERATED_DAY, open_source
    from tests.replay.plans import settings

    first = play(plan(), generated(), for_s=20, out=tmp_path)
    again = open_source(GENERATED_DAY, settings(), tmp_path / "data")
    second = play(plan(), again)
    assert sorted(second.symbols) == sorted(first.symbols)
    assert second.decisions > 0


def test_a_recorded_morning_trades(data_file: Callable[[str], Path]) -> None:
    from replay.overrides import with_fleet
    from replay.sources import open_source
    from tests.replay.plans import settings

    path = data_file("nasdaq-2012-06-21-AAPL-AMZN.csv.gz")
    opened = open_source(str(path), settings(), path.parent, ("AAPL",))
    chosen = with_fleet(settings(), strategies=("mm",), symbols=opened.symbols, seed=7)
    result = play(plan().__class__(settings=chosen, seed=7), opened, for_s=900)
    assert result.ticks > 5_000
    assert int(result.rows[-1]["orders"]) > 0


@pytest.mark.parametrize("ways", ["internet", "loopback", "none"])
def test_it_plays_however_far_the_broker_is(ways: str) -> None:
    from replay.latency import WAYS

    assert play(plan(ways=WAYS[ways]), generated(), for_s=15).decisions > 0
