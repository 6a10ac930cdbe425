"""Disks that refuse, journal and HALT file alike, under a router that trades: nothing new goes out, all orders are
cancelled, it is told in words, and the books agree once the disk is well. Row 6/30 of the catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.router.marked import ARM, REFUSED
from tests.router.trading import trading

if TYPE_CHECKING:
    from pathlib import Path

ENDED_S_MAX = 8.0  # from the first refusal until the router has cancelled all and ended
JOURNAL_LOST = 1
TOLD = ("Its orders are cancelled, but the HALT file could not be written either", "start again and resume")
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_where_journal_and_halt_file_are_refused_all_is_cancelled_and_told_and_the_books_agree(home: Path) -> None:
    """The sync is refused, and a folder lies where the HALT file is made."""
    with trading(home, mark=REFUSED) as scene:
        in_the_way = scene.rig.home.halt_file.with_suffix(".new")
        in_the_way.mkdir()
        scene.router.send_signal(ARM)
        scene.ends(JOURNAL_LOST, within_s=ENDED_S_MAX)
        assert not scene.rig.home.halt_file.exists()
        words = scene.rig.log_file.read_text(encoding="utf-8")
        for part in ("cannot be written: Input/output error", *TOLD):
            assert part in words, part
        in_the_way.rmdir()
        scene.agrees()
