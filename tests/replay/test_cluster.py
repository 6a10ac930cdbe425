"""A sweep on a real Dask cluster of several processes gives the very same table, also when one of them is killed."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from hft.errors import ConfigError, Unavailable
from replay import sweep as sweeping
from replay.sweep import Store, cluster, sweep
from tests.replay.test_sweep import run, trials
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path


class Deadly:
    """Hears of progress, and kills the worker process of a cluster once, when the first result is there."""

    def __init__(self, nannies: list[Any]) -> None:
        self._nannies, self.killed = nannies, 0

    def __call__(self, done: int, _: int) -> None:
        if done and not self.killed:
            self.killed = self._nannies[0].pid
            os.kill(self.killed, signal.SIGKILL)


@pytest.mark.e2e
@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_computes_the_same_table_though_a_worker_is_killed_in_mid_sweep(tmp_path: Path) -> None:
    from distributed import LocalCluster

    what = trials(seeds=(1, 2, 3, 4))
    with LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as dask:
        deadly = Deadly(list(dask.workers.values()))
        pool = cluster(dask.scheduler_address)
        found = sweep(what.jobs(), store=Store(tmp_path / "a"), pool=pool, workers=3, tell=deadly)
        until(lambda: dask.workers[0].pid not in {None, deadly.killed}, within_s=30, what="another worker")
    assert deadly.killed
    assert len(found) == 8
    assert found == run(what, tmp_path / "b")
    assert [path.read_bytes() for path in sorted((tmp_path / "a").glob("*.json"))] == [
        path.read_bytes() for path in sorted((tmp_path / "b").glob("*.json"))
    ]


@pytest.mark.e2e
@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_is_not_there_is_an_error_that_names_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "CONNECT_S", 0.5)
    with pytest.raises(Unavailable, match=r"tcp://127\.0\.0\.1:1"):
        cluster("tcp://127.0.0.1:1")()


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"\[scale\]"):
        cluster("tcp://127.0.0.1:1")
