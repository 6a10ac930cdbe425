"""Lines of the record that are read together are read as each of them alone would be, or not at all."""

from __future__ import annotations

import msgspec
import pytest

from hft.eventline import line, read, read_all
from hft.events import FleetStopping, RecordGap


def lines() -> list[bytes]:
    told = FleetStopping(reason='a text with ,"event":"x" in it'), RecordGap(lost=3), FleetStopping(reason="later")
    return [line(event, ts_ns=seq, producer="mm", epoch=1, seq=seq) for seq, event in enumerate(told, 1)]


def test_lines_that_are_read_together_say_what_each_says() -> None:
    stamps, events = read_all(lines())
    assert list(zip(stamps, events, strict=True)) == [read(raw) for raw in lines()]


def test_one_that_holds_more_and_one_that_swallows_the_next_do_not_pass_as_three() -> None:
    first, second, third = lines()
    with pytest.raises(msgspec.DecodeError):
        read_all([first + b",0,7", second[:-1] + b',"x":[{}', third + b"]}"])


@pytest.mark.parametrize("odd", [b"", b"7", b"{}", b'{"event":"record.gap","lost":1}', b'{"ts":"t"}'])
def test_one_line_that_is_unfit_spoils_all(odd: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_all([*lines(), odd])
