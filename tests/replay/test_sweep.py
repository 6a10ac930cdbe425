"""A sweep gives the same table whoever computes it, goes on where it was, and survives a worker that dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft.errors import FleetError, Unavailable
from replay import jobs
from replay.heatmap import page
from replay.scores import are_of_one_day
from replay.sweep import Store, sweep
from replay.trials import Trials
from tests.replay.plans import settings
from tests.replay.test_sources import HEADER
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from replay.play import Result


def trials(**changes: Any) -> Trials:  # noqa: ANN401 fields of Trials
    plain = Trials(
        settings=settings(strategies=("drift",)),
        cells=[{"orders_per_min_max": 2}, {"orders_per_min_max": 30}],
        sources=("generated",),
        seeds=(1, 2),
        data="no such folder",
        latency="loopback",
        for_s=6.0,
        has_control=False,
    )
    return msgspec.structs.replace(plain, **changes)


class Counting(ThreadPoolExecutor):
    """A pool in this process that counts what it is asked to do."""

    submitted = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 the pool's own signature
        Counting.submitted += 1
        return super().submit(fn, *args, **kwargs)


def here() -> Executor:
    return Counting(1)


def run(what: Trials, folder: Path) -> dict[str, Result]:
    return sweep(what.jobs(), store=Store(folder), pool=here, workers=1)


def test_what_is_in_the_store_is_not_computed_again(tmp_path: Path) -> None:
    Counting.submitted = 0
    first = run(trials(), tmp_path)
    assert (len(first), Counting.submitted) == (4, 4)
    assert run(trials(), tmp_path) == first
    assert Counting.submitted == 4
    run(trials(seeds=(1, 2, 3)), tmp_path)
    assert Counting.submitted == 6


def test_a_result_that_cannot_be_read_is_computed_again(tmp_path: Path) -> None:
    found = run(trials(), tmp_path)
    name = next(iter(found))
    (tmp_path / f"{name}.json").write_text("half a resu")
    Counting.submitted = 0
    assert run(trials(), tmp_path) == found
    assert Counting.submitted == 1


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    sweep(trials().jobs(), store=Store(tmp_path), pool=here, workers=1, tell=lambda done, of: told.append((done, of)))
    assert told[0] == (0, 4)
    assert told[-1] == (4, 4)


def test_every_cell_has_its_runs_and_its_null_market(tmp_path: Path) -> None:
    what = trials(has_control=True)
    scores = what.scores(run(what, tmp_path))
    assert [score.cell for score in scores] == what.cells
    assert [score.runs for score in scores] == [2, 2]
    assert all(score.control is not None and score.control.runs == 2 for score in scores)
    shown = page("a title", ["a note"], scores)
    assert "a title" in shown
    assert shown.count("<td") == shown.count(">null ") == shown.count(">paper ") == 2


def test_the_null_market_stays_one_whatever_the_grid_says_of_scenarios() -> None:
    what = trials(cells=[{"sim.scenario": "toxic"}, {"sim.scenario": "calm"}], has_control=True)
    told = [(job.is_control, jobs.prepared(job)[0].settings.sim.scenario) for job in what.jobs() if job.seed == 1]
    assert told == [(False, "toxic"), (True, "null"), (False, "calm"), (True, "null")]


def test_tapes_of_one_name_in_two_folders_are_two_markets(tmp_path: Path) -> None:
    files = [tmp_path / day / "SPY.csv" for day in ("mon", "tue")]
    for px, path in enumerate(files, 100):
        path.parent.mkdir()
        path.write_text(HEADER + f"5,SPY,q,V,{px},1,200,1,,,\n")
    what = trials(sources=tuple(map(str, files)), cells=[{}])
    results = run(what, tmp_path / "store")
    assert not are_of_one_day(results.values())
    paper = what.scores(results)[0].books["pnl_paper"]
    assert paper is not None
    assert paper.runs == 2  # two days, of two seeds each


def test_a_parameter_that_no_family_has_stops_the_sweep_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="gamme"):
        run(trials(cells=[{"gamme": 1}]), tmp_path)


def test_the_key_follows_the_settings_and_the_data(tmp_path: Path) -> None:
    tape = tmp_path / "day.csv"
    tape.write_text("one")
    one, *_ = trials(sources=(str(tape),)).jobs()
    other, *_ = trials(sources=(str(tape),), latency="none").jobs()
    assert jobs.key(one) == jobs.key(one) != jobs.key(other)
    before = jobs.key(one)
    jobs.data_hash.cache_clear()
    tape.write_text("two")
    assert jobs.key(one) != before


class Fragile:
    """Makes pools of processes, and kills a worker of the first `deadly` of them."""

    def __init__(self, deadly: int) -> None:
        self.left, self.made = deadly, 0

    def __call__(self) -> Executor:
        self.made += 1
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        if self.left:
            self.left -= 1
            pool.submit(os.getpid).result()
            for pid in list(pool._processes):
                os.kill(pid, signal.SIGKILL)
        return pool


@pytest.mark.e2e
@pytest.mark.soak
def test_a_worker_that_dies_costs_nothing_but_time(tmp_path: Path) -> None:
    fragile = Fragile(1)
    found = sweep(trials().jobs(), store=Store(tmp_path / "a"), pool=fragile, workers=1)
    assert fragile.made == 2
    assert found == run(trials(), tmp_path / "b")


@pytest.mark.e2e
@pytest.mark.soak
def test_a_sweep_that_was_stopped_by_ctrl_c_goes_on_where_it_was(home: Path) -> None:
    grid = home / "grid.toml"
    grid.write_text("[grid]\norders_per_min_max = [1, 2, 3]\n")
    hftctl = [sys.executable, "-m", "hftctl", "--home", str(home)]
    asked = ["sweep", "generated", "--strategy", "drift", "--grid", str(grid), "--seeds", "1-4", "--seconds", "20"]
    command = [*hftctl, *asked, "--jobs", "1", "--no-control", "--json"]
    first = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    results = home / "reports" / "sweeps"
    until(lambda: len(list(results.glob("*.json"))) > 1, within_s=50, what="two results")
    os.killpg(first.pid, signal.SIGINT)
    _, said = first.communicate(timeout=20)
    assert first.returncode == 130, said
    assert "Traceback" not in said
    kept = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert 1 < len(kept) < 12
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert [cell["runs"] for cell in json.loads(again.stdout)["cells"]] == [4, 4, 4]
    assert all((results / name).stat().st_mtime_ns == at for name, at in kept.items())


@pytest.mark.e2e
@pytest.mark.soak
def test_workers_that_keep_dying_end_the_sweep(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="keep dying"):
        sweep(trials().jobs(), store=Store(tmp_path), pool=Fragile(99), workers=1)
