"""The demo: a whole fleet in a throw-away home for a minute, and an honest summing-up.

It is the ordinary start, status, flatten and stop in one run. Whatever goes wrong on the way, nothing is left running.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hft.errors import Degraded, FleetError, TimedOut
from hft.home import Home
from hft.settings import load
from hftctl.families import whole_fleet
from hftctl.flattening import flatten
from hftctl.health import complaints
from hftctl.launching import Wish
from hftctl.looking import look
from hftctl.picture import Interval
from hftctl.readiness import wait_ready
from hftctl.screen import UNKNOWN, WIDE, interval, signed, why_lines
from hftctl.starting import begin
from hftctl.stopping import stop_fleet
from hftctl.table import lay_out

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from types import FrameType

    from hft.settings import Loaded
    from hftctl.picture import Picture
    from recorder.report.write import Written

READY_S_MAX = 120.0  # a first run on a small, busy machine compiles everything; nobody waits for its orders
FLATTEN_S_MAX = 20.0
STOP_S_MAX = 30.0
LINE_EVERY_S = 5.0
LOOK_EVERY_S = 0.5
VIEW_HZ = 2.0
NUMBERS = frozenset({"ORDERS", "FILLS", "P&L PAPER", "FEES", "HONEST"})
LEAVE_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
HELLO = "hft demo: the whole fleet on the embedded exchange. No keys, no network, nothing left running."
NOT_SAID = (
    "Two books: P&L PAPER counts fills as a paper account gets them, with no queue, no size limit, no fees and no "
    "latency; HONEST is what a real account would have made of the same orders, from the pessimistic to the optimistic "
    "reading, after FEES. A minute is no sample: nothing here tells whether a strategy earns money."
)
NEXT = "hftctl init and hftctl start for a fleet of your own, hftctl status to look, hftctl stop to end it."


@dataclass(slots=True)
class Seen:
    """What was noticed on the way."""

    first_fill_s: float | None = None
    last: Picture | None = None
    why: dict[str, str] = field(default_factory=dict)  # before the flattening, which is everybody's last reason
    not_flat: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Demo:
    """One demo run."""

    seconds: float
    seed: int
    scenario: str
    live: bool
    keep: bool
    width: int
    say: Callable[..., None]
    seen: Seen = field(default_factory=Seen)

    def run(self) -> int:
        """Run it; return 0 when the fleet traded and ended flat, 4 otherwise."""
        home = Home(Path(tempfile.mkdtemp(prefix="hft-demo-", dir=_short_folder()))).make()
        for number in LEAVE_SIGNALS:
            signal.signal(number, _leave)  # a closed terminal must not leave a fleet behind either
        try:
            return self._run(home)
        finally:
            signal.signal(
                signal.SIGINT, signal.SIG_IGN
            )  # the clean-up is bounded; a second Ctrl-C must not cut it short
            stop_fleet(home, STOP_S_MAX, _unsaid)
            if self.keep:
                self.say(
                    f"kept: {home.root} (logs/events.jsonl has every order; hftctl --home {home.root} logs events)"
                )
            else:
                shutil.rmtree(home.root, ignore_errors=True)

    def _run(self, home: Home) -> int:
        self._tell(HELLO)
        began_s = time.monotonic()
        plan, daemon = begin(home, self._wish(home))
        self._tell(f"starting {len(plan.names)} processes: seconds, on a busy machine up to two minutes")
        self._wait(home, plan.names, daemon)
        fleet = plan.loaded.settings.fleet
        self._tell(
            f"{len(plan.names)} processes ready after {time.monotonic() - began_s:.1f} s; "
            f"{', '.join(fleet.strategies)} trade {', '.join(fleet.symbols)}"
        )
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C ends the trading, not the clean-up
            self._trade(plan.loaded)
        self._flatten(plan.loaded)
        stopped = stop_fleet(home, STOP_S_MAX, _unsaid)
        daemon.wait(timeout=STOP_S_MAX)
        if stopped.left:
            raise Degraded(f"Still running: {stopped.left}.", "They did not go.", f"hftctl --home {home.root} stop")
        return self._sum_up(self._report(plan.loaded))

    def _wait(self, home: Home, names: tuple[str, ...], daemon: subprocess.Popen[bytes]) -> None:
        """Wait for the fleet; its home goes with the demo, so what to do next is not what hftctl start says."""
        try:
            wait_ready(home, names, READY_S_MAX, daemon)
        except TimedOut as late:
            where = f"Their logs stay in {home.logs}." if self.keep else "hftctl demo --keep keeps their logs."
            raise TimedOut(late.what, late.why, f"{where} Is the machine busy? Try again when it is not.") from None

    def _wish(self, home: Home) -> Wish:
        """Return every family with the symbols that they want, unless the environment says otherwise."""
        told = load(home)
        strategies, symbols = whole_fleet(told.settings)
        return Wish(
            mode="sim",
            strategies=None if "fleet.strategies" in told.origins else strategies,
            symbols=None if "fleet.symbols" in told.origins else symbols,
            seed=self.seed,
            scenario=self.scenario,
            demo=True,
        )

    def _tell(self, text: str) -> None:
        self.say(*textwrap.wrap(text, self.width, break_on_hyphens=False))

    def _trade(self, loaded: Loaded) -> None:
        until_s = time.monotonic() + self.seconds
        began_s = time.monotonic()
        if self.live:
            self._show(loaded, began_s, until_s)
            return
        line_s = began_s
        while time.monotonic() < until_s:
            picture = self._notice(look(loaded), began_s)
            if time.monotonic() >= line_s:
                line_s += LINE_EVERY_S
                self.say(line_of(picture, time.monotonic() - began_s))
            time.sleep(min(LOOK_EVERY_S, max(0.0, until_s - time.monotonic())))

    def _show(self, loaded: Loaded, began_s: float, until_s: float) -> None:
        from hftctl.live import watch

        def footer(picture: Picture, _: int) -> str:
            self._notice(picture, began_s)
            left_s = max(0.0, until_s - time.monotonic())
            return f"demo: {left_s:.0f} s left; q ends it now (positions are closed, everything is stopped)"

        watch(lambda: loaded, VIEW_HZ, until_s, color=True, footer=footer)

    def _notice(self, picture: Picture, began_s: float) -> Picture:
        self.seen.last = picture
        if self.seen.first_fill_s is None and any(row.fills for row in picture.strategies):
            self.seen.first_fill_s = time.monotonic() - began_s
        return picture

    def _flatten(self, loaded: Loaded) -> None:
        self.say("closing all positions")
        try:
            result = flatten(loaded.home, (), "", FLATTEN_S_MAX, _unsaid)
        except FleetError as error:
            self.seen.not_flat.append(error.what)
            return
        if not result.ok:
            self.seen.not_flat += result.left or [result.text]
        self.seen.why = {row.name: row.why for row in self.seen.last.strategies} if self.seen.last else {}
        self._notice(look(loaded), time.monotonic())

    def _report(self, loaded: Loaded) -> Written:
        """Write the day's page where it outlives the throw-away home."""
        from recorder.report.write import write_report

        if self.keep:
            return write_report(loaded)
        fd, name = tempfile.mkstemp(prefix="hft-demo-", suffix=".html")
        os.close(fd)
        return write_report(loaded, out=Path(name))

    def _sum_up(self, written: Written) -> int:
        picture = self.seen.last
        fills = sum(row.fills for row in picture.strategies) if picture else 0
        self.say("", *_table(picture, written, self.seen.why, self.width))
        first = self.seen.first_fill_s
        self.say("", f"first fill after {first:.1f} s of trading" if first is not None else "no fill at all")
        flat = not self.seen.not_flat
        self._tell("flat at the end, no process left" if flat else f"NOT flat: {', '.join(self.seen.not_flat)}")
        for text in (NOT_SAID, f"Next: {_onto_path()}{NEXT}"):
            self.say("")
            self._tell(text)
        self.say("", f"Report: {written.path}")
        return 0 if fills and flat else Degraded.exit_code


def _leave(number: int, _: FrameType | None) -> None:
    """End as the signal asks, by way of the clean-up."""
    sys.exit(128 + number)


def _onto_path() -> str:
    """Return how `hftctl` alone becomes a command in this terminal; nothing where it is one."""
    if shutil.which("hftctl"):
        return ""
    return f". {os.path.relpath(Path(sys.executable).parent / 'activate')} (once in a terminal), then "


def _unsaid(*_: str) -> None:
    """Take a line and show it to nobody: the demo tells its own story."""


def _short_folder() -> str | None:
    """Return /tmp where there is one: a long TMPDIR would push the unix sockets elsewhere."""
    return "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108 mkdtemp makes a private folder in it


def line_of(picture: Picture, seconds: float) -> str:
    """Return one plain line for a log: time, then each strategy with both books."""
    parts = [
        f"{row.name} {row.state}, {row.fills} fills, paper {signed(row.pnl_paper)}, honest {interval(row.pnl_honest)}"
        for row in picture.strategies
        if row.fills
    ]
    quiet = Counter(row.state for row in picture.strategies if not row.fills)
    parts += [f"{count} {state}" for state, count in quiet.items()]
    trouble = next(complaints(picture), "")
    return f"{seconds:4.0f} s  {' | '.join(parts)}{'  ! ' + trouble if trouble else ''}"


def _table(picture: Picture | None, written: Written, why: dict[str, str], width: int) -> list[str]:
    """Return the table; both books from the record, because the live ones are two seconds behind the flattening."""
    from recorder.report.numbers import strategy_row

    header = ("STRATEGY", "ORDERS", "FILLS", "P&L PAPER", "FEES", "HONEST", "LAST WHY")
    rows = []
    for row in picture.strategies if picture else ():
        books = strategy_row(written.found, row.name)
        rows.append(
            (
                row.name,
                str(row.orders),
                str(row.fills),
                signed(books["paper"]),
                UNKNOWN if row.fees is None else f"{row.fees:.2f}",
                interval(Interval(low=books["low"], mid=books["mid"], high=books["high"])),
                why.get(row.name, ""),
            )
        )
    yields = ("FEES", "ORDERS", "FILLS", "P&L PAPER")
    if width >= WIDE:
        return lay_out(header, rows, right=NUMBERS, width=width, yields=yields)
    whys = [why_lines(f"last why: {row[-1]}", width) for row in rows]  # beside the numbers there is no room for words
    return lay_out(header[:-1], [row[:-1] for row in rows], right=NUMBERS, width=width, yields=yields, below=whys)
