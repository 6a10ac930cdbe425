"""How much a start has to read: not more on a long day than on a short one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.words import Side
from router import core
from router.core import History
from router.journal import SEGMENTS_KEPT, Journal, _decoder, replay
from router.records import BookSaved
from tests.router.world import LIMITS, World

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SAVE_EVERY, DAYS_ORDERS = 40, 100


def busy_day(folder: Path) -> tuple[World, int]:
    """Return a world that has traded into this journal, and the most records that one turn wrote."""
    limits = msgspec.structs.replace(LIMITS, strategy_orders_per_min_max=10**6)
    world, journal = World(limits=limits, requests_per_min_max=10**6), Journal(folder, next_index=1, on_full=print)
    written = most = 0
    world.ready()
    for n in range(DAYS_ORDERS):
        world.turn(*world.quotes(), world.order("mm", Side.BUY if n % 2 else Side.SELL, 1 + n % 3))
        for name in world.broker.working():
            world.broker.fill(name, 1)
        world.pump()
        world.run(100, 50)
        for raw in world.disk[written:]:
            journal.send(_decoder.decode(raw))
        journal.flush()
        most, written = max(most, len(world.disk) - written), len(world.disk)
    journal.close()
    return world, most


def test_however_long_the_day_a_start_reads_the_last_few_saved_stretches_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "SAVE_EVERY_RECORDS", SAVE_EVERY)
    world, most = busy_day(tmp_path)
    found: list[History] = []

    def begin(first: int) -> History:
        found.append(History(first))
        return found[0]

    done = replay(tmp_path, begin)
    saved = sum(isinstance(_decoder.decode(raw), BookSaved) for raw in world.disk)
    assert saved >= 2 * SEGMENTS_KEPT
    assert done.records <= SEGMENTS_KEPT * (SAVE_EVERY + most + 1) < len(world.disk)
    assert found[0].since_save <= SAVE_EVERY + most
    assert found[0].book.index == len(world.disk)
    assert found[0].book.saved(0) == world.core.desk.book.saved(0)
