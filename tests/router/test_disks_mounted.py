"""The whole home goes read-only under a router that trades, as a broken disk does it. Row 6/30 of the catalogue.

Nothing new goes out, all orders are cancelled though not even the HALT file can be written: by the router, or past it
by the guardian. It is told in words, and once the disk is mended the books agree. The venue and the fleet's log lie on
another disk.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from hft.errors import DiskFailed
from tests import disks
from tests.e2e.pace import slack
from tests.router.test_disks import ENDED_S_MAX, JOURNAL_LOST, TOLD
from tests.router.trading import started_again, trading
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.router.trading import Trading

CANCELLED_S_MAX = 15.0  # by a guardian that waits for ten
ENDS = {None, 0, DiskFailed.exit_code}  # of the others: a sync that was on its way may be what fails
LOG_CHARS = 4_000
OTHERS = ("feed", "recorder")
pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(600)]


@pytest.fixture
def disk(home: Path) -> Iterator[tuple[Path, Path]]:
    """Return where a disk of its own is mounted, and its image."""
    root, image = home / "disk", home / "image"
    root.mkdir()
    with disks.mounted(root, image):
        yield root, image


@pytest.fixture
def scene(home: Path, disk: tuple[Path, Path]) -> Iterator[Trading]:
    """Give a fleet that trades in a home on that disk."""
    with trading(disk[0], log=home / "rig.log", venue_root=home / "venue") as found:
        until(lambda: bool(found.told("order.sent")), within_s=20 * slack(), what="a recorder that writes")
        found.rest()
        yield found


def test_a_home_that_goes_read_only_ends_the_router_with_all_cancelled_and_agrees_once_mended(
    scene: Trading, disk: tuple[Path, Path]
) -> None:
    disks.go_read_only(disk[0])
    scene.ends(JOURNAL_LOST, within_s=ENDED_S_MAX)
    assert not scene.rig.home.halt_file.exists(), "it could not be written"
    words = scene.rig.log_file.read_text(encoding="utf-8")
    for part in ("The router has ended: the journal cannot be written: ", *TOLD):
        assert part in words, part
    code, words = started_again(scene.rig)
    assert code == DiskFailed.exit_code, words
    for part in ("Read-only file system", "Look at the disk", "hftctl start"):
        assert part in words, part
    mended(scene, disk)
    scene.agrees()


def test_a_guardian_cancels_all_in_a_home_that_went_read_only_and_says_so(
    scene: Trading, disk: tuple[Path, Path]
) -> None:
    """The router stands still, so that it cannot do it; when it goes on, it ends."""
    scene.rig.start("guardian", "router.guardian")
    until(lambda: scene.rig.home.run.joinpath("guardian.lock").exists(), within_s=10 * slack(), what="a guardian")
    scene.rest()
    scene.router.send_signal(signal.SIGSTOP)
    disks.go_read_only(disk[0])
    assert scene.open_orders() != []
    until(lambda: scene.open_orders() == [], within_s=CANCELLED_S_MAX * slack(), what="nothing that works")
    until(lambda: "guardian.acted" in log_of(scene), within_s=10 * slack(), what="the guardian's word")
    assert '"text":"no order works"' in log_of(scene).replace('": "', '":"')
    assert scene.rig.processes["guardian"].poll() is None
    scene.router.send_signal(signal.SIGCONT)
    scene.ends(JOURNAL_LOST, within_s=ENDED_S_MAX)
    mended(scene, disk, "guardian")
    scene.agrees()


def log_of(scene: Trading) -> str:
    """Return what the fleet's processes have said in their logs."""
    return scene.rig.log_file.read_text(encoding="utf-8")


def mended(scene: Trading, disk: tuple[Path, Path], *more: str) -> None:
    """Do what a person does: stop what is left, have the disk repaired, start the others again."""
    for name in (*OTHERS, *more):
        process = scene.rig.processes[name]
        assert process.poll() in ENDS, f"{name}: {log_of(scene)[-LOG_CHARS:]}"
        scene.rig.kill(name, signal.SIGTERM)
        assert process.returncode in ENDS, f"{name}: {log_of(scene)[-LOG_CHARS:]}"
    disks.mend(*disk)
    for name in OTHERS:
        scene.rig.start(name, name)
