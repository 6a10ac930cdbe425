"""What an order says of when it was decided: nothing in the core and on its tape, the shell's times on its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from hft import inputs
from hft.actor import Report
from hft.inputs import Began, InputTape, Listening, Said
from hft.messages import Accepted, CancelOrder, Message, NewOrder, Quote, ReplaceOrder, Ticks
from hft.stamp import Stamping
from hft.words import Health, Side, Tif

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = Quote(symbol="SPY", exch_ns=1, recv_ns=50, bid_px=1, bid_qty=1, ask_px=2, ask_qty=1)
LAST = msgspec.structs.replace(FIRST, recv_ns=60)
TICKS = Ticks(epoch=1, seq=1, ticks=(FIRST, LAST))
ANSWER = Accepted(strategy="mm", epoch=1, seq=1)
NEW = NewOrder(
    strategy="mm", epoch=1, seq=1, symbol="SPY", side=Side.BUY, qty=1, px=1, tif=Tif.DAY, expires_ns=900, basis_ns=40
)
MOVE = ReplaceOrder(strategy="mm", epoch=1, seq=2, client_order_id="a", qty=1, px=2, expires_ns=900, basis_ns=40)
CANCEL = CancelOrder(strategy="mm", epoch=1, seq=3, client_order_id="a")
SAID = [NEW, CANCEL, MOVE]
STAMPED = [
    msgspec.structs.replace(NEW, tick_ns=60, decided_ns=77),
    CANCEL,
    msgspec.structs.replace(MOVE, tick_ns=60, decided_ns=77),
]


class Trader:
    """A core that answers everything with the same orders, and thinks for 7 ns about each of its words."""

    def __init__(self) -> None:
        self.clock_ns = 56

    def _say(self) -> Iterator[Message]:
        for message in SAID:
            self.clock_ns += 7
            yield message

    def handle(self, message: Message, now_ns: int) -> Iterator[Message]:
        return self._say()

    def wake(self, now_ns: int) -> Iterator[Message]:
        return self._say()

    def report(self, now_ns: int) -> Report:
        return Report(state=Health.READY, note="as it is")

    def stop(self, now_ns: int) -> Iterator[Message]:
        return self._say()

    def is_done(self, now_ns: int) -> bool:
        return now_ns > 1


@pytest.fixture
def core() -> Stamping:
    trader = Trader()
    return Stamping(trader, lambda: trader.clock_ns)


def test_an_order_that_a_tick_called_for_says_when_that_came_and_when_it_was_decided(core: Stamping) -> None:
    assert list(core.handle(TICKS, 56)) == STAMPED


def test_what_no_tick_called_for_is_no_reaction_to_one(core: Stamping) -> None:
    assert list(core.handle(ANSWER, 56)) == SAID
    assert list(core.handle(msgspec.structs.replace(TICKS, snapshot=True), 56)) == SAID, "a last value, told again"
    assert list(core.wake(56)) == SAID
    assert list(core.stop(56)) == SAID


def test_the_rest_is_the_cores(core: Stamping) -> None:
    assert core.report(1).note == "as it is"
    assert (core.is_done(1), core.is_done(2)) == (False, True)


def test_the_tape_of_a_core_has_what_it_decided_and_no_time_of_the_shell(tmp_path: Path) -> None:
    trader, path = Trader(), inputs.path_of(tmp_path, "mm", 1)
    tape = InputTape(path, Began(name="mm", epoch=1, pid=1, at_ns=1, version="1", made={}))
    core = Stamping(Listening(trader, tape), lambda: trader.clock_ns)
    assert core.handle(TICKS, 56) == STAMPED
    tape.close()
    assert [entry for entry in inputs.read(path) if isinstance(entry, Said)] == [inputs.said(each) for each in SAID]
