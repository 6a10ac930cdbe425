"""A split at the exchange, over night, with the whole fleet looking on: told as one, and no loss in any book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.clock import NS_PER_S
from hft.control import Resume
from hft.schema import Fleet as FleetSettings
from hft.schema import Settings
from replay.fleet import Fleet, Plan
from tests.simulation.markets import Walk
from venue.faults import Fault
from venue.units import SHARE

if TYPE_CHECKING:
    from typing import Any

FOUR_NS = 1_795_510_800 * NS_PER_S  # 2026-11-24 04:00 in New York: the day's first session
MIDS = {"AAA": 1_000_000, "BBB": 400_000}


@pytest.mark.row("6.4 market/split over night")
def test_a_position_that_is_held_over_night_is_split_and_taken_over() -> None:
    settings = Settings(fleet=FleetSettings(symbols=tuple(MIDS), strategies=()))
    told: list[bytes] = []
    start_ns = FOUR_NS - 40 * NS_PER_S
    fleet = Fleet(Plan(settings=settings, seed=1), Walk(1, start_ns, MIDS), start_ns, keep=told.append)
    held = fleet.venue.exchange.engine.books[fleet.venue.account].position("AAA")
    held.qty, held.cost = 20 * SHARE, 20 * SHARE * MIDS["AAA"]
    fleet.venue.order_fault(Fault(kind="split", symbol="AAA"))
    fleet.begin()
    fleet.run(FOUR_NS)
    desk = fleet.router.core.desk
    assert (desk.book.qty("unclaimed", "AAA"), desk.broken) == (20, {})
    fleet.run(FOUR_NS + 30 * NS_PER_S)
    assert list(desk.splits) == ["AAA"]
    fleet.router.take(Resume(peer="ctl"))
    fleet.run(FOUR_NS + 60 * NS_PER_S)
    assert (desk.book.qty("unclaimed", "AAA"), desk.broken) == (40, {})
    fleet.finish()
    assert [line["event"] for line in kinds(told)] == ["position.unclaimed", "split.suspected", "shares.split"]


def kinds(told: list[bytes]) -> list[dict[str, Any]]:
    """Return the events about positions, in order."""
    lines = [msgspec.json.decode(line) for batch in told for line in batch.splitlines()]
    return [line for line in lines if line["event"].partition(".")[0] in {"position", "split", "shares"}]
