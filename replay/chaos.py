"""A fleet under a seeded schedule of faults: crashes in the middle of turns, torn writes, lost and late news, lies.

Rule: everything follows from the seed, so a failing seed is a bug report. After the faults the world behaves well for a
while; then the witness compares.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from hft import control as asks
from hft.clock import NS_PER_MS, NS_PER_S
from recorder.parcels import Refold
from replay.disk import Disk
from replay.fleet import Fleet, Plan
from replay.router import Crashed
from replay.weather import HELD_MS, LATE_MS_MAX, MARKET, ORDERS, QUOTES, REST, SOCKETS, SPELLS, UPDATES, Times
from replay.witness import Violation, Witness
from venue.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replay.link import Reader
    from venue.rows import Source

WARM_S, STORM_S, CALM_S, REST_S = 2, 18, 6, 24
FAULTS_MIN, FAULTS_MAX = 6, 18
STEPS_MAX = 40
STALLS_MAX = 2  # of the router's disk, in the storms that have some
STALL_SHARE = 0.5
STALL_MS_MAX = 6_000
RESTART_MS_MAX = 3_000
MOVES_SHARE = 0.4  # of what is done to orders on their way: to those that take another's place
SPELL_SHARE = 0.6  # the rest hit a few events only
EVERYWHERE = frozenset({"market-halt", "early-close"})
TOLD_WORDS = ("stopped", "suspended", "calculated", "held", "accepted", "done_for_day", "restated")
CLOCK_JUMPS_MS = (-3_600_000, -1_500, -200, 200, 1_500, 3_600_000)


class ChaosFleet(Fleet):
    """A fleet whose router crashes and comes back, and whose readers miss things."""

    rests = False

    def __init__(self, plan: Plan, source: Source, start_ns: int, disk: Disk, dice: random.Random) -> None:
        self.kept: list[bytes] = []
        super().__init__(plan, source, start_ns, keep=self.kept.append, journal=disk)
        self._disk, self._dice = disk, dice
        self._steps_left = -1
        self._deaf_until: dict[int, int] = {}
        self.step = self._count
        self.recorder.edges[Refold] = _unread
        self.witness = Witness(self, disk, self.kept)

    # --- crashes

    def arm(self) -> None:
        """Let the router crash some steps from here."""
        self._steps_left = self._dice.randint(0, STEPS_MAX)

    def disarm(self) -> None:
        """Let it live."""
        self._steps_left = -1

    def _count(self, where: str) -> None:
        if self._steps_left == 0:
            self._steps_left = -1
            self.witness.note(f"the router is killed {where}")
            raise Crashed(where)
        self._steps_left -= self._steps_left > 0

    def router_died(self) -> None:
        """Lose what was not synced; come back a little later."""
        self.kill_router()
        self._disk.crash()
        self.scheduler.after(self._dice.randint(50, RESTART_MS_MAX) * NS_PER_MS, self._revive)

    def _revive(self, _: None) -> None:
        if not self.router.alive:
            self.witness.router_began()
            self.start_router(self._disk.recover())
            self.witness.note(f"the router begins epoch {self.router.epoch}")

    def revive_strategy(self, name: str) -> None:
        """Start a strategy again, if it is dead."""
        if not self.strategies[name].alive:
            self.start_strategy(name)

    # --- deaf ears

    def deafen(self, reader: Reader, for_ns: int) -> None:
        """Let a reader miss everything for a while."""
        self._deaf_until[id(reader)] = self.scheduler.now_ns + for_ns

    def loses(self, reader: Reader) -> bool:
        """Return whether a reader misses a message now."""
        until_ns = self._deaf_until.get(id(reader))
        return until_ns is not None and self.scheduler.now_ns < until_ns


def _unread(_: Refold) -> None:
    """Do nothing: live, a clock that was an hour off lets the day be read again; the witness reads it anyway."""


class Chaos:
    """One seed: its faults, their times, its end."""

    def __init__(
        self,
        plan: Plan,
        source: Source,
        start_ns: int,
        *,
        seed: int,
        folder: Path,
        clocks: bool = True,
        stalls: bool = True,
    ) -> None:
        self.seed, self._has_stalls = seed, stalls
        self._dice = random.Random(f"{seed}/chaos")
        disk = Disk(folder, random.Random(f"{seed}/disk"))
        self.fleet = ChaosFleet(plan, source, start_ns, disk, random.Random(f"{seed}/crash"))
        self._start_ns = start_ns
        self._acts: list[tuple[int, Callable[[], None]]] = [
            (4, self._crash_in_turn),
            (2, self._kill_router),
            (2, self._kill_strategy),
            (8, self._break_rest),
            (4, self._bend_orders),
            (8, self._bend_updates),
            (6, self._delay_updates),
            (2, self._bend_quotes),
            (2, self._bend_market),
            (2, self._bend_sockets),
            (2, self._cut_updates),
            (1, self._cut_data),
            (2, self._deafen),
            (1, self._control),
            (1 if clocks else 0, self._jump_clock),
        ]

    def run(self) -> None:
        """Let the storm pass; raise Violation, its notes the last events, when a promise was broken."""
        fleet = self.fleet
        try:
            self._play()
            broken = fleet.witness.verdict()
            if broken:
                raise Violation("; ".join(broken))
        except AssertionError as error:
            error.add_note("\n".join(fleet.witness.trace))
            error.add_note(f"seed {self.seed}")
            raise

    def _play(self) -> None:
        fleet, dice = self.fleet, self._dice
        fleet.begin()
        weights = [weight for weight, _ in self._acts]
        self._plan_stalls()
        for _ in range(dice.randint(FAULTS_MIN, FAULTS_MAX)):
            at_ns = self._start_ns + WARM_S * NS_PER_S + dice.randrange(STORM_S * NS_PER_S)
            act = dice.choices(self._acts, weights)[0][1]
            fleet.scheduler.at(at_ns, lambda do: do(), act)
        storm_ns = self._start_ns + (WARM_S + STORM_S) * NS_PER_S
        fleet.run(storm_ns)
        self._heal()
        fleet.run(storm_ns + CALM_S * NS_PER_S)
        for node in fleet.strategies.values():
            node.stop()
        fleet.run(storm_ns + (CALM_S + REST_S) * NS_PER_S)
        for program in fleet.programs():
            program.keep_record()
        fleet.run(storm_ns + (CALM_S + REST_S + 1) * NS_PER_S)

    def _heal(self) -> None:
        fleet = self.fleet
        fleet.venue.heal()
        fleet.disarm()
        fleet.router.skew_ns = fleet.router_skew_ns = 0
        for name in fleet.strategies:
            fleet.revive_strategy(name)
        fleet.witness.note("the world behaves well from here")

    # --- the faults

    def _crash_in_turn(self) -> None:
        self.fleet.arm()

    def _plan_stalls(self) -> None:
        """Let the router's disk not answer for a while; with dice of its own, so that all else stays as it is."""
        dice, fleet = random.Random(f"{self.seed}/stalls"), self.fleet
        for _ in range(dice.randint(1, STALLS_MAX) if self._has_stalls and dice.random() < STALL_SHARE else 0):
            at_ns = self._start_ns + WARM_S * NS_PER_S + dice.randrange(STORM_S * NS_PER_S)
            fleet.scheduler.at(at_ns, self._stall_disk, dice.randint(50, STALL_MS_MAX))

    def _stall_disk(self, ms: int) -> None:
        if self.fleet.router.alive:
            self.fleet.witness.note(f"the router's disk does not answer for {ms} ms")
            self.fleet.router.stall_disk(ms * NS_PER_MS)

    def _kill_router(self) -> None:
        if self.fleet.router.alive:
            self.fleet.witness.note("the router is killed between turns")
            self.fleet.router_died()

    def _kill_strategy(self) -> None:
        fleet = self.fleet
        name = self._dice.choice(list(fleet.strategies))
        fleet.kill_strategy(name)
        fleet.scheduler.after(self._dice.randint(50, 6_000) * NS_PER_MS, fleet.revive_strategy, name)

    def _break_rest(self) -> None:
        kind = self._dice.choice(list(REST))
        method, ms_max = REST[kind]
        if method and self._dice.random() < MOVES_SHARE:
            method = "PATCH"
        ms = float(self._dice.randint(0, ms_max))
        self._order(Fault(kind=kind, method=method, ms=ms, count=self._dice.randint(1, 3)))

    def _bend_orders(self) -> None:
        kind = self._dice.choice(list(ORDERS))
        fault = Fault(kind=kind, symbol=self._symbol(), ms=float(self._dice.randint(100, 6_000)), size=3.0)
        fault.word = self._dice.choice(TOLD_WORDS)
        fault.account = self.fleet.venue.account  # who nobody names owns what comes from nowhere
        self._last(fault, ORDERS[kind])

    def _bend_updates(self) -> None:
        fault = Fault(kind=self._dice.choice(UPDATES), ms=float(self._dice.randint(20, LATE_MS_MAX)))
        if fault.kind in SPELLS and self._dice.random() < SPELL_SHARE:
            fault.for_s, fault.share = self._dice.uniform(0.5, 5.0), self._dice.choice((0.1, 0.3, 1.0))
            fault.seed = self._dice.randrange(1_000)
        else:
            fault.count = self._dice.randint(1, 4)
        self._order(fault)

    def _delay_updates(self) -> None:
        """Let the stream fall behind what REST tells: the one thing that finds fills booked by their ids."""
        fault = Fault(kind="updates-delayed", ms=float(self._dice.randint(500, LATE_MS_MAX)))
        fault.for_s, fault.share = self._dice.uniform(1.0, 8.0), self._dice.choice((0.3, 0.7, 1.0))
        fault.seed = self._dice.randrange(1_000)
        self._order(fault)

    def _bend_quotes(self) -> None:
        kind = self._dice.choice(list(QUOTES))
        fault = Fault(kind=kind, symbol=self._symbol(), for_s=self._dice.uniform(0.2, 3.0), ms=800.0)
        fault.size = QUOTES[kind]
        self._order(fault)

    def _bend_market(self) -> None:
        kind = self._dice.choice(list(MARKET))
        self._last(Fault(kind=kind, symbol="" if kind in EVERYWHERE else self._symbol()), MARKET[kind])

    def _bend_sockets(self) -> None:
        kind = self._dice.choice(SOCKETS)
        stream = self._dice.choice(("updates", "updates", "data"))
        self._order(Fault(kind=kind, stream=stream, count=self._dice.randint(1, 3), ms=HELD_MS, code=429))

    def _last(self, fault: Fault, times: Times) -> None:
        """Order a fault that acts once, or one that lasts for a while."""
        fault.count = 1 if times is Times.ONCE else None
        fault.for_s = None if times is Times.ONCE else self._dice.uniform(0.5, 4.0)
        self._order(fault)

    def _order(self, fault: Fault) -> None:
        self.fleet.witness.note(
            f"fault {fault.kind} {fault.method} {fault.ms:.0f} ms ×{fault.count} for {fault.for_s} s"
        )
        self.fleet.venue.order_fault(fault)

    def _symbol(self) -> str:
        return self._dice.choice(self.fleet.settings.fleet.symbols)

    def _cut_updates(self) -> None:
        self.fleet.witness.note("trade updates are cut")
        self.fleet.venue.cut_updates("the connection was reset")

    def _cut_data(self) -> None:
        self.fleet.feed.cut("the connection was reset")

    def _deafen(self) -> None:
        fleet = self.fleet
        readers = [fleet.bus.router_ticks, *(node.ticks for node in fleet.strategies.values())]
        fleet.deafen(self._dice.choice(readers), self._dice.randint(100, 4_000) * NS_PER_MS)

    def _control(self) -> None:
        asked: list[Any] = [
            asks.Flatten(peer="p", symbols=(self._symbol(),), timeout_ms=5_000),
            asks.Flatten(peer="p", timeout_ms=5_000),
            asks.Halt(peer="p", reason="chaos"),
            asks.Resume(peer="p"),
            asks.GetStatus(peer="p"),
        ]
        message = self._dice.choice(asked)
        self.fleet.witness.note(f"control {message!r}")
        if self.fleet.router.alive:
            self.fleet.router.take(message)

    def _jump_clock(self) -> None:
        jump_ms = self._dice.choice(CLOCK_JUMPS_MS)
        self.fleet.witness.note(f"the router's clock jumps by {jump_ms} ms")
        self.fleet.router.skew_ns = self.fleet.router_skew_ns = jump_ms * NS_PER_MS
