"""A day's fills cut by symbol and by hour, with where the market was afterwards."""

from __future__ import annotations

from collections import defaultdict
from math import isnan
from typing import TYPE_CHECKING

import pytest

from hft.words import Side
from recorder.markouts import UNKNOWN, Mean
from recorder.report import parts
from recorder.report.fills import Fill, fill_of
from recorder.report.shares import ALONE, Share, read
from tests.recorder.report.test_shares import SCALE, busy_home
from tests.recorder.samples import filled
from tests.recorder.test_offline import DAY

if TYPE_CHECKING:
    from pathlib import Path

NINE_THIRTY_S = 1_795_444_200.0  # in New York, 2026-11-23


def fill(number: int, qty: int, at_s: float = NINE_THIRTY_S) -> Fill:
    return fill_of(filled(qty, 5_000_000, side=Side.BUY), at_s, 5_000_500, number)


def test_a_part_has_the_mean_of_its_own_fills_weighted_by_shares() -> None:
    fills = [fill(0, 100), fill(1, 300), fill(2, 50, NINE_THIRTY_S + 3_600)]
    first, second = parts.by_hour(fills, {1: [1.0, -3.0, 8.0], 60: [2.0, UNKNOWN, UNKNOWN]})
    assert (first["name"], first["markouts"]) == ("09:00", {"1": pytest.approx(-2.0), "60": pytest.approx(2.0)})
    assert (second["name"], second["markouts"]) == ("10:00", {"1": pytest.approx(8.0), "60": None})
    assert first["capture_bps"] == pytest.approx(1.0)


@pytest.mark.parametrize("seconds", [frozenset[bytes](), frozenset({b"etf", b"ml"})])
def test_each_fill_has_its_own_mark_outs_whoever_read_it(tmp_path: Path, seconds: frozenset[bytes]) -> None:
    home = busy_home(tmp_path, 1)
    found = read(home, DAY, SCALE, Share(seconds) if seconds else ALONE)
    if seconds:
        other = read(home, DAY, SCALE, Share(seconds, is_first=False))
        found.absorb(other, {name.decode() for name in seconds})
    found.close()
    for horizon_s, moves in found.session.markouts.moves.items():
        its: defaultdict[str, Mean] = defaultdict(Mean)
        for each in found.fills:
            if not isnan(moves[each.number]):
                its[each.strategy].add(moves[each.number], each.qty)
        assert sum(mean.weight for mean in its.values()) > 0
        for name, mean in its.items():
            told = found.session.markouts.means[name, horizon_s]
            assert (mean.weight, mean.won) == (told.weight, told.won), name
            assert mean.total == pytest.approx(told.total), name
