"""What was heard since the last state is all there after a kill; it is never taken for what followed another state."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hft import since
from hft.inputs import Heard, Woken, framed
from hft.since import Since
from tests.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

STATE = b"a state"


def written(path: Path, *, count: int = 3) -> Since:
    book = Since(path, 4)
    book.begin(STATE)
    for number in range(count):
        book.put(framed(Heard(number, b"body")))
    return book


def test_every_input_is_there_without_a_flush_or_a_close(tmp_path: Path) -> None:
    book = written(tmp_path / "mm.since")
    assert since.read(tmp_path / "mm.since", STATE) == (4, [Heard(n, b"body") for n in range(3)])
    book.close()


def test_a_real_kill_costs_no_input(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from hft.since import Since; from hft.inputs import Woken, framed\n"
        "book = Since(Path(sys.argv[1]), 1); book.begin(b'a state')\n"
        "for n in range(1_000): book.put(framed(Woken(n)))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "mm.since"
    ended = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert since.read(path, STATE) == (1, [Woken(n) for n in range(1_000)])


@pytest.mark.parametrize("lost", [1, 5, 9])
def test_a_torn_end_costs_the_last_input(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "mm.since"
    written(path).close()
    path.write_bytes(path.read_bytes()[:-lost])
    assert since.read(path, STATE) == (4, [Heard(0, b"body"), Heard(1, b"body")])


def test_inputs_that_follow_another_state_are_none(tmp_path: Path) -> None:
    path = tmp_path / "mm.since"
    written(path).close()
    assert since.read(path, b"a newer state") is None
    assert since.read(tmp_path / "nothing", STATE) is None
    path.write_bytes(b"\x04\0\0\0what")
    assert since.read(path, STATE) is None


def test_a_new_state_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "mm.since"
    book = written(path)
    book.begin(b"newer")
    book.put(framed(Woken(9)))
    assert since.read(path, b"newer") == (4, [Woken(9)])
    book.close()


def test_a_disk_that_refuses_ends_the_recording_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "mm.since"
    book = written(path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 4, before[1]))
    try:
        for number in range(3, 6):
            book.put(framed(Heard(number, b"body")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "full" in book.failure
    assert since.read(path, STATE) == (4, [Heard(n, b"body") for n in range(3)])


def test_a_folder_that_is_none_is_a_failure_in_words(tmp_path: Path) -> None:
    book = Since(tmp_path / "none" / "mm.since", 1)
    book.begin(STATE)
    book.put(framed(Woken(1)))
    assert book.failure == os.strerror(2)


def test_more_than_it_may_hold_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(since, "BYTES_MAX", 60)
    book = written(tmp_path / "mm.since", count=10)
    assert "more was heard" in book.failure
