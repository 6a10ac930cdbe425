"""The router's fault catalogue, row by row: the fleet at work, one fault that hits, and our book is the venue's truth.

Every row of tests/router/faults.py on a virtual clock; what is required stands there, in seconds of market time.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest

from hft import control as asks
from hft.clock import NS_PER_S
from recorder.alerts import Watch, tag_of
from router.cancels import Cancels
from router.judge import Judge
from router.truth import Truth
from tests.router.blows import Scene, menu
from tests.router.faults import ROWS, SCENES, Scenario
from tests.router.proofs import NOT_OURS, PROVED
from tests.simulation.storms import START_NS
from tests.tree import ROOT
from venue.units import PX_PER_USD, SHARE

if TYPE_CHECKING:
    from pathlib import Path

    from hft.messages import NewOrder
    from risk.limits import Proposal
    from router.broker import BrokerOrder, TradeUpdate
    from router.links import Link
    from router.orders import Order

HIT_S_MAX = 30
OUTAGE_S, LOOKED_EVERY_S, BACK_S = 300.0, 5.0, 40.0
LATE_S = 32.0  # by then the latest update has come
BEFORE_THE_MORNING_NS = START_NS + 16 * 3_600 * NS_PER_S - 5 * NS_PER_S  # five seconds before four, the next day


def struck(scene: Scene, row: Scenario) -> None:
    """Let the blow fall and pass."""
    hit = row.blow(scene)
    scene.run(row.lasts_s)
    assert scene.run_until(hit, HIT_S_MAX), "it hit nothing"
    scene.heal()


def fought(row: Scenario, folder: Path) -> Scene:
    """Return a scene at whose end all agrees."""
    scene = Scene(folder, start_ns=row.start_ns)
    scene.begin()
    struck(scene, row)
    scene.run(row.within_s)
    assert scene.fleet.witness.disagreement() == []
    scene.rest()
    assert scene.fleet.witness.verdict() == []
    assert scene.over == []
    return scene


@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=row.words, marks=pytest.mark.row(*row.rows)) for row in SCENES if not row.frozen],
)
def test_after_the_fault_our_book_is_the_venues_truth(row: Scenario, tmp_path: Path) -> None:
    account = fought(row, tmp_path).account
    assert account.fills or row.start_ns != START_NS, "it never traded"
    assert account.orders


@pytest.mark.parametrize("row", [pytest.param(row, id=row.words) for row in SCENES if row.late])
def test_what_comes_very_late_changes_nothing_any_more(row: Scenario, tmp_path: Path) -> None:
    scene = fought(row, tmp_path)
    scene.run(LATE_S)
    assert scene.fleet.witness.verdict() == []


@pytest.mark.parametrize("row", [pytest.param(row, id=row.words) for row in SCENES if row.tells])
def test_what_a_person_must_hear_of_is_told_once_and_is_an_alert(row: Scenario, tmp_path: Path) -> None:
    scene = fought(row, tmp_path)
    scene.run(LATE_S)
    scene.rest()
    told = Counter(event["event"] for event in scene.record())
    assert {kind: told[kind] for kind in row.tells} == dict.fromkeys(row.tells, 1)
    assert set(row.tells) <= {tag_of(kind) for kind in Watch().kinds}


@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=row.words, marks=pytest.mark.row(*row.rows)) for row in SCENES if row.frozen],
)
def test_what_is_taken_back_freezes_its_symbol_and_is_told(row: Scenario, tmp_path: Path) -> None:
    """Its ledger is set right once the venue's order and positions show it; a person looks, and resumes."""
    scene = Scene(tmp_path)
    scene.begin()
    struck(scene, row)
    scene.run(row.within_s)
    desk = scene.fleet.router.router.desk
    symbols = sorted(desk.broken)
    assert symbols
    assert all(row.frozen in why and "booked in" in why for why in desk.broken.values())
    assert scene.fleet.witness.disagreement() == [f"4: {name} is broken: {why}" for name, why in desk.broken.items()]
    scene.fleet.router.take(asks.Resume(peer="p"))
    scene.run(row.within_s)
    assert scene.fleet.witness.disagreement() == []
    scene.rest()
    assert scene.fleet.witness.verdict() == []
    for event in ("trade.amended", "trade.corrected", "freeze.lifted"):
        assert sorted(set(scene.told(event))) == symbols, event


def test_five_minutes_without_a_broker_end_no_order_and_then_it_trades_and_agrees(tmp_path: Path) -> None:
    """No request arrives; the stream still tells, so an order that is over here is over at the venue."""
    scene = Scene(tmp_path)
    scene.begin()
    desk = scene.fleet.router.router.desk
    resting = [name for name, order in desk.book.working.items() if order.order_id]
    assert resting
    hit = menu("rest-drop", for_s=OUTAGE_S)(scene)
    known = set(scene.account.orders)
    for _ in range(round(OUTAGE_S / LOOKED_EVERY_S)):
        scene.run(LOOKED_EVERY_S)
        works = {order.client_order_id for order in scene.account.open_orders()}
        assert [name for name in works if desk.book.orders[name].is_done] == []
    assert hit()
    assert set(scene.account.orders) == known, "nothing arrived"
    assert any("the broker does not answer" in words for words in desk.outage.words)
    scene.run(BACK_S)
    assert set(scene.account.orders) > known, "it trades again"
    scene.heal()
    scene.run(6)
    assert scene.fleet.witness.disagreement() == []
    scene.rest()
    assert scene.fleet.witness.verdict() == []


def test_a_split_over_night_freezes_its_symbol_until_a_person_resumes(tmp_path: Path) -> None:
    scene = Scene(tmp_path, start_ns=BEFORE_THE_MORNING_NS)
    scene.account.account.cash += scene.account.position("AAA").fill(10 * SHARE, 100 * PX_PER_USD)
    hit = menu("split", symbol="AAA", size=2.0)(scene)
    scene.begin()
    assert not hit()
    scene.run(12)
    assert hit()
    desk = scene.fleet.router.router.desk
    assert list(desk.broken) == ["AAA"]
    assert "it looks like a 2-for-1 split" in desk.broken["AAA"]
    scene.fleet.router.take(asks.Resume(peer="p"))
    scene.run(6)
    assert scene.fleet.witness.disagreement() == []
    scene.rest()
    assert scene.told("split.suspected") == scene.told("shares.split") == ["AAA"]


def test_a_row_fails_for_a_router_that_believes_the_stream_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A catalogue that such a router could pass would prove nothing."""
    honest = Truth.absorb

    def absorb(self: Truth, seen: BrokerOrder, source: str, update: TradeUpdate | None = None) -> None:
        if source == "stream" or not seen.cum_qty:
            honest(self, seen, source, update)

    monkeypatch.setattr(Truth, "absorb", absorb)
    lost = next(row for row in SCENES if "6/19" in row.rows)
    with pytest.raises(AssertionError, match="booked"):
        fought(lost, tmp_path)


def test_a_row_fails_for_a_router_that_does_not_count_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Judge.proposal

    def proposal(self: Judge, link: Link, message: NewOrder, instead: Order | None = None) -> Proposal:
        return msgspec.structs.replace(honest(self, link, message, instead), symbol_after=0)

    monkeypatch.setattr(Judge, "proposal", proposal)
    duplicated = next(row for row in SCENES if "6.4 updates/duplicated, also after terminal" in row.rows)
    with pytest.raises(AssertionError, match="more on"):
        fought(duplicated, tmp_path)


def test_a_kill_switch_that_cancels_nothing_itself_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strategies cancel at a halt, too: a scene in which they do would pass."""
    want_each = Cancels.want_each

    def none_at_a_halt(self: Cancels, orders: list[Order], reason: str) -> None:
        want_each(self, [] if reason.startswith("halted") else orders, reason)

    monkeypatch.setattr(Cancels, "want_each", none_at_a_halt)
    alone = next(row for row in SCENES if row.words == "the kill switch, and no strategy takes anything back")
    with pytest.raises(AssertionError, match="it hit nothing"):
        fought(alone, tmp_path)


def test_every_row_of_the_two_lists_is_proved_or_is_somebody_elses() -> None:
    played = {name for row in SCENES for name in row.rows}
    assert sorted(ROWS - played - PROVED.keys() - NOT_OURS.keys()) == []
    assert sorted((played | PROVED.keys() | NOT_OURS.keys()) - ROWS) == []
    assert sorted((played | PROVED.keys()) & NOT_OURS.keys()) == []


def test_every_test_that_a_row_names_is_there() -> None:
    for name in {name for names in PROVED.values() for name in names}:
        file, _, test = name.partition("::")
        assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), name
    named = [word for reason in NOT_OURS.values() for word in reason.split() if word.startswith("tests/")]
    assert [file for file in named if not (ROOT / file).is_file()] == []
