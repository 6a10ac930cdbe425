"""What a start learns from the files, whole or torn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from hft import events
from hft.home import Home
from hft.words import TradingState
from recorder import archive
from recorder.recovery import Checkpoint, checkpoint, recover
from tests.recorder.samples import MONDAY_NS, S, filled, raw_line

if TYPE_CHECKING:
    from pathlib import Path

DAY_S = 86_400
LAUNCH = events.FleetStarted(launch_id="L1", mode="sim", strategies=("mm",), symbols=("SPY",))


@pytest.fixture
def place(tmp_path: Path) -> Home:
    return Home(tmp_path).make()


def write(place: Home, *raws: bytes) -> None:
    with archive.live_file(place).open("ab") as file:
        file.write(b"".join(raw + b"\n" for raw in raws))


def test_an_empty_home_begins_on_todays_trading_day(place: Home) -> None:
    found = recover(place, MONDAY_NS)
    assert (found.day, found.lines, found.brought, found.launches) == ("2026-11-23", 0, {}, [])


def test_the_file_tells_how_far_each_producer_is_and_what_the_day_has_earned(place: Home) -> None:
    write(
        place,
        raw_line(1, producer="recorder", event=LAUNCH),
        raw_line(1, producer="router", event=filled(10, 5_000_000, mark=7)),
        raw_line(2, producer="router", event=filled(10, 5_000_000, position=20, mark=9)),
        raw_line(3, producer="router", event=filled(5, 5_000_000, position=25)),
        raw_line(1, producer="router", epoch=2, event=filled(5, 5_000_000, position=30, mark=8)),
    )
    found = recover(place, MONDAY_NS)
    assert (found.progress.of("router").epoch, found.progress.of("router").seq) == (2, 1)
    assert found.progress.of("router").mark == 9
    assert found.fold.lines["mm"].paper.positions == {"SPY": 30}
    assert found.launches == ["L1"]


def test_a_torn_tail_is_cut_and_its_event_is_asked_for_again(place: Home) -> None:
    write(place, raw_line(1), raw_line(2))
    with archive.live_file(place).open("ab") as file:
        file.write(raw_line(3)[:40])
    found = recover(place, MONDAY_NS)
    assert (found.torn_bytes, found.progress.of("mm").seq) == (40, 2)
    assert archive.live_file(place).read_bytes().endswith(raw_line(2) + b"\n")


def test_a_line_that_cannot_be_read_is_counted_and_stepped_over(place: Home) -> None:
    write(place, raw_line(1, event=filled(10, 5_000_000)), b"\x00\x00garbage", raw_line(2, event=LAUNCH))
    found = recover(place, MONDAY_NS)
    assert (found.lines, found.unreadable, found.progress.of("mm").seq) == (3, 1, 2)
    assert (found.fold.lines["mm"].count["fills"], found.launches) == (1, ["L1"])


def test_an_event_of_a_later_version_moves_its_producer_on(place: Home) -> None:
    raw = raw_line(1).replace(b"process.started", b"something.new")
    write(place, raw)
    found = recover(place, MONDAY_NS)
    assert (found.unreadable, found.progress.of("mm").seq) == (1, 1)


def put_away(place: Home, day: str) -> None:
    found = recover(place, MONDAY_NS)
    archive.put_away(place, day, msgspec.json.encode(checkpoint(found.fold, found.progress, found.launches)))


def test_what_was_put_away_is_still_known(place: Home) -> None:
    write(
        place,
        raw_line(1, producer="recorder", event=LAUNCH),
        raw_line(5, producer="router", event=filled(10, 5_000_000, mark=7, mid_px=5_000_100)),
    )
    put_away(place, "2026-11-23")
    found = recover(place, MONDAY_NS + DAY_S * S)
    assert (found.day, found.progress.of("router").seq, found.progress.of("router").mark) == ("2026-11-24", 5, 7)
    assert (found.launches, found.brought) == (["L1"], {"mm": {"SPY": (10, 5_000_100)}})
    assert found.fold.lines == {}


def test_without_the_checkpoint_the_put_away_days_tell_the_same(place: Home) -> None:
    write(place, raw_line(1, producer="recorder", event=LAUNCH), raw_line(5, producer="router", event=filled(10, 500)))
    put_away(place, "2026-11-23")
    archive.pack_all(place, print)
    known = recover(place, MONDAY_NS + DAY_S * S)
    archive.checkpoint_file(place).unlink()
    rebuilt = recover(place, MONDAY_NS + DAY_S * S)
    assert rebuilt.progress.producers == known.progress.producers
    assert (rebuilt.brought, rebuilt.launches) == (known.brought, known.launches)


def test_a_crash_between_checkpoint_and_rename_brings_nothing_twice(place: Home) -> None:
    write(place, raw_line(1, producer="router", event=filled(10, 500)))
    found = recover(place, MONDAY_NS)
    saved = checkpoint(found.fold, found.progress, found.launches)
    archive.checkpoint_file(place).write_bytes(msgspec.json.encode(saved))
    again = recover(place, MONDAY_NS)
    assert (again.brought, again.fold.lines["mm"].paper.positions) == ({}, {"SPY": 10})


def test_a_day_that_was_played_before_goes_on(place: Home) -> None:
    write(place, raw_line(1, producer="router", event=filled(10, 500)))
    put_away(place, "2026-11-23")
    write(place, raw_line(1, producer="router", epoch=2, event=filled(5, 500, position=15)))
    found = recover(place, MONDAY_NS)
    assert found.fold.lines["mm"].count["fills"] == 2
    assert found.fold.lines["mm"].paper.positions == {"SPY": 15}


def test_a_promised_alert_without_an_answer_is_still_to_be_told(place: Home) -> None:
    halt = events.HaltSet(strategy="", state=TradingState.HALTED, reason="x")
    sent = events.AlertSent(kind="halt.set", ok=True, text="delivered", about="router/1/1")
    write(place, raw_line(1, producer="router", event=halt), raw_line(2, producer="router", event=halt))
    write(place, raw_line(1, producer="recorder", event=sent))
    assert list(recover(place, MONDAY_NS).untold) == ["router/1/2"]


def test_an_unreadable_checkpoint_is_rebuilt(place: Home) -> None:
    archive.checkpoint_file(place).write_bytes(b"\x00")
    assert recover(place, MONDAY_NS).launches == list(Checkpoint().launches)
