"""A disk that is really full, under the recorder as a process: nobody waits for it, nothing is lost, a person hears."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from hft.home import Home
from recorder import archive
from recorder.lines import head_of
from tests.e2e.pace import slack
from tests.recorder.test_discord import Hook
from tests.recorder.test_main import ENDLESS, producer, start
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e
DISK_BYTES, LEFT_BYTES = 16 * 1024 * 1024, 64 * 1024
PER_S = 200


@pytest.fixture
def small(home: Path) -> Iterator[Path]:
    """Return a home whose logs lie on a disk of their own that takes LEFT_BYTES more; `ballast` fills the rest."""
    logs = Home(home).make().logs
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "hft-small", str(logs)]
    told = subprocess.run(mount, check=False, capture_output=True, text=True) if os.geteuid() == 0 else None
    if told is None or told.returncode:
        pytest.skip("a disk of its own cannot be mounted here: that takes root and a kernel that permits it")
    try:
        with (logs / "ballast").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, DISK_BYTES - LEFT_BYTES)
        yield home
    finally:
        subprocess.run(["umount", "--lazy", str(logs)], check=True)  # also where a failed test left it in use


def test_a_full_disk_stops_nobody_and_what_waited_is_written_when_there_is_room(small: Path) -> None:
    hook = Hook()
    recorder = start(small, DISCORD_WEBHOOK_URL=hook.url)
    maker = producer(small, "mm", PER_S, ENDLESS)
    said = "Events cannot be written (No space left on device); they wait with their senders."
    try:
        until(
            lambda: any(said in got["content"] for got in hook.got),
            within_s=30 * slack(),
            what="the alert of a full disk",
        )
        written = numbers(small)
        assert recorder.poll() is maker.poll() is None
        assert written == list(range(1, len(written) + 1))
        (small / "logs" / "ballast").unlink()
        until(lambda: len(numbers(small)) > len(written) + PER_S, within_s=30 * slack(), what="the record going on")
        count, lost, _ = maker.communicate(timeout=60 * slack())[0].split()
        assert lost == "0"
        assert numbers(small) == list(range(1, int(count) + 1))
        recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(10 * slack()) == 0
    finally:
        for process in (maker, recorder):
            process.kill()
            process.communicate()
        hook.stop()


def numbers(home: Path) -> list[int]:
    """Return the numbers of the producer's lines so far; what is half written is left out."""
    heads = map(head_of, archive.lines_of(archive.live_file(Home(home))))
    return [head.seq for head in heads if head.producer == "mm"]
