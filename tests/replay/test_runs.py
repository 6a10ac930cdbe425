"""What ran on a day is told by the tapes of inputs, also of a run that began the day before; and what changed since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft.errors import ConfigError
from hft.eventline import line
from hft.events import DayPlayed
from hft.home import Home
from hft.inputs import Began, InputTape, Woken, path_of
from hft.settings import load
from recorder.fillmodels import Scale
from recorder.offline import scale_of
from replay import runs
from replay.overrides import changed
from replay.prepare import Wish, prepare
from replay.sources import GENERATED, GENERATED_DAY
from replay.trials import Trials
from tests.replay.plans import settings
from tests.replay.test_sources import DAY, NOON_NS, record

if TYPE_CHECKING:
    from pathlib import Path

NIGHT_NS = 24 * 3_600 * 1_000_000_000
EVE = "2026-11-19"


def ran(data: Path, name: str, epoch: int, *times_ns: int, given: dict[str, Any] | None = None) -> None:
    """Write the tape of a run that began at the first time and was woken at all of them."""
    made = {
        "symbols": ("SPY", "KO"),
        "given": given or {},
        "limits": {**msgspec.structs.asdict(settings().limits), "order_usd_max": 900.0},
        "intent_ttl_ms": 500,
        "demo": False,
        "memory": f"{name} {epoch}".encode(),
    }
    tape = InputTape(
        path_of(data, name, epoch), Began(name=name, epoch=epoch, pid=1, at_ns=times_ns[0], version="1", made=made)
    )
    for now_ns in times_ns:
        tape.add(Woken(now_ns))
    tape.close()


def named(data: Path, day: str) -> list[tuple[str, int]]:
    return [(run.began.name, run.began.epoch) for run in runs.of_day(data, day)]


def test_a_run_belongs_to_each_day_on_which_it_heard_something(tmp_path: Path) -> None:
    ran(tmp_path, "mm", 1, NOON_NS - NIGHT_NS)
    ran(tmp_path, "mm", 2, NOON_NS - NIGHT_NS + 1, NOON_NS)
    ran(tmp_path, "mm", 3, NOON_NS + 1)
    ran(tmp_path, "drift", 1, NOON_NS - NIGHT_NS)
    ran(tmp_path, "drift", 2, NOON_NS + NIGHT_NS)
    assert named(tmp_path, EVE) == [("drift", 1), ("mm", 1), ("mm", 2)]
    assert named(tmp_path, DAY) == [("mm", 2), ("mm", 3)]


@pytest.fixture
def old(home: Path) -> Home:
    """Give a home with a recorded day on which mm ran with other settings than those of today."""
    record(home / "data")
    ran(home / "data", "mm", 1, NOON_NS, given={"observe_min": 7.0})
    return Home(home)


def test_what_was_set_otherwise_that_day_is_told(old: Home) -> None:
    plan, _, differences = prepare(load(old), Wish(source=DAY))
    assert "limits.order_usd_max was 900.0, here it is 5000.0" in differences
    assert "strategy.mm.observe_min was 7.0, here it is not set" in differences
    assert "fleet.strategies was mm, here it is etf, leadlag, ml, mm, pairs" in differences
    assert (plan.settings.limits.order_usd_max, plan.memories) == (5_000.0, {})


def test_a_day_is_played_as_it_was_run_but_for_what_is_set(old: Home) -> None:
    wish = Wish(source=DAY, as_run=True, values={"limits.gross_usd_max": 70_000.0})
    plan, opened, differences = prepare(load(old), wish)
    assert differences == []
    assert (plan.settings.fleet.strategies, opened.symbols) == (("mm",), ("SPY",))
    assert plan.settings.strategy == {"mm": {"observe_min": 7.0}}
    assert (plan.settings.limits.order_usd_max, plan.settings.limits.gross_usd_max) == (900.0, 70_000.0)
    assert plan.settings.fleet.profile == "standard"
    assert plan.memories == {"mm": b"mm 1"}


def tell_played(home: Home, *, rate: float, depth: float, flow: float) -> None:
    """Let the record of the old day say what it was played with."""
    told = DayPlayed(
        day=DAY, launch_id="L", mode="sim", market="generated calm", seed=7, rate=rate, config_hash="c0ffee00",
        depth_scale=depth, flow_scale=flow,
    )  # fmt: skip
    home.logs.mkdir(parents=True)
    (home.logs / "events.jsonl").write_bytes(line(told, ts_ns=NOON_NS, producer="recorder", epoch=1, seq=1) + b"\n")


def test_the_honest_book_of_an_old_day_has_the_scale_of_that_day(old: Home) -> None:
    tell_played(old, rate=1.0, depth=4.5, flow=30.0)
    loaded = load(old)
    loaded = replace(loaded, settings=changed(loaded.settings, {"recorder.depth_scale": 9.0}))
    plan, _, _ = prepare(loaded, Wish(source=DAY))
    assert scale_of(plan.settings) == Scale(4.5, 30.0)
    plan, _, _ = prepare(loaded, Wish(source=DAY, values={"recorder.flow_scale": 2.0}))
    assert scale_of(plan.settings) == Scale(4.5, 2.0)
    trials = Trials(settings=loaded.settings, cells=[{}], sources=(DAY,), seeds=(1,), data=str(old.data))
    assert [scale_of(job.settings).depth for job in trials.jobs()] == [4.5, 9.0]  # the null market has its own


def test_a_fleet_that_ran_faster_than_the_clock_waits_as_it_did(old: Home) -> None:
    tell_played(old, rate=4.0, depth=1.0, flow=1.0)
    assert prepare(load(old), Wish(source=DAY, as_run=True)).plan.rate == 4.0
    plan, _, differences = prepare(load(old), Wish(source=DAY))
    assert plan.rate == 1.0
    assert "rate was 4, here it is 1" in differences


@pytest.mark.parametrize("source", [GENERATED_DAY, GENERATED])
def test_a_day_of_which_nothing_is_known_cannot_be_played_as_it_was(home: Path, source: str) -> None:
    with pytest.raises(ConfigError, match="not known"):
        prepare(load(Home(home)), Wish(source=source, as_run=True))
