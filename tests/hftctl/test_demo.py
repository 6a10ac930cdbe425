"""What a newcomer reads while the demo runs."""

from __future__ import annotations

from hftctl.assembling import assemble
from hftctl.demo import line_of
from tests.hftctl.pictures import beat, facts


def test_each_line_names_both_books_of_who_traded_and_counts_the_others() -> None:
    told = {
        "honest_mid:ALL": 0,
        "paper:mm": -7_500,
        "honest_low:mm": -12_500,
        "honest_mid:mm": -9_000,
        "honest_high:mm": 2_500,
    }
    picture = assemble(facts(beats={**facts().beats, "recorder": beat("recorder", counters=told)}))
    assert line_of(picture, 5) == "   5 s  mm trading, 3 fills, paper -0.75, honest -1.25…+0.25 | 1 trading"
