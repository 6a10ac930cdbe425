"""The kill loop: SIGKILL of a router that trades, at random instants and at every marked one, with faults on.

After each kill the router is started again, and journal and venue must agree on every order, share, position and on
the cash, inside a stated time; no intent has become two orders, and nothing works at the venue that the book lacks.
`python -m tests.router.kills KILLS [SEED]` is the long loop in a throw-away home.
"""

from __future__ import annotations

import contextlib
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hft import endpoints
from hft.ports import Subscriber
from tests.e2e.pace import slack
from tests.router.agreement import Auditor
from tests.router.marked import ARM, MARKS, is_cross, stand_still
from tests.router.rig import READY_S_MAX, Rig, Trader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

AGREED_S_MAX = 10.0  # once the router says that it is ready; an orphan never lives longer
RESOLVED_S_MAX = 30.0  # at the end: orders that never reached the venue are presumed absent
STARTS_KILLED = 0.15  # the share of random kills that come before the router is up
TRADES_S_MAX = 1.5
FAULTS = (
    "accept-then-504",
    "accept-then-drop",
    "rest-502",
    "rest-drop",
    "rest-truncated",
    "updates-lost",
    "updates-duplicated",
    "updates-reordered",
    "updates-replay",
    "updates-cut-at-fill",
    "cancel-loses",
    "reject-after-200",
)


class KillLoop:
    """One rig, two traders, and the order in which the router dies."""

    def __init__(self, rig: Rig, *, seed: int, faults: bool = True) -> None:
        self.rig, self.faults = rig, faults
        self.chance = random.Random(seed)
        self.traders = [Trader(rig, name, seed=seed + n) for n, name in enumerate(("mm", "drift"))]
        self.auditor = Auditor(rig)
        reports = endpoints.connect(rig.context, endpoints.UPDATES, rig.home, topics=(b"",))
        self._reports = Subscriber(reports, "updates", lambda message: (message.router_epoch, message.seq))
        self.told: set[str] = set()  # the crosses that strategies were told of
        self.died: dict[str, int] = {}  # mark, or what kind of random kill → how often
        self.back_s_max = 0.0  # the longest from a start to books that agree

    def run(self, kills: int) -> int:
        """Kill so often; return on how many orders journal and venue agree in the end."""
        marks = [*MARKS]
        self.chance.shuffle(marks)
        return self.die(marks[n // 2 % len(marks)] if n % 2 else "" for n in range(kills))

    def die(self, marks: Iterable[str]) -> int:
        """Kill at these marks, at any instant for an empty one; return on how many orders all agree in the end."""
        for mark in marks:
            if self.faults:
                self.rig.fault(self.chance.choice(FAULTS))
            how = self._die_at(mark) if mark else self._die_anywhere()
            self.died[how] = self.died.get(how, 0) + 1
            for trader in self.traders:
                trader.synced = False
        self.rig.rest("/sim/fault", "DELETE")  # those that nothing has met yet would all meet the flatten
        self._start()
        for trader in self.traders:
            trader.close()
        self._reports.socket.close(linger=0)
        return self._finish()

    def _start(self, mark: str = "") -> None:
        """Start a router and see that it finds the truth, whatever the one before it left."""
        began_s = time.monotonic()
        self.rig.start_router(mark)
        self.rig.ready()
        self.auditor.must_agree(AGREED_S_MAX * slack())
        assert self.told <= self.auditor.crosses, "strategies were told of a cross that no journal knows"
        self.back_s_max = max(self.back_s_max, time.monotonic() - began_s)

    def _die_at(self, mark: str) -> str:
        """Let a router live until it kills itself at a mark; those of its start are armed from the beginning."""
        if MARKS[mark].at_start:
            self.rig.start_router(mark)
        else:
            self._start(mark)
            self.rig.processes["router"].send_signal(ARM)
        if MARKS[mark].needs:
            self.rig.fault(MARKS[mark].needs, for_s=READY_S_MAX * slack())
        router, told = self.rig.processes["router"], len(self.told)
        self._trade(READY_S_MAX * slack(), lambda: router.poll() is not None or self._heard(mark, told))
        if self._heard(mark, told):
            self.rig.kill("router")
        assert router.poll() == -signal.SIGKILL, f"the router did not die at {mark!r}: {router.poll()}"
        if MARKS[mark].needs:
            self.rig.rest("/sim/fault", "DELETE")
        return mark

    def _heard(self, mark: str, told: int) -> bool:
        """Return whether a router stands still at the mark, and what it said before has come."""
        return MARKS[mark].die is stand_still and len(self.told) > told

    def _die_anywhere(self) -> str:
        if self.chance.random() < STARTS_KILLED:
            self.rig.start_router()
            self._trade(self.chance.uniform(0.0, 2.0), lambda: False)
            self.rig.kill("router")
            return "while it starts"
        self._start()
        accepted = self._accepted()
        self._trade(READY_S_MAX * slack(), lambda: self._accepted() > accepted)
        assert self._accepted() > accepted, "a router that trades"
        self._trade(self.chance.uniform(0.0, TRADES_S_MAX), lambda: False)
        self.rig.kill("router")
        return "while it trades"

    def _accepted(self) -> int:
        return sum(trader.accepted for trader in self.traders)

    def _trade(self, seconds: float, enough: Callable[[], bool]) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s and not enough():
            for trader in self.traders:
                trader.turn()
            self.told |= {message.client_order_id for message in self._reports.drain() if is_cross(message)}
            self.traders[0].dealer.socket.poll(15)

    def _finish(self) -> int:
        """End with a venue that behaves: flatten, stop, and agree on everything."""
        done = self.rig.flatten(timeout_ms=30_000)
        assert done.ok, done
        self.auditor.must_agree(RESOLVED_S_MAX, settled=True)
        self.rig.kill("router", signal.SIGTERM)
        assert self.auditor.differences(settled=True) == []
        return self.auditor.orders


def main() -> None:
    """Run the long loop and say what it did."""
    kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory(prefix="hft-") as name:
        rig = Rig(Path(name), conflict="internal-cross", requests_per_min=100_000, slot_held_s=0.2)
        with contextlib.closing(rig):
            loop = KillLoop(rig, seed=seed)
            began_s = time.monotonic()
            orders = loop.run(kills)
            took_s = time.monotonic() - began_s
            moved = sum(order["status"] == "replaced" for order in rig.orders())
    sys.stdout.write(f"{kills} kills in {took_s:.0f} s, journal and venue agree on {orders} orders ({moved} moved)\n")
    sys.stdout.write(f"slowest from a start to books that agree: {loop.back_s_max:.1f} s\n")
    for how, times in sorted(loop.died.items()):
        sys.stdout.write(f"  {times:4} × {how}\n")


if __name__ == "__main__":
    main()
