"""A family is killed at noon and comes back: from what it had written down it decides as if it had never been away.

Two runs of one market, without latency, so that nothing but the restart differs: one goes through, in the other the
process dies right after its memory was written and a new one begins at that very moment. Every intent is compared to
the nanosecond, names and numbers apart. mm's orders of the first minute may differ: the way in which an
order that works is taken back or moved is the desk's, and the desk is new.
What a real kill costs besides, no memory can give back: what was heard since the last full minute, and while it was
away. Then it watches for `settle_s` before it enters (tests/strategies/sdk/test_settling.py), and estimates that
never forget, such as ml's weights, stay a little different.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft.clock import NS_PER_S
from hft.messages import CancelAll, CancelOrder, NewOrder, ReplaceOrder
from hft.schema import Fleet as FleetSettings
from hft.schema import Settings
from replay.fleet import Fleet, Plan
from replay.latency import NONE
from replay.sources import GENERATED, Opened
from strategies.sdk.memory import Memory, encode
from tests.strategies.test_exchange_worlds import CASES
from tests.strategies.worlds import MORNING_NS
from venue.generator import Generator

if TYPE_CHECKING:
    from replay.strategy import StrategyNode

Intent = NewOrder | ReplaceOrder | CancelOrder | CancelAll
NOON_NS = MORNING_NS + 115 * 60 * NS_PER_S
NUMBERS = {"epoch", "seq", "client_order_id"}
APART_S = {"mm": 60}
BEFORE_S = {"news": 120}  # it trades a symbol once a day: not before noon
NAMES = list(CASES)


class Restarted(Fleet):
    """A fleet of one family whose memory is kept, as its process keeps it in a file; `said` is every wish of it."""

    rests = False  # a program dies in it

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 those of a fleet
        self.kept: dict[str, bytes] = {}
        self.said: list[tuple[int, dict[str, Any]]] = []
        super().__init__(*given, **named)

    def _made_strategy(self, name: str, epoch: int) -> StrategyNode:
        self.plan = msgspec.structs.replace(self.plan, memories={name: self.kept.get(name, b"")})
        node = super()._made_strategy(name, epoch)
        node.edges[Memory] = self._keep
        for kind in (NewOrder, ReplaceOrder, CancelOrder, CancelAll):
            node.edges[kind] = self._heard(node.edges[kind])
        return node

    def _keep(self, memory: Memory) -> None:
        self.kept[memory.name] = encode(memory)

    def _heard(self, send: Any) -> Any:  # noqa: ANN401 an edge
        def note(intent: Intent) -> None:
            fields = {key: value for key, value in msgspec.structs.asdict(intent).items() if key not in NUMBERS}
            self.said.append((self.scheduler.now_ns, {"kind": type(intent).__name__, **fields}))
            send(intent)

        return note


def lived(name: str, *, before_s: int, after_s: int, killed: bool) -> list[tuple[int, dict[str, Any]]]:
    """Return what a family wished from some time before noon to some time after it."""
    case, start_ns = CASES[name], NOON_NS - before_s * NS_PER_S
    fleet = FleetSettings(symbols=case.symbols, strategies=(name,), profile="standard")
    settings = Settings(fleet=fleet, strategy={name: case.given})
    market = Generator(seed=7, symbols=case.symbols, start_ns=start_ns, scenario=case.on)
    opened = Opened(GENERATED, market, start_ns, case.symbols)
    run = Restarted(Plan(settings=settings, ways=NONE, seed=7, has_honest_book=False), opened.source, start_ns)
    run.begin()
    run.run(NOON_NS - NS_PER_S // 10)  # the last wake of the minute, at which it writes
    if killed:
        run.kill_strategy(name)
        run.start_strategy(name)
    run.run(NOON_NS + after_s * NS_PER_S)
    return run.said


def check(name: str, *, before_s: int, after_s: int) -> None:
    """Assert that both runs wished the same before noon and, after its warm gate, afterwards."""
    through, restarted = (lived(name, before_s=before_s, after_s=after_s, killed=killed) for killed in (False, True))
    from_ns = NOON_NS + APART_S.get(name, 0) * NS_PER_S
    afterwards = [intent for intent in through if intent[0] > from_ns]
    assert afterwards
    assert [intent for intent in restarted if intent[0] > from_ns] == afterwards
    assert [i for i in through if i[0] < NOON_NS - NS_PER_S] == [i for i in restarted if i[0] < NOON_NS - NS_PER_S]


@pytest.mark.parametrize("name", ["mm", "ml"])
def test_a_restart_at_noon_changes_no_decision(name: str) -> None:
    check(name, before_s=600, after_s=180)


@pytest.mark.e2e
@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_a_restart_at_noon_changes_no_decision_of_any_family(name: str) -> None:
    check(name, before_s=BEFORE_S.get(name, 4_800), after_s=3_600)
