"""A fleet's day from its files: what was written live comes out again, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from hft import eventline, events
from hft.clock import NS_PER_S
from hft.home import Home
from hft.schema import Fleet, RecorderSettings, Settings, Sim
from recorder import archive, summary
from recorder.day import Day
from recorder.fillmodels import Scale
from recorder.offline import (
    days,
    fold_of,
    lines_with,
    rebuild_summary,
    scale_of,
    scale_of_day,
    session_of,
    told_of,
)
from recorder.parcels import OpenTape
from recorder.recovery import checkpoint, recover
from recorder.tape import Tape
from tests.recorder.samples import MONDAY_NS, raw_line
from tests.recorder.test_honest import random_market

if TYPE_CHECKING:
    from pathlib import Path

    from tests.recorder.market import Market

DAY = "2026-11-23"


@pytest.fixture
def place(tmp_path: Path) -> Home:
    return Home(tmp_path).make()


def record(place: Home, market: Market) -> None:
    with archive.live_file(place).open("wb") as file:
        for stamp, event, ts_ns in market.told:
            file.write(raw_line(stamp.seq, producer="router", event=event, ts_ns=ts_ns) + b"\n")
    tape = Tape(place.data, lambda _: None)
    tape.send(OpenTape(day=DAY))
    for batch in market.batches:
        tape.send(batch)
    tape.close()


def live_rows(market: Market, scale: Scale | None = None) -> bytes:
    fold = Day(DAY)
    for _, event, _ in market.told:
        fold.add(event)
    return summary.encode(summary.rows_of(fold, market.session(scale)))


def test_the_summary_is_rebuilt_byte_for_byte(place: Home) -> None:
    market = random_market(5)
    record(place, market)
    assert rebuild_summary(place, Scale()) == live_rows(market)


def test_an_old_day_keeps_the_scale_that_it_was_played_with(place: Home) -> None:
    market, scale = random_market(6), Scale(depth=2.0, flow=3.0)
    market.tell(0, played_with(Scale()))  # a later start of the same day had other settings
    market.tell(1, played_with(scale))
    record(place, market)
    assert scale_of_day(place, DAY, Scale()) == scale
    played = live_rows(market, scale)
    assert rebuild_summary(place, Scale()) == played != live_rows(market)


def played_with(scale: Scale) -> events.DayPlayed:
    return events.DayPlayed(
        day=DAY, launch_id="L", mode="paper", market="alpaca", seed=7, rate=1.0, config_hash="c0ffee00",
        depth_scale=scale.depth, flow_scale=scale.flow,
    )  # fmt: skip


def test_a_day_that_was_put_away_tells_the_same(place: Home) -> None:
    market = random_market(6)
    record(place, market)
    found = recover(place, MONDAY_NS)
    archive.put_away(place, DAY, msgspec.json.encode(checkpoint(found.fold, found.progress, found.launches)))
    archive.pack_all(place, print)
    assert days(place) == [DAY]
    assert rebuild_summary(place, Scale()) == live_rows(market)


def test_without_a_tape_the_honest_cells_are_empty(place: Home) -> None:
    market = random_market(6)
    record(place, market)
    for path in (place.data / DAY).iterdir():
        path.unlink()
    (place.data / DAY).rmdir()
    rows = summary.decode(rebuild_summary(place, Scale()))
    assert {row["pnl_honest_mid"] for row in rows} == {""}
    assert rows[0]["fills"] != "0"


def test_the_session_from_the_files_is_the_one_that_ran(place: Home) -> None:
    market = random_market(7)
    record(place, market)
    session = session_of(place, DAY, Scale())
    session.finish()
    assert session.honest.interval("mm") == market.session().honest.interval("mm")
    assert fold_of(place, DAY).lines["mm"].count["fills"] > 0


@pytest.mark.parametrize("late_s", [5, 30, 150])
def test_a_producer_that_was_cut_off_changes_nothing(place: Home, late_s: int) -> None:
    market = random_market(7)
    record(place, market)
    lines = archive.live_file(place).read_bytes().splitlines()
    arrived = {raw: ts_ns for raw, (_, _, ts_ns) in zip(lines, market.told, strict=True)}
    for raw in lines[::3]:
        late = raw.replace(b'"producer":"router"', b'"producer":"router2"')
        arrived[late] = arrived.pop(raw) + late_s * NS_PER_S
    in_time = [raw for _, raw in sorted((ts_ns, raw) for raw, ts_ns in arrived.items())]
    archive.live_file(place).write_bytes(b"\n".join(in_time) + b"\n")
    session = session_of(place, DAY, Scale())
    session.finish()
    assert session.late == 0
    assert session.honest.account("mm").orders == market.session().honest.account("mm").orders


def test_the_market_is_larger_than_what_is_shown_of_it_unless_a_tape_shows_all() -> None:
    paper, sim = Fleet(mode="paper"), Fleet()
    assert scale_of(Settings(fleet=paper)) == (5.5, 43.0)
    assert scale_of(Settings(fleet=sim)) == (3.0, 10.0)
    assert scale_of(Settings(fleet=sim, sim=Sim(tape="a day.csv"))) == (1.0, 1.0)
    assert scale_of(Settings(fleet=paper, recorder=RecorderSettings(depth_scale=2.0))) == (2.0, 43.0)


def test_lines_are_chosen_by_their_events_name_and_never_by_what_a_text_says() -> None:
    mine = raw_line(1, event=events.TicksMissed(reader='"event":"order.sent"', missed=1, total=1))
    other = raw_line(2, event=events.StrategyDisabled(strategy="mm", reason='"event":"ticks.missed"'))
    otherwise = b'{"event": "order.sent", "seq": 3}'  # not as we write it: decoded to be sure
    assert list(lines_with([mine, other, otherwise], frozenset({b"ticks.missed"}))) == [mine, otherwise]


UNFIT = (b"", b"{", b'{"ts":"x"}', b'{"a":1},{"b":2}', b"0", b'{"ts":"', b'"}', b"\xff")


def test_lines_read_together_are_what_they_are_one_by_one_and_unfit_ones_cost_nobody_else() -> None:
    market = random_market(5)
    lines = [raw_line(stamp.seq, producer="router", event=event, ts_ns=at) for stamp, event, at in market.told]
    assert len(lines) > eventline.BUNDLE / 4
    whole = list(told_of(lines * 5))
    assert whole == market.told * 5
    for unfit in UNFIT:
        assert list(told_of([*lines, unfit, *lines])) == market.told * 2, unfit
    assert list(told_of([UNFIT[5], UNFIT[6]])) == []
