"""The recorder's first word: what waited for it leaves in order, and a journal that is gone is told."""

from __future__ import annotations

from hft import events
from hft.messages import Recorded
from tests.router.world import World


def test_only_a_new_journal_beside_an_old_record_is_missing() -> None:
    """The record's first word decides: at the very first start there is none, and an old journal is not missing."""
    lost = World()
    lost.turn(Recorded(mark=40))
    assert len(lost.told(events.JournalMissing)) == 1
    assert any("journal is gone" in text for text in lost.core.desk.warnings)
    first = World()
    first.turn(Recorded(mark=0))
    assert first.told(events.JournalMissing) == []
    old = World().ready()
    old.boot()
    old.turn(Recorded(mark=40))
    assert old.told(events.JournalMissing) == []
