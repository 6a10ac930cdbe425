"""A real fleet trades, its recorder is killed and stopped on the way; then its files say what its summary says."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from hft import settings
from recorder import summary
from recorder.offline import rebuild_summary, scale_of
from recorder.report.write import write_report
from tests.e2e.fleets import Fleet
from tests.e2e.pace import slack
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(180)]


@pytest.fixture
def fleet(home: Path) -> Iterator[Fleet]:
    fleet = Fleet(home)
    yield fleet
    fleet.clean_up()


def fills(fleet: Fleet) -> int:
    path = fleet.home.logs / "events.jsonl"
    return path.read_bytes().count(b'"order.filled"') if path.is_file() else 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_whatever_happens_to_the_recorder_the_files_say_what_the_summary_says(
    fleet: Fleet, number: signal.Signals
) -> None:
    fleet.start("mm", "drift", "--sim", "--symbols", "SPY,QQQ,AAPL", "--seed", "3")
    until(lambda: fills(fleet) >= 3, within_s=60 * slack(), what="the first fills")
    pid = fleet.kill("recorder", number)
    if number is signal.SIGSTOP:
        size = (fleet.home.logs / "events.jsonl").stat().st_size
        until(
            lambda: fleet.status()["unknown_orders"] == 0,
            within_s=10 * slack(),
            what="a fleet that does not wait for it",
        )
        assert (fleet.home.logs / "events.jsonl").stat().st_size == size
        fleet.kill("recorder", signal.SIGCONT)
    else:
        until(lambda: fleet.pids().get("recorder", pid) != pid, within_s=20 * slack(), what="a new recorder")
    before = fills(fleet)
    until(lambda: fills(fleet) > before, within_s=60 * slack(), what="fills afterwards")
    fleet.must("stop", "--flatten")
    loaded = settings.load(fleet.home, environ={})
    written = (fleet.home.logs / "daily_summary.csv").read_bytes()
    assert rebuild_summary(fleet.home, scale_of(loaded.settings)) == written
    total = summary.decode(written)[-1]
    assert (total["strategy"], total["end_position_shares"]) == ("ALL", "0")
    assert total["pnl_honest_mid"]
    assert write_report(loaded).path.stat().st_size > 60_000
