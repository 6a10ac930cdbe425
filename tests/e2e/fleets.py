"""A real fleet in a home of its own, started and stopped through hftctl's command line, and asked as `status` asks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from hft.home import Home
from hftctl import roll, supervisor
from hftctl.health import exit_code
from hftctl.looking import look, settings_of
from tests.e2e.pace import slack
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from hftctl.picture import Picture

COMMAND_S_MAX = 60.0
Status = dict[str, Any]


def said(picture: Picture) -> Status:
    """Return a picture as a script reads it."""
    found: Status = msgspec.json.decode(msgspec.json.encode(picture))
    return found


@dataclass(slots=True)
class Fleet:
    """One home and what runs in it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        """Return the home's folders."""
        return Home(self.root)

    def ctl(self, *arguments: str, within_s: float = COMMAND_S_MAX) -> subprocess.CompletedProcess[str]:
        """Run hftctl on this home."""
        return subprocess.run(
            [sys.executable, "-m", "hftctl", "--home", str(self.root), *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within_s * slack(),
            check=False,
        )

    def must(self, *arguments: str, within_s: float = COMMAND_S_MAX) -> str:
        """Run hftctl, which must end with 0; return what it said."""
        done = self.ctl(*arguments, within_s=within_s)
        assert done.returncode == 0, f"hftctl {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *arguments: str) -> None:
        """Start it, with patience for a busy machine."""
        self.must("start", *arguments, "--wait", str(20 * slack()))

    def picture(self) -> Picture:
        """Return what `status` shows, asked as the command asks it: an interpreter a look would load the machine."""
        return look(settings_of(self.home))

    def status(self) -> Status:
        """Return what `status --json` says."""
        return said(self.picture())

    def pids(self) -> dict[str, int]:
        """Return who holds a lock, by name."""
        return roll.anyone(self.home)

    def supervisor_pid(self) -> int:
        """Return supervisord's pid, 0 when it is dead."""
        return supervisor.pid_of(self.home)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one process of this fleet; return its pid."""
        pid = self.pids()[name]
        os.kill(pid, number)
        return pid

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the record so far, or those of one kind; the last line may still be on its way."""
        file = self.home.logs / "events.jsonl"
        lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
        found = [json.loads(line) for line in lines]
        return [event for event in found if kind in {"", event["event"]}]

    def gaps(self) -> list[str]:
        """Return every hole and every repetition in the record, per producer and epoch."""
        numbers: dict[tuple[str, int], list[int]] = defaultdict(list)
        for event in self.events():
            numbers[event["producer"], event["epoch"]].append(event["seq"])
        return [
            f"{producer} epoch {epoch}: {seqs[:3]}…{seqs[-3:]}"
            for (producer, epoch), seqs in numbers.items()
            if seqs != list(range(1, len(seqs) + 1))
        ]

    def fills(self) -> int:
        """Return how many fills the router counts."""
        return sum(row["fills"] for row in self.status()["strategies"])

    def wait_healthy(self, within_s: float) -> Status:
        """Return the status once `hftctl status` ends with 0."""

        def healthy() -> Status | None:
            picture = self.picture()
            return said(picture) if exit_code(picture) == 0 else None

        return until(healthy, within_s=within_s, what="a healthy fleet") or {}

    def wait_fills(self, more_than: int, within_s: float) -> Status:
        """Return the status once there are more fills than that."""

        def filled() -> Status | None:
            status = self.status()
            return status if sum(row["fills"] for row in status["strategies"]) > more_than else None

        return until(filled, within_s=within_s, what=f"more than {more_than} fills") or {}

    def clean_up(self) -> None:
        """End whatever is left, by its pid: through hftctl first, then hard."""
        if not self.pids() and not self.supervisor_pid():
            return
        self.ctl("stop", "--timeout", "20")
        for pid in (self.supervisor_pid(), *self.pids().values()):
            if pid:
                os.kill(pid, signal.SIGKILL)
        until(lambda: not self.pids(), within_s=5 * slack(), what="nobody left in the home")
