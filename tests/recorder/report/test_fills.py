"""Fills on their way from one process to another."""

from __future__ import annotations

import copy

import pytest

from hft.words import Side
from recorder.report.fills import Fills, fill_of
from tests.recorder.samples import filled


@pytest.mark.parametrize("count", [0, 1, 3])
def test_fills_arrive_as_they_were_sent(count: int) -> None:
    sent = Fills(
        fill_of(filled(number + 1, 5_000_000, side=Side.SELL), 0.5, 5_000_100, number) for number in range(count)
    )
    got = copy.copy(sent)  # made anew from the same columns
    assert type(got) is Fills
    assert got == sent


def test_what_another_reader_found_has_its_mark_outs_behind_ours() -> None:
    mine, theirs = (Fills(fill_of(filled(10, 5_000_000), 0.5, 0, at) for at in range(count)) for count in (2, 3))
    mine.absorb(theirs)
    assert [fill.number for fill in mine] == [0, 1, 2, 3, 4]
