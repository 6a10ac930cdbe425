"""A core that is taken up from its state and what it heard since is the core that died: books, wishes, estimators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft import codec
from hft.clock import NS_PER_S
from hft.inputs import Asked, Heard, Woken
from hft.messages import Register
from hft.since import Inputs
from strategies.sdk import hand, memory
from strategies.sdk.core import StrategyCore
from strategies.sdk.families import load, names
from strategies.sdk.fit import made
from strategies.sdk.recovery import Recovered, reborn, recovered
from tests.strategies.arena import LIMITS, Arena
from tests.strategies.test_every_family import START_NS, symbols_for, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hft.inputs import Filed
    from hft.messages import Message
    from strategies.sdk.strategy import Strategy

KEEPERS = sorted(set(names()) - {"drift"})
# What a desk is made of from settings, what others say of it, and words and counters for people.
MADE_ANEW = {"rules", "session", "name", "epoch", "symbols", "unwatched", "freezes", "closed_because"}
OF_THE_MOMENT = {"now_ns", "acting", "orders", "blackout"}
FOR_PEOPLE = {"held_back", "_held_back_ns", "_held_back_in", "never_sent", "refusals", "suppressed"}


class Heeding(StrategyCore):
    """A core that notes what it hears since it was saved last."""

    def __init__(self, strategy: Strategy[Any]) -> None:
        super().__init__(strategy, pid=1)
        self.saved = b""
        self.since: list[Filed] = []

    def handle(self, message: Message, now_ns: int) -> Iterable[Any]:
        self.since.append(Heard(now_ns, codec.encode(message)))
        return super().handle(message, now_ns)

    def wake(self, now_ns: int) -> Iterable[Any]:  # type: ignore[override]  # a list is an iterable as good
        self.since.append(Woken(now_ns))
        out = list(super().wake(now_ns))
        for each in out:
            if isinstance(each, memory.Memory):
                self.saved, self.since = memory.encode(each), []
        return out


def family(name: str, epoch: int, raw: bytes) -> Strategy[Any]:
    return made(
        load(name), name=name, epoch=epoch, symbols=symbols_for(name), given={}, limits=LIMITS, demo=True, memory=raw
    )


def lived(name: str, seconds: int) -> Heeding:
    """Return a core after some time at work; it saves each minute."""
    core = Heeding(family(name, 1, b""))
    Arena(core).play(walk(symbols_for(name), seconds=seconds))
    return core


def again(core: Heeding, name: str) -> Recovered:
    return recovered(lambda epoch, raw: family(name, epoch, raw), core.saved, Inputs(1, core.since), epoch=2)


@pytest.mark.parametrize("name", KEEPERS)
@pytest.mark.parametrize("seconds", [33, 95])
def test_the_state_is_that_of_the_last_moment(name: str, seconds: int) -> None:
    core = lived(name, seconds)
    found = memory.decode(again(core, name).memory)
    assert bool(core.saved) is (seconds > 60)
    reborn(core.desk, 2)
    now = memory.remember(name, core.strategy.memory(), core.desk.now_ns, hand.encoded(core.desk))
    assert found == now


def test_without_what_was_heard_since_the_state_is_another() -> None:
    core = lived("mm", 95)
    saved = memory.decode(core.saved)
    assert saved
    assert saved.state != memory.remember("mm", core.strategy.memory(), 0).state


def test_every_attribute_of_a_desk_is_kept_or_named_here_with_a_reason() -> None:
    desk = family("mm", 1, b"").desk
    assert set(vars(desk)) == {*hand.OF_DESK, "sent_ns", *MADE_ANEW, *OF_THE_MOMENT, *FOR_PEOPLE}
    assert set(vars(desk.orders)) == {*hand.OF_ORDERS, "done"}
    assert set(vars(desk.blackout)) == {"until_ns", "_news_ns", "_scheduled_ns", "_window", "_asked_ns"}


def test_an_input_at_which_the_core_fails_is_not_heard_for_ever() -> None:
    core = lived("mm", 95)
    core.since.append(Heard(core.desk.now_ns, codec.encode(Register(strategy="mm", epoch=1, pid=1))))
    found = again(core, "mm")
    assert found == Recovered(core.saved, trouble=found.trouble)
    assert found.trouble.startswith("KeyError")


def test_a_run_that_was_asked_to_stop_is_not_taken_up() -> None:
    core = lived("mm", 95)
    (stopped,) = [each for each in core.stop(core.desk.now_ns) if isinstance(each, memory.Memory)]
    assert stopped.hand == b""
    raw = memory.encode(stopped)
    inputs = Inputs(1, [Asked(core.desk.now_ns), Woken(core.desk.now_ns + NS_PER_S)])
    assert recovered(lambda epoch, kept: family("mm", epoch, kept), raw, inputs, epoch=2) == Recovered(raw)


def test_a_hand_of_another_version_is_left_alone_and_what_was_learnt_is_kept() -> None:
    saved = memory.decode(lived("mm", 95).saved)
    assert saved
    raw = memory.encode(msgspec.structs.replace(saved, hand=b"\x91\x01"))
    inputs = Inputs(1, [Woken(START_NS)])
    assert recovered(lambda epoch, kept: family("mm", epoch, kept), raw, inputs, epoch=2) == Recovered(raw)
    fresh = family("mm", 2, raw)
    assert not fresh.desk.wishes
    assert memory.remember("mm", fresh.memory(), 0).state == saved.state


def test_the_next_run_registers_before_it_acts() -> None:
    core = lived("mm", 95)
    fresh = StrategyCore(family("mm", 2, again(core, "mm").memory))
    assert fresh.desk.closed_because == "waiting for the router to register us"
    assert fresh.desk.wishes
    assert fresh.desk.known_ns > START_NS
