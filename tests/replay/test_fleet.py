"""The fleet on a virtual clock: it trades, leaves no order behind, records everything, and is the same each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise

import msgspec
import pytest

from replay.fleet import Fleet, Plan
from replay.latency import LOOPBACK
from replay.overrides import changed
from tests.replay.plans import FAMILIES, generated, plan, seconds, settings
from tests.tree import ROOT

AGAIN = (
    "from replay.play import play; from tests.replay.plans import generated, plan;"
    "print(play(plan(), generated(), for_s=40).hash)"
)


@pytest.fixture(scope="module")
def played() -> tuple[Fleet, list[dict[str, object]]]:
    kept: list[bytes] = []
    opened = generated()
    fleet = Fleet(plan(), opened.source, opened.start_ns, keep=kept.append)
    fleet.begin()
    fleet.run(seconds(opened, 60))
    fleet.finish()
    return fleet, [json.loads(line) for chunk in kept for line in chunk.splitlines()]


def test_every_family_trades(played: tuple[Fleet, list[dict[str, object]]]) -> None:
    fleet, events = played
    for name in FAMILIES:
        assert any(event["event"] == "order.filled" and event["strategy"] == name for event in events)
        assert name in fleet.decisions.hashes


def test_no_order_of_a_replay_pretends_to_know_how_long_its_decision_took(
    played: tuple[Fleet, list[dict[str, object]]],
) -> None:
    _, events = played
    sent = [event for event in events if event["event"] == "order.sent"]
    assert len(sent) > 20
    assert {(event["tick_ns"], event["decided_ns"]) for event in sent} == {(0, 0)}


def test_nothing_works_any_more_in_the_end(played: tuple[Fleet, list[dict[str, object]]]) -> None:
    fleet, _ = played
    book = fleet.venue.exchange.engine.books[fleet.venue.account]
    assert list(book.open_orders()) == []
    assert fleet.router.router.desk.book.working == {}


def test_ledgers_and_exchange_agree_to_the_share(played: tuple[Fleet, list[dict[str, object]]]) -> None:
    fleet, _ = played
    account = fleet.venue.exchange.engine.books[fleet.venue.account]
    ours = fleet.router.router.desk.book
    assert {s: ours.net_qty(s) for s in account.positions} == {s: account.qty(s) // 10**9 for s in account.positions}


def test_the_record_has_every_number_once(played: tuple[Fleet, list[dict[str, object]]]) -> None:
    _, events = played
    numbers: dict[object, list[int]] = {}
    for event in events:
        numbers.setdefault((event["producer"], event["epoch"]), []).append(int(str(event["seq"])))
    assert len(numbers) == 5
    for found in numbers.values():
        assert found[0] == 1
        assert all(after == before + 1 for before, after in pairwise(found))


def test_the_summary_is_that_of_the_record(played: tuple[Fleet, list[dict[str, object]]]) -> None:
    fleet, events = played
    fills = sum(1 for event in events if event["event"] == "order.filled")
    rows = {row["strategy"]: row for row in fleet.recorder.rows()}
    assert list(rows) == ["drift", "mm", "ALL"]
    assert int(rows["ALL"]["fills"]) == fills > 0
    low, mid, high = (float(rows["ALL"][f"pnl_honest_{part}"]) for part in ("low", "mid", "high"))
    assert low <= mid <= high


def losses(daily_loss_usd_max: float) -> tuple[int, int, str]:
    """Return drift's lowest profit of a minute on paper and in the worse book (1e-4 dollar), and why it is halted."""
    limited = changed(settings(strategies=("drift",)), {"limits.strategy_daily_loss_usd_max": daily_loss_usd_max})
    opened = generated(1)
    fleet = Fleet(Plan(settings=limited, ways=LOOPBACK, seed=1), opened.source, opened.start_ns)
    fleet.begin()
    paper = worse = 0
    desk = fleet.router.router.desk
    for tenth in range(600):
        fleet.run(seconds(opened, tenth / 10))
        paper, worse = min(paper, desk.pnl.day("drift")), min(worse, desk.pnl.worse_day("drift"))
    return paper, worse, desk.latch("drift").reason


def test_a_loss_that_only_the_honest_book_sees_halts_as_it_does_live() -> None:
    paper, worse, reason = losses(1_000.0)
    assert worse < paper < 0
    assert not reason
    limit_usd = -(paper + worse) / 2 / 10_000
    assert f"limit ${limit_usd:,.2f}" in losses(limit_usd)[2]


def run_elsewhere(hash_seed: str) -> str:
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run([sys.executable, "-c", AGAIN], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.e2e
def test_another_process_with_other_hashes_decides_the_same() -> None:
    assert run_elsewhere("1") == run_elsewhere("2")


def test_where_market_time_runs_faster_programs_wait_as_long_as_ever() -> None:
    beats = {}
    for rate in (1.0, 4.0):
        opened = generated()
        fleet = Fleet(msgspec.structs.replace(plan(), rate=rate), opened.source, opened.start_ns)
        fleet.begin()
        fleet.run(seconds(opened, 60))
        fleet.finish()
        beats[rate] = fleet.router.beat(0).seq
        assert fleet.router.router.gates.reconciled
        assert fleet.router.router.config.rate == rate
    assert beats[1.0] == pytest.approx(4 * beats[4.0], rel=0.1)
