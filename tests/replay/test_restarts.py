"""A family is killed at noon and comes back: from its last saved state and what it heard since, it decides as before.

Two runs of one market, without latency, so that nothing but the kills differs: one goes through, in the other the
process dies again and again, at instants drawn between two savings, and a new one begins before the next quote, at the
wake that the dead one would have had next. Every intent is compared to the nanosecond, names and numbers apart.
What passes while it is away no memory can give back: the last test but one says what that costs.
"""

from __future__ import annotations

import random
from bisect import bisect
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from hft.clock import NS_PER_MS, NS_PER_S
from hft.inputs import Listening, unframed
from hft.messages import CancelAll, CancelOrder, NewOrder, ReplaceOrder
from hft.schema import Fleet as FleetSettings
from hft.schema import Settings
from hft.since import Inputs
from replay.fleet import Fleet, Plan
from replay.latency import NONE
from replay.sources import GENERATED, Opened
from replay.strategy import family
from strategies.sdk.core import WAKE_MS
from strategies.sdk.memory import Memory, decode, encode, remember
from strategies.sdk.recovery import recovered
from tests.strategies.test_exchange_worlds import CASES
from tests.strategies.worlds import MORNING_NS
from venue.generator import Generator

if TYPE_CHECKING:
    from hft.actor import Core
    from replay.strategy import StrategyNode
    from strategies.sdk.strategy import Strategy

Intent = NewOrder | ReplaceOrder | CancelOrder | CancelAll
NOON_NS = MORNING_NS + 115 * 60 * NS_PER_S
NUMBERS = {"epoch", "seq", "client_order_id"}
PACE_NS = WAKE_MS * NS_PER_MS
BEFORE_S = {"news": 120, "mm": 1_200}  # news trades a symbol once a day: not before noon; mm is warm after minutes
NAMES = list(CASES)


class Restarted(Fleet):
    """A fleet of one family whose memory is kept, as its process keeps it in files; `said` is every wish of it."""

    rests = False  # a program dies in it

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 those of a fleet
        self.saved = b""
        self.heard: list[bytes] = []
        self.told_ns: list[int] = []  # when it was told anything
        self.held_ns: list[int] = []  # those of them at which it held shares
        self.said: list[tuple[int, dict[str, Any]]] = []
        self.held_at_death: list[bool] = []
        self.again: list[int] = []  # how many inputs each restart heard again
        super().__init__(*given, **named)

    def put(self, entry: bytes) -> None:
        """Keep an input, as the file of those since the last saving does."""
        self.heard.append(entry)
        self.told_ns.append(self.scheduler.now_ns)
        if self.holds:
            self.held_ns.append(self.scheduler.now_ns)

    @property
    def holds(self) -> bool:
        """Return whether the family holds shares."""
        held = [node.strategy_core.desk.orders.positions for node in self.strategies.values()]
        return any(qty for positions in held for qty in positions.values())

    def kill_and_restart(self, name: str, at_ns: int, back_ns: int) -> None:
        """Let the process die at one time and a new one begin at another."""
        self.run(at_ns)
        self.held_at_death.append(self.holds)
        self.kill_strategy(name)
        self.run(back_ns)
        self.start_strategy(name)

    def learnt(self, name: str) -> Memory:
        """Return what the family knows."""
        strategy = self.strategies[name].strategy_core.strategy
        return remember(name, strategy.memory(), self.scheduler.now_ns)

    def _made_strategy(self, name: str, epoch: int) -> StrategyNode:
        if epoch > 1:
            self._take_up(name, epoch)
        self.plan = msgspec.structs.replace(self.plan, memories={name: self.saved})
        node = super()._made_strategy(name, epoch)
        node.core = Listening(cast("Core", node.strategy_core), None, self)
        node.edges[Memory] = self._keep
        for kind in (NewOrder, ReplaceOrder, CancelOrder, CancelAll):
            node.edges[kind] = self._heard(node.edges[kind])
        return node

    def _take_up(self, name: str, epoch: int) -> None:
        def make(epoch: int, memory: bytes) -> Strategy[Any]:
            return family(self.settings, name, epoch, memory=memory)

        found = recovered(make, self.saved, Inputs(epoch - 1, list(unframed(b"".join(self.heard)))), epoch=epoch)
        assert not found.trouble
        self.saved, self.heard = found.memory, []
        self.again.append(found.inputs)

    def _keep(self, memory: Memory) -> None:
        self.saved, self.heard = encode(memory), []

    def _heard(self, send: Any) -> Any:  # noqa: ANN401 an edge
        def note(intent: Intent) -> None:
            fields = {key: value for key, value in msgspec.structs.asdict(intent).items() if key not in NUMBERS}
            self.said.append((self.scheduler.now_ns, {"kind": type(intent).__name__, **fields}))
            send(intent)

        return note


def begun(name: str, start_ns: int) -> Restarted:
    """Return a fleet of one family at work from a time on."""
    case = CASES[name]
    fleet = FleetSettings(symbols=case.symbols, strategies=(name,), profile="standard")
    settings = Settings(fleet=fleet, strategy={name: case.given})
    market = Generator(seed=7, symbols=case.symbols, start_ns=start_ns, scenario=case.on)
    opened = Opened(GENERATED, market, start_ns, case.symbols)
    run = Restarted(Plan(settings=settings, ways=NONE, seed=7, has_honest_book=False), opened.source, start_ns)
    run.begin()
    return run


def drawn(through: Restarted, count: int, until_ns: int) -> list[tuple[int, int]]:
    """Return instants of death, each with the wake before which nothing was heard: that of the new process.

    A quarter of them, at least, is while shares are held.
    """
    draw, busy, held = random.Random(11), sorted(set(through.told_ns)), set(through.held_ns)
    found: list[tuple[int, int]] = []
    while len(found) < count:
        at_ns = draw.randrange(NOON_NS + NS_PER_S, until_ns)
        back_ns = at_ns - at_ns % PACE_NS + PACE_NS
        before, after = busy[bisect(busy, at_ns) - 1 :][:2]
        holds = before in held or len(found) >= count // 4
        apart = all(abs(at_ns - other) > 2 * NS_PER_S for other, _ in found)
        if holds and after == back_ns and apart:
            found.append((at_ns, back_ns))
    return sorted(found)


def check(name: str, *, before_s: int, after_s: int, kills: int) -> None:
    """Assert that a run with kills wished what the one without wished, at the same times."""
    start_ns, until_ns = NOON_NS - before_s * NS_PER_S, NOON_NS + after_s * NS_PER_S
    through, restarted = begun(name, start_ns), begun(name, start_ns)
    through.run(until_ns)
    for at_ns, back_ns in drawn(through, kills, until_ns - 20 * NS_PER_S):
        restarted.kill_and_restart(name, at_ns, back_ns)
    restarted.run(until_ns)
    assert len(restarted.again) == kills
    assert min(restarted.again) > 0
    assert sum(restarted.held_at_death) >= kills // 5  # of a quarter, some were just given back
    assert [intent for intent in through.said if intent[0] > NOON_NS]
    assert restarted.said == through.said
    assert restarted.learnt(name) == through.learnt(name)


@pytest.mark.parametrize("name", ["mm", "ml"])
def test_a_kill_at_any_instant_changes_no_decision(name: str) -> None:
    check(name, before_s=600, after_s=180, kills=6)


def test_a_hole_costs_what_passed_in_it_and_nothing_else() -> None:
    run = begun("mm", NOON_NS - 300 * NS_PER_S)
    dead_ns, back_ns = NOON_NS + 37 * NS_PER_S + 1, NOON_NS + 42 * NS_PER_S
    run.run(dead_ns)
    before = run.learnt("mm")
    run.kill_and_restart("mm", dead_ns, back_ns)
    found = decode(run.saved)
    assert found
    assert found.state == before.state
    assert dead_ns - NS_PER_S < found.at_ns <= dead_ns
    assert run.strategies["mm"].strategy_core.desk.settled_ns == back_ns + 30 * NS_PER_S
    run.run(back_ns + 90 * NS_PER_S)
    entries = [at_ns for at_ns, intent in run.said if at_ns > dead_ns and intent.get("reduce_only") is False]
    assert min(entries) >= back_ns + 30 * NS_PER_S


@pytest.mark.e2e
@pytest.mark.soak
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("name", NAMES)
def test_a_kill_at_any_instant_changes_no_decision_of_any_family(name: str) -> None:
    check(name, before_s=BEFORE_S.get(name, 4_800), after_s=3_600, kills=40)
