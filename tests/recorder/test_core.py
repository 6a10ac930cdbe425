"""The recorder as messages in and messages out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from hft import eventline, events
from hft.messages import EventAck, EventBatch, EventHello, Gap, Quote, Ticks
from hft.words import Health, TradingState
from recorder import summary
from recorder.day import Day
from recorder.days import ns_of
from recorder.fillmodels import Scale
from recorder.offline import told_of
from recorder.parcels import (
    Alert,
    AlertDone,
    Append,
    Committed,
    FlushTape,
    OpenTape,
    Rotate,
    Rotated,
    TapeFault,
    WriteFailed,
    WriteSummary,
)
from recorder.recovery import Checkpoint
from recorder.session import Session
from tests.recorder.desk import Desk
from tests.recorder.samples import MONDAY_NS, batch, filled
from tests.recorder.test_honest import random_market

if TYPE_CHECKING:
    from hft.events import AnyEvent

T = TypeVar("T")
LAUNCH = events.FleetStarted(launch_id="L1", mode="sim", strategies=("mm",), symbols=("SPY",))
HALT = events.HaltSet(strategy="", state=TradingState.HALTED, reason="x")


def test_a_batch_becomes_lines_and_then_an_acknowledgement() -> None:
    desk = Desk()
    desk.wake()
    desk.tell(EventHello(producer="mm", epoch=1))
    desk.tell(batch(1, 3))
    (append,) = desk.all(Append)
    assert append.data.count(b"\n") == 3
    assert desk.all(EventAck) == [
        EventAck(producer="mm", epoch=1, seq=0),
        EventAck(producer="mm", epoch=1, seq=3),
    ]


def test_a_launch_is_announced_once_and_before_anybody_else_is_written() -> None:
    desk = Desk(announce=LAUNCH)
    desk.wake()
    desk.tell(batch(1, 3))
    first, _ = desk.all(Append)
    assert b'"fleet.started"' in first.data
    desk.wake(100)
    assert len(desk.all(events.FleetStarted)) == 1


def test_a_launch_that_the_record_knows_is_not_announced_again() -> None:
    desk = Desk(announce=LAUNCH)
    desk.core._launches.append("L1")
    desk.wake()
    assert desk.all(events.FleetStarted) == []


def test_a_line_of_another_version_is_kept_and_means_nothing() -> None:
    desk = Desk()
    desk.wake()
    raw = batch_of(HALT).lines[0].replace(b'"HALTED"', b'"PAUSED"')
    desk.tell(EventBatch(producer="router", epoch=1, first_seq=1, lines=(raw,)))
    assert raw in desk.all(Append)[0].data
    assert desk.core.report(desk.now_ns).counters["unreadable"] == 1


def test_a_failed_write_is_visible_and_passes() -> None:
    desk = Desk()
    desk.wake()
    list(desk.core.handle(batch(1, 3), desk.now_ns))
    desk.tell(WriteFailed(generation=0, reason="No space left on device"))
    report = desk.core.report(desk.now_ns)
    assert report.state is Health.DEGRADED
    assert "No space left on device" in report.note
    assert desk.all(EventAck) == []
    desk.tell(batch(1, 3))
    assert desk.core.report(desk.now_ns).state is Health.READY


def test_the_summary_follows_what_is_on_disk() -> None:
    desk = Desk()
    desk.wake()
    desk.producer("router", filled(10, 5_000_000))
    desk.wake(6_000)
    assert [(row["strategy"], row["fills"]) for row in desk.rows()] == [("mm", "1"), ("ALL", "1")]


def test_rebuilding_from_the_lines_gives_the_bytes_that_were_written_live() -> None:
    desk = Desk(announce=LAUNCH)
    desk.wake()
    desk.producer("router", filled(10, 5_000_000), filled(4, 5_000_100, position=14))
    desk.tell(ticks(5_000_000, 5_000_200))
    desk.wake(20_000)
    desk.stop()
    desk.wake(600)
    told = [eventline.read(raw) for append in desk.all(Append) for raw in append.data.splitlines()]
    rebuilt, session = Day("2026-11-23"), Session("2026-11-23", Scale())
    for _, event in told:
        rebuilt.add(event)
    session.load(((stamp, event, ns_of(stamp.ts)) for stamp, event in told), desk.all(Ticks))
    session.finish()
    assert desk.all(WriteSummary)[-1].data == summary.encode(summary.rows_of(rebuilt, session))
    assert desk.rows()[0]["pnl_paper"] != "0.0000"


def test_the_honest_book_that_ran_live_is_the_one_in_the_files() -> None:
    desk, market = Desk(), random_market(5)
    desk.wake()
    seq = 0
    for at_ns, item in market.in_order():
        desk.now_ns = at_ns
        if isinstance(item, Ticks):
            desk.tell(item)
        else:
            seq += 1
            desk.producer("router", item[1], first_seq=seq)
        desk.wake()
    desk.stop()
    desk.wake(600)
    rows = {row["strategy"]: row for row in desk.rows()}
    session = Session("2026-11-23", Scale())  # its own marks are in the file too
    session.load(told_of(raw for append in desk.all(Append) for raw in append.data.splitlines()), market.batches)
    session.finish()
    interval = session.honest.interval("mm")
    assert session.honest.account("mm").leftover.risk
    found = [rows["mm"][f"pnl_honest_{name}"] for name in ("low", "mid", "high")]
    assert found == [summary.dollars(value) for value in interval]
    assert len(set(found)) == 3


def ticks(bid_px: int, ask_px: int, *, seq: int = 1, snapshot: bool = False) -> Ticks:
    quote = Quote(
        symbol="SPY", exch_ns=MONDAY_NS, recv_ns=MONDAY_NS, bid_px=bid_px, bid_qty=1, ask_px=ask_px, ask_qty=1
    )
    return Ticks(epoch=1, seq=seq, ticks=(quote,), snapshot=snapshot)


def test_ticks_go_to_the_tape_and_repeated_last_values_do_not() -> None:
    desk = Desk()
    desk.tell(ticks(1, 2))
    desk.tell(ticks(1, 2, snapshot=True))
    assert desk.all(Ticks) == [ticks(1, 2)]
    desk.wake(1_000)
    assert desk.all(FlushTape)


def test_missed_ticks_are_an_event_with_the_sum() -> None:
    desk = Desk()
    desk.wake()
    for missed in (3, 4):
        desk.tell(Gap(stream="ticks", topic="SPY", missed=missed))
    desk.wake(1_000)
    assert desk.all(events.TicksMissed) == [events.TicksMissed(reader="recorder", missed=7, total=7)]


def test_what_is_held_is_marked_when_it_moved() -> None:
    desk = Desk()
    desk.wake()
    desk.producer("router", filled(10, 5_000_000))
    desk.tell(ticks(5_000_000, 5_000_200))
    desk.wake(10_000)
    desk.wake(10_000)
    (mark,) = desk.all(events.MarketMarked)
    assert abs(mark.mids["SPY"] - 5_000_100) <= 1


def test_a_new_trading_day_puts_the_old_one_away_with_what_must_be_known() -> None:
    desk = Desk()
    desk.wake()
    desk.producer("router", filled(10, 5_000_000, mid_px=5_000_100))
    desk.wake(86_400_000)
    (rotate,) = desk.all(Rotate)
    saved = msgspec.json.decode(rotate.checkpoint, type=Checkpoint)
    assert (rotate.day, saved.day, saved.producers["router"].seq) == ("2026-11-23", "2026-11-23", 1)
    desk.tell(Rotated(day="2026-11-23"))
    assert desk.all(OpenTape)[-1] == OpenTape(day="2026-11-24")
    assert desk.all(events.DayOpened) == [
        events.DayOpened(day="2026-11-24", positions={"mm": {"SPY": (10, 5_000_100)}})
    ]
    desk.wake(6_000)
    assert [(row["date"], row["strategy"], row["fills"], row["end_position_shares"]) for row in desk.rows()] == [
        ("2026-11-23", "mm", "1", "10"),
        ("2026-11-23", "ALL", "1", "10"),
        ("2026-11-24", "mm", "0", "10"),
        ("2026-11-24", "ALL", "0", "10"),
    ]


def test_while_a_day_is_put_away_nobody_is_heard() -> None:
    desk = Desk()
    desk.wake()
    desk.producer("router", filled(10, 5_000_000))
    desk.wake(86_400_000)
    before = len(desk.all(Append))
    desk.tell(batch(1, 3))
    assert len(desk.all(Append)) == before
    desk.tell(Rotated(day="2026-11-23"))
    desk.tell(batch(1, 3))
    assert len(desk.all(Append)) == before + 2  # the positions brought into the day, and the batch


def test_a_day_that_cannot_be_put_away_goes_on_and_is_tried_again() -> None:
    desk = Desk()
    desk.wake()
    desk.tell(batch(1, 1))
    desk.wake(86_400_000)
    desk.tell(Rotated(day="2026-11-23", reason="No space left on device"))
    assert desk.core.report(desk.now_ns).state is Health.DEGRADED
    desk.tell(batch(2, 3))
    desk.wake(5_000)
    assert len(desk.all(Rotate)) == 1
    desk.wake(6_000)
    assert len(desk.all(Rotate)) == 2


def test_a_day_without_a_line_is_not_put_away() -> None:
    desk = Desk()
    desk.wake()
    desk.wake(86_400_000)
    assert desk.all(Rotate) == []
    assert desk.all(OpenTape)[-1] == OpenTape(day="2026-11-24")


def test_an_alert_leaves_only_when_its_event_is_on_disk_and_its_fate_is_recorded() -> None:
    desk = Desk()
    desk.wake()
    out = list(desk.core.handle(batch_of(HALT), desk.now_ns))
    assert not [message for message in out if isinstance(message, Alert)]
    desk.tell(Committed(number=1))
    (alert,) = desk.all(Alert)
    assert (alert.kind, alert.promised, alert.about) == ("halt.set", True, "router/1/1")
    desk.tell(AlertDone(kind="halt.set", about=alert.about, ok=True, text="delivered"))
    assert desk.all(events.AlertSent) == [
        events.AlertSent(kind="halt.set", ok=True, text="delivered", about="router/1/1")
    ]


def batch_of(event: AnyEvent) -> EventBatch:
    raw = eventline.line(event, ts_ns=MONDAY_NS, producer="router", epoch=1, seq=1)
    return EventBatch(producer="router", epoch=1, first_seq=1, lines=(raw,))


def test_without_a_webhook_no_alert_leaves_and_the_note_says_so() -> None:
    desk = Desk(alerts="have no webhook")
    desk.wake()
    desk.tell(batch_of(HALT))
    assert desk.all(Alert) == []
    report = desk.core.report(desk.now_ns)
    assert (report.state, "have no webhook" in report.note) == (Health.READY, True)


def test_a_webhook_that_is_gone_degrades_the_recorder() -> None:
    desk = Desk()
    desk.wake()
    desk.tell(AlertDone(kind="halt.set", about="router/1/1", ok=False, text="Discord answered 404", off=True))
    report = desk.core.report(desk.now_ns)
    assert (report.state, "404" in report.note) == (Health.DEGRADED, True)
    desk.tell(batch_of(HALT))
    assert desk.all(Alert) == []


def test_an_alert_that_a_crash_kept_from_leaving_leaves_at_the_next_start() -> None:
    desk = Desk()
    stamp, event = eventline.read(batch_of(HALT).lines[0])
    assert ns_of(stamp.ts) == MONDAY_NS
    desk.core._untold["router/1/1"] = (stamp, event)
    desk.wake(1_000)
    assert [alert.about for alert in desk.all(Alert)] == ["router/1/1"]


def test_a_tape_that_cannot_be_written_degrades_and_costs_no_event() -> None:
    desk = Desk()
    desk.wake()
    desk.tell(TapeFault(reason="No space left on device", lost=5))
    report = desk.core.report(desk.now_ns)
    assert (report.state, report.counters["tape_lost"]) == (Health.DEGRADED, 5)
    desk.tell(batch(1, 3))
    assert desk.all(EventAck)


def test_a_tick_that_comes_before_the_first_wake_finds_the_day_open() -> None:
    desk = Desk()
    quote = Quote(symbol="SPY", exch_ns=1, recv_ns=1, bid_px=1, bid_qty=1, ask_px=2, ask_qty=1)
    kinds = [type(item) for item in desk.core.handle(Ticks(epoch=1, seq=1, ticks=(quote,)), MONDAY_NS)]
    assert kinds[0] is OpenTape
    assert kinds[-1] is Ticks
