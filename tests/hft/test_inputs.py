"""What a program heard and said comes back as it was; a torn end costs the end; a refusing disk costs the tape only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hft import codec, inputs
from hft.actor import Report
from hft.clock import NS_PER_S
from hft.inputs import Asked, Began, Heard, InputTape, Listening, Said, Woken
from hft.messages import Gap, Message, Register
from hft.words import Health

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEGAN = Began(name="mm", epoch=3, pid=7, at_ns=NS_PER_S, version="1", made={"symbols": ["SPY"]})
GAP = Gap(stream="ticks", topic="SPY", missed=1)
HELLO = Register(strategy="mm", epoch=3, pid=7)


class Parrot:
    """A core that answers every message with a greeting."""

    def handle(self, message: Message, now_ns: int) -> Iterator[Message]:
        yield HELLO

    def wake(self, now_ns: int) -> Iterator[Message]:
        return iter(())

    def report(self, now_ns: int) -> Report:
        return Report(state=Health.READY, note="")

    def stop(self, now_ns: int) -> Iterator[Message]:
        return iter(())

    def is_done(self, now_ns: int) -> bool:
        return True


def recorded(path: Path, turns: int = 1) -> None:
    tape = InputTape(path, BEGAN)
    core: Any = Listening(Parrot(), tape)
    for turn in range(turns):
        assert core.handle(GAP, turn) == [HELLO]
    assert core.wake(5 * NS_PER_S) == []
    assert core.stop(6 * NS_PER_S) == []
    assert core.is_done(0)
    assert core.report(0).state is Health.READY
    tape.close()


def test_what_was_heard_and_said_is_read_back_in_order(tmp_path: Path) -> None:
    path = inputs.path_of(tmp_path, "mm", 3)
    recorded(path)
    heard, said = Heard(0, codec.encode(GAP)), inputs.said(HELLO)
    assert list(inputs.read(path)) == [BEGAN, heard, said, Woken(5 * NS_PER_S), Asked(6 * NS_PER_S)]
    assert isinstance(said, Said)
    assert codec.decode(said.body) == HELLO


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_torn_end_costs_only_the_end(tmp_path: Path, kept: float) -> None:
    path = inputs.path_of(tmp_path, "mm", 3)
    recorded(path, turns=2_000)
    whole = list(inputs.read(path))
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * kept)])
    torn = list(inputs.read(path))
    assert torn == whole[: len(torn)]
    assert len(torn) < len(whole)


def test_a_disk_that_refuses_ends_the_tape_and_not_the_program(tmp_path: Path) -> None:
    (tmp_path / inputs.FOLDER).write_text("a file where the folder should be")
    tape = InputTape(inputs.path_of(tmp_path, "mm", 3), BEGAN)
    assert tape.failure
    assert Listening(Parrot(), tape).handle(GAP, 0) == [HELLO]
    tape.close()


def test_a_file_that_is_as_long_as_it_may_be_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "FILE_BYTES_MAX", 10)
    tape = InputTape(inputs.path_of(tmp_path, "mm", 3), BEGAN)
    tape.keep(10 * NS_PER_S)
    assert "as long as it may be" in tape.failure
