"""A disk that goes read-only as the kernel does it, under the recorder as a process: it lives on, holds nothing that
keeps the disk from being mended, and writes what waited. Row 6/30 of the catalogue.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from hft.errors import DiskFailed
from hft.home import Home
from recorder import archive
from tests import disks
from tests.e2e.pace import slack
from tests.recorder.test_discord import Hook
from tests.recorder.test_main import ENDLESS, kill, producer, start
from tests.recorder.test_small_disk import PER_S, numbers
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e
SAID = "Events cannot be written (Read-only file system); they wait with their senders."
STILL_S = 1.0


@pytest.fixture
def disk(home: Path) -> Iterator[tuple[Path, Path]]:
    """Return a home's logs, which lie on a disk of their own, and the disk's image."""
    logs, image = Home(home).make().logs, home / "image"
    with disks.mounted(logs, image):
        yield logs, image


def test_a_read_only_disk_stops_nobody_and_what_waited_is_written_once_it_is_mended(
    home: Path, disk: tuple[Path, Path]
) -> None:
    logs, image = disk
    hook = Hook()
    recorder = start(home, DISCORD_WEBHOOK_URL=hook.url)
    maker = producer(home, "mm", PER_S, ENDLESS)
    try:
        until(lambda: (logs / archive.LIVE).is_file() and bool(numbers(home)), within_s=20 * slack(), what="the record")
        maker.send_signal(signal.SIGSTOP)
        until_still(home)  # a sync that fails would end it, by design
        disks.go_read_only(logs)
        written = numbers(home)
        maker.send_signal(signal.SIGCONT)
        until(
            lambda: any(SAID in got["content"] for got in hook.got),
            within_s=30 * slack(),
            what="the alert of a disk that went read-only",
        )
        assert recorder.poll() is maker.poll() is None
        assert numbers(home) == written
        disks.mend(logs, image)
        until(lambda: len(numbers(home)) > len(written) + PER_S, within_s=30 * slack(), what="the record going on")
        count, lost, _ = maker.communicate(timeout=60 * slack())[0].split()
        assert lost == "0"
        assert numbers(home) == list(range(1, int(count) + 1))
        recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(10 * slack()) == 0
    finally:
        kill(maker)
        kill(recorder)
        hook.stop()


def test_a_recorder_that_finds_a_read_only_disk_says_what_to_do(home: Path, disk: tuple[Path, Path]) -> None:
    logs, _ = disk
    disks.go_read_only(logs)
    recorder = start(home)
    try:
        _, words = recorder.communicate(timeout=20 * slack())
    finally:
        kill(recorder)
    assert recorder.returncode == DiskFailed.exit_code, words
    for part in ("disk refuses its record", "Read-only file system", "dmesg", "hftctl restart recorder"):
        assert part in words, part
    assert "Traceback" not in words


def until_still(home: Path) -> None:
    """Wait until everything that was made is in the record."""
    seen, since_s = 0, time.monotonic()

    def still() -> bool:
        nonlocal seen, since_s
        found = len(numbers(home))
        if found != seen:
            seen, since_s = found, time.monotonic()
        return time.monotonic() - since_s > STILL_S

    until(still, within_s=20 * slack(), what="a record that does not grow")
