"""Where the market clock stands when a fleet starts."""

from __future__ import annotations

import datetime as dt

import pytest

from hft.clock import NS_PER_S
from hft.errors import ConfigError
from hft.schema import Sim
from hft.settings import Launch
from hftctl.launching import NEW_YORK, Wish, market_anchor_ns

MONO_NS = 5_000 * NS_PER_S


def ns(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * NS_PER_S


def anchor(wall: str, *, sim: Sim | None = None, tape_first_ns: int = 0, before: Launch | None = None) -> int:
    return market_anchor_ns(sim or Sim(), wall_ns=ns(wall), mono_ns=MONO_NS, tape_first_ns=tape_first_ns, before=before)


def earlier(market: str, *, seconds_ago: float, rate: float = 1.0) -> Launch:
    mono_ns = MONO_NS - round(seconds_ago * NS_PER_S)
    return Launch(launch_id="x", anchor_utc_ns=ns(market), anchor_mono_ns=mono_ns, rate=rate)


def test_a_generated_day_opens_this_morning_in_new_york() -> None:
    assert anchor("2026-11-24T18:00:00") == ns("2026-11-24T09:45:00")


@pytest.mark.parametrize(
    ("wall", "day"),
    [
        pytest.param("2026-11-22T10:00:00", "2026-11-20", id="a Sunday plays Friday"),
        pytest.param("2026-11-26T10:00:00", "2026-11-25", id="Thanksgiving plays the day before"),
    ],
)
def test_on_a_day_without_a_market_the_last_one_is_played(wall: str, day: str) -> None:
    assert anchor(wall) == ns(f"{day}T09:45:00")


def test_a_recorded_day_begins_at_its_first_row() -> None:
    assert anchor("2026-11-24T18:00:00", tape_first_ns=1_340_285_400_000_000_001) == 1_340_285_400_000_000_001


def test_a_second_start_goes_on_where_the_market_is_by_now() -> None:
    before = earlier("2026-11-24T09:45:00", seconds_ago=90)
    assert anchor("2026-11-24T18:00:00", before=before) == ns("2026-11-24T09:46:30")


def test_a_faster_day_goes_on_faster() -> None:
    before = earlier("2026-11-24T09:45:00", seconds_ago=60, rate=10)
    assert anchor("2026-11-24T18:00:00", before=before) == ns("2026-11-24T09:55:00")


def test_when_the_day_is_nearly_over_the_next_one_opens() -> None:
    before = earlier("2026-11-24T15:40:00", seconds_ago=60)
    assert anchor("2026-11-24T18:00:00", before=before) == ns("2026-11-25T09:45:00")


def test_after_a_reboot_or_on_a_new_day_it_opens_anew() -> None:
    rebooted = Launch(launch_id="x", anchor_utc_ns=ns("2026-11-24T09:45:00"), anchor_mono_ns=MONO_NS + 1)
    assert anchor("2026-11-24T18:00:00", before=rebooted) == ns("2026-11-24T09:45:00")
    yesterday = earlier("2026-11-23T09:45:00", seconds_ago=60)
    assert anchor("2026-11-24T18:00:00", before=yesterday) == ns("2026-11-24T09:45:00")


def test_a_day_after_a_tape_opens_anew() -> None:
    tape = Launch(
        launch_id="x", overrides={"sim.tape": "/t.csv"}, anchor_utc_ns=ns("2030-01-02T09:30:00"), anchor_mono_ns=0
    )
    assert anchor("2026-11-24T18:00:00", before=tape) == ns("2026-11-24T09:45:00")


@pytest.mark.parametrize("text", ["9.45", "25:00", "", "09:60"])
def test_an_opening_that_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="open_at"):
        anchor("2026-11-24T18:00:00", sim=Sim(open_at=text))


def test_only_what_was_told_overrides_the_settings() -> None:
    assert Wish().overrides() == {}
    assert Wish(mode="sim", seed=3).overrides() == {"fleet.mode": "sim", "sim.seed": 3}
