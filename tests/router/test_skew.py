"""One incident of a wrong clock is told once, however much its figure varies, and it ends once."""

from __future__ import annotations

import pytest

from hft import events
from router import broker
from router.skew import Skew
from tests.router.world import World


def reasons(*skews_ms: int) -> list[str]:
    """Return what is told after each comparison, the sentence's figure only."""
    skew, told = Skew(), list[str]()
    for ms in skews_ms:
        skew.measured(ms)
        told.append(skew.reason.removeprefix("our clock is ").removesuffix(" the venue's (hftctl doctor)"))
    return told


@pytest.mark.parametrize(
    ("skews_ms", "told"),
    [
        ((2_000, -2_000), ["", ""]),
        ((2_001, 2_340, 3_900, 1_900), ["2.0 s behind"] * 4),
        ((-3_000, -3_450, -2_900), ["3.0 s ahead of"] * 3),
        ((3_000, 6_000, 6_500), ["3.0 s behind", "6.0 s behind", "6.0 s behind"]),
        ((9_000, 4_000), ["9.0 s behind", "4.0 s behind"]),
        ((3_000, -3_000), ["3.0 s behind", "3.0 s ahead of"]),
        ((2_100, 1_501, 1_500, 1_900, 2_001), ["2.1 s behind", "2.1 s behind", "", "", "2.0 s behind"]),
        ((3_600_000,), ["3,600.0 s behind"]),
    ],
)
def test_the_figure_stands_until_it_has_doubled_or_halved_or_turned(skews_ms: tuple[int, ...], told: list[str]) -> None:
    assert reasons(*skews_ms) == told


def test_a_clock_that_is_off_changes_the_state_once_and_back_once() -> None:
    world = World().ready()
    for ms in (3_000, 3_130, 2_870, 3_412, 2_001, 1_800, 3_050, 40):
        world.turn(
            broker.ClockReply(
                ticket=0,
                is_open=True,
                next_open_ns=world.now_ns + 10**15,
                next_close_ns=world.now_ns + 10**13,
                venue_ns=world.now_ns + ms * 1_000_000,
            )
        )
        world.run(1_000, 250)
    noted = [event for event in world.told(events.StateNoted) if not event.strategy]
    assert [event.reason for event in noted if "clock" in event.reason] == [
        "our clock is 3.0 s behind the venue's (hftctl doctor)"
    ]
    assert noted[-1].state.value == "ACTIVE"
