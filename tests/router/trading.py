"""A rig whose router trades and has orders that rest: where tests of what happens to processes and disks begin."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from tests.e2e.pace import slack
from tests.router.agreement import Auditor
from tests.router.rig import Rig, Trader
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGREED_S_MAX = 10.0  # once the next router is ready


def trade(trader: Trader, seconds: float) -> None:
    """Let a trader trade for so long."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        trader.turn()
        trader.dealer.socket.poll(15)


def until_filled(trader: Trader, rig: Rig) -> None:
    """Trade until the venue holds something for us."""

    def filled() -> bool:
        trade(trader, 0.3)
        return bool(rig.positions())

    until(filled, within_s=20 * slack(), what="a fill")


class Trading:
    """A rig whose router trades and has orders that rest."""

    def __init__(self, rig: Rig, mark: str = "") -> None:
        self.rig = rig
        rig.start("recorder", "recorder")
        rig.start_router(mark)
        rig.ready()
        self.trader = Trader(rig, "mm", seed=61)
        until_filled(self.trader, rig)
        self.rest()

    @property
    def router(self) -> subprocess.Popen[bytes]:
        return self.rig.processes["router"]

    def open_orders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.rig.rest("/v2/orders?status=open")
        return found

    def rest(self) -> None:
        """Trade until orders rest at the venue."""

        def rests() -> bool:
            trade(self.trader, 0.2)
            return len(self.open_orders()) > 1

        until(rests, within_s=20 * slack(), what="orders that rest")

    def ends(self, code: int, *, within_s: float) -> None:
        """See the router cancel all and end by itself, with this exit code."""

        def ended() -> bool:
            trade(self.trader, 0.1)
            return self.router.poll() is not None

        until(ended, within_s=within_s * slack(), what="a router that has ended")
        assert self.router.returncode == code
        assert self.open_orders() == []

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a kind in the record."""
        file = self.rig.home.logs / "events.jsonl"
        events = [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]] if file.exists() else []
        return [event for event in events if event["event"] == kind]

    def agrees(self, *, resume: bool = False) -> None:
        """Start the next router on a disk that is well: it agrees, trades again, ends flat, agrees again."""
        self.rig.start_router()
        self.rig.ready()
        Auditor(self.rig).must_agree(AGREED_S_MAX * slack())
        if resume:
            self.rig.resume()
        self.trader.synced = False
        self.trades()
        self.trader.close()
        assert self.rig.flatten(timeout_ms=20_000).ok
        self.rig.kill("router", signal.SIGTERM)
        self.rig.must_agree()

    def trades(self) -> None:
        """See orders being accepted."""
        before = self.trader.accepted

        def accepted() -> bool:
            trade(self.trader, 0.2)
            return self.trader.accepted > before

        until(accepted, within_s=15 * slack(), what="orders that are accepted")


@contextlib.contextmanager
def trading(
    root: Path,
    *,
    mark: str = "",
    log: Path | None = None,
    venue_root: Path | None = None,
    conflict: str = "hold-newer",
) -> Iterator[Trading]:
    """Give a home in which a router trades, and take it down afterwards."""
    rig = Rig(root, log=log, venue_root=venue_root, conflict=conflict, requests_per_min=100_000)
    with contextlib.closing(rig):
        yield Trading(rig, mark)


def started_again(rig: Rig) -> tuple[int, str]:
    """Start one more router as supervisord would, and return its exit code and words."""
    command = [sys.executable, "-m", "router"]
    done = subprocess.run(
        command, cwd=ROOT, env=rig.environ, capture_output=True, text=True, timeout=30 * slack(), check=False
    )
    return done.returncode, done.stdout + done.stderr
